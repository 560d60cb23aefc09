"""Adaptive quadrature on a lattice that grows where the density is.

The trapezoidal rule on a lattice converges exponentially for smooth densities,
so a spacing near half a standard deviation is plenty. The lattice starts as a
ball around the modes and grows over every point whose density counts, so
neither long tails nor several modes are cut. The points of one parity are a
rule of double spacing; their disagreement measures the error.

References
----------
Trefethen & Weideman (2014), SIAM Review 56, 385, section 5.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Evaluate = Callable[[Floats], dict[str, Floats]]
"""Arrays by name of points `(node, m)`; `log_density` among them."""
_RADIUS = 5.0
"""Of the first ball, in standard deviations."""


class Lattice(NamedTuple):
    """Nodes and what is known at them.

    Parameters
    ----------
    centre, frame
        Node `i` is at `centre + frame @ nodes[i]`.
    nodes
        Integers, `(node, m)`.
    found
        What `Evaluate` returned.
    complete
        Whether every point that counts is a node.
    """

    centre: Floats
    frame: Floats
    nodes: NDArray[np.int64]
    found: dict[str, Floats]
    complete: bool

    @property
    def log_density(self) -> Floats:
        """At each node."""
        return self.found["log_density"]

    @property
    def points(self) -> Floats:
        """`(node, m)`."""
        return self.centre + self.nodes @ self.frame.T

    @property
    def weights(self) -> Floats:
        """Probability of each node, `(node,)`."""
        shifted = np.exp(self.log_density - self.log_density.max())
        return shifted / shifted.sum()

    @property
    def log_integral(self) -> float:
        """Of the density."""
        top = self.log_density.max()
        total = np.log(np.exp(self.log_density - top).sum())
        volume = np.linalg.slogdet(self.frame)[1] if self.frame.size else 0.0
        return float(top + total + volume)

    @property
    def coarse_error(self) -> float:
        """Largest relative error of the rules with double spacing."""
        size = self.nodes.shape[1]
        parity = (self.nodes % 2) @ (2 ** np.arange(size))
        shares = np.bincount(parity, self.weights, minlength=2**size)
        return float(np.abs(shares * 2**size - 1).max())

    @property
    def error(self) -> float:
        """Estimate of the relative error of the integral.

        The error falls at least as fast as `exp(-c / spacing)`: half the
        spacing squares it.
        """
        return self.coarse_error**2

    @property
    def covariance(self) -> tuple[Floats, Floats]:
        """Mean and covariance of the density."""
        points, weights = self.points, self.weights
        mean = weights @ points
        gap = points - mean
        return mean, (weights[:, None] * gap).T @ gap


def grow(
    evaluate: Evaluate,
    centre: Floats,
    frame: Floats,
    spacing: float,
    others: Floats,
    *,
    cut: float,
    most: int,
) -> Lattice:
    """A lattice over everything that counts.

    Parameters
    ----------
    evaluate
        Density and whatever else.
    centre, frame
        A point near the maximum, and a root of the covariance there.
    spacing
        In standard deviations.
    others
        Further points to begin from, `(mode, m)`.
    cut
        Log-density below the maximum at which a point no longer counts.
    most
        Nodes.
    """
    size = len(centre)
    step = frame * spacing
    ball = _ball(size, int(np.ceil(_RADIUS / spacing)))
    near = _ball(size, 1)
    seeds = np.linalg.solve(step, (others - centre).T).T
    # A mode far out in units of the best one is reached from its own seed.
    seeds = np.clip(np.rint(seeds), -1e6, 1e6).astype(int)
    fresh = np.concatenate([ball, *(near + seed for seed in seeds)])
    fresh = np.unique(fresh, axis=0)
    index = np.zeros((0, size), int)
    found: dict[str, Floats] = {}
    seen: set[tuple[int, ...]] = set()
    complete = True
    while len(fresh):
        if len(index) and len(index) + len(fresh) > most:
            complete = False
            break
        more = evaluate(centre + fresh @ step.T)
        seen.update(map(tuple, fresh.tolist()))
        index = np.concatenate([index, fresh])
        found = {
            k: np.concatenate([found[k], v]) if found else v
            for k, v in more.items()
        }
        high = found["log_density"].max()
        counts = more["log_density"] > high - cut
        around = (fresh[counts][:, None] + near[None]).reshape(-1, size)
        fresh = np.unique(around, axis=0)
        new = [tuple(row) not in seen for row in fresh.tolist()]
        fresh = fresh[np.asarray(new, bool)]
    return Lattice(centre, step, index, found, complete)


def _ball(size: int, radius: int) -> NDArray[np.int64]:
    axis = np.arange(-radius, radius + 1)
    grid = np.stack(np.meshgrid(*[axis] * size, indexing="ij"), axis=-1)
    points = grid.reshape(-1, size)
    return points[np.square(points).sum(axis=1) <= radius**2]


def draw_points(
    lattice: Lattice, count: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draws of the multilinear interpolant of the density.

    A node by its probability, then a step of triangular density on each axis:
    the hat functions of the lattice.

    Returns
    -------
    points
        `(count, m)`.
    log_q
        Log-density they were drawn with, up to a constant, `(count,)`.
    """
    size = lattice.nodes.shape[1]
    node = rng.choice(len(lattice.nodes), count, p=lattice.weights)
    at = lattice.nodes[node] + rng.triangular(-1, 0, 1, (count, size))
    table = dict(
        zip(map(tuple, lattice.nodes.tolist()), lattice.weights, strict=True)
    )
    low = np.floor(at).astype(int)
    part = at - low
    total = np.zeros(count)
    for corner in product((0, 1), repeat=size):
        share = np.where(corner, part, 1 - part).prod(axis=1)
        rows = (low + np.asarray(corner, int)).tolist()
        total += share * [table.get(tuple(row), 0.0) for row in rows]
    return lattice.centre + at @ lattice.frame.T, np.log(total)
