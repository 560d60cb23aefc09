"""Credible intervals of one scalar's draws, weighted or not."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
IntervalKind = Literal["eti", "hdi"]


def interval(
    draws: Floats,
    kind: IntervalKind,
    probability: float,
    weights: Floats | None = None,
) -> tuple[float, float]:
    """Equal-tailed (`eti`) or highest-density (`hdi`) interval.

    Parameters
    ----------
    draws
        Shape (draw,), any unit, finite.
    kind
        `"eti"` cuts equal probability off both tails; `"hdi"` is the
        shortest interval, which presumes one mode.
    probability
        Inside the interval, in (0, 1).
    weights
        Shape (draw,), not negative; equal where None.

    Returns
    -------
    low, high
        In the unit of the draws.

    References
    ----------
    Hyndman & Fan (1996), definitions 7 (equal weights) and 1 (weighted);
    Chen & Shao (1999) for the shortest interval.
    """
    if kind == "hdi":
        return _shortest(draws, probability, weights)
    tails = ((1 - probability) / 2, (1 + probability) / 2)
    if weights is None:
        low, high = np.quantile(draws, tails)
    else:
        low, high = np.quantile(
            draws, tails, weights=weights, method="inverted_cdf"
        )
    return float(low), float(high)


def _shortest(
    draws: Floats, probability: float, weights: Floats | None
) -> tuple[float, float]:
    order = np.argsort(draws)
    ordered = draws[order]
    if weights is None:
        gap = int(np.floor(probability * len(draws)))
        starts = np.arange(len(draws) - gap)
        ends = starts + gap
    else:
        mass = np.cumsum(weights[order] / weights.sum())
        before = np.concatenate([[0.0], mass[:-1]])
        # Rounding of the sums must not ask for more mass than there is.
        wanted = before + probability * (1 - 1e-12)
        starts = np.flatnonzero(wanted <= mass[-1])
        ends = np.searchsorted(mass, wanted[starts])
    best = int(np.argmin(ordered[ends] - ordered[starts]))
    return float(ordered[starts[best]]), float(ordered[ends[best]])
