"""Coincidences in a moving window, one event entering or leaving at a time."""

from __future__ import annotations

import numpy as np

from ._lags import Index, rate_of
from ._numba import kernel
from ._validate import Series


@kernel
def best_in_windows(
    a: Index,
    b: Index,
    n: int,
    window: int,
    order: Index,
    how: int,
    rate: Series,
    lag: Index,
) -> None:  # pragma: no cover - compiled
    """Largest rate over lags, and its lag, for each window.

    A coincidence counts in a run of windows: one is added where the run
    begins and taken off where it ends, and a running sum does the rest.
    """
    windows = n - window + 1
    change = np.zeros(windows + 1, np.int64)
    upto_a = np.zeros(n + 1, np.int64)
    upto_b = np.zeros(n + 1, np.int64)
    if how > 0:
        for i in a:
            upto_a[i + 1] = 1
        for i in b:
            upto_b[i + 1] = 1
        for t in range(n):
            upto_a[t + 1] += upto_a[t]
            upto_b[t + 1] += upto_b[t]
    for k in range(order.size):
        shift = order[k]
        size = abs(shift)
        if size >= window:
            continue
        points = window - size
        change[:] = 0
        pairs = 0
        j = 0
        for t in a:
            while j < b.size and b[j] < t + shift:
                j += 1
            if j < b.size and b[j] == t + shift:
                early = min(t, t + shift)
                begin = max(early + size - window + 1, 0)
                end = min(early, windows - 1)
                if begin <= end:
                    change[begin] += 1
                    change[end + 1] -= 1
                    pairs += 1
        if pairs == 0:
            continue
        count = 0
        ahead_a = max(-shift, 0)
        ahead_b = max(shift, 0)
        for i in range(windows):
            count += change[i]
            if count == 0:
                continue
            na = 0
            nb = 0
            if how > 0:
                na = upto_a[i + ahead_a + points] - upto_a[i + ahead_a]
                nb = upto_b[i + ahead_b + points] - upto_b[i + ahead_b]
            found = rate_of(count, na, nb, points, how)
            if found > rate[i]:
                rate[i] = found
                lag[i] = shift
