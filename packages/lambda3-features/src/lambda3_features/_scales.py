"""Tension at several scales: where it rises, and where scales part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._errors import refuse_option, require_integer, require_number
from ._events import SHORTEST
from ._rolling import moving_std, window_moments
from ._validate import Flags, Series, validate_series

LARGE = 1e9


@dataclass(frozen=True, eq=False)
class Drift:
    """How the long scale parts from the short one; offline.

    Parameters
    ----------
    score
        Standardised tension of the longest window minus that of the
        shortest, where the long one is raised and the short one is not; else
        0. Shape (n,), without unit.
    events
        Flags of where the score is not 0, shape (n,).
    break_counts
        Number of points with raised tension, by window.
    """

    score: Series
    events: Flags
    break_counts: dict[int, int]


def scale_breaks(
    x: Any,
    scales: Sequence[int] = (5, 10, 20, 50),
    *,
    threshold_std: float = 2.0,
    missing: str = "raise",
) -> dict[int, NDArray[np.int64]]:
    """Onsets of raised tension, at several scales; looks ahead.

    Parameters
    ----------
    x
        Series, shape (n,).
    scales
        Windows of the tension.
    threshold_std
        How far above its mean the tension has to be, in its standard
        deviations.
    missing
        What NaN means, ``"raise"`` or ``"mask"``.

    Returns
    -------
    dict
        Indices by scale; those within a scale of one before are dropped.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If a scale or the threshold is none.
    """
    require_number("threshold_std", threshold_std, -LARGE, LARGE)
    tensions = _tensions(x, scales, "scales", missing)
    return {
        scale: keep_first(
            np.flatnonzero(
                rho > np.nanmean(rho) + threshold_std * np.nanstd(rho)
            ),
            scale,
        )
        for scale, rho in tensions.items()
    }


def structural_drift(
    x: Any,
    windows: Sequence[int] = (5, 10, 20, 50),
    *,
    drift_threshold: float = 1.0,
    break_threshold: float = 1.5,
    epsilon: float = 0.0,
    missing: str = "raise",
) -> Drift:
    """Where tension is raised at the longest scale and not at the shortest.

    Parameters
    ----------
    x
        Series, shape (n,).
    windows
        Windows of the tension, two or more.
    drift_threshold
        Standardised tension that counts as raised.
    break_threshold
        The same for `Drift.break_counts`.
    epsilon
        Added to standard deviations, in units of `x`. The original has 1e-8,
        which spoils series of small values.
    missing
        What NaN means, ``"raise"`` or ``"mask"``.

    Returns
    -------
    Drift
        Score, flags and counts.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If there are fewer than two windows, or one is none.
    """
    if len(windows) < 2:
        refuse_option("windows", windows, "two windows or more")
    for name, value in (
        ("drift_threshold", drift_threshold),
        ("break_threshold", break_threshold),
    ):
        require_number(name, value, -LARGE, LARGE)
    require_number("epsilon", epsilon, 0, LARGE, closed=True)
    tensions = _tensions(x, windows, "windows", missing)
    long = standardised(tensions[max(tensions)], epsilon)
    short = standardised(tensions[min(tensions)], epsilon)
    apart = (long > drift_threshold) & (short < drift_threshold)
    return Drift(
        score=np.where(apart, long - short, 0.0),
        events=apart.view(np.int8),
        break_counts={
            window: int(
                np.count_nonzero(
                    rho > np.nanmean(rho) + break_threshold * np.nanstd(rho)
                )
            )
            for window, rho in tensions.items()
        },
    )


def standardised(values: Series, epsilon: float = 0.0) -> Series:
    """Deviations from the mean in standard deviations; 0 without any."""
    std = float(np.nanstd(values)) + epsilon
    deviations = values - np.nanmean(values)
    return deviations / std if std > 0 else np.zeros_like(values)


def keep_first(index: NDArray[np.int64], gap: int) -> NDArray[np.int64]:
    """Ascending indices without those within a gap of the last one kept."""
    kept: list[int] = []
    for i in index.tolist():
        if not kept or i - kept[-1] > gap:
            kept.append(i)
    return np.asarray(kept, dtype=np.int64)


def _tensions(
    x: Any, windows: Sequence[int], name: str, missing: str
) -> dict[int, Series]:
    if not len(windows):
        refuse_option(name, windows, "one window or more")
    for window in windows:
        require_integer(name, window, least=1)
    array = validate_series(x, min_length=SHORTEST, missing=missing)
    return {int(w): moving_std(array, int(w), 0) for w in windows}


def rolling_change_points(
    x: Any, *, window: int = 50, factor: float = 2.0
) -> NDArray[np.int64]:
    """Change points as the original guesses them: for comparison only.

    Changes of the mean and of the standard deviation in a moving window are
    compared with their own spread, so that noise alone gives one change
    point for about every window. `pelt` finds change points.

    Parameters
    ----------
    x
        Series, shape (n,).
    window
        Width of the moving window, 2 or more.
    factor
        Threshold, in standard deviations of the score.

    Returns
    -------
    numpy.ndarray
        Indices before the change points.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If the window or the factor is none.
    """
    require_integer("window", window, least=2)
    require_number("factor", factor, 0, LARGE)
    array = validate_series(x, min_length=SHORTEST)
    half = min(int(window) // 2, array.size)
    count = np.empty(array.size, np.int64)
    mean, squares = np.empty(array.size), np.empty(array.size)
    window_moments(array, half, half, count, mean, squares)
    score = np.zeros(array.size - 1)
    for moments in (mean, np.sqrt(squares / count)):
        change = np.abs(np.diff(moments))
        score += change / (change.std() + 1e-8)
    return keep_first(np.flatnonzero(score > factor * score.std()), int(window))
