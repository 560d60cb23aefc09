"""Events: steps of a series that are too large to be noise.

A difference is taken to the point before; the first point has none. Between
missing values there is no difference and hence no event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._errors import require_number
from ._quantile import (
    percentile,
    robust_scale,
    rounding_of,
    two_sided_threshold,
)
from ._validate import Flags, Series, validate_series

SHORTEST = 4
"""Points below which a series has too few differences to know its noise."""

DIFFERENCES_PER_FREEDOM = 4.0
"""Differences that tell as much of the scale as one squared normal.

The median absolute deviation has 0.37 of the efficiency of the sample
variance for independent normals, and differences of white noise are
correlated by -1/2, which takes another third.
"""


@dataclass(frozen=True, eq=False)
class Events:
    """Events of one series, as lists.

    Parameters
    ----------
    index
        Where they are, shape (k,), ascending.
    sign
        1 for upwards, -1 for downwards, shape (k,).
    size
        Difference to the point before, in units of the series, shape (k,).
    z
        `size` in units of the noise, its centre taken off, shape (k,). NaN
        where no noise is defined (percentile events).
    n
        Length of the series.
    threshold
        Size a difference has to exceed, counted from `centre`.
    centre
        The usual difference: a drift per step.
    alpha
        Expected number of false events, NaN where none is stated.
    """

    index: NDArray[np.int64]
    sign: Flags
    size: Series
    z: Series
    n: int
    threshold: float
    centre: float
    alpha: float

    def __len__(self) -> int:
        return len(self.index)

    def flags(self, sign: int | None = None) -> Flags:
        """Flags of the events, shape (n,): of one sign, or of both."""
        out = np.zeros(self.n, np.int8)
        chosen = slice(None) if sign is None else self.sign == sign
        out[self.index[chosen]] = 1
        return out


def differences(x: Series, out: Series | None = None) -> Series:
    """Difference of each point to the one before, 0 at the first."""
    out = np.empty_like(x) if out is None else out
    out[0] = 0.0
    np.subtract(x[1:], x[:-1], out=out[1:])
    return out


def known(values: Series, gaps: bool | None = None) -> Series:
    """The values that are not missing; `gaps` as in `moving_std`."""
    if gaps is None:
        gaps = bool(np.isnan(values.sum()))
    return values[~np.isnan(values)] if gaps else values


def percentile_threshold(
    sizes: Series, q: float, gaps: bool | None = None
) -> float:
    """Percentile of the sizes of all differences, the leading 0 included."""
    return percentile(known(sizes, gaps), q)


def robust_threshold(
    x: Series, diff: Series, alpha: float, gaps: bool | None = None
) -> tuple[float, float, float]:
    """Threshold, centre and scale of differences at a false-alarm rate."""
    steps = known(diff[1:], gaps)
    if steps.size == 0:
        return float("inf"), 0.0, 0.0
    centre, scale = robust_scale(steps, rounding_of(x))
    freedom = max(steps.size / DIFFERENCES_PER_FREEDOM, 1.0)
    limit = two_sided_threshold(alpha, steps.size, freedom)
    return limit * scale, centre, scale


def events_between(
    x: Series,
    threshold: float,
    centre: float,
    alpha: float,
    scale: float | None = None,
) -> Events:
    """Events whose difference is off the centre by more than a threshold."""
    diff = differences(x)
    deviation = diff - centre
    deviation[0] = 0.0
    index = np.flatnonzero(np.abs(deviation) > threshold)
    if scale is None and not np.isnan(alpha):
        _, _, scale = robust_threshold(x, diff, alpha)
    chosen = deviation[index]
    z = chosen / scale if scale else np.full(index.size, np.nan)
    return Events(
        index=index,
        sign=np.sign(chosen).astype(np.int8),
        size=diff[index],
        z=z,
        n=x.size,
        threshold=threshold,
        centre=centre,
        alpha=alpha,
    )


def robust_events(
    x: Any, *, alpha: float = 0.05, missing: str = "raise"
) -> Events:
    """Steps that noise alone would hardly make, at a stated rate.

    Noise is measured by the median absolute deviation of the differences,
    which a few events do not change. The threshold is a Student quantile, by
    Bonferroni over all differences and both signs, with the degrees of
    freedom that this measure of noise has.

    Parameters
    ----------
    x
        Series, shape (n,), 4 points or more.
    alpha
        Expected number of false events in a whole series of Gaussian noise:
        white, a random walk, or correlated otherwise. Heavy tails give more.
    missing
        What NaN means, ``"raise"`` or ``"mask"``.

    Returns
    -------
    Events
        With their sizes in units of the series and of the noise.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If `alpha` is not between 0 and 1.

    References
    ----------
    Iglewicz and Hoaglin (1993), How to detect and handle outliers.
    """
    require_number("alpha", alpha, 0, 1)
    array = validate_series(x, min_length=SHORTEST, missing=missing)
    found = robust_threshold(array, differences(array), alpha)
    threshold, centre, scale = found
    return events_between(array, threshold, centre, alpha, scale)


def difference_events(
    x: Any, *, percentile: float = 97.0, missing: str = "raise"
) -> Events:
    """Steps beyond a percentile of all: a share of points that is fixed.

    This is how the original framework defines events. It always finds
    ``1 - percentile / 100`` of the points, in pure noise as well; see
    `robust_events` for events that are evidence of something.

    Parameters
    ----------
    x
        Series, shape (n,).
    percentile
        Percentile of the sizes of the differences, the leading 0 included.
    missing
        What NaN means, ``"raise"`` or ``"mask"``.

    Returns
    -------
    Events
        With `z` and `alpha` NaN.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If `percentile` is not between 0 and 100.
    """
    require_number("percentile", percentile, 0, 100, closed=True)
    array = validate_series(x, min_length=SHORTEST, missing=missing)
    sizes = np.abs(differences(array))
    threshold = percentile_threshold(sizes, percentile)
    return events_between(array, threshold, 0.0, float("nan"))
