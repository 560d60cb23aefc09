"""Who follows whom: chances of an event some steps after another.

What is found is an association in time. It becomes an influence only with
reasons from elsewhere: a third series may lead both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from forwardax.errors import Fault, wrong_type

from ._errors import (
    SeriesError,
    require_choice,
    require_integer,
    require_number,
)
from ._lags import events_of
from ._null import circular_counts, hypergeometric_tail, q_values
from ._sync import pair_of
from ._types import FeatureSet
from ._validate import Series, require_equal_lengths, validate_series

SIGNS = ("pos", "neg")


@dataclass(frozen=True, eq=False, kw_only=True)
class LaggedProbability:
    """Chances of an effect after a cause; arrays (cause, effect, lag).

    Both signs of the cause and of the effect are there, ``"pos"`` first, and
    the lags from 1 on.

    Parameters
    ----------
    lags
        1 to the largest, shape (lags,).
    n_cause
        Causes that have a point so much later.
    count
        Causes with an effect so much later.
    probability
        `count` over `n_cause`, 0 without a cause.
    base_rate
        Share of points with an effect, whatever went before.
    lift
        `probability` over `base_rate`, 1 where both are 0.
    p_values
        Chance of as many by themselves.
    q_values
        Least false-discovery rate at which each would be found, over all the
        signs and lags.
    test
        What the p-values are of.
    """

    lags: np.ndarray
    n_cause: np.ndarray
    count: np.ndarray
    probability: Series
    base_rate: Series
    lift: Series
    p_values: Series
    q_values: Series
    test: str

    def of(self, cause: str, effect: str) -> Series:
        """Probabilities for one pair of signs, shape (lags,)."""
        require_choice("cause", cause, SIGNS)
        require_choice("effect", effect, SIGNS)
        return self.probability[SIGNS.index(cause), SIGNS.index(effect)]


def lagged_event_probability(
    cause: FeatureSet,
    effect: FeatureSet,
    max_lag: int = 5,
    *,
    test: str = "shift",
    epsilon: float = 0.0,
) -> LaggedProbability:
    """How likely an event is some steps after one of another series.

    Parameters
    ----------
    cause, effect
        Features of two series of equal length.
    max_lag
        Largest lag, 1 or more. Lag 0 has no direction.
    test
        ``"shift"``: the share of all circular shifts of one series that have
        as many coincidences. ``"exchangeable"``: Fisher's exact test. Both
        are one-sided: more often than by chance.
    epsilon
        Added to the share of causes in the denominator; the original has
        1e-8.

    Returns
    -------
    LaggedProbability
        Probability, base rate, lift and p-values for all pairs of signs.

    Raises
    ------
    SeriesError
        If lengths are unequal, or no features came.
    OptionError
        If an option is not allowed.

    References
    ----------
    Fisher (1935); Benjamini and Hochberg (1995).
    """
    require_integer("max_lag", max_lag, least=1)
    require_choice("test", test, ("shift", "exchangeable"))
    require_number("epsilon", epsilon, 0, 1, closed=True)
    for name, one in (("cause", cause), ("effect", effect)):
        if not isinstance(one, FeatureSet):  # pyright: ignore
            raise SeriesError(wrong_type(name, one, "a FeatureSet"))
    n = require_equal_lengths({"cause": cause.data, "effect": effect.data})
    if n <= max_lag:
        raise SeriesError(
            Fault(
                "the series are no longer than the largest lag",
                value=f"{n} points, lag {max_lag}",
                code="length",
            )
        )
    lags = np.arange(1, max_lag + 1)
    shape = (2, 2, max_lag)
    n_cause, count = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    n_effect, p = np.zeros(shape, np.int64), np.ones(shape)
    for i, one in enumerate(_both(cause)):
        for j, other in enumerate(_both(effect)):
            first, second, _ = pair_of(one, other)
            for k, lag in enumerate(lags):
                n_cause[i, j, k] = np.searchsorted(first, n - lag)
                later = second[np.searchsorted(second, lag) :]
                n_effect[i, j, k] = later.size
                count[i, j, k] = np.isin(later - lag, first).sum()
            if test == "shift":
                circle = np.sort(circular_counts(first, second, n))
                # Counts over the ends belong to the circle.
                whole = circular_counts(first, second, n)[lags]
                p[i, j] = (n - np.searchsorted(circle, whole)) / n
    points = n - lags
    if test == "exchangeable":
        p = hypergeometric_tail(count, n_cause, n_effect, points)
    share = n_cause / points + epsilon
    some = share > 0
    probability = np.where(
        some, count / points / np.where(some, share, 1.0), 0.0
    )
    base = n_effect / points
    return LaggedProbability(
        lags=lags,
        n_cause=n_cause,
        count=count,
        probability=probability,
        base_rate=base,
        lift=np.where(
            base > 0, probability / np.where(base > 0, base, 1.0), 1.0
        ),
        p_values=p,
        q_values=q_values(p),
        test=test,
    )


def _both(features: FeatureSet) -> tuple[Any, Any]:
    return features.delta_pos, features.delta_neg


def event_probability_matrix(
    features: Mapping[str, FeatureSet],
    lag: int = 1,
    *,
    cause: str = "pos",
    effect: str = "neg",
) -> Series:
    """Chance of an effect in each series after a cause in each other.

    Parameters
    ----------
    features
        Features by name, of equal lengths.
    lag
        Steps from cause to effect, 1 or more.
    cause, effect
        Signs, ``"pos"`` or ``"neg"``.

    Returns
    -------
    numpy.ndarray
        Shape (series, series); row: series of the effect, column: of the
        cause. 0 where there is no cause. It has no baseline: see
        `lagged_event_probability` for lift and p-values.

    Raises
    ------
    SeriesError
        If lengths are unequal.
    OptionError
        If the lag or a sign is not allowed.
    """
    require_integer("lag", lag, least=1)
    require_choice("cause", cause, SIGNS)
    require_choice("effect", effect, SIGNS)
    n = require_equal_lengths({k: f.data for k, f in features.items()})
    causes = [
        events_of(getattr(f, f"delta_{cause}"), name)[0]
        for name, f in features.items()
    ]
    effects = [
        events_of(getattr(f, f"delta_{effect}"), name)[0]
        for name, f in features.items()
    ]
    found = np.zeros((len(features), len(features)))
    for j, one in enumerate(causes):
        early = one[one < n - lag]
        for i, other in enumerate(effects):
            if early.size:
                found[i, j] = np.isin(early + lag, other).sum() / early.size
    return found


@dataclass(frozen=True)
class ConditionalSync:
    """Coincidences at the points where a condition holds, and elsewhere.

    Parameters
    ----------
    rate
        Share of the chosen points with both events.
    rate_elsewhere
        The same of all other points.
    n, n_a, n_b, count
        Chosen points, events of either series and coincidences among them.
    expected
        Number of coincidences expected by chance.
    p_value
        Chance of as many where events fall anywhere among the chosen points.
    """

    rate: float
    rate_elsewhere: float
    n: int
    n_a: int
    n_b: int
    count: int
    expected: float
    p_value: float


def conditional_sync(
    a: Any, b: Any, condition: Any, threshold: float, *, above: bool = True
) -> ConditionalSync:
    """Coincidences of events where a third series is high (or low).

    Parameters
    ----------
    a, b
        Flags, shape (n,), or `Events`.
    condition
        Series, shape (n,), such as the tension; NaN fulfils no condition.
    threshold
        In units of `condition`; points must exceed it.
    above
        Whether points above the threshold are chosen, or those below.

    Returns
    -------
    ConditionalSync
        Rates there and elsewhere, and the chance of them.

    Raises
    ------
    SeriesError
        If the flags are none, or of unequal lengths.
    """
    require_number("threshold", threshold, -np.inf, np.inf)
    first, second, n = pair_of(a, b)
    series = validate_series(condition, "condition", missing="mask")
    require_equal_lengths({"events": range(n), "condition": series})  # pyright: ignore
    chosen = series > threshold if above else series < threshold
    points = int(np.count_nonzero(chosen))
    both = np.intersect1d(first, second, assume_unique=True)
    count = int(np.count_nonzero(chosen[both]))
    na = int(np.count_nonzero(chosen[first]))
    nb = int(np.count_nonzero(chosen[second]))
    rest = n - points
    return ConditionalSync(
        rate=count / points if points else 0.0,
        rate_elsewhere=(both.size - count) / rest if rest else 0.0,
        n=points,
        n_a=na,
        n_b=nb,
        count=count,
        expected=na * nb / points if points else 0.0,
        p_value=float(hypergeometric_tail(count, na, nb, points)),
    )
