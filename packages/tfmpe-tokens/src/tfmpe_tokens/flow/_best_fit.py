# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Best fits of data, as frames that coordinates are learned in.

Good data leave posteriors that are hundreds of times narrower than the prior:
a network cannot say where they are so exactly. Where noise is normal the best
fit can, and its curvature says how wide they are. What remains to be learned
is of unit size, and close to normal.

References
----------
Alsing & Wandelt (2018), MNRAS 476, L60: a fit as a summary of the data, which
loses nothing to first order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import CapabilityError, Fault, FitError
from forwardax.estimation import Problem, Progress
from jax import Array
from numpy.typing import NDArray

from ._descent import descents, residuals

_BANK = 2048
"""Simulations whose data are compared with those to be fitted."""
_PAIRS = 8
"""Descents at a time."""
_MORE = (8, 32)
"""Further starts where the fit is bad."""
_SIGMAS = 8.0
"""Chi-square of a bad fit, in standard deviations above what noise gives."""
_ROWS = 1024
_TRIED = 16
"""Simulations that show whether best fits can be found at all."""


class Frames(NamedTuple):
    """Frames of `n` sets of data.

    Attributes
    ----------
    centre
        Best fits, `(n, size)`.
    root
        Lower Cholesky factors of the curvature there, `(n, size, size)`.
    chi_square
        Of the residuals, `(n,)`.
    """

    centre: NDArray[np.float64]
    root: NDArray[np.float64]
    chi_square: NDArray[np.float64]

    def units(self, u: Any) -> NDArray[np.float64]:
        """Coordinates `(n, draws, size)` in units of the curvature."""
        return np.einsum("nij,ndi->ndj", self.root, u - self.centre[:, None])

    def coordinates(self, units: Any) -> NDArray[np.float64]:
        """The inverse of `units`."""
        turned = np.swapaxes(np.asarray(units, float), 1, 2)
        back = np.linalg.solve(np.swapaxes(self.root, 1, 2), turned)
        return self.centre[:, None] + np.swapaxes(back, 1, 2)

    @property
    def log_volume(self) -> NDArray[np.float64]:
        """Log of the volume of a unit, `(n,)`."""
        return -np.log(np.diagonal(self.root, axis1=1, axis2=2)).sum(1)


@dataclass(frozen=True, eq=False)
class BestFit:
    """Finds the best fit of any data of a problem.

    Parameters
    ----------
    problem
        With the capability `residuals`.
    u
        Coordinates of simulations, `(bank, size)`.
    mean
        Their data without noise, in units of the noise, `(bank, m)`.
    """

    problem: Problem
    u: NDArray[np.float64]
    mean: NDArray[np.float64]

    @classmethod
    def of(cls, problem: Problem) -> BestFit:
        """From draws of the prior, always the same ones.

        Raises
        ------
        CapabilityError
            If the problem has no residuals.
        """
        if "residuals" not in problem.capabilities:
            raise CapabilityError(
                Fault(
                    "there is no best fit without residuals",
                    key="around",
                    value="fit",
                    allowed="a system whose noise is normal and known",
                    needed_by="'tfmpe.flow'",
                    fix="around='prior'",
                    code="capability",
                )
            )
        u, mean = map(np.asarray, _bank(problem, jax.random.key(0)))
        good = np.isfinite(u).all(1) & np.isfinite(mean).all(1)
        return cls(problem, u[good], mean[good])

    def check(self) -> None:
        """Refuse a problem whose best fits are not found.

        Raises
        ------
        FitError
            If those of most of a few simulations are not.
        """
        keys = jax.random.split(jax.random.key(1), _TRIED)
        data = _simulated(self.problem, keys)
        squares = self.frames(data).chi_square
        bad = int((~(squares < self.limit)).sum())
        if bad > _TRIED // 2:
            raise FitError(
                Fault(
                    "the best fits of most simulations are not found",
                    key="around",
                    value=f"{bad} of {_TRIED}, with a median chi-square of "
                    f"{np.median(squares):.4g}",
                    allowed=f"below {self.limit:.4g}",
                    fix="around='prior'; or see whether `residuals` are in "
                    "units of the noise that `simulate` adds",
                    code="fit",
                )
            )

    @cached_property
    def spread(self) -> NDArray[np.float64]:
        """Of the prior, `(size,)`."""
        return np.std(self.u, axis=0)

    @property
    def limit(self) -> float:
        """Chi-square above which a fit is bad."""
        m = self.mean.shape[1]
        return m + _SIGMAS * float(np.sqrt(2 * m))

    def frames(self, data: Any, progress: Progress | None = None) -> Frames:
        """Frames of many sets of data.

        Each descent starts where the data of a simulation are nearest; bad
        fits are tried again from more of them.

        Parameters
        ----------
        data
            As the problem has them, with a leading axis `n`.
        progress
            Called with a stage, fits done and fits in all.
        """
        data = jax.tree.map(np.asarray, data)
        n = jax.tree.leaves(data)[0].shape[0]
        counts = (max(1, _PAIRS // n), *_MORE)
        near = self._nearest(data, sum(counts))
        # Where no descent ends: the prior.
        found = Frames(
            np.tile(np.mean(self.u, axis=0), (n, 1)),
            np.tile(np.diag(1 / self.spread), (n, 1, 1)),
            np.full(n, np.inf),
        )
        rows, used = np.arange(n), 0
        for count in counts:
            starts = near[rows, used : used + count]
            repeated = np.repeat(rows, starts.shape[1])
            pairs = np.stack([repeated, starts.ravel()], 1)
            for at in range(0, len(pairs), _PAIRS):
                some = pairs[at : at + _PAIRS]
                self._descend(data, some, found)
                if progress and used == 0:
                    progress("fits", min(at + _PAIRS, len(pairs)), len(pairs))
            used += count
            rows = rows[~(found.chi_square[rows] < self.limit)]
            if not rows.size:
                break
        return found

    def _nearest(self, data: Any, most: int) -> NDArray[np.int64]:
        """Simulations in the order of their distance, `(n, most)`."""
        seen = np.asarray(_whitened(self.problem, self.u[0], data))
        square = np.square(self.mean).sum(1)
        most = min(most, len(self.mean))
        parts = [
            np.argsort(square - 2 * seen[a : a + _ROWS] @ self.mean.T)[:, :most]
            for a in range(0, len(seen), _ROWS)
        ]
        return np.concatenate(parts)

    def _descend(
        self, data: Any, pairs: NDArray[np.int64], found: Frames
    ) -> None:
        """Fits of `(row, start)`; better ones are written into `found`."""
        full = np.resize(pairs, (_PAIRS, 2))
        own = jax.tree.map(lambda x: x[full[:, 0]], data)
        starts = self.u[full[:, 1]]
        made = descents(self.problem, starts, own, self.spread)
        centre, root, square = (np.asarray(x, float) for x in made)
        for k, (row, _) in enumerate(pairs):
            better = square[k] < found.chi_square[row]
            if better and np.isfinite(root[k]).all():
                found.centre[row], found.root[row] = centre[k], root[k]
                found.chi_square[row] = square[k]


def _empty(data: Any) -> Any:
    return jax.tree.map(jnp.zeros_like, data)


@jax.jit
def _bank(problem: Problem, key: Array) -> tuple[Array, Array]:
    def one(key: Array) -> tuple[Array, Array]:
        store, data = problem.simulate(key)
        u = problem.to_unconstrained(store)
        return u, -residuals(problem, u, _empty(data))

    keys = jax.random.split(key, _BANK)
    return jax.lax.map(one, keys, batch_size=64)


@jax.jit
def _simulated(problem: Problem, keys: Array) -> Any:
    return jax.lax.map(lambda key: problem.simulate(key)[1], keys)


@jax.jit
def _whitened(problem: Problem, u: Array, data: Any) -> Array:
    """Data in units of the noise, `(n, m)`: residuals are linear in them."""

    def one(data: Any) -> Array:
        here = residuals(problem, u, data)
        return here - residuals(problem, u, _empty(data))

    return jax.lax.map(one, data, batch_size=64)
