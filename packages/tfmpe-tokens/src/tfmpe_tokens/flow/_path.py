"""The path from noise to draws, and the regression that learns its flow.

At time t in [0, 1] a point is `x_t = t x_1 + (1 - (1 - s) t) x_0`, with noise
`x_0`, a draw `x_1` and a small `s`; the field to learn is the mean of
`x_1 - (1 - s) x_0` given `x_t`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array

SIGMA_MIN = 1e-3
"""Width of the path at its end, in units of a standardised draw."""


class PathPoint(NamedTuple):
    """Where the path is, and the velocity that leads there.

    Attributes
    ----------
    x
        Point of the path, of the shape of the draws.
    velocity
        Regression target, of the same shape.
    """

    x: Array
    velocity: Array


def flow_path(
    x1: Any, x0: Any, t: Any, *, sigma_min: float = SIGMA_MIN
) -> PathPoint:
    """Point and velocity of the straight path from noise to a draw.

    Parameters
    ----------
    x1, x0
        Draw and noise, `(*samples, ...)`.
    t
        Time, `(*samples,)`.
    sigma_min
        Width of the path at its end.

    References
    ----------
    Lipman et al. (2023), arXiv:2210.02747, equations 20 to 23.
    """
    x1, x0, t = jnp.asarray(x1), jnp.asarray(x0), jnp.asarray(t)
    t = t.reshape(t.shape + (1,) * (x1.ndim - t.ndim))
    shrink = 1.0 - sigma_min
    return PathPoint(t * x1 + (1.0 - shrink * t) * x0, x1 - shrink * x0)


def cfm_loss(
    velocity: Any,
    target: Any,
    token_mask: Any = None,
    value_mask: Any = None,
) -> Array:
    """Mean squared error of a velocity over the entries that count.

    Parameters
    ----------
    velocity, target
        `(*samples, tokens, columns)`.
    token_mask
        Which tokens are there, `(*samples, tokens)`; all, if not given.
    value_mask
        Which columns hold a value, `(tokens, columns)` or with samples;
        all, if not given.

    Returns
    -------
    Array
        Scalar: the sum of squares divided by the number of entries.
    """
    velocity, target = jnp.asarray(velocity), jnp.asarray(target)
    weight = jnp.ones(target.shape, velocity.dtype)
    if token_mask is not None:
        weight *= jnp.asarray(token_mask, velocity.dtype)[..., None]
    if value_mask is not None:
        weight *= jnp.asarray(value_mask, velocity.dtype)
    error = jnp.square(velocity - target)
    return (error * weight).sum() / jnp.maximum(weight.sum(), 1.0)


def normal_velocity(
    x: Array, t: Array, *, sigma_min: float = SIGMA_MIN
) -> tuple[Array, Array]:
    """The field if draws were standard normal, and what it leaves unknown.

    Parameters
    ----------
    x
        Points, `(*samples, ...)`.
    t
        Times that broadcast to them.
    sigma_min
        Width of the path at its end.

    Returns
    -------
    velocity, scale
        Mean and standard deviation of the velocity given the point.
    """
    shrink = 1.0 - sigma_min
    left = 1.0 - shrink * t
    variance = jnp.square(t) + jnp.square(left)
    slope = (t - shrink * left) / variance
    # Var(x1 - c x0 | x_t): the two are independent standard normals.
    return slope * x, (left + shrink * t) / jnp.sqrt(variance)
