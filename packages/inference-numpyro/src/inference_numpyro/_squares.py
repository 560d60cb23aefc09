"""Least squares: a damped Gauss-Newton descent for problems with residuals.

Levenberg-Marquardt in units of the prior's scale, with two habits that make
it fit for starts far away. While chi-square is far above the number of data,
the errors count as that much larger, or the prior would have no say and
parameters would run to the edges of their support. And no step is longer than
one prior width.

References
----------
Levenberg (1944), Quarterly of Applied Mathematics 2, 164; Marquardt (1963),
SIAM Journal 11, 431.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

BUDGET = 100
"""Steps of a search that does not settle."""
_DAMPINGS = (0.03, 1.0, 30.0)
"""Tried with each Jacobian, in units of the one that was best before."""
_FIRST, _LEAST, _MOST = 1e-2, 1e-8, 1e8
"""Dampings, in units of each coordinate's own curvature."""
_SMALL, _TINY = 1e-2, 1e-10
"""Decreases still to come at which it goes on with the errors as they are,
and then ends: a distance of 1e-5 standard deviations."""


class Slopes(NamedTuple):
    """The objective around a point, to second order.

    Parameters
    ----------
    chi
        Half the gradient of the squared residuals, `(size,)`.
    fisher
        Their Gauss-Newton curvature, `(size, size)`.
    rest, curvature
        Gradient and curvature of the rest.
    """

    chi: Any
    fisher: Any
    rest: Any
    curvature: Any


class Descent(NamedTuple):
    """Where a descent is, or ended.

    Parameters
    ----------
    v
        The best point, `(size,)`.
    half, rest
        Half the sum of squared residuals there, and the rest.
    slopes
        There, unless `stale`.
    damping, inflated
        Of the next step, and whether the errors count as larger in it.
    settled, stuck
        Whether a further step would gain next to nothing, or none is left.
    count
        Steps so far.
    """

    v: Any
    half: Any
    rest: Any
    slopes: Slopes
    stale: Any
    damping: Any
    inflated: Any
    settled: Any
    stuck: Any
    count: Any


def descend(
    residuals: Callable[[Array], Array],
    rest: Callable[[Array], Array],
    v: Array,
    *,
    longest: float = 1.0,
) -> Descent:
    """Minimise half the sum of squared residuals plus the rest.

    Parameters
    ----------
    residuals
        Of coordinates in units of the prior's scale, `(n,)`.
    rest
        What the prior adds.
    v
        Where to start, `(size,)`.
    longest
        Step of any coordinate.
    """
    factors = jnp.asarray(_DAMPINGS, v.dtype)
    rounding = 4 * jnp.finfo(v.dtype).eps
    count = jax.eval_shape(residuals, v).size

    def parts(at: Array) -> tuple[Array, Array]:
        half, other = 0.5 * jnp.sum(jnp.square(residuals(at))), rest(at)
        usable = jnp.isfinite(half) & jnp.isfinite(other)
        return jnp.where(usable, half, jnp.inf), jnp.where(usable, other, 0.0)

    def twice(at: Array) -> tuple[Array, Array]:
        found = residuals(at)
        return found, found

    def around(at: Array) -> Slopes:
        jacobian, here = jax.jacfwd(twice, has_aux=True)(at)
        slope = jax.grad(rest)
        return Slopes(
            jacobian.T @ here,
            jacobian.T @ jacobian,
            slope(at),
            jax.jacfwd(slope)(at),
        )

    def step(now: Descent) -> Descent:
        slopes = jax.lax.cond(
            now.stale, lambda: around(now.v), lambda: now.slopes
        )
        # The square of what the errors are scaled by.
        scale = jnp.maximum(2 * now.half / count, 1.0)
        scale = jnp.where(now.inflated, scale, 1.0)
        value = now.half / scale + now.rest
        slope = slopes.chi / scale + slopes.rest
        curved = jnp.maximum(jnp.diagonal(slopes.curvature), 0.0)
        square = slopes.fisher / scale + jnp.diag(curved)
        own = jnp.diagonal(square)
        own = jnp.where(own > 0, own, 1.0)

        def move(damping: Array) -> Array:
            found = -jnp.linalg.solve(square + jnp.diag(damping * own), slope)
            return jnp.where(jnp.isfinite(found), found, 0.0)

        def candidate(factor: Array) -> tuple[Array, ...]:
            damping = jnp.clip(now.damping * factor, _LEAST, _MOST)
            by = move(damping)
            by /= jnp.maximum(jnp.abs(by).max() / longest, 1.0)
            half, other = parts(now.v + by)
            return half / scale + other, now.v + by, half, other, damping

        gain = -0.5 * slope @ move(jnp.asarray(_LEAST, v.dtype))
        little = gain < jnp.maximum(
            jnp.where(now.inflated, _SMALL, _TINY), rounding * jnp.abs(value)
        )
        tried = jax.lax.map(candidate, factors)
        best = jnp.argmin(tried[0])
        after, at, half, other, damping = (x[best] for x in tried)
        # The last step is for the slopes at the end.
        better = (after < value) & ~little & (now.count < BUDGET - 1)
        worse = jnp.minimum(damping * 900.0, _MOST)
        return Descent(
            v=jnp.where(better, at, now.v),
            half=jnp.where(better, half, now.half),
            rest=jnp.where(better, other, now.rest),
            slopes=slopes,
            stale=better,
            damping=jnp.where(
                little, now.damping, jnp.where(better, damping, worse)
            ),
            inflated=now.inflated & ~little,
            settled=little & ~now.inflated,
            stuck=~better & ~little & (now.damping >= _MOST),
            count=now.count + 1,
        )

    def going(now: Descent) -> Array:
        ended = now.settled | now.stuck | (now.count >= BUDGET)
        return ~ended & jnp.isfinite(now.half)

    yes, no = jnp.asarray(True), jnp.asarray(False)
    half, other = parts(v)
    blank = jax.tree.map(
        lambda x: jnp.zeros(x.shape, x.dtype), jax.eval_shape(around, v)
    )
    first = Descent(
        *(v, half, other, blank, yes, jnp.asarray(_FIRST, v.dtype)),
        *(yes, no, no, jnp.asarray(0)),
    )
    return jax.lax.while_loop(going, step, first)
