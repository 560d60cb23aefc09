"""Coverage of central credible intervals, on plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._diagnostics.circular import wrap
from ..errors import Fault, FitError
from ._null import binomial_interval
from ._random import Key, generator
from ._scalars import fractional_rank, scalars

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CoverageResult:
    """How often central intervals hold the truth.

    Parameters
    ----------
    levels
        Nominal coverages.
    observed
        By scalar name, shape (level,): fraction of truths inside.
    low, high
        Shape (level,): envelope of the observed fraction if calibrated.
    count
        Number of data sets.
    alpha
        Chance of a false alarm over all scalars and levels, at most.
    failed
        Data sets whose fit gave nothing, with the reason.
    caveats
        What else limits the result, in words.
    """

    levels: tuple[float, ...]
    observed: Mapping[str, Floats]
    low: Floats
    high: Floats
    count: int
    alpha: float
    failed: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def outside(self) -> tuple[tuple[str, int], ...]:
        """Scalar name and position of the level, where out of envelope."""
        return tuple(
            (name, i)
            for name, values in self.observed.items()
            for i in range(len(self.levels))
            if not self.low[i] <= values[i] <= self.high[i]
        )

    @property
    def passed(self) -> bool:
        """Whether all coverages are in the envelope and no fit failed."""
        return not self.outside and not self.failed

    @property
    def verdict(self) -> str:
        """One sentence, and one for each thing that limits it."""
        if self.outside:
            parts: list[str] = []
            for name, i in self.outside:
                value = self.observed[name][i]
                words = "narrow" if value < self.low[i] else "wide"
                parts.append(
                    f"{name} covers {value:.2f} at {self.levels[i]:g} "
                    f"(allowed {self.low[i]:.2f} to {self.high[i]:.2f}; "
                    f"intervals too {words})"
                )
            says = "NOT calibrated: " + "; ".join(parts)
        else:
            total = len(self.observed) * len(self.levels)
            says = (
                f"all {total} coverages over {self.count} data sets are "
                "within their binomial envelopes (false alarms at most "
                f"{100 * self.alpha:g} %)"
            )
            says = f"NOT calibrated, though {says}" if self.failed else says
        return ". ".join([says, *self.caveats])

    def __str__(self) -> str:
        width = max(map(len, (*self.observed, "allowed from")))
        table = {
            "level": np.array(self.levels),
            **self.observed,
            "allowed from": self.low,
            "to": self.high,
        }
        lines = [
            f"{name:<{width}}  " + "  ".join(f"{v:5.3f}" for v in values)
            for name, values in table.items()
        ]
        return "\n".join([*lines, self.verdict])


def coverage(
    truths: Mapping[str, ArrayLike],
    draws: Mapping[str, ArrayLike],
    levels: Sequence[float] = (0.5, 0.68, 0.8, 0.9, 0.95),
    *,
    key: Key = 0,
    cyclic: Mapping[str, float] | None = None,
    elements: Mapping[str, tuple[str, ...]] | None = None,
    alpha: float = 0.01,
) -> CoverageResult:
    """Coverage of central intervals against its exact null distribution.

    A truth is inside at level c if its rank among the draws, spread at
    random over its step, is within c / 2 of the middle. Unlike intervals
    between quantiles of few draws, this has coverage exactly c if the
    posteriors are exact, so the binomial envelope holds for any number of
    independent draws.

    Parameters
    ----------
    truths
        By key, shape (dataset, *shape), drawn from the prior.
    draws
        By key, shape (dataset, draw, *shape), in the units of the truths.
    levels
        Nominal coverages, in (0, 1).
    key
        JAX key or integer, for spreading the ranks.
    cyclic
        Periods by key; their intervals are about the circular mean.
    elements
        Names of a key's entries in C order, by key.
    alpha
        Chance of a false alarm over all scalars and levels (Bonferroni).

    Returns
    -------
    CoverageResult
        Observed coverages, envelopes and verdict.

    Raises
    ------
    FitError
        If arrays do not fit or are not finite, or a level is not in (0, 1).
    """
    bad = [level for level in levels if not 0 < level < 1]
    if bad or not levels:
        raise FitError(
            Fault(
                "coverage needs levels between 0 and 1",
                value=repr(bad or list(levels)),
                code="value",
            )
        )
    rng = generator(key)
    parts = scalars(truths, draws, cyclic, elements)
    count = len(parts[0].truths)
    observed: dict[str, Floats] = {}
    for name, true, drawn, period in parts:
        if period is not None:
            true, drawn = _about_centre(true, drawn, period)
        distance = np.abs(fractional_rank(true, drawn, rng) - 0.5)
        inside = distance[:, None] <= np.asarray(levels) / 2
        observed[name] = inside.mean(axis=0)
    share = alpha / (len(levels) * len(parts))
    limits = [binomial_interval(count, level, share) for level in levels]
    low, high = np.array(limits).T / count
    return CoverageResult(tuple(levels), observed, low, high, count, alpha)


def _about_centre(
    true: Floats, drawn: Floats, period: float
) -> tuple[Floats, Floats]:
    """Cut the circle opposite the circular mean of each data set.

    The truth counts towards the mean: only if it is treated like a draw is
    its rank exactly uniform.
    """
    together = np.concatenate([true[:, None], drawn], axis=1)
    vectors = np.exp(2j * np.pi / period * together).mean(axis=1)
    centre = np.angle(vectors)[:, None] / (2 * np.pi) * period
    turned = wrap(together - centre, period)
    return turned[:, 0], turned[:, 1:]
