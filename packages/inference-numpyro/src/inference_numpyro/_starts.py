"""Where searches and chains begin."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from forwardax import loss
from forwardax.estimation import Problem
from jax import Array

from ._coordinates import chart_of, lift

TRIES = 8
"""Points looked at for each start before it is given up."""
_SCALE_DRAWS = 512
"""Prior draws that give the scale: known to some 5 %, which is plenty."""
BATCH = 16
"""Points evaluated together on a CPU, whose caches hold no more."""


class Starts(NamedTuple):
    """Starting points and the scale of the space around them.

    Parameters
    ----------
    points
        Unconstrained, `(start, size)`; auxiliary pairs have radius one.
    losses
        `(start,)`; infinite where no try was valid.
    scale
        Half the central 68 % of the prior in chart coordinates; ones where
        the prior cannot be drawn from, and for angles.
    invalid
        Number of points passed over because their density was zero or NaN.
    key
        For more starts later on.
    """

    points: Array
    losses: Array
    scale: Array
    invalid: Array
    key: Array


def has_prior(problem: Problem) -> bool:
    """Whether the prior can be drawn from."""
    return "proper_prior" in problem.capabilities


@partial(jax.jit, static_argnames=("count",))
def make_starts(problem: Problem, key: Array, count: int) -> Starts:
    """Starts from the prior, or standard normal where it is improper.

    Each is the best of several draws.

    Parameters
    ----------
    problem
        With data.
    key
        Random key.
    count
        Number of starts.
    """
    chart = chart_of(problem.plan)
    total = max(count * TRIES, _SCALE_DRAWS)
    drawn = draw_points(problem, key, total)
    scale = _width(problem, drawn)
    zero = jnp.zeros_like(scale)
    points = jax.vmap(lambda u: lift(chart, u, zero))(drawn[: count * TRIES])
    losses = jax.lax.map(
        lambda u: loss(problem, u), points, batch_size=BATCH
    ).reshape(count, TRIES)
    _, passed = first_finite(losses)
    losses = jnp.where(jnp.isfinite(losses), losses, jnp.inf)
    found = jnp.argmin(losses, axis=1)
    points = points.reshape(count, TRIES, -1)
    rows = jnp.arange(count)
    return Starts(
        points[rows, found],
        losses[rows, found],
        scale,
        passed.sum(),
        jax.random.fold_in(key, total),
    )


@jax.jit
def prior_scale(problem: Problem) -> Array:
    """Scale of the chart coordinates, as in `Starts`, of draws of its own."""
    return _width(
        problem, draw_points(problem, jax.random.key(0), _SCALE_DRAWS)
    )


def _width(problem: Problem, drawn: Array) -> Array:
    chart = chart_of(problem.plan)
    scale = jnp.ones((len(chart.kept),), drawn.dtype)
    if not has_prior(problem):
        return scale
    low, high = jnp.quantile(drawn, jnp.array([0.16, 0.84]), axis=0)
    half = (high - low)[chart.kept] / 2
    usable = jnp.isfinite(half) & (half > 0)
    usable = usable.at[chart.turns].set(False)
    return jnp.where(usable, half, 1.0)


def draw_points(problem: Problem, key: Array, count: int) -> Array:
    """Unconstrained points of the prior, or standard normal ones."""
    if not has_prior(problem):
        return jax.random.normal(key, (count, problem.size))

    def one(each: Array) -> Array:
        return problem.to_unconstrained(problem.prior_sample(each))

    return jax.vmap(one)(jax.random.split(key, count))


def first_finite(values: Array) -> tuple[Array, Array]:
    """Place of the first finite value in each row, and how many it took.

    Parameters
    ----------
    values
        `(row, try)`.
    """
    finite = jnp.isfinite(values)
    found = jnp.argmax(finite, axis=1)
    return found, jnp.where(finite.any(axis=1), found, values.shape[1])
