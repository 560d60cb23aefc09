"""Crises: times at which many series are tense and jump together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from forwardax.errors import Fault, wrong_type

from ._errors import SeriesError, require_number
from ._scales import LARGE, standardised
from ._types import FeatureSet
from ._validate import Series, require_equal_lengths


@dataclass(frozen=True, eq=False, kw_only=True)
class Crises:
    """Episodes in which the crisis score is high; offline.

    Parameters
    ----------
    score
        Mean over the series of weighted standardised tension and events,
        shape (n,), without unit.
    by_series
        The same of each series, shape (series, n).
    names
        Of the series.
    episodes
        First and last index of each episode.
    threshold
        Score that they exceed.
    """

    score: Series
    by_series: Series
    names: tuple[str, ...]
    episodes: tuple[tuple[int, int], ...]
    threshold: float


def crisis_score(
    features: Mapping[str, FeatureSet],
    *,
    threshold: float = 0.8,
    tension_weight: float = 0.6,
    epsilon: float = 0.0,
) -> Crises:
    """Score of common tension and events, and the episodes it is high in.

    A description, not a test: the score is relative to the series themselves,
    and some points are always its highest.

    Parameters
    ----------
    features
        Features by name, of equal lengths.
    threshold
        Score that an episode exceeds.
    tension_weight
        Weight of the tension, 0 to 1; the events have the rest.
    epsilon
        Added to standard deviations; the original has 1e-8.

    Returns
    -------
    Crises
        Score and episodes.

    Raises
    ------
    SeriesError
        If there are no features, or lengths are unequal.
    OptionError
        If an option is not allowed.
    """
    require_number("threshold", threshold, -LARGE, LARGE)
    require_number("tension_weight", tension_weight, 0, 1, closed=True)
    require_number("epsilon", epsilon, 0, LARGE, closed=True)
    if not isinstance(features, Mapping):  # pyright: ignore
        raise SeriesError(wrong_type("features", features, "a mapping"))
    if not features:
        raise SeriesError(Fault("there is no series", code="missing"))
    require_equal_lengths({name: one.data for name, one in features.items()})
    rows: list[Series] = []
    for one in features.values():
        events = one.delta_pos.astype(np.float64) + one.delta_neg
        tension = standardised(one.rho_T, epsilon)
        row = tension_weight * np.where(np.isnan(tension), 0.0, tension)
        row += (1 - tension_weight) * standardised(events, epsilon)
        rows.append(row)
    table = np.stack(rows)
    score = table.mean(axis=0)
    high = np.diff(np.r_[False, score > threshold, False].astype(np.int8))
    begins, ends = np.flatnonzero(high == 1), np.flatnonzero(high == -1) - 1
    return Crises(
        score=score,
        by_series=table,
        names=tuple(features),
        episodes=tuple(zip(begins.tolist(), ends.tolist(), strict=True)),
        threshold=float(threshold),
    )
