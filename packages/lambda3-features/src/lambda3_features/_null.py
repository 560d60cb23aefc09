"""Chance coincidences: three nulls, from the weakest assumption on.

``"shift"``
    One series is shifted in a circle against the other, by every shift there
    is. All that is within a series stays: clusters, cycles, autocorrelation.
    Exact for stationary series, and no random numbers; but n points have no
    more than n shifts, so that the p-value of a maximum over ``2 L + 1`` lags
    is seldom below ``(2 L + 1) / n``.
``"gaps"``
    The gaps between the events of one series are put in random order. The
    distribution of gaps stays, their order does not; p-values go down to
    ``1 / (n_permutations + 1)``.
``"exchangeable"``
    Events may fall anywhere: the hypergeometric distribution, by Bonferroni
    over lags. No floor, no random numbers.

All are one-sided: more coincidences than by chance.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ._lags import Index, count_lags
from ._numba import kernel

NULLS = ("shift", "gaps", "exchangeable")
_ROWS = 4_000_000
"""Numbers that random arrangements may hold at a time."""


@kernel
def _count_circle(
    a: Index, b: Index, n: int, counts: Index
) -> None:  # pragma: no cover - compiled
    for i in range(a.size):
        for j in range(b.size):
            lag = b[j] - a[i]
            if lag < 0:
                lag += n
            counts[lag] += 1


def circular_counts(a: Index, b: Index, n: int) -> Index:
    """Coincidences at every circular lag, shape (n,)."""
    if a.size * b.size > 30 * n * np.log2(n + 1):
        flags = np.zeros((2, n))
        flags[0, a] = 1.0
        flags[1, b] = 1.0
        spectra = np.fft.rfft(flags)
        circle = np.fft.irfft(spectra[0].conj() * spectra[1], n)
        return np.rint(circle).astype(np.int64)
    counts = np.zeros(n, np.int64)
    _count_circle(a, b, n, counts)
    return counts


@kernel
def circular_maximum(
    values: NDArray[np.float64], max_lag: int, out: NDArray[np.float64]
) -> None:  # pragma: no cover - compiled
    """Largest value within a number of places, in a circle."""
    n = values.size
    for s in range(n):
        largest = values[s]
        for lag in range(-max_lag, max_lag + 1):
            largest = max(largest, values[(s + lag) % n])
        out[s] = largest


def share_of_shifts(
    values: NDArray[np.float64], max_lag: int
) -> tuple[NDArray[np.float64], float]:
    """p-values of a statistic that is known at every circular lag.

    Returns
    -------
    tuple
        Of each lag from ``-max_lag`` to ``max_lag``: the share of shifts with
        as large a value there. And the share of shifts whose maximum over the
        lags is as large as that of none.
    """
    n = values.size
    ordered = np.sort(values)
    at = values[np.arange(-max_lag, max_lag + 1) % n]
    single = (n - np.searchsorted(ordered, at, side="left")) / n
    largest = np.empty(n)
    circular_maximum(values, min(max_lag, n // 2), largest)
    return single, float(np.mean(largest >= largest[0]))


@kernel
def _count_rows(
    a: Index, rows: NDArray[np.int64], max_lag: int, counts: NDArray[np.int64]
) -> None:  # pragma: no cover - compiled
    for r in range(rows.shape[0]):
        count_lags(a, rows[r], max_lag, counts[r])


def shuffled_gaps(
    index: Index, n: int, rows: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Arrangements of events with the same gaps in another order."""
    gaps = np.diff(index, append=index[:1] + n)
    mixed = rng.permuted(np.broadcast_to(gaps, (rows, gaps.size)), axis=1)
    begin = rng.integers(n, size=(rows, 1))
    found = (begin + np.cumsum(mixed, axis=1)) % n
    found.sort(axis=1)
    return found


def share_of_gaps(
    a: Index,
    b: Index,
    n: int,
    counts: Index,
    n_permutations: int,
    seed: int,
) -> tuple[NDArray[np.float64], float]:
    """p-values of counts at each lag and of their maximum; gaps shuffled."""
    max_lag = counts.size // 2
    if not a.size or not b.size:
        return np.ones(counts.size), 1.0
    if b.size > a.size:  # the shorter list is shuffled
        single, overall = share_of_gaps(
            b, a, n, counts[::-1], n_permutations, seed
        )
        return single[::-1], overall
    rng = np.random.default_rng(seed)
    above = np.ones(counts.size)
    as_large = 1
    left = n_permutations
    while left:
        rows = min(left, max(1, _ROWS // max(b.size, counts.size)))
        found = np.zeros((rows, counts.size), np.int64)
        _count_rows(a, shuffled_gaps(b, n, rows, rng), max_lag, found)
        above += np.count_nonzero(found >= counts, axis=0)
        as_large += int(np.count_nonzero(found.max(1) >= counts.max()))
        left -= rows
    return above / (n_permutations + 1), as_large / (n_permutations + 1)


def hypergeometric_tail(
    count: NDArray[np.int64] | int,
    na: NDArray[np.int64] | int,
    nb: NDArray[np.int64] | int,
    points: NDArray[np.int64] | int,
) -> NDArray[np.float64]:
    """Chance of as many coincidences where events fall anywhere."""
    from scipy.stats import hypergeom

    tail: Callable[..., NDArray[np.float64]] = hypergeom.sf
    points = np.maximum(points, 1)
    return np.asarray(tail(np.asarray(count) - 1, points, na, nb))


def q_values(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least false-discovery rate at which each test is a discovery.

    References
    ----------
    Benjamini and Hochberg (1995).
    """
    from scipy.stats import false_discovery_control

    if not p.size:
        return p.copy()
    return np.asarray(false_discovery_control(p.ravel())).reshape(p.shape)
