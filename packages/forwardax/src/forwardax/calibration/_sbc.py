"""Simulation-based calibration: the test on ranks and its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._random import Key
from ._ranks import chi_square, ecdf_band, ranks

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SBCResult:
    """Ranks of the truths and what they say.

    Parameters
    ----------
    ranks
        By scalar name, shape (dataset,), from 0 to `n_draws`.
    n_draws
        Posterior draws that each truth was ranked among.
    p_values
        Chi-square p-value of uniform ranks, by scalar name.
    alpha
        Chance of a false alarm over all scalars together, at most.
    failed
        Data sets whose fit gave nothing, with the reason.
    caveats
        What else limits the result, in words.
    """

    ranks: Mapping[str, NDArray[np.int64]]
    n_draws: int
    p_values: Mapping[str, float]
    alpha: float
    failed: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Number of data sets that were fitted."""
        return len(next(iter(self.ranks.values())))

    @property
    def rejected(self) -> tuple[str, ...]:
        """Scalars whose p-value is under alpha over their number."""
        limit = self.alpha / len(self.p_values)
        return tuple(k for k, p in self.p_values.items() if p < limit)

    @property
    def passed(self) -> bool:
        """Whether no scalar is rejected and no fit failed."""
        return not self.rejected and not self.failed

    @property
    def verdict(self) -> str:
        """One sentence, and one for each thing that limits it."""
        limit = self.alpha / len(self.p_values)
        if self.rejected:
            worst = "; ".join(
                f"{name} (p = {self.p_values[name]:.1e}, {self.shape(name)})"
                for name in sorted(self.rejected, key=self.p_values.__getitem__)
            )
            says = f"NOT calibrated: ranks are not uniform for {worst}"
        else:
            says = (
                f"the ranks of all {len(self.p_values)} parameters over "
                f"{self.count} data sets agree with uniform (every p above "
                f"{limit:.1e}; false alarms at most {100 * self.alpha:g} %)"
            )
            says = f"NOT calibrated, though {says}" if self.failed else says
        return ". ".join([says, *self.caveats])

    def shape(self, name: str) -> str:
        """What the ranks of a scalar look like, in words."""
        centred = self.ranks[name] / self.n_draws - 0.5
        # Against the standard errors of mean and square of a uniform rank.
        shift = float(centred.mean()) * np.sqrt(12 * self.count)
        width = float((centred**2).mean() - 1 / 12) * np.sqrt(180 * self.count)
        if abs(shift) > max(abs(width), 2):
            return "posterior too " + ("low" if shift > 0 else "high")
        if abs(width) > 2:
            return "posterior too " + ("narrow" if width > 0 else "wide")
        return "neither shifted nor of wrong width"

    def ecdf_difference(
        self, name: str, *, alpha: float = 0.05
    ) -> tuple[Floats, Floats, Floats]:
        """What a plot of one scalar needs.

        Parameters
        ----------
        name
            A scalar's name.
        alpha
            Chance that calibrated ranks leave the band anywhere.

        Returns
        -------
        fraction, difference, half_width
            Shape (n_draws,): expected ECDF, ECDF minus it, half of the band.
        """
        values = self.ranks[name]
        fraction, half = ecdf_band(len(values), self.n_draws, alpha=alpha)
        counts = np.bincount(values, minlength=self.n_draws + 1)
        ecdf = counts.cumsum()[:-1] / len(values)
        return fraction, ecdf - fraction, half

    def __str__(self) -> str:
        width = max(map(len, self.p_values))
        lines = [f"{k:<{width}}  p = {p:.3g}" for k, p in self.p_values.items()]
        return "\n".join([*lines, self.verdict])


def rank_test(
    truths: Mapping[str, ArrayLike],
    draws: Mapping[str, ArrayLike],
    key: Key = 0,
    *,
    cyclic: Mapping[str, float] | None = None,
    elements: Mapping[str, tuple[str, ...]] | None = None,
    bins: int | None = None,
    alpha: float = 0.01,
) -> SBCResult:
    """Test that the ranks of truths among independent draws are uniform.

    Parameters
    ----------
    truths
        By key, shape (dataset, *shape), drawn from the prior.
    draws
        By key, shape (dataset, draw, *shape), in the units of the truths;
        independent draws.
    key
        JAX key or integer: ties, and origins on the circle.
    cyclic
        Periods by key.
    elements
        Names of a key's entries in C order, by key.
    bins
        Bins of the chi-square test; see `chi_square`.
    alpha
        Chance of a false alarm over all scalars together (Bonferroni).

    Returns
    -------
    SBCResult
        P-values and verdict.

    Raises
    ------
    FitError
        If arrays do not fit, are not finite, or hold under ten data sets.

    References
    ----------
    Talts et al. (2018), arXiv:1804.06788, algorithm 1.
    """
    found = ranks(truths, draws, key, cyclic=cyclic, elements=elements)
    n_draws = np.shape(draws[next(iter(truths))])[1]
    p_values = {k: chi_square(r, n_draws, bins=bins) for k, r in found.items()}
    return SBCResult(found, n_draws, p_values, alpha)
