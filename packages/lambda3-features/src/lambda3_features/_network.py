"""Synchronisation of many series: the matrix, and a network with few errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._errors import require_choice, require_integer, require_number
from ._events import Events
from ._lags import (
    NORMALISATIONS,
    Index,
    check_options,
    events_of,
    lag_order,
    profiles_of_pairs,
)
from ._null import NULLS, q_values
from ._sync import sync_profile
from ._types import FeatureSet
from ._validate import Flags, Series, require_equal_lengths

EVENTS = ("pos", "neg", "both")


@dataclass(frozen=True, eq=False)
class SyncMatrix:
    """Best rate of coincidences of all pairs.

    Parameters
    ----------
    names
        Of the series.
    rate
        Shape (series, series), symmetric.
    lag
        Lag of each rate; positive: the series of the row leads.
    normalise
        What the rates are.
    """

    names: tuple[str, ...]
    rate: Series
    lag: Index
    normalise: str


@dataclass(frozen=True)
class Edge:
    """A pair of series whose events coincide.

    Parameters
    ----------
    source, target
        The series that leads, and the one that follows; where `lag` is 0
        neither does.
    lag
        Steps from the one to the other, 0 or more.
    rate
        Rate of coincidences at that lag.
    p_value, q_value
        Chance of as many coincidences, and the least false-discovery rate at
        which they count as found; NaN where nothing was tested.
    """

    source: str
    target: str
    lag: int
    rate: float
    p_value: float
    q_value: float


@dataclass(frozen=True)
class SyncNetwork:
    """Pairs of series that are synchronised.

    Parameters
    ----------
    names
        Of all the series.
    edges
        The pairs found, most certain first.
    n_tests
        Number of pairs that were tested.
    alpha
        Expected share of false ones among those found.
    """

    names: tuple[str, ...]
    edges: tuple[Edge, ...]
    n_tests: int
    alpha: float


def flags_of(features: Mapping[str, Any], events: str) -> dict[str, Any]:
    """Flags of one kind of events for each series.

    Raises
    ------
    OptionError
        If `events` is not ``"pos"``, ``"neg"`` or ``"both"``.
    """
    require_choice("events", events, EVENTS)
    found: dict[str, Any] = {}
    for name, one in features.items():
        if isinstance(one, FeatureSet):
            found[name] = _chosen(one.delta_pos, one.delta_neg, events)
        elif isinstance(one, Events):
            sign = {"pos": 1, "neg": -1, "both": None}[events]
            found[name] = one.flags(sign)
        else:
            found[name] = one
    return found


def _chosen(pos: Flags, neg: Flags, events: str) -> Flags:
    if events == "both":
        return pos | neg
    return pos if events == "pos" else neg


def sync_matrix(
    features: Mapping[str, Any],
    max_lag: int = 10,
    *,
    events: str = "both",
    normalise: str = "jaccard",
    ties: str = "nearest",
    unit_diagonal: bool = False,
) -> SyncMatrix:
    """Best rate of coincidences over the lags, for all pairs of series.

    Parameters
    ----------
    features
        `FeatureSet`, `Events` or flags by name, of equal lengths.
    max_lag
        Largest lag.
    events
        ``"pos"``, ``"neg"`` or ``"both"``; flags are taken as they are.
    normalise, ties
        As in `sync_profile`.
    unit_diagonal
        Write 1 on the diagonal, as the original does, although the joint rate
        of a series with itself is its share of events.

    Returns
    -------
    SyncMatrix
        Rates and lags.

    Raises
    ------
    SeriesError
        If the flags are none, or of unequal lengths.
    OptionError
        If an option is not allowed.
    """
    check_options(max_lag, normalise, ties)
    names, index, n = _lists(flags_of(features, events))
    size = len(names)
    rate, lag = np.zeros((size, size)), np.zeros((size, size), np.int64)
    profiles_of_pairs(
        np.concatenate(index),
        np.cumsum([0, *map(len, index)]),
        n,
        NORMALISATIONS.index(normalise),
        lag_order(max_lag, ties),
        rate,
        lag,
    )
    if unit_diagonal:
        np.fill_diagonal(rate, 1.0)
    return SyncMatrix(names, rate, lag, normalise)


def _lists(
    flags: Mapping[str, Any],
) -> tuple[tuple[str, ...], list[Index], int]:
    found = {name: events_of(one, name) for name, one in flags.items()}
    lengths = {name: range(n) for name, (_, n) in found.items()}
    n = require_equal_lengths(lengths)  # pyright: ignore[reportArgumentType]
    return tuple(found), [index for index, _ in found.values()], n


def sync_network(
    features: Mapping[str, Any],
    max_lag: int = 10,
    *,
    alpha: float = 0.05,
    events: str = "both",
    normalise: str = "jaccard",
    test: str = "gaps",
    n_permutations: int = 1999,
    seed: int = 0,
) -> SyncNetwork:
    """Pairs of series whose events coincide more often than by chance.

    Each pair is tested at its best lag, and the false-discovery rate is
    controlled over the pairs (Benjamini and Hochberg 1995).

    Parameters
    ----------
    features
        `FeatureSet`, `Events` or flags by name, of equal lengths.
    max_lag
        Largest lag.
    alpha
        Expected share of false pairs among those found.
    events
        ``"pos"``, ``"neg"`` or ``"both"``; flags are taken as they are.
    normalise
        What the rates of the edges are.
    test, n_permutations, seed
        As in `sync_profile`. With the test ``"shift"`` short series have no
        power: see `SyncProfile.p_floor`.

    Returns
    -------
    SyncNetwork
        The pairs found, leader first.

    Raises
    ------
    SeriesError
        If the flags are none, or of unequal lengths.
    OptionError
        If an option is not allowed.
    """
    require_number("alpha", alpha, 0, 1)
    require_choice("test", test, NULLS)
    require_integer("n_permutations", n_permutations, least=1)
    flags = flags_of(features, events)
    names, _, n = _lists(flags)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    profiles = [
        sync_profile(
            flags[a],
            flags[b],
            max_lag,
            normalise=normalise,
            test=test,
            n_permutations=n_permutations,
            seed=seed + k,
        )
        for k, (a, b) in enumerate(pairs)
    ]
    p = np.array([profile.p_value for profile in profiles])
    edges: list[Edge] = []
    for (a, b), profile, q in zip(pairs, profiles, q_values(p), strict=True):
        if q > alpha or profile.max_rate == 0:
            continue
        source, target = (a, b) if profile.optimal_lag >= 0 else (b, a)
        edges.append(
            Edge(
                source,
                target,
                abs(profile.optimal_lag),
                profile.max_rate,
                profile.p_value,
                float(q),
            )
        )
    edges.sort(key=lambda edge: (edge.p_value, -edge.rate))
    return SyncNetwork(names, tuple(edges), len(pairs), alpha)


def threshold_network(
    features: Mapping[str, Any],
    max_lag: int = 10,
    *,
    sync_threshold: float = 0.3,
    events: str = "both",
) -> tuple[Edge, ...]:
    """Pairs whose joint rate reaches a threshold, as the original has them.

    Every pair comes twice, once in each direction, with signed lags. The
    joint rate never exceeds the share of events: at the original threshold of
    0.3 and its percentile of 97 there is no edge, not even between a series
    and its copy. See `sync_network`.

    Parameters
    ----------
    features
        `FeatureSet`, `Events` or flags by name, of equal lengths.
    max_lag
        Largest lag.
    sync_threshold
        Least joint rate.
    events
        ``"pos"``, ``"neg"`` or ``"both"``; flags are taken as they are.

    Returns
    -------
    tuple of Edge
        Row by row of the matrix.

    Raises
    ------
    SeriesError
        If the flags are none, or of unequal lengths.
    OptionError
        If an option is not allowed.
    """
    require_number("sync_threshold", sync_threshold, 0, 1, closed=True)
    found = sync_matrix(
        features, max_lag, events=events, normalise="joint", ties="first"
    )
    nan = float("nan")
    return tuple(
        Edge(a, b, int(found.lag[i, j]), float(found.rate[i, j]), nan, nan)
        for i, a in enumerate(found.names)
        for j, b in enumerate(found.names)
        if i != j and found.rate[i, j] >= sync_threshold
    )
