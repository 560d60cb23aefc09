"""A level that walks at random, integrated: the Kalman filter.

For data `walk + noise`, the walk starting at 0, the filter turns columns into
independent ones of variance one: the inverse Cholesky factor of their
covariance, in time that is linear in the length.

References
----------
Durbin & Koopman (2012), Time Series Analysis by State Space Methods, 2nd ed.,
sections 2.2 and 2.4; 2.9 for the draws.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

_UNROLL = 1


def gains(drift: Array, noise: Array) -> tuple[Array, Array]:
    """Gain of the filter and standard deviation of the innovations, `(n,)`.

    Parameters
    ----------
    drift
        Standard deviation of a step of the walk.
    noise
        Standard deviation of the noise, `(n,)`.
    """
    step = drift**2

    def one(variance: Array, own: Array) -> Any:
        total = variance + own
        gain = variance / total
        # What is left after the update, and one step on.
        return own * gain + step, (gain, jnp.sqrt(total))

    start = jnp.zeros((), noise.dtype)
    _, found = jax.lax.scan(one, start, noise**2, unroll=_UNROLL)
    return found


def whiten(drift: Array, noise: Array, columns: Array) -> Array:
    """Columns `(n, m)` as independent innovations of variance one."""
    gain, size = gains(drift, noise)

    def one(mean: Array, each: Any) -> Any:
        k, row = each
        gap = row - mean
        return mean + k * gap, gap

    start = jnp.zeros(columns.shape[1:], columns.dtype)
    _, gaps = jax.lax.scan(one, start, (gain, columns), unroll=_UNROLL)
    return gaps / size.reshape((-1,) + (1,) * (columns.ndim - 1))


def log_density(drift: Array, noise: Array, gap: Array, used: Array) -> Array:
    """Log-density of a series `(n,)`, of the rows that are used.

    Rows that are not must have a noise so large that they say nothing.
    """
    gain, size = gains(drift, noise)

    def one(mean: Array, each: Any) -> Any:
        k, value = each
        error = value - mean
        return mean + k * error, error

    start = jnp.zeros((), gap.dtype)
    _, errors = jax.lax.scan(one, start, (gain, gap), unroll=_UNROLL)
    size = jnp.where(used, size, 1.0)
    terms = -0.5 * (errors / size) ** 2 - jnp.log(size)
    terms -= 0.5 * jnp.log(2 * jnp.pi)
    return jnp.where(used, terms, 0.0).sum()


def factor(drift: Array, noise: Array) -> Array:
    """Lower Cholesky factor of the covariance, `(n, n)`."""
    index = jnp.arange(noise.size)
    walk = drift**2 * jnp.minimum(index[:, None], index)
    return jnp.linalg.cholesky(walk + jnp.diag(noise**2))


def smooth(drift: Array, noise: Array, gap: Array) -> Array:
    """Mean of the walk given the whole series, `(n,)`."""
    gain, size = gains(drift, noise)

    def forward(mean: Array, each: Any) -> Any:
        k, value = each
        error = value - mean
        return mean + k * error, (mean, error)

    start = jnp.zeros((), gap.dtype)
    _, (means, errors) = jax.lax.scan(
        forward, start, (gain, gap), unroll=_UNROLL
    )
    variance = size**2 * gain

    def backward(r: Array, each: Any) -> Any:
        k, s, mean, error, v = each
        r = error / s**2 + (1 - k) * r
        return r, mean + v * r

    _, level = jax.lax.scan(
        backward,
        start,
        (gain, size, means, errors, variance),
        reverse=True,
        unroll=_UNROLL,
    )
    return level


def draw(key: Array, drift: Array, noise: Array, gap: Array) -> Array:
    """A draw of the walk given the whole series, `(n,)`."""
    first, second = jax.random.split(key)
    steps = drift * jax.random.normal(first, gap.shape, gap.dtype)
    walk = jnp.cumsum(steps.at[0].set(0.0))
    series = walk + noise * jax.random.normal(second, gap.shape, gap.dtype)
    return walk + smooth(drift, noise, gap - series)
