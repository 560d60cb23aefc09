"""The network of `flow_peer.py` in plain JAX, for a comparison of the rest.

A condition goes through a layer and two residual blocks; point and time come
in by a gate in each of them.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from tfmpe_tokens.flow import cfm_loss, flow_path

WIDTH, BLOCKS, SIZE = 64, 2, 2
Parameters = dict[str, Array]


def start(key: Array) -> Parameters:
    """Random weights, and zeros for what is added."""
    shapes = {
        "point": (SIZE, SIZE),
        "time": (1, SIZE),
        "first": (SIZE, WIDTH),
        "last": (WIDTH, SIZE),
    }
    for i in range(BLOCKS):
        shapes[f"in{i}"] = shapes[f"out{i}"] = (WIDTH, WIDTH)
        shapes[f"gate{i}"] = (2 * SIZE, WIDTH)
    found: Parameters = {}
    for i, (name, shape) in enumerate(shapes.items()):
        own = jax.random.normal(jax.random.fold_in(key, i), shape, jnp.float32)
        found[name] = own * np.float32(shape[0] ** -0.5)
        found[f"{name}+"] = jnp.zeros(shape[1], jnp.float32)
    return found


def velocity(p: Parameters, x: Array, t: Array, y: Array) -> Array:
    """Velocities `(n, 2)` of points `(n, 2)` at times `(n, 1)`."""

    def layer(name: str, value: Any) -> Array:
        return value @ p[name] + p[f"{name}+"]

    where = jnp.concatenate([layer("point", x), layer("time", t)], -1)
    h = jax.nn.relu(layer("first", y))
    for i in range(BLOCKS):
        inner = layer(f"out{i}", jax.nn.relu(layer(f"in{i}", h)))
        h = h + inner * jax.nn.sigmoid(layer(f"gate{i}", where))
    return layer("last", jax.nn.relu(h))


def loss(p: Parameters, rows: Any, key: Array) -> Array:
    """Conditional flow matching on rows of parameters and data."""
    first, second = jax.random.split(key)
    theta = rows["theta"]
    t = jax.random.uniform(first, (theta.shape[0],), theta.dtype)
    noise = jax.random.normal(second, theta.shape, theta.dtype)
    point = flow_path(theta, noise, t)
    found = velocity(p, point.x, t[:, None], rows["y"])
    return cfm_loss(found, point.velocity)
