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
"""Jacobians of a search that does not settle."""
_DAMPINGS = (0.03, 1.0, 30.0)
"""Tried with each Jacobian, in units of the one that was best before."""
_LEAST, _MOST = 1e-8, 1e8
_LONGEST = 1.0
"""A step of any coordinate, in prior widths."""
_SMALL, _TINY = 1e-2, 1e-6
"""Decreases at which it goes on with the errors as they are, and then ends."""


class _State(NamedTuple):
    v: Any
    loss: Any
    chi: Any
    damping: Any
    inflated: Any
    done: Any
    count: Any


def descend(
    residuals: Callable[[Array], Array],
    rest: Callable[[Array], Array],
    v: Array,
) -> tuple[Array, Array]:
    """Minimise half the sum of squared residuals plus the rest.

    Parameters
    ----------
    residuals
        Of coordinates in units of the prior's scale, `(n,)`.
    rest
        What the prior adds; its curvature is taken to be one.
    v
        Where to start, `(size,)`.

    Returns
    -------
    v
        The best point.
    settled
        Whether the decrease became negligible within the budget.
    """
    eps = jnp.finfo(v.dtype).eps
    eye = jnp.eye(v.size, dtype=v.dtype)
    factors = jnp.asarray(_DAMPINGS, v.dtype)

    def both(at: Array) -> tuple[Array, Array]:
        chi, other = jnp.sum(jnp.square(residuals(at))), rest(at)
        usable = jnp.isfinite(chi) & jnp.isfinite(other)
        infinite = jnp.asarray(jnp.inf, v.dtype)
        return jnp.where(usable, chi, infinite), jnp.where(
            usable, other, infinite
        )

    def twice(at: Array) -> tuple[Array, Array]:
        found = residuals(at)
        return found, found

    def step(state: _State) -> _State:
        jacobian, here = jax.jacfwd(twice, has_aux=True)(state.v)
        # What the errors are scaled by, squared.
        scale = jnp.maximum(state.chi / here.size, 1.0)
        scale = jnp.where(state.inflated, scale, 1.0)
        slope = jacobian.T @ here / scale + jax.grad(rest)(state.v)
        square = jacobian.T @ jacobian / scale
        own = jnp.diagonal(square) + 1.0

        def candidate(factor: Array) -> tuple[Array, ...]:
            damping = jnp.clip(state.damping * factor, _LEAST, _MOST)
            move = -jnp.linalg.solve(square + eye + damping * own * eye, slope)
            longest = jnp.maximum(jnp.abs(move).max() / _LONGEST, 1.0)
            at = state.v + jnp.where(jnp.isfinite(move), move / longest, 0.0)
            chi, other = both(at)
            return chi / 2 / scale + other, at, chi, chi / 2 + other, damping

        tried = jax.lax.map(candidate, factors)
        best = jnp.argmin(tried[0])
        value, at, chi, loss, damping = (x[best] for x in tried)
        before = state.chi / 2 / scale + (state.loss - state.chi / 2)
        better = value < before
        enough = jnp.where(state.inflated, _SMALL, _TINY)
        enough = jnp.maximum(enough, 4 * eps * jnp.abs(before))
        ended = better | (state.damping >= _MOST)
        little = (before - value < enough) & ended
        return _State(
            jnp.where(better, at, state.v),
            jnp.where(better, loss, state.loss),
            jnp.where(better, chi, state.chi),
            jnp.where(better, damping, jnp.minimum(damping * 900.0, _MOST)),
            state.inflated & ~little,
            little & ~state.inflated,
            state.count + 1,
        )

    def going(state: _State) -> Array:
        return ~state.done & (state.count < BUDGET) & jnp.isfinite(state.loss)

    chi, other = both(v)
    yes = jnp.asarray(True)
    first = _State(
        *(v, chi / 2 + other, chi, jnp.asarray(0.01, v.dtype)),
        *(yes, ~yes, jnp.asarray(0)),
    )
    end = jax.lax.while_loop(going, step, first)
    return end.v, end.done
