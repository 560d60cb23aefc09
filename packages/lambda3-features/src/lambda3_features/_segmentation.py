"""Segments of constant level: what a segmentation is, and two ways to one.

A breakpoint is the index of the first point of a new segment. The cost of a
segment is the sum of squared deviations from its mean; a segmentation costs
that of its segments and a penalty for each breakpoint.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
from forwardax.errors import Fault
from numpy.typing import NDArray

from ._errors import (
    OptionError,
    SeriesError,
    refuse_option,
    require_integer,
    require_number,
)
from ._numba import kernel
from ._validate import Series, refuse_constant, validate_series


@dataclass(frozen=True, eq=False, kw_only=True)
class Segmentation:
    """A series cut into segments of constant level.

    Parameters
    ----------
    breakpoints
        Index of the first point of each segment but the first, ascending.
    levels
        Mean of each segment, in units of the series.
    n
        Length of the series.
    cost
        Sum of squared deviations from the levels, in squared units.
    penalty
        Cost of a breakpoint, in squared units; NaN where there is none.
    method
        ``"pelt"``, ``"binseg"`` or ``"bocpd"``.
    """

    breakpoints: NDArray[np.int64]
    levels: Series
    n: int
    cost: float
    penalty: float
    method: str

    @property
    def bounds(self) -> NDArray[np.int64]:
        """0, the breakpoints, and n."""
        return np.r_[0, self.breakpoints, self.n]

    def fitted(self) -> Series:
        """Level at each point, shape (n,)."""
        return np.repeat(self.levels, np.diff(self.bounds))


def pelt(
    x: Any, penalty: float | None = None, *, min_size: int = 2
) -> Segmentation:
    """The segmentation of least cost: exact, by pruned dynamic programming.

    Parameters
    ----------
    x
        Series, shape (n,).
    penalty
        Cost of a breakpoint, in squared units of `x`. By default three times
        ``log(n)`` times the variance of the series, as a whole: that finds
        large changes of level, not small ones in correlated noise.
    min_size
        Least length of a segment, 1 or more.

    Returns
    -------
    Segmentation
        Of all segmentations, the cheapest.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If the penalty is negative or the size none.

    References
    ----------
    Killick, Fearnhead and Eckley (2012).
    """
    data, penalty = _prepared(x, penalty, min_size)
    first, second = _sums(data)
    last = np.empty(data.size + 1, np.int64)
    _least_cost(first, second, penalty, int(min_size), last)
    found: list[int] = []
    at = data.size
    while last[at] > 0:
        at = int(last[at])
        found.append(at)
    return segmentation_at(data, np.array(found[::-1], int), penalty, "pelt")


def binary_segmentation(
    x: Any,
    penalty: float | None = None,
    *,
    min_size: int = 2,
    n_breakpoints: int | None = None,
) -> Segmentation:
    """A segmentation by the best cut, then the best cut of the pieces.

    Greedy: it may miss what `pelt` finds.

    Parameters
    ----------
    x
        Series, shape (n,).
    penalty
        What a cut has to save, in squared units of `x`; by default as in
        `pelt`.
    min_size
        Least length of a segment, 1 or more.
    n_breakpoints
        Number of cuts, instead of a penalty.

    Returns
    -------
    Segmentation
        Breakpoints in order of place.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If an option is not allowed.

    References
    ----------
    Scott and Knott (1974).
    """
    if n_breakpoints is not None:
        require_integer("n_breakpoints", n_breakpoints, least=0)
        if penalty is not None:
            raise OptionError(
                Fault(
                    "both 'penalty' and 'n_breakpoints' were given",
                    key="n_breakpoints",
                    fix="leave one of them out",
                    code="conflict",
                )
            )
    data, penalty = _prepared(x, penalty, min_size)
    if n_breakpoints is not None:
        penalty = float("nan")
    first, second = _sums(data)
    size = int(min_size)
    waiting: list[tuple[float, int, int, int]] = []

    def look_into(begin: int, end: int) -> None:
        saving, cut = _best_cut(first, second, begin, end, size)
        if cut > 0:
            heapq.heappush(waiting, (-saving, begin, end, cut))

    look_into(0, data.size)
    found: list[int] = []
    while waiting:
        saving, begin, end, cut = heapq.heappop(waiting)
        if n_breakpoints is not None:
            if len(found) == n_breakpoints:
                break
        elif not -saving > penalty:
            break
        found.append(cut)
        look_into(begin, cut)
        look_into(cut, end)
    return segmentation_at(
        data, np.array(sorted(found), int), penalty, "binseg"
    )


def segmentation_at(
    data: Series, breakpoints: NDArray[np.int64], penalty: float, method: str
) -> Segmentation:
    """The segmentation of a series at given breakpoints."""
    parts = np.split(data, breakpoints)
    levels = np.array([part.mean() for part in parts])
    return Segmentation(
        breakpoints=breakpoints,
        levels=levels,
        n=data.size,
        cost=float(sum(((part - part.mean()) ** 2).sum() for part in parts)),
        penalty=penalty,
        method=method,
    )


def _prepared(
    x: Any, penalty: float | None, min_size: int
) -> tuple[Series, float]:
    require_integer("min_size", min_size, least=1)
    data = validate_series(x, min_length=4)
    if data.size < 2 * min_size:
        raise SeriesError(
            Fault(
                "'x' is too short for two segments",
                key="x",
                value=f"{data.size} points",
                allowed=f"{2 * min_size} or more",
                code="length",
            )
        )
    refuse_constant(data)
    if penalty is None:
        return data, float(3 * np.log(data.size) * data.var())
    require_number("penalty", penalty, 0, np.inf, closed=True)
    if not np.isfinite(penalty):
        refuse_option("penalty", penalty, "a finite number")
    return data, float(penalty)


def _sums(data: Series) -> tuple[Series, Series]:
    """Running sums of deviations from the mean, and of their squares."""
    deviations = data - data.mean()
    return (
        np.r_[0.0, np.cumsum(deviations)],
        np.r_[0.0, np.cumsum(deviations * deviations)],
    )


@kernel
def _least_cost(
    first: Series,
    second: Series,
    penalty: float,
    min_size: int,
    last: NDArray[np.int64],
) -> None:  # pragma: no cover - compiled
    """Last breakpoint of the best segmentation up to each point.

    A start is dropped once it cannot win any more: when its cost up to now
    exceeds the best by more than a breakpoint would save. With a least length
    it may still win for segments that are shorter than that now, so that it
    is dropped only where the best itself could be its successor.
    """
    n = first.size - 1
    best = np.full(n + 1, np.inf)
    best[0] = -penalty
    last[:] = 0
    # Of each start that is left: itself, its sum, its cost so far, and the
    # time from which it is out. Side by side, they are handled in groups.
    starts = np.empty(n + 1)
    sums = np.empty(n + 1)
    costs = np.empty(n + 1)
    doomed = np.empty(n + 1, np.int64)
    values = np.empty(n + 1)
    kept = 0
    for t in range(min_size, n + 1):
        fresh = t - min_size
        if fresh == 0 or fresh >= min_size:
            starts[kept] = fresh
            sums[kept] = first[fresh]
            costs[kept] = best[fresh] - second[fresh]
            doomed[kept] = n + 1
            kept += 1
        for k in range(kept):
            total = first[t] - sums[k]
            values[k] = costs[k] - total * total / (t - starts[k])
        where = 0
        smallest = values[0]
        for k in range(1, kept):
            if values[k] < smallest:
                smallest = values[k]
                where = k
        best[t] = smallest + second[t] + penalty
        last[t] = np.int64(starts[where])
        if t % 8:  # to drop some a little later costs less than to look
            continue
        limit = smallest + penalty
        alive = 0
        for k in range(kept):
            until = doomed[k]
            if until > n and values[k] > limit:
                until = t + min_size
            if until > t:
                starts[alive] = starts[k]
                sums[alive] = sums[k]
                costs[alive] = costs[k]
                doomed[alive] = until
                alive += 1
        kept = alive


@kernel
def _best_cut(
    first: Series, second: Series, begin: int, end: int, min_size: int
) -> tuple[float, int]:  # pragma: no cover - compiled
    """Largest saving of one cut of a piece, and where; 0 without any."""
    total = first[end] - first[begin]
    whole = total * total / (end - begin)
    saving = 0.0
    cut = 0
    for k in range(begin + min_size, end - min_size + 1):
        left = first[k] - first[begin]
        right = first[end] - first[k]
        gain = left * left / (k - begin) + right * right / (end - k) - whole
        if gain > saving:
            saving = gain
            cut = k
    return saving, cut
