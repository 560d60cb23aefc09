"""Normal densities and the coefficients of a store."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from forwardax import ParamSpec
from jax import Array


def log_normal(gap: Array, scale: Array) -> Array:
    """Log-density of a normal at a distance from its mean."""
    return (
        -0.5 * (gap / scale) ** 2 - jnp.log(scale) - 0.5 * jnp.log(2 * jnp.pi)
    )


def coefficients(store: Any, keys: tuple[str, ...]) -> Array:
    """Entries of the keys, one after the other, `(k,)`."""
    return jnp.concatenate([jnp.ravel(store[key]) for key in keys])


def prior_scale(spec: ParamSpec, keys: tuple[str, ...]) -> Array:
    """Standard deviations of the entries under a spec's priors, `(k,)`."""
    parts: list[Array] = []
    for key in keys:
        prior = spec[key].prior
        assert prior is not None
        scale = jnp.asarray(dict(prior.arguments)["scale"], float)
        shape = tuple(size or 0 for size in spec[key].shape)
        parts.append(jnp.ravel(jnp.broadcast_to(scale, shape)))
    return jnp.concatenate(parts)
