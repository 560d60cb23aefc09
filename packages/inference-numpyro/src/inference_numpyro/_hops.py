"""New starts from old ends: what one search found, tried with other parts.

A forward model is made of parts (a lens and a source, a star and its
companion), and a search that is caught in the wrong place often has some of
them right. A hop keeps a random part of the best end and takes the rest from
another end or from the prior. Where an angle of full period is wrong, it is
often by half a turn: two stars have swapped names, a wave its sign.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax import loss
from forwardax.contracts import PriorPlan
from forwardax.estimation import Problem
from jax import Array
from numpy.typing import NDArray

from ._coordinates import chart_of, lift
from ._starts import BATCH, draw_points

_TRIES = 32
"""Mixtures looked at for each start."""


@jax.jit
def hops(problem: Problem, key: Array, ends: Array) -> Array:
    """Starts that share parts with the best end, as many as there are ends.

    Parameters
    ----------
    problem
        With data and a prior that can be drawn from.
    key
        Random key.
    ends
        Where searches ended, the best one first, `(end, size)`.

    Returns
    -------
    Array
        `(end, size)`; each is the best of several mixtures.
    """
    count, best = len(ends), ends[0]
    groups = _groups(problem.plan)
    chart = chart_of(problem.plan)
    zero = jnp.zeros((len(chart.kept),), best.dtype)
    total = count * _TRIES
    keys = jax.random.split(key, 5)
    fresh = draw_points(problem, keys[0], total)
    old = ends[jax.random.randint(keys[1], (total,), 0, len(ends))]
    other = jnp.where(
        jax.random.bernoulli(keys[2], 0.5, (total, 1)), fresh, old
    )
    rate = jax.random.uniform(keys[3], (total, 1))
    kept = jax.random.bernoulli(keys[4], rate, (total, groups.max() + 1))
    mixed = jnp.where(kept[:, groups], best, other)
    mixed = jax.vmap(lambda u: lift(chart, u, zero))(mixed)
    losses = jax.lax.map(lambda u: loss(problem, u), mixed, batch_size=BATCH)
    losses = jnp.where(jnp.isfinite(losses), losses, jnp.inf)
    first = jnp.argmin(losses.reshape(count, _TRIES), axis=1)
    return mixed.reshape(count, _TRIES, -1)[jnp.arange(count), first]


def half_turns(plan: PriorPlan, point: NDArray[Any]) -> NDArray[Any]:
    """The point with one angle of full period half a turn further, for each.

    Parameters
    ----------
    plan
        Of the problem.
    point
        `(size,)`.

    Returns
    -------
    ndarray
        `(angle, size)`.
    """
    chart = chart_of(plan)
    rows = np.arange(len(chart.first))
    found = np.tile(point, (len(rows), 1))
    found[rows, chart.first] *= -1
    found[rows, chart.second] *= -1
    return found


def _groups(plan: PriorPlan) -> np.ndarray:
    """Number of the group of each coordinate: keys share a group by prefix."""
    keys = [name.partition(":")[0].partition("[")[0] for name in plan.names]
    prefixes = [key.rpartition(".")[0] or key for key in keys]
    order = list(dict.fromkeys(prefixes))
    return np.asarray([order.index(prefix) for prefix in prefixes])
