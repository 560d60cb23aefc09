"""Standard deviations in moving windows, at a cost that is free of the window.

No value is ever taken out of a sum again, since what a large one leaves
behind is rounding noise. Windows are handled in groups: all those of a group
share one point, each is the end of a backward sum and the beginning of a
forward sum from that point, and deviations are taken from the value there.
As that value lies in every window of the group, the variance keeps its digits
whatever the level, and a window without variation gives exactly zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._errors import refuse_option, require_integer
from ._numba import kernel
from ._validate import Series, validate_series


@kernel
def window_std(
    x: Series, before: int, after: int, out: Series
) -> None:  # pragma: no cover - compiled
    """Population standard deviation of ``x[i - before : i + after + 1]``."""
    n = x.size
    length = before + after + 1
    first = 0.0
    second = 0.0
    origin = x[0]
    end = 0  # windows that begin at the first point
    for i in range(min(before + 1, n)):
        stop = min(i + after + 1, n)
        while end < stop:
            d = x[end] - origin
            first += d
            second += d * d
            end += 1
        mean = first / end
        out[i] = second / end - mean * mean
    tail_1 = np.empty(length)
    tail_2 = np.empty(length)
    share = 1.0 / length
    for start in range(1, n - length + 1, length):
        middle = start + length - 1
        origin = x[middle]
        first = 0.0
        second = 0.0
        for j in range(length - 1, -1, -1):
            d = x[start + j] - origin
            first += d
            second += d * d
            tail_1[j] = first
            tail_2[j] = second
        first = 0.0
        second = 0.0
        for j in range(min(length, n - middle)):
            d = x[middle + j] - origin
            first += d
            second += d * d
            mean = (tail_1[j] + first) * share
            square = (tail_2[j] + second) * share
            out[middle + j - after] = square - mean * mean
    first = 0.0
    second = 0.0
    origin = x[n - 1]
    begin = n  # windows that end at the last point
    for i in range(n - 1, max(before, n - 1 - after), -1):
        while begin > i - before:
            begin -= 1
            d = x[begin] - origin
            first += d
            second += d * d
        count = n - begin
        mean = first / count
        out[i] = second / count - mean * mean
    for i in range(n):  # apart: several roots at a time
        out[i] = np.sqrt(max(out[i], 0.0))


@kernel
def window_moments(
    x: Series,
    before: int,
    after: int,
    count: NDArray[np.int64],
    mean: Series,
    squares: Series,
) -> None:  # pragma: no cover - compiled
    """Number, mean and sum of squared deviations of what is not NaN.

    Sums are joined by the parallel form of Welford's recurrence (Chan, Golub
    and LeVeque 1983).
    """
    n = x.size
    length = before + after + 1
    share = np.empty(length + 1)  # 1 / k
    for k in range(1, length + 1):
        share[k] = 1.0 / k
    tail_n = np.empty(length, np.int64)
    tail_mean = np.empty(length)
    tail_m2 = np.empty(length)
    # A group of windows begins at `start`, `start + 1`, ...; the series may be
    # thought of as surrounded by missing values.
    for start in range(-before, n - before, length):
        middle = start + length - 1
        k = 0
        m = 0.0
        m2 = 0.0
        for j in range(length - 1, -1, -1):
            t = start + j
            if 0 <= t < n and x[t] == x[t]:
                k += 1
                d = x[t] - m
                m += d * share[k]
                m2 += d * (x[t] - m)
            tail_n[j] = k
            tail_mean[j] = m
            tail_m2[j] = m2
        k = 0
        m = 0.0
        m2 = 0.0
        for j in range(length):
            t = middle + j
            i = t - after
            if i >= n:
                break
            if j > 0 and 0 <= t < n and x[t] == x[t]:
                k += 1
                d = x[t] - m
                m += d * share[k]
                m2 += d * (x[t] - m)
            both = k + tail_n[j]
            count[i] = both
            if both == 0:
                mean[i] = 0.0
                squares[i] = 0.0
                continue
            d = m - tail_mean[j]
            part = k * share[both]
            mean[i] = tail_mean[j] + d * part
            squares[i] = tail_m2[j] + m2 + d * d * part * tail_n[j]


def moving_std(
    x: Series,
    before: int,
    after: int,
    gaps: bool | None = None,
    out: Series | None = None,
) -> Series:
    """Standard deviation in windows of a validated series; NaN is missing.

    `gaps` says whether there is any, where that is known. `out`, if given,
    is filled and returned.
    """
    out = np.empty(x.size) if out is None else out
    before, after = min(before, x.size), min(after, x.size)
    if gaps is None:
        gaps = bool(np.isnan(x.sum()))
    if not gaps:
        window_std(x, before, after, out)
        return out
    count = np.empty(x.size, np.int64)
    mean = np.empty(x.size)
    window_moments(x, before, after, count, mean, out)
    out /= np.maximum(count, 1)
    np.sqrt(out, out=out)
    out[count == 0] = np.nan
    return out


def trailing_std(x: Any, window: int, *, missing: str = "raise") -> Series:
    """Standard deviation of each point and those before it: the tension.

    Causal: nothing after a point enters.

    Parameters
    ----------
    x
        Series, shape (n,).
    window
        How many points before each one belong to its window, 1 or more.
    missing
        What NaN means, ``"raise"`` or ``"mask"``.

    Returns
    -------
    numpy.ndarray
        Population standard deviation of ``x[max(0, i - window) : i + 1]``,
        shape (n,), in units of `x`; 0 at the first point, NaN where a window
        holds nothing but missing values.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If the window is none.
    """
    require_integer("window", window, least=1)
    return moving_std(validate_series(x, missing=missing), int(window), 0)


def centred_std(x: Any, half_width: int, *, missing: str = "raise") -> Series:
    """Standard deviation around each point; looks ahead.

    Parameters
    ----------
    x
        Series, shape (n,).
    half_width
        How many points on either side belong to a window, 1 or more.
    missing
        What NaN means, ``"raise"`` or ``"mask"``.

    Returns
    -------
    numpy.ndarray
        Population standard deviation of ``x[i - half_width : i + half_width +
        1]``, windows being cut at the ends; shape (n,), in units of `x`.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If the width is none.
    """
    require_integer("half_width", half_width, least=1)
    half = int(half_width)
    return moving_std(validate_series(x, missing=missing), half, half)


def multiscale_std(
    x: Any, windows: Sequence[int] = (5, 10, 20, 50), *, missing: str = "raise"
) -> Series:
    """Tension at several scales: `trailing_std` for each window.

    Parameters
    ----------
    x
        Series, shape (n,).
    windows
        Windows, each 1 or more.
    missing
        What NaN means, ``"raise"`` or ``"mask"``.

    Returns
    -------
    numpy.ndarray
        Shape (windows, n), in units of `x`. Causal.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If there is no window, or one is none.
    """
    if not len(windows):
        refuse_option("windows", windows, "one window or more")
    for window in windows:
        require_integer("windows", window, least=1)
    array = validate_series(x, missing=missing)
    found = np.empty((len(windows), array.size))
    for window, out in zip(windows, found, strict=True):
        moving_std(array, int(window), 0, out=out)
    return found
