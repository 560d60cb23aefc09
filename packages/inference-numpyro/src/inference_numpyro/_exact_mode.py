"""Where the density of the remaining coordinates is, and how wide.

A small lattice is moved, turned and scaled to the moments of the density on
it, again and again. That needs no derivatives, and so little compilation.
While the lattice is still coarse the density is raised to a power below one,
so that several points count.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.estimation import Problem
from jax import Array
from numpy.typing import NDArray

from ._exact_split import split_of
from ._starts import draw_points, has_prior

STEPS = 20
"""Of the search; a step shrinks the lattice to a third, or moves it on."""
_DRAWN = 64
_AXES = {1: (9, 0.75), 2: (7, 1.0), 3: (5, 1.25)}
"""Points along an axis and their spacing, by the number of coordinates."""


@partial(jax.jit, static_argnames=("count",))
def prior_widths(
    problem: Problem, key: Array, count: int = _DRAWN
) -> tuple[Array, Array, Array]:
    """Draws of the remaining coordinates, their middle and half width.

    Standard normal where the prior cannot be drawn from.

    Returns
    -------
    drawn, middle, width
        `(count, m)`, `(m,)`, `(m,)`.
    """
    drawn = draw_points(problem, key, count)[:, split_of(problem).rest]
    low, middle, high = jnp.quantile(
        drawn, jnp.array([0.16, 0.5, 0.84]), axis=0
    )
    half = (high - low) / 2
    sound = jnp.isfinite(half) & (half > 0) & jnp.isfinite(middle)
    if not has_prior(problem):
        sound &= False
    return drawn, jnp.where(sound, middle, 0.0), jnp.where(sound, half, 1.0)


@lru_cache(maxsize=3)
def search_lattice(size: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Points `(node, m)`, and whether each is on the rim."""
    count, spacing = _AXES[size]
    axis = np.arange(count) - count // 2
    grid = np.stack(np.meshgrid(*[axis] * size, indexing="ij"), axis=-1)
    index = grid.reshape(-1, size)
    return index * spacing, (np.abs(index) == count // 2).any(axis=1)


def next_frame(centre: Any, frame: Any, heights: Any, xp: Any) -> Any:
    """Centre and frame of the next lattice.

    Parameters
    ----------
    centre, frame
        Of this one: nodes are `centre + frame @ node`.
    heights
        Log-density at the nodes; minus infinity where there is none.
    xp
        `numpy` or `jax.numpy`.

    Returns
    -------
    centre, frame
        With the same nodes.
    raised
        Whether the density was raised to a power: the lattice is too coarse.
    """
    size = len(centre)
    nodes, rim = search_lattice(size)
    best = xp.argmax(heights)
    top = heights[best]
    # The density counts at twice as many points as there are coordinates.
    least = xp.sort(heights)[-(2 * size + 1)]
    drop = xp.where(xp.isfinite(least), top - least, 1e6)
    raised = drop > 2
    power = 1 / xp.maximum(1.0, drop / 2)
    weights = xp.exp((heights - top) * power)
    weights = weights / weights.sum()
    mean = weights @ nodes
    gap = nodes - mean
    cell = (nodes[1] - nodes[0]).max() ** 2 / 12
    covariance = (weights[:, None] * gap).T @ gap + cell * xp.eye(size)
    root = xp.linalg.cholesky(covariance)
    outside = xp.asarray(rim)[best]
    mean = xp.where(outside, xp.asarray(nodes)[best], mean)
    root = xp.where(outside, 1.5 * xp.eye(size), root)
    return centre + frame @ mean, frame @ root, raised


def settled(before: Any, old: Any, new: Any) -> Any:
    """Whether another step would change little.

    Parameters
    ----------
    before, old
        Centre and frame of a lattice.
    new
        What `next_frame` made of them.
    """
    centre, frame, raised = new
    was, now = abs(old).max(axis=1), abs(frame).max(axis=1)
    moved = abs(centre - before) / was
    still = (abs(now / was - 1) < 0.3).all() & (moved < 0.3).all()
    # A coarse lattice may shrink slowly: that is no end.
    return still & ~raised
