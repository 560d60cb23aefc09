"""Chart coordinates: one number for each element, angles included.

A full-period angle is sampled through two auxiliary normals, and the density
of that pair is greatest at radius zero, where the angle means nothing. What
searches for a maximum, or expands around one, therefore moves in a chart
around a point `u`: the radii are one, a pair is given by its turn in radians,
and every other coordinate by its distance.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from forwardax.contracts import Draw, PriorPlan
from jax import Array
from numpy.typing import NDArray


class Chart(NamedTuple):
    """Which unconstrained coordinates are what.

    Parameters
    ----------
    first, second
        Coordinates of the auxiliary pairs.
    kept
        Coordinates with a chart coordinate: all but `second`.
    turns
        Positions of the pairs among `kept`.
    names
        Of the chart coordinates.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    kept: NDArray[np.int64]
    turns: NDArray[np.int64]
    names: tuple[str, ...]


@lru_cache(maxsize=256)
def chart_of(plan: PriorPlan) -> Chart:
    """The chart of a plan."""
    first: list[int] = []
    second: list[int] = []
    for step in plan.steps:
        if isinstance(step, Draw) and step.form == "circular":
            first += step.coordinates[: step.count]
            second += step.coordinates[step.count :]
    kept = [i for i in range(plan.size) if i not in set(second)]
    names = tuple(
        plan.names[i].removesuffix(":x") if i in set(first) else plan.names[i]
        for i in kept
    )
    return Chart(
        np.asarray(first, dtype=int),
        np.asarray(second, dtype=int),
        np.asarray(kept, dtype=int),
        np.searchsorted(kept, first),
        names,
    )


def lift(chart: Chart, origin: Array, w: Array) -> Array:
    """Unconstrained point, `(size,)`, of chart coordinates around one.

    Parameters
    ----------
    chart
        Of the plan.
    origin
        Unconstrained point where the chart coordinates are zero.
    w
        `(len(chart.kept),)`.
    """
    u = origin.at[chart.kept].add(w)
    if not len(chart.first):
        return u
    turn = jnp.arctan2(origin[chart.second], origin[chart.first])
    turn += w[chart.turns]
    u = u.at[chart.first].set(jnp.cos(turn))
    return u.at[chart.second].set(jnp.sin(turn))


def lower(
    chart: Chart, origin: NDArray[Any], points: NDArray[Any]
) -> NDArray[Any]:
    """Chart coordinates of unconstrained points, on the host.

    Parameters
    ----------
    chart
        Of the plan.
    origin
        `(size,)`.
    points
        `(..., size)`.

    Returns
    -------
    ndarray
        `(..., chart)`; turns lie within pi.
    """
    w = np.asarray(points - origin, float)[..., chart.kept]
    if len(chart.first):
        turn = [
            np.arctan2(u[..., chart.second], u[..., chart.first])
            for u in (points, origin)
        ]
        w[..., chart.turns] = np.angle(np.exp(1j * (turn[0] - turn[1])))
    return w
