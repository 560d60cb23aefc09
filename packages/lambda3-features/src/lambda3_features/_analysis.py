"""Analyses of one series, of a pair, and of many: typed results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._config import FeatureConfig
from ._coupling import LaggedProbability, lagged_event_probability
from ._crisis import Crises, crisis_score
from ._errors import SeriesError, require_integer, require_number
from ._events import Events
from ._features import extract_features, extract_many, series_by_name
from ._network import SyncMatrix, SyncNetwork, sync_matrix, sync_network
from ._regimes import Regimes, hmm_regimes
from ._resonance import (
    Resonance,
    TensionCorrelation,
    structural_resonance,
    tension_correlation,
)
from ._rolling import moving_std
from ._segmentation import Segmentation, pelt
from ._separation import HierarchicalSeparation, hierarchical_separation
from ._sync import DynamicSync, SyncProfile, dynamic_sync, sync_profile
from ._types import FeatureSet
from ._validate import Series, require_equal_lengths

SCALES = (5, 10, 20, 50)


@dataclass(frozen=True, eq=False, kw_only=True)
class SeriesAnalysis:
    """What is found in one series.

    Parameters
    ----------
    name
        Of the series.
    features
        Its features.
    events
        Its steps up and down.
    segmentation
        Its segments of constant level; None where values are missing.
    regimes
        Its regimes of tension; None where there are none to tell apart.
    separation
        Its local and global events.
    scales
        Windows of `tension`.
    tension
        Tension at each scale, shape (scales, n), in units of the series.
    notes
        What could not be computed, and why.
    """

    name: str
    features: FeatureSet
    events: Events
    segmentation: Segmentation | None
    regimes: Regimes | None
    separation: HierarchicalSeparation
    scales: tuple[int, ...]
    tension: Series
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class PairAnalysis:
    """What two series have in common.

    Parameters
    ----------
    names
        Of the two series.
    features
        Of both, by name.
    sync
        Coincidences of their events, by kind: ``"pos"``, ``"neg"``,
        ``"both"``. Positive lags: the first series leads.
    dynamic
        The same in a moving window, of all events.
    forward, backward
        Chances of an event of the second after one of the first, and of the
        first after one of the second.
    resonance
        Correlation of their tensions; None where a tension is constant or
        missing.
    notes
        What could not be computed, and why.
    """

    names: tuple[str, str]
    features: dict[str, FeatureSet]
    sync: dict[str, SyncProfile]
    dynamic: DynamicSync
    forward: LaggedProbability
    backward: LaggedProbability
    resonance: Resonance | None
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class ManyAnalysis:
    """What many series have in common.

    Parameters
    ----------
    names
        Of the series.
    features
        Of each, by name.
    matrix
        Best rates of coincidences of all pairs.
    network
        Pairs that are synchronised, few of them falsely.
    correlation
        Correlations of tensions; None where one is constant or missing.
    crises
        Times at which many are tense.
    notes
        What could not be computed, and why.
    """

    names: tuple[str, ...]
    features: dict[str, FeatureSet]
    matrix: SyncMatrix
    network: SyncNetwork
    correlation: TensionCorrelation | None
    crises: Crises
    notes: tuple[str, ...]


Analysis = SeriesAnalysis | PairAnalysis | ManyAnalysis


def analyze_series(
    x: Any,
    config: FeatureConfig | None = None,
    *,
    name: str = "series",
    scales: Sequence[int] = SCALES,
    n_regimes: int = 2,
) -> SeriesAnalysis:
    """Events, segments, regimes and scales of one series.

    Parameters
    ----------
    x
        Series, shape (n,).
    config
        Definitions of the features.
    name
        What to call it.
    scales
        Windows of the tension.
    n_regimes
        Number of regimes, 2 or more.

    Returns
    -------
    SeriesAnalysis
        All of it.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If an option is not allowed.
    """
    require_integer("n_regimes", n_regimes, least=2)
    for scale in scales:
        require_integer("scales", scale, least=1)
    features = extract_features(x, config, name=name)
    notes: list[str] = []
    segmentation = regimes = None
    try:
        segmentation = pelt(features.data)
    except SeriesError as error:
        notes.append(f"no segmentation: {error}")
    try:
        regimes = hmm_regimes(features, n_regimes)
        if not regimes.converged:
            notes.append("the fit of the regimes has not converged")
    except SeriesError as error:
        notes.append(f"no regimes: {error}")
    data = features.data
    return SeriesAnalysis(
        name=name,
        features=features,
        events=features.events(),
        segmentation=segmentation,
        regimes=regimes,
        separation=hierarchical_separation(
            data, _with_local_window(features.config)
        ),
        scales=tuple(int(s) for s in scales),
        tension=np.stack([moving_std(data, int(s), 0) for s in scales]),
        notes=tuple(notes),
    )


def _with_local_window(config: FeatureConfig) -> FeatureConfig:
    """The same, with a local window that the calibrated levels can use."""
    from dataclasses import replace

    return replace(config, local_window=max(config.local_window, 3))


def analyze_pair(
    a: Any,
    b: Any,
    config: FeatureConfig | None = None,
    *,
    names: tuple[str, str] = ("a", "b"),
    max_lag: int = 10,
    window: int = 50,
    test: str = "shift",
    seed: int = 0,
) -> PairAnalysis:
    """Synchronisation and lagged coupling of two series.

    Parameters
    ----------
    a, b
        Series of equal length, shape (n,).
    config
        Definitions of the features.
    names
        What to call them.
    max_lag
        Largest lag, 1 or more.
    window
        Of the dynamic synchronisation; cut to the length of the series.
    test, seed
        As in `sync_profile`.

    Returns
    -------
    PairAnalysis
        All of it, in both directions.

    Raises
    ------
    SeriesError
        If a series cannot be used, or lengths are unequal.
    OptionError
        If an option is not allowed.
    """
    require_integer("max_lag", max_lag, least=1)
    first, second = names
    if first == second:
        second = f"{second} (2)"
    features = extract_many({first: a, second: b}, config, parallel=1)
    one, other = features.values()
    n = require_equal_lengths({k: f.data for k, f in features.items()})
    flags = {
        "pos": (one.delta_pos, other.delta_pos),
        "neg": (one.delta_neg, other.delta_neg),
        "both": (
            one.delta_pos | one.delta_neg,
            other.delta_pos | other.delta_neg,
        ),
    }
    both = flags["both"]
    notes: list[str] = []
    resonance = None
    try:
        resonance = structural_resonance(one, other, max_lag)
    except SeriesError as error:
        notes.append(f"no resonance: {error}")
    return PairAnalysis(
        names=(first, second),
        features=features,
        sync={
            kind: sync_profile(a, b, max_lag, test=test, seed=seed)
            for kind, (a, b) in flags.items()
        },
        dynamic=dynamic_sync(both[0], both[1], min(window, n), max_lag),
        forward=lagged_event_probability(one, other, max_lag),
        backward=lagged_event_probability(other, one, max_lag),
        resonance=resonance,
        notes=tuple(notes),
    )


def analyze_many(
    series: Mapping[str, Any] | Any,
    config: FeatureConfig | None = None,
    *,
    max_lag: int = 10,
    alpha: float = 0.05,
    events: str = "both",
    n_permutations: int = 1999,
    seed: int = 0,
    parallel: int | None = None,
) -> ManyAnalysis:
    """Synchronisation of all pairs, network and common crises.

    Parameters
    ----------
    series
        Series of equal length by name; or a table (series, n).
    config
        Definitions of the features.
    max_lag
        Largest lag.
    alpha
        Expected share of false pairs among those of the network.
    events
        ``"pos"``, ``"neg"`` or ``"both"``.
    n_permutations, seed
        Of the network's tests.
    parallel
        Number of threads for the features.

    Returns
    -------
    ManyAnalysis
        All of it.

    Raises
    ------
    SeriesError
        If a series cannot be used, or lengths are unequal.
    OptionError
        If an option is not allowed.
    """
    require_number("alpha", alpha, 0, 1)
    features = extract_many(series_by_name(series), config, parallel=parallel)
    require_equal_lengths({k: f.data for k, f in features.items()})
    notes: list[str] = []
    correlation = None
    try:
        correlation = tension_correlation(features)
    except SeriesError as error:
        notes.append(f"no correlation of tensions: {error}")
    return ManyAnalysis(
        names=tuple(features),
        features=features,
        matrix=sync_matrix(features, max_lag, events=events),
        network=sync_network(
            features,
            max_lag,
            alpha=alpha,
            events=events,
            n_permutations=n_permutations,
            seed=seed,
        ),
        correlation=correlation,
        crises=crisis_score(features),
        notes=tuple(notes),
    )
