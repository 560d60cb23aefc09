"""Fitting a lattice: modes, a first pass for the scales, then refinement."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault, FitError
from forwardax.estimation import Problem, Progress
from jax import Array

from ._exact_lattice import Evaluate, Floats, Lattice, draw_points, grow
from ._exact_mode import (
    STEPS,
    next_frame,
    prior_widths,
    search_lattice,
    settled,
)
from ._exact_moments import Local, local
from ._exact_warp import Warp, warp_of

_CAPACITY = 4096
"""Points in one call of the compiled program."""
_FIRST = {1: 0.5, 2: 0.6, 3: 0.8}
"""Spacing by the number of coordinates, in standard deviations."""
_REFINED = 0.7
_ROUNDS = 4


class Tuned(NamedTuple):
    """A lattice fine enough, or the best that could be had.

    Parameters
    ----------
    lattice
        In the coordinates of the warp, whose volume is in its density.
    warp
        From there to unconstrained coordinates.
    """

    lattice: Lattice
    warp: Warp

    @property
    def points(self) -> Floats:
        """Nodes in unconstrained coordinates, `(node, m)`."""
        return self.warp.place(self.lattice.points, np)

    def draw(
        self, count: int, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """Draws, `(count, m)`, and the log-density they were drawn with."""
        w, log_q = draw_points(self.lattice, count, rng)
        return self.warp.place(w, np), log_q - self.warp.log_volume(w, np)


@partial(jax.jit, static_argnames=("chunk",))
def _evaluate(
    problem: Problem, points: Array, z: Array, count: Array, *, chunk: int
) -> Local:
    """What follows at the first `count` of `points`, in chunks."""
    shapes = jax.eval_shape(local, problem, points[0], z[0])
    empty = jax.tree.map(
        lambda x: jnp.zeros((len(points), *x.shape), x.dtype), shapes
    )

    def body(i: Array, out: Local) -> Local:
        start = i * chunk
        here, white = (
            jax.lax.dynamic_slice_in_dim(x, start, chunk) for x in (points, z)
        )
        made = jax.vmap(partial(local, problem))(here, white)
        return jax.tree.map(
            lambda o, m: jax.lax.dynamic_update_slice_in_dim(o, m, start, 0),
            out,
            made,
        )

    return jax.lax.fori_loop(0, (count + chunk - 1) // chunk, body, empty)


def at_points(problem: Problem, points: Floats, z: Floats) -> Local:
    """What follows at any number of points; one program serves all.

    Parameters
    ----------
    problem
        With data.
    points
        The remaining coordinates, `(n, m)`.
    z
        As in `local`, `(n, k)`.

    Returns
    -------
    Local
        NumPy arrays.
    """
    chunk = 32 if jax.default_backend() == "cpu" else _CAPACITY
    dtype = jax.dtypes.canonicalize_dtype(float)
    parts: list[Local] = []
    for start in range(0, len(points), _CAPACITY):
        some = points[start : start + _CAPACITY]
        count = len(some)

        def padded(x: Floats, start: int = start) -> Array:
            whole = np.zeros((_CAPACITY, x.shape[1]))
            part = x[start : start + _CAPACITY]
            whole[: len(part)] = part
            return jnp.asarray(whole, dtype)

        found = _evaluate(
            problem, padded(points), padded(z), jnp.asarray(count), chunk=chunk
        )
        parts.append(Local(*(np.asarray(x)[:count] for x in found)))
    return Local(*(np.concatenate(x) for x in zip(*parts, strict=True)))


def evaluator(problem: Problem, linear: int) -> Evaluate:
    """Density and moments at points `(n, m)`.

    Parameters
    ----------
    problem
        With data.
    linear
        Number of coefficients.
    """

    def evaluate(points: Floats) -> dict[str, Floats]:
        found = at_points(problem, points, np.zeros((len(points), linear)))
        height = found.log_marginal.astype(float)
        bad = ~np.isfinite(height)
        return {
            "log_density": np.where(bad, -np.inf, height),
            "mean": np.where(bad[:, None], 0.0, found.mean),
            "variance": np.where(bad[:, None], 0.0, found.variance),
        }

    return evaluate


def quadrature(
    problem: Problem,
    evaluate: Evaluate,
    key: Any,
    size: int,
    *,
    tolerance: float,
    most: int,
    progress: Progress | None,
) -> Tuned:
    """A lattice over the remaining coordinates.

    Parameters
    ----------
    problem
        With data.
    evaluate
        Of `evaluator`.
    key
        For the starts of the search.
    size
        Number of remaining coordinates.
    tolerance
        Relative error of the evidence to aim at.
    most
        Nodes.
    progress
        Told of each lattice.

    Raises
    ------
    FitError
        If the density is finite nowhere.
    """
    if size == 0:
        none = np.zeros((1, 0))
        found = evaluate(none)
        _require_finite(found["log_density"])
        index = np.zeros((1, 0), int)
        centre, frame = np.zeros(0), np.zeros((0, 0))
        lattice = Lattice(centre, frame, index, found, True)
        return Tuned(lattice, Warp(centre, np.ones(0)))
    drawn, _, width = (
        np.asarray(x, float) for x in jax.device_get(prior_widths(problem, key))
    )
    heights = evaluate(drawn)["log_density"]
    _require_finite(heights)
    centre, frame = _search(evaluate, drawn, heights, width)
    single = jax.dtypes.canonicalize_dtype(float) == np.float32
    warp = warp_of(centre, frame, np)

    def warped(w: Floats) -> dict[str, Floats]:
        made = evaluate(warp.place(w, np))
        volume = warp.log_volume(w, np)
        return made | {"log_density": made["log_density"] + volume}

    # What lies beyond is rarer by far than the error aimed at.
    cut = min(10.0 - np.log(tolerance), 14.0 if single else 30.0)
    grown = partial(grow, warped, cut=cut, most=most)
    counted = warp.back(drawn[heights > heights.max() - 20.0], np)
    centre, frame = np.zeros(size), frame / warp.width[:, None]
    spacing = _FIRST[size]
    lattice = grown(centre, frame, 1.0, counted)
    for done in range(_ROUNDS):
        if progress:
            progress("quadrature", done, _ROUNDS)
        mean, covariance = lattice.covariance
        root = _root(covariance, lattice.frame)
        finer = grown(mean, root, spacing, counted)
        if not finer.complete and done:
            break  # the coarser one was whole
        lattice = finer
        if lattice.error <= tolerance:
            break
        spacing *= _REFINED
    if progress:
        progress("quadrature", _ROUNDS, _ROUNDS)
    return Tuned(lattice, warp)


def _search(
    evaluate: Evaluate, drawn: Floats, heights: Floats, width: Floats
) -> tuple[Floats, Floats]:
    """Centre and frame of the density, from the best draw of the prior."""
    centre, frame = drawn[np.argmax(heights)], np.diag(width)
    nodes, _ = search_lattice(len(centre))
    for _ in range(STEPS):
        found = evaluate(centre + nodes @ frame.T)["log_density"]
        before, old = centre, frame
        new = next_frame(before, old, found, np)
        centre, frame, _ = new
        if settled(before, old, new):
            break
    return centre, frame


def _root(covariance: Floats, otherwise: Floats) -> Floats:
    try:
        root = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        return otherwise
    sound = bool(np.isfinite(root).all())
    return np.asarray(root, float) if sound else otherwise


def _require_finite(values: Any) -> None:
    if not np.isfinite(values).any():
        raise FitError(
            Fault(
                "the density is not finite anywhere that was looked",
                key="data",
                value="the best of 64 draws from the prior",
                allowed="a finite log-density with the coefficients integrated",
                fix="look at the priors, and for columns of the design that "
                "neither data nor prior determine",
                code="starts",
            )
        )
