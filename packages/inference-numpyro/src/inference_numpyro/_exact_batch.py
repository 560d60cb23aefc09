"""Moments and evidence of a batch of problems, in one compiled program.

The lattice has a fixed size, so everything can be mapped: thousands of series
cost one compilation. `exact.linear` adapts its lattice instead.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import CapabilityError, Fault
from forwardax.estimation import Problem
from jax import Array
from numpy.typing import NDArray

from ._exact_mode import (
    STEPS,
    next_frame,
    prior_widths,
    search_lattice,
    settled,
)
from ._exact_moments import Local, combine, local
from ._exact_node import conditional, rest_size
from ._exact_split import split_of
from ._exact_warp import Warp, warp_of

_SHAPES = {1: (29, 0.5), 2: (31, 0.45), 3: (15, 0.85)}
"""Points along an axis and their spacing, in standard deviations."""


_PARTS = {1: 1, 2: 31, 3: 45}
"""Parts of a lattice that are computed one after the other."""


class ExactBatch(NamedTuple):
    """Moments and evidence of many fits.

    Attributes
    ----------
    mean, sd
        Of every element of the free keys, `(..., p)`.
    log_evidence
        `(...)`.
    error
        Relative error of the evidence, from rules of double spacing.
    edge
        Share of the probability on the rim of the lattice: what lies beyond
        is of that order.
    """

    mean: Any
    sd: Any
    log_evidence: Any
    error: Any
    edge: Any

    @property
    def sound(self) -> Any:
        """Whether each is good to a thousandth, `(...)`."""
        return (
            (self.error < 1e-3)
            & (self.edge < 1e-3)
            & jnp.isfinite(self.log_evidence)
        )


@jax.jit
def exact_one(problem: Problem, key: Array) -> ExactBatch:
    """Moments and evidence of one problem; pure, to be mapped.

    Parameters
    ----------
    problem
        With data and the capability `linear_gaussian`; at most three
        coordinates may remain.
    key
        For the starts of the search.

    Raises
    ------
    CapabilityError
        If more coordinates remain.
    """
    size = rest_size(problem)
    if size == 0:
        at = _at(problem, jnp.zeros((0,)))
        zero = jnp.zeros_like(at.log_marginal)
        return ExactBatch(
            at.mean, jnp.sqrt(at.variance), at.log_marginal, zero, zero
        )
    if size not in _SHAPES:
        raise CapabilityError(
            Fault(
                "too many coordinates are not linear for a lattice",
                key="problem",
                value=f"{size} remain",
                allowed="at most 3",
                fix="fit one by one with exact.linear, which samples them",
                code="size",
            )
        )
    _, middle, width = prior_widths(problem, key)
    centre, frame = _search(problem, middle, jnp.diag(width))
    warp = warp_of(centre, frame, jnp)
    centre, frame = jnp.zeros_like(centre), frame / warp.width[:, None]

    def again(_: Any, state: Any) -> Any:
        centre, frame = state
        points, _, weights = _pass(problem, warp, centre, frame)
        mean = weights @ points
        gap = points - mean
        root = jnp.linalg.cholesky((weights[:, None] * gap).T @ gap)
        return mean, jnp.where(jnp.isfinite(root).all(), root, frame)

    # The first pass is for the moments, the second one in their units.
    centre, frame = jax.lax.fori_loop(0, 1, again, (centre, frame))
    _, found, weights = _pass(problem, warp, centre, frame)
    mean, variance = combine(weights, found.mean, found.variance)
    _, rim, parity = _lattice(size)
    shares = jax.ops.segment_sum(weights, parity, 2**size)
    spacing = _SHAPES[size][1]
    top = found.log_marginal.max()
    total = top + jnp.log(jnp.exp(found.log_marginal - top).sum())
    volume = jnp.linalg.slogdet(frame * spacing)[1]
    coarse = jnp.abs(shares * 2**size - 1).max()
    return ExactBatch(
        mean,
        jnp.sqrt(variance),
        total + volume,
        jnp.square(coarse),
        weights @ rim,
    )


def exact_batch(problems: Problem, key: Array) -> ExactBatch:
    """Moments and evidence of a batch of problems.

    Parameters
    ----------
    problems
        Stacked by `forwardax.stack`.
    key
        For the starts of the searches.
    """
    return _mapped(problems, key)


@jax.jit
def _mapped(problems: Problem, key: Array) -> ExactBatch:
    return jax.vmap(exact_one, in_axes=(0, None))(problems, key)


def _search(
    problem: Problem, centre: Array, frame: Array
) -> tuple[Array, Array]:
    """Centre and frame of the density, from those of the prior."""
    nodes = jnp.asarray(search_lattice(centre.size)[0], centre.dtype)

    def going(state: Any) -> Array:
        return (state[2] < STEPS) & ~state[3]

    def step(state: Any) -> Any:
        before, old, count, _ = state
        points = before + nodes @ old.T
        height = jax.vmap(lambda v: conditional(problem, v).log_marginal)
        found = height(points)
        found = jnp.where(jnp.isfinite(found), found, -jnp.inf)
        new = next_frame(before, old, found, jnp)
        return new[0], new[1], count + 1, settled(before, old, new)

    first = (centre, frame, jnp.asarray(0), jnp.asarray(False))
    centre, frame, _, _ = jax.lax.while_loop(going, step, first)
    return centre, frame


def _pass(problem: Problem, warp: Warp, centre: Array, frame: Array) -> Any:
    grid, _, _ = _lattice(centre.size)
    points = centre + jnp.asarray(grid, centre.dtype) @ frame.T
    found = jax.lax.map(
        partial(_at, problem),
        warp.place(points, jnp),
        batch_size=len(grid) // _PARTS[centre.size],
    )
    bad = ~jnp.isfinite(found.log_marginal)
    volume = warp.log_volume(points, jnp)
    height = jnp.where(bad, -jnp.inf, found.log_marginal + volume)
    found = found._replace(
        log_marginal=height,
        mean=jnp.where(bad[:, None], 0.0, found.mean),
        variance=jnp.where(bad[:, None], 0.0, found.variance),
    )
    return points, found, jax.nn.softmax(height)


def _at(problem: Problem, rest: Array) -> Local:
    linear = len(split_of(problem).linear)
    return local(problem, rest, jnp.zeros((linear,), rest.dtype))


@lru_cache(maxsize=3)
def _lattice(
    size: int,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
    """Points in standard deviations, whether on the rim, and parity."""
    count, spacing = _SHAPES[size]
    axis = np.arange(count) - count // 2
    grid = np.stack(np.meshgrid(*[axis] * size, indexing="ij"), axis=-1)
    index = grid.reshape(-1, size)
    rim = (np.abs(index) == count // 2).any(axis=1).astype(float)
    parity = (index % 2) @ (2 ** np.arange(size))
    return index * spacing, rim, parity
