"""Tension of several series: do they rise and fall together, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from forwardax.errors import Fault, Faults

from ._errors import SeriesError, require_integer
from ._lags import Index
from ._null import q_values, share_of_shifts
from ._types import FeatureSet
from ._validate import (
    Series,
    refuse_constant,
    require_equal_lengths,
    validate_series,
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Resonance:
    """Correlation of two tensions at each lag; shape (2 max_lag + 1,).

    Parameters
    ----------
    lags
        From ``-max_lag`` to `max_lag`; positive: the first series leads.
    correlation
        Pearson's, over the points that overlap; 0 where one is constant.
    p_values
        Share of all circular shifts with as strong a correlation, of either
        sign.
    p_value
        The same for the strongest of all the lags.
    max_resonance, optimal_lag
        The strongest correlation, as a size, and its lag.
    """

    lags: Index
    correlation: Series
    p_values: Series
    p_value: float
    max_resonance: float
    optimal_lag: int


def structural_resonance(a: Any, b: Any, max_lag: int = 10) -> Resonance:
    """Correlation of the tensions of two series, lag by lag.

    Parameters
    ----------
    a, b
        `FeatureSet`, or tensions of shape (n,).
    max_lag
        Largest lag, 0 or more.

    Returns
    -------
    Resonance
        Correlations, and their chance: tensions are smooth, so that their
        correlation is judged against all circular shifts of one of them.

    Raises
    ------
    SeriesError
        If a tension is constant or not finite, or lengths are unequal.
    OptionError
        If the lag is none.
    """
    require_integer("max_lag", max_lag, least=0)
    tensions = _tensions({"a": a, "b": b})
    first, second = tensions.values()
    n = first.size
    lags = np.arange(-max_lag, max_lag + 1)
    correlation = np.array(
        [_correlation(first, second, int(lag)) for lag in lags]
    )
    circle = np.abs(_circle(first, second))
    p_values, p_value = share_of_shifts(circle, min(max_lag, n - 1))
    best = int(np.argmax(np.abs(correlation)))
    return Resonance(
        lags=lags,
        correlation=correlation,
        p_values=p_values,
        p_value=p_value,
        max_resonance=float(abs(correlation[best])),
        optimal_lag=int(lags[best]),
    )


@dataclass(frozen=True, eq=False)
class TensionCorrelation:
    """Correlations of the tensions of all pairs; shape (series, series).

    Parameters
    ----------
    names
        Of the series.
    correlation
        Pearson's, without a lag.
    p_values
        Share of all circular shifts with as strong a correlation.
    q_values
        Least false-discovery rate at which a pair would be found.
    """

    names: tuple[str, ...]
    correlation: Series
    p_values: Series
    q_values: Series


def tension_correlation(features: Mapping[str, Any]) -> TensionCorrelation:
    """Correlations of the tensions of many series, and their chance.

    Parameters
    ----------
    features
        `FeatureSet`, or tensions of shape (n,), by name.

    Returns
    -------
    TensionCorrelation
        Matrices of correlations, p-values and q-values; on their diagonals
        1, 0 and 0.

    Raises
    ------
    SeriesError
        If a tension is constant or not finite, or lengths are unequal.
    """
    tensions = _tensions(features)
    names = tuple(tensions)
    size = len(names)
    correlation, p = np.eye(size), np.zeros((size, size))
    rows, columns = np.triu_indices(size, 1)
    for i, j in zip(rows, columns, strict=True):
        first, second = tensions[names[i]], tensions[names[j]]
        circle = _circle(first, second)
        correlation[i, j] = correlation[j, i] = circle[0]
        single, _ = share_of_shifts(np.abs(circle), 0)
        p[i, j] = p[j, i] = single[0]
    q = np.zeros((size, size))
    q[rows, columns] = q[columns, rows] = q_values(p[rows, columns])
    return TensionCorrelation(names, correlation, p, q)


def _tensions(features: Mapping[str, Any]) -> dict[str, Series]:
    found: dict[str, Series] = {}
    faults = Faults()
    for name, one in features.items():
        array = one.rho_T if isinstance(one, FeatureSet) else one
        try:
            found[name] = validate_series(array, name, min_length=3)
            refuse_constant(found[name], name)
        except SeriesError as error:
            faults.extend(error.faults)
    if not features:
        faults.append(Fault("there is no series", code="missing"))
    faults.throw(SeriesError)
    require_equal_lengths(found)
    return found


def _correlation(a: Series, b: Series, lag: int) -> float:
    """Pearson's correlation of what overlaps at a lag."""
    size = min(abs(lag), a.size)
    head, tail = slice(0, a.size - size), slice(size, a.size)
    a, b = (a[head], b[tail]) if lag >= 0 else (a[tail], b[head])
    if a.size < 3:
        return 0.0
    first, second = a - a.mean(), b - b.mean()
    spread = np.sqrt((first @ first) * (second @ second))
    least = np.finfo(np.float64).eps * a.size
    scale = np.abs(a).max() * np.abs(b).max() * least
    return float(first @ second / spread) if spread > scale else 0.0


def _circle(a: Series, b: Series) -> Series:
    """Correlation at every circular lag."""
    spectra = [np.fft.rfft((x - x.mean()) / x.std()) for x in (a, b)]
    return np.fft.irfft(spectra[0].conj() * spectra[1], a.size) / a.size
