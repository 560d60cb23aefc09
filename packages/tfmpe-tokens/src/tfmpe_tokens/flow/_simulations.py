"""Simulations of a problem as tokens in unconstrained coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault, FitError
from forwardax.estimation import Problem, Progress
from jax import Array

from .._bridge import flat_data
from .._tokens import Tokens
from ._best_fit import BestFit, Frames
from ._coordinates import Coordinates

_BATCH = 128
"""Simulations at a time."""


@dataclass(frozen=True, eq=False)
class SimulatedTokens:
    """Joint draws of a problem's coordinates and data.

    Parameters
    ----------
    tokens
        `(n, tokens, width)`; keys hold coordinates, not values: in units of
        the frames, if there are any.
    u
        The coordinates themselves, `(n, size)`.
    dropped
        Simulations that were not finite, or whose best fit was not found,
        and are left out.
    frames
        Of the best fits, or None.
    """

    tokens: Tokens
    u: np.ndarray
    dropped: int
    frames: Frames | None = None

    def __getitem__(self, rows: slice) -> SimulatedTokens:
        """Some of the simulations."""
        frames = self.frames
        if frames is not None:
            frames = Frames(*(part[rows] for part in frames))
        tokens = jax.tree.map(lambda x: x[rows], self.tokens)
        return SimulatedTokens(tokens, self.u[rows], 0, frames)


def simulate_tokens(
    problem: Problem,
    coordinates: Coordinates,
    key: Array,
    n: int,
    *,
    around: BestFit | None = None,
    progress: Progress | None = None,
) -> SimulatedTokens:
    """Draw from the prior and simulate, on the device.

    Parameters
    ----------
    problem
        With a proper prior and a simulator.
    coordinates
        Its coordinates as tokens.
    key
        JAX key; simulation i depends on it and i alone.
    n
        Number of simulations.
    around
        Finds the best fits that coordinates are then given about.
    progress
        Called with a stage, what is done of it, and all of it.

    Raises
    ------
    FitError
        If most simulations are not finite.
    """
    simulate_key, radius_key = jax.random.split(key)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(simulate_key, jnp.arange(n))
    u, data = _simulate(problem, keys)
    u = np.array(u, float)
    # An angle is the direction of two normals: their radius is independent.
    pairs = coordinates.circular
    if len(pairs):
        normals = jax.random.normal(radius_key, (n, len(pairs), 2))
        radius = np.linalg.norm(np.asarray(normals, float), axis=-1)
        own = u[:, pairs]
        length = np.linalg.norm(own, axis=-1)
        u[:, pairs] = own * (radius / length)[..., None]
    arrays = {k: np.asarray(v) for k, v in flat_data(data).items()}
    good = np.asarray(np.isfinite(u).all(-1))
    for name in coordinates.layout:
        if name in arrays:
            good &= np.isfinite(arrays[name]).reshape(n, -1).all(-1)
    if good.sum() < max(2, n // 2):
        raise FitError(
            Fault(
                "most simulations of this problem are not finite",
                key=problem.system.system_id,
                value=f"{n - good.sum()} of {n}",
                fix="narrow the priors, or look at "
                "problem.simulate(jax.random.key(0))",
                code="simulate",
            )
        )
    frames = None
    if around is not None:
        frames = around.frames(
            jax.tree.map(lambda x: np.asarray(x)[good], data), progress
        )
        fitted = frames.chi_square < around.limit
        frames = Frames(*(part[fitted] for part in frames))
        good[good] = fitted
    kept = {name: array[good] for name, array in arrays.items()}
    u = u[good]
    units = u if frames is None else frames.units(u[:, None])[:, 0]
    tokens = tokens_of(coordinates, units, kept)
    return SimulatedTokens(tokens, u, int(n - good.sum()), frames)


@jax.jit
def _simulate(problem: Problem, keys: Array) -> tuple[Array, Any]:
    def one(key: Array) -> tuple[Array, Any]:
        store, data = problem.simulate(key)
        return problem.to_unconstrained(store), data

    size = min(_BATCH, keys.shape[0])
    return jax.lax.map(one, keys, batch_size=size)


def tokens_of(coordinates: Coordinates, u: Any, data: Any) -> Tokens:
    """Tokens of coordinates `(n, size)` and data with `n` samples.

    Parameters
    ----------
    coordinates
        Where they go.
    u
        Coordinates; None leaves them at zero.
    data
        Arrays by key.
    """
    layout = coordinates.layout
    arrays = flat_data(data)
    n = np.shape(next(iter(arrays.values())))[0]
    if u is None:
        u = np.zeros((n, coordinates.tokens.size))
    values = coordinates.data(u)
    summaries: dict[str, Any] = {}
    for key in layout.keys:
        if key.name not in arrays:
            continue
        array = np.asarray(arrays[key.name])
        if key.summary:
            summaries[key.name] = array
            continue
        flat = array.reshape(n, key.n_tokens, key.width)
        values[:, layout.slice(key.name), : key.width] = flat
    return Tokens(jnp.asarray(values), None, None, summaries, layout)
