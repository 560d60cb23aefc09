"""Counts of events at every lag, from sorted lists of their indices."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._errors import require_choice, require_integer
from ._events import Events
from ._numba import kernel
from ._validate import Flags, validate_flags

Index = NDArray[np.int64]
NORMALISATIONS = ("joint", "jaccard", "excess")
TIES = ("nearest", "first")


@kernel
def _find(
    words: NDArray[np.uint64], flags: Flags, out: Index
) -> int:  # pragma: no cover - compiled
    """Indices of flags, eight at a time; how many there are.

    The lowest set bit of a word tells its first flag: the bytes below it hold
    as many ones as there are bytes. Words are little-endian.

    -1 if a flag is neither 0 nor 1, -2 if there are more than places.
    """
    ones = np.uint64(0x0101010101010101)
    one = np.uint64(1)
    last = np.uint64(56)
    seen = np.uint64(0)
    found = 0
    for w in range(words.size):
        word = words[w]
        if word != 0:
            if found > out.size - 8:
                return -2
            seen |= word
            while word & ones:
                low = word & ones
                below = (low & (~low + one)) - one
                out[found] = 8 * w + np.int64(((below & ones) * ones) >> last)
                found += 1
                word = low & (low - one)
    if seen & ~ones:
        return -1
    for i in range(8 * words.size, flags.size):
        if flags[i] != 0:
            if flags[i] != 1:
                return -1
            if found == out.size:
                return -2
            out[found] = i
            found += 1
    return found


def events_of(events: Any, name: str) -> tuple[Index, int]:
    """Ascending indices of events and the length of their series.

    Parameters
    ----------
    events
        Flags, shape (n,), or `Events`.
    name
        What errors call it.

    Raises
    ------
    SeriesError
        If they are neither.
    """
    if isinstance(events, Events):
        return events.index, events.n
    fast = (
        isinstance(events, np.ndarray)
        and events.dtype == np.int8
        and events.ndim == 1
        and events.size > 0
        and events.flags.c_contiguous
    )
    flags = events if fast else validate_flags(events, name)
    whole = flags.size // 8 * 8
    # Events are few: room for an eighth of the points, for all at need.
    out = np.empty(flags.size // 8 + 8, np.int64)
    count = _find(flags[:whole].view(np.uint64), flags, out)
    if count == -2:
        out = np.empty(flags.size, np.int64)
        count = _find(flags[:whole].view(np.uint64), flags, out)
    if count < 0:
        validate_flags(flags, name)
    return out[:count].copy(), flags.size


@lru_cache(maxsize=32)
def lag_order(max_lag: int, ties: str) -> Index:
    """Lags in the order in which equal rates are preferred."""
    lags = np.arange(-max_lag, max_lag + 1)
    if ties == "nearest":
        return lags[np.argsort(np.abs(lags), kind="stable")]
    return lags


def check_options(max_lag: int, normalise: str, ties: str) -> None:
    """Refuse what is no lag, normalisation or rule for ties."""
    require_integer("max_lag", max_lag, least=0)
    require_choice("normalise", normalise, NORMALISATIONS)
    require_choice("ties", ties, TIES)


@kernel
def count_lags(
    a: Index, b: Index, max_lag: int, counts: Index
) -> None:  # pragma: no cover - compiled
    """Add the pairs ``b - a == lag`` to ``counts[lag + max_lag]``."""
    begin = 0
    for i in range(a.size):
        low = a[i] - max_lag
        while begin < b.size and b[begin] < low:
            begin += 1
        k = begin
        while k < b.size and b[k] <= a[i] + max_lag:
            counts[b[k] - low] += 1
            k += 1


@kernel
def rate_of(
    count: Any, na: Any, nb: Any, points: Any, how: int
) -> float:  # pragma: no cover - compiled
    """Rate of coincidences: joint (0), Jaccard (1), excess (2)."""
    if points <= 0:
        return 0.0
    if how == 0:
        return count / points
    if how == 1:
        either = na + nb - count
        return count / either if either > 0 else 0.0
    expected = na * nb / points
    most = min(na, nb) - expected
    return (count - expected) / most if most > 0 else 0.0


@kernel
def profile_of(
    a: Index,
    b: Index,
    n: int,
    how: int,
    order: Index,
    counts: Index,
    first: Index,
    second: Index,
    rates: NDArray[np.float64],
) -> tuple[float, int, float, int]:  # pragma: no cover - compiled
    """Counts and rates at all lags, and the events in the overlap of each.

    Returns the largest rate and its lag, and the same with the two series
    exchanged, whose lags are mirrored; 0 and 0 if no rate is above 0.
    """
    max_lag = counts.size // 2
    counts[:] = 0
    count_lags(a, b, max_lag, counts)
    before_a, before_b = a.size, b.size  # events with so many points after
    gone_a, gone_b = 0, 0  # events with fewer points before
    for size in range(max_lag + 1):
        while before_a > 0 and a[before_a - 1] >= n - size:
            before_a -= 1
        while before_b > 0 and b[before_b - 1] >= n - size:
            before_b -= 1
        while gone_a < a.size and a[gone_a] < size:
            gone_a += 1
        while gone_b < b.size and b[gone_b] < size:
            gone_b += 1
        k = max_lag + size
        first[k] = before_a
        second[k] = b.size - gone_b
        rates[k] = rate_of(counts[k], first[k], second[k], n - size, how)
        k = max_lag - size
        first[k] = a.size - gone_a
        second[k] = before_b
        rates[k] = rate_of(counts[k], first[k], second[k], n - size, how)
    best, back = 0.0, 0.0
    lag, back_lag = 0, 0
    for one in order:
        if rates[max_lag + one] > best:
            best = float(rates[max_lag + one])
            lag = one
        if rates[max_lag - one] > back:
            back = float(rates[max_lag - one])
            back_lag = one
    return best, lag, back, back_lag


@kernel
def profiles_of_pairs(
    index: Index,
    bounds: Index,
    n: int,
    how: int,
    order: Index,
    rate: NDArray[np.float64],
    lag: NDArray[np.int64],
) -> None:  # pragma: no cover - compiled
    """Best rates and lags of all pairs of lists, one after the other."""
    counts = np.empty(order.size, np.int64)
    first = np.empty(order.size, np.int64)
    second = np.empty(order.size, np.int64)
    rates = np.empty(order.size)
    for i in range(bounds.size - 1):
        a = index[bounds[i] : bounds[i + 1]]
        for j in range(i, bounds.size - 1):
            b = index[bounds[j] : bounds[j + 1]]
            best, at, back, back_at = profile_of(
                a, b, n, how, order, counts, first, second, rates
            )
            rate[i, j] = best
            lag[i, j] = at
            rate[j, i] = back
            lag[j, i] = back_at
