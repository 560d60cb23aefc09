"""Synchronisation: how often events of two series coincide, lag by lag.

The sign of a lag: positive means that the first series leads. At lag 3, an
event of the first at time t goes with an event of the second at t + 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from forwardax.errors import Fault

from ._errors import SeriesError, require_choice, require_integer
from ._lags import (
    NORMALISATIONS,
    Index,
    check_options,
    events_of,
    lag_order,
    profile_of,
)
from ._null import (
    NULLS,
    circular_counts,
    hypergeometric_tail,
    share_of_gaps,
    share_of_shifts,
)
from ._validate import Series


@dataclass(frozen=True, eq=False, kw_only=True)
class SyncProfile:
    """Coincidences of events at each lag; arrays of shape (2 max_lag + 1,).

    Parameters
    ----------
    lags
        From ``-max_lag`` to `max_lag`; positive: the first series leads.
    rate
        Rate of coincidences, as `normalise` says.
    count
        Number of coincidences.
    n_first, n_second
        Events of each series within the points that overlap.
    p_values
        Chance of as many coincidences at each lag; NaN without a test.
    p_value
        Chance of as many at the best of all the lags; NaN without a test.
    p_floor
        Least p-value that the test could give for the best lag.
    max_rate, optimal_lag
        Largest rate above 0, and its lag; both 0 if there is none.
    normalise, test
        What rates and p-values are.
    n
        Length of the series.
    """

    lags: Index
    rate: Series
    count: Index
    n_first: Index
    n_second: Index
    p_values: Series
    p_value: float
    p_floor: float
    max_rate: float
    optimal_lag: int
    normalise: str
    test: str
    n: int

    @property
    def _points(self) -> Index:
        return np.maximum(self.n - np.abs(self.lags), 1)

    @property
    def expected(self) -> Series:
        """Coincidences expected of events that fall anywhere."""
        return self.n_first * self.n_second / self._points

    @property
    def z(self) -> Series:
        """`count` minus `expected`, in standard deviations of that chance."""
        points, expected = self._points, self.expected
        spread = np.sqrt(
            expected
            * (1 - self.n_first / points)
            * (points - self.n_second)
            / np.maximum(points - 1, 1)
        )
        some = spread > 0
        off = self.count - expected
        return np.where(some, off / np.where(some, spread, 1.0), 0.0)

    @property
    def leader(self) -> str:
        """``"first"``, ``"second"`` or ``"none"``: who goes ahead."""
        if self.optimal_lag == 0:
            return "none"
        return "first" if self.optimal_lag > 0 else "second"


def sync_profile(
    a: Any,
    b: Any,
    max_lag: int = 10,
    *,
    normalise: str = "jaccard",
    test: str = "shift",
    n_permutations: int = 999,
    seed: int = 0,
    ties: str = "nearest",
) -> SyncProfile:
    """Coincidences of the events of two series at each lag, and their chance.

    Parameters
    ----------
    a, b
        Flags, shape (n,), such as `FeatureSet.delta_pos`; or `Events`.
    max_lag
        Largest lag, 0 or more.
    normalise
        ``"joint"``: coincidences over points, which no series exceeds its
        share of events in. ``"jaccard"``: over points with either event; 1
        for equal events. ``"excess"``: beyond what is expected by chance,
        over the most there could be; 1 for equal events, 0 by chance.
    test
        ``"shift"``, ``"gaps"`` or ``"exchangeable"``, see the guide; or
        ``"none"``.
    n_permutations, seed
        For ``"gaps"``.
    ties
        Of equal rates, the lag that is ``"nearest"`` to 0 is the optimal one
        (the negative one of two), or the ``"first"``, from ``-max_lag`` on.

    Returns
    -------
    SyncProfile
        Rates, counts, expectation and p-values.

    Raises
    ------
    SeriesError
        If the flags are none, or of unequal lengths.
    OptionError
        If an option is not allowed.
    """
    check_options(max_lag, normalise, ties)
    require_choice("test", test, (*NULLS, "none"))
    require_integer("n_permutations", n_permutations, least=1)
    first, second, n = pair_of(a, b)
    lags = np.arange(-max_lag, max_lag + 1)
    count, na, nb = np.empty((3, lags.size), np.int64)
    rate = np.empty(lags.size)
    how = NORMALISATIONS.index(normalise)
    max_rate, optimal, _, _ = profile_of(
        first, second, n, how, lag_order(max_lag, ties), count, na, nb, rate
    )
    p_values, p_value, floor = np.full(lags.size, np.nan), np.nan, np.nan
    if test == "shift":
        circle = circular_counts(first, second, n).astype(np.float64)
        p_values, p_value = share_of_shifts(circle, max_lag)
        floor = min((2 * max_lag + 1) / n, 1.0)
    elif test == "gaps":
        p_values, p_value = share_of_gaps(
            first, second, n, count, n_permutations, seed
        )
        floor = 1 / (n_permutations + 1)
    elif test == "exchangeable":
        points = np.maximum(n - np.abs(lags), 0)
        p_values = hypergeometric_tail(count, na, nb, points)
        p_value = float(min(1.0, p_values.min() * lags.size))
        floor = 0.0
    return SyncProfile(
        lags=lags,
        rate=rate,
        count=count,
        n_first=na,
        n_second=nb,
        p_values=p_values,
        p_value=p_value,
        p_floor=floor,
        max_rate=max_rate,
        optimal_lag=optimal,
        normalise=normalise,
        test=test,
        n=n,
    )


def pair_of(a: Any, b: Any) -> tuple[Index, Index, int]:
    """Indices of the events of two series, and their common length.

    Raises
    ------
    SeriesError
        If lengths are unequal.
    """
    first, n = events_of(a, "a")
    second, other = events_of(b, "b")
    if n != other:
        raise SeriesError(
            Fault(
                "'a' and 'b' have unequal lengths",
                key="b",
                value=f"{n} and {other}",
                fix="cut them to the times they share",
                code="length",
            )
        )
    return first, second, n


@dataclass(frozen=True, eq=False, kw_only=True)
class DynamicSync:
    """Best rate of coincidences in a moving window; shape (windows,).

    Parameters
    ----------
    centre
        Index of the middle of each window.
    rate
        Largest rate over the lags, 0 if there is no coincidence.
    lag
        Its lag; positive: the first series leads.
    window, max_lag
        What they were made with.
    """

    centre: Index
    rate: Series
    lag: Index
    window: int
    max_lag: int


def dynamic_sync(
    a: Any,
    b: Any,
    window: int = 20,
    max_lag: int = 10,
    *,
    normalise: str = "jaccard",
    ties: str = "nearest",
) -> DynamicSync:
    """Coincidences of events in each window of some length.

    Parameters
    ----------
    a, b
        Flags, shape (n,), or `Events`.
    window
        Length of the window, at most n; it moves by one point.
    max_lag
        Largest lag.
    normalise, ties
        As in `sync_profile`.

    Returns
    -------
    DynamicSync
        One rate and one lag for each of the ``n - window + 1`` windows.

    Raises
    ------
    SeriesError
        If the flags are none, of unequal lengths, or shorter than a window.
    OptionError
        If an option is not allowed.
    """
    from ._windows import best_in_windows

    check_options(max_lag, normalise, ties)
    require_integer("window", window, least=1)
    first, second, n = pair_of(a, b)
    if n < window:
        raise SeriesError(
            Fault(
                "the series are shorter than the window",
                value=f"{n} points",
                allowed=f"{window} or more",
                code="length",
            )
        )
    count = n - window + 1
    rate, lag = np.zeros(count), np.zeros(count, np.int64)
    best_in_windows(
        first,
        second,
        n,
        window,
        lag_order(max_lag, ties),
        NORMALISATIONS.index(normalise),
        rate,
        lag,
    )
    return DynamicSync(
        centre=np.arange(count) + window // 2,
        rate=rate,
        lag=lag,
        window=window,
        max_lag=max_lag,
    )
