"""One parameter, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._diagnostics.circular import circular_sd
from .._run.numbers import with_error
from .choose import Shown, turn_of
from .density import Ends, bandwidth, span, spread_of
from .labels import Scale

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One parameter; numbers are as on its axis.

    Parameters
    ----------
    draws
        `(draw,)`.
    ends, bounds
        Of the axis, and of what may be.
    around
        Whether the ends are the same point: an angle's whole turn.
    spread
        Of the draws, by `spread_of`.
    worth
        Effective number of draws.
    truth
        None where it is not known.
    label, title
        Of the axis, and with the mean and its error.
    """

    draws: Floats
    ends: Ends
    bounds: Ends
    around: bool
    spread: float
    worth: float
    truth: float | None
    label: str
    title: str


def column_of(shown: Shown, i: int) -> Column:
    """The `i`-th of what is shown."""
    one, mass = shown.scalars[i], shown.weights.reshape(-1)
    draws = one.draws.reshape(-1)
    spread = spread_of(draws, mass)
    width = bandwidth(spread, shown.worth[i], 1)
    bounds = turn_of(one, mass)
    if one.period is None:
        mean = float(mass @ draws)
        sd = float(np.sqrt(mass @ (draws - mean) ** 2))
    else:
        mean = (bounds[0] + bounds[1]) / 2
        sd = circular_sd(draws, one.period, weights=mass)
    low, high = span(draws, mass, width, bounds)
    around = one.period is not None and (low, high) == bounds
    scale = Scale.of(low, high)
    texts, truth = with_error(mean, sd), one.truth
    if truth is not None:  # in the picture, even where it is far off
        gap = 0.06 * (high - low)
        near = abs(truth - mean) < 8 * sd
        low = max(min(low, truth - gap), bounds[0]) if near else low
        high = min(max(high, truth + gap), bounds[1]) if near else high
    ends = scale.shown((low, high))
    edges = scale.shown(bounds)
    return Column(
        draws=scale.shown(draws),
        ends=(float(ends[0]), float(ends[1])),
        bounds=(float(edges[0]), float(edges[1])),
        around=around,
        spread=spread / 10.0**scale.power,
        worth=float(shown.worth[i]),
        truth=None if truth is None else float(scale.shown(truth)),
        label=scale.label(shown.labels[i], one.unit),
        title=f"{texts[0]} $\\pm$ {texts[1]}",
    )
