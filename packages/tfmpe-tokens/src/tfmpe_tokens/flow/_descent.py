# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Descents to best fits, several at once.

References
----------
Marquardt (1963), J. SIAM 11, 431.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from forwardax import log_prior
from forwardax.estimation import Problem
from jax import Array

_STEPS = 25
_LONGEST = 0.5
"""Longest step of a coordinate, in spreads of the prior: it may level off."""


def residuals(problem: Problem, u: Array, data: Any) -> Array:
    """In units of the noise, `(m,)`."""
    system: Any = problem.system
    return jnp.ravel(system.residuals(problem.to_store(u), data))


@jax.jit
def descents(
    problem: Problem, starts: Any, data: Any, spread: Any
) -> tuple[Array, Array, Array]:
    """Where several descents end.

    Parameters
    ----------
    problem
        With the capability `residuals`.
    starts
        `(n, size)`.
    data
        With a leading axis `n`.
    spread
        Of the prior, `(size,)`.

    Returns
    -------
    centre, root, chi_square
        Best fits `(n, size)`, lower Cholesky factors of the curvature `(n,
        size, size)`, and sums of the squared residuals `(n,)`.
    """

    def one(start: Array, data: Any) -> tuple[Array, Array, Array]:
        def look(u: Array) -> _Look:
            off = residuals(problem, u, data)
            slope = jax.jacfwd(lambda v: residuals(problem, v, data))(u)
            prior, pull = jax.value_and_grad(lambda v: log_prior(problem, v))(u)
            square = jnp.square(off).sum()
            # The prior's own curvature may be of either sign.
            matrix = slope.T @ slope + jnp.diag(spread**-2)
            return _Look(
                u,
                0.5 * square - prior,
                slope.T @ off - pull,
                matrix,
                square,
            )

        end = _descent(look, start, _LONGEST * spread)
        return end.u, jnp.linalg.cholesky(end.matrix), end.square

    return jax.vmap(one)(starts, data)


class _Look(NamedTuple):
    u: Array
    height: Array
    slope: Array
    matrix: Array
    square: Array


def _descent(
    look: Callable[[Array], _Look], start: Array, longest: Array
) -> _Look:
    """Levenberg and Marquardt's, by steps no longer than `longest`."""

    def going(state: Any) -> Array:
        _, damping, count, gain = state
        return (count < _STEPS) & (gain > 1e-3) & (damping < 1e6)

    def step(state: Any) -> Any:
        here, damping, count, _ = state
        diagonal = jnp.diag(jnp.diagonal(here.matrix))
        move = jnp.linalg.solve(here.matrix + damping * diagonal, here.slope)
        move = move / jnp.maximum(1.0, jnp.abs(move / longest).max())
        there = look(here.u - move)
        better = there.height < here.height
        new = jax.tree.map(lambda a, b: jnp.where(better, a, b), there, here)
        gain = jnp.where(better, here.height - there.height, jnp.inf)
        damping = jnp.where(better, damping / 6, damping * 4)
        return new, damping, count + 1, gain

    first = (
        look(start),
        jnp.asarray(1e-2, start.dtype),
        jnp.asarray(0),
        jnp.asarray(jnp.inf, start.dtype),
    )
    return jax.lax.while_loop(going, step, first)[0]
