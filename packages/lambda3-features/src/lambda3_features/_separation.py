"""Separation of levels: how local events grow into global ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._config import FeatureConfig
from ._errors import require_integer
from ._hierarchy import HierarchicalEvents, hierarchical_events
from ._null import circular_counts
from ._rolling import moving_std
from ._validate import Flags, Series, validate_series


@dataclass(frozen=True)
class Succession:
    """How often events of one kind are followed by those of another.

    Parameters
    ----------
    n_first
        Events of the first kind.
    n_followed
        Those that are followed within the horizon.
    probability
        `n_followed` over `n_first`; 0 without events.
    base_rate
        Share of all points that are followed so.
    lift
        `probability` over `base_rate`; 1 where both are 0.
    p_value
        Share of all circular shifts of the first kind against the second
        with as many: chance, whatever the clusters within either.
    """

    n_first: int
    n_followed: int
    probability: float
    base_rate: float
    lift: float
    p_value: float


@dataclass(frozen=True, eq=False, kw_only=True)
class HierarchicalSeparation:
    """Escalation and de-escalation between local and global events; offline.

    Parameters
    ----------
    escalation
        Purely local events that are followed by a global one.
    deescalation
        Global events that are followed by a purely local one, and by no
        global one before it.
    escalating, deescalating
        Flags of these events, shape (n,).
    tension_local, tension_global
        Mean tension at purely local and at global events, in units of the
        series; NaN without any.
    horizon
        How many points later an event may follow.
    events
        The events of both levels.
    """

    escalation: Succession
    deescalation: Succession
    escalating: Flags
    deescalating: Flags
    tension_local: float
    tension_global: float
    horizon: int
    events: HierarchicalEvents


def hierarchical_separation(
    x: Any,
    config: FeatureConfig | None = None,
    *,
    horizon: int = 10,
    events: HierarchicalEvents | None = None,
) -> HierarchicalSeparation:
    """How local and global events of a series follow each other.

    Parameters
    ----------
    x
        Series, shape (n,).
    config
        Definitions of events and of the tension.
    horizon
        How many points later an event may follow, 1 or more.
    events
        Events that are known already; `hierarchical_events` by default.

    Returns
    -------
    HierarchicalSeparation
        Counts, base rates, lifts and p-values.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If the horizon is none.
    """
    require_integer("horizon", horizon, least=1)
    config = FeatureConfig() if config is None else config
    data = validate_series(x, min_length=4, missing=config.missing)
    events = hierarchical_events(data, config) if events is None else events
    rho = moving_std(data, config.window, 0)
    wide = (events.global_pos | events.global_neg).view(bool)
    local = (events.local_pos | events.local_neg).view(bool) & ~wide
    size = min(int(horizon), data.size - 1)
    to_wide, to_local = _steps_to_next(wide), _steps_to_next(local)
    up = to_wide <= size
    down = (to_local <= size) & (to_local < to_wide)
    return HierarchicalSeparation(
        escalation=_sequence(local, up),
        deescalation=_sequence(wide, down),
        escalating=(local & up).view(np.int8),
        deescalating=(wide & down).view(np.int8),
        tension_local=_mean(rho[local]),
        tension_global=_mean(rho[wide]),
        horizon=size,
        events=events,
    )


def _steps_to_next(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Steps from each point to the next flag after it; many if none."""
    n = flags.size
    index = np.flatnonzero(flags)
    follower = np.r_[index, 3 * n][
        np.searchsorted(index, np.arange(n), side="right")
    ]
    return follower - np.arange(n)


def _sequence(
    first: NDArray[np.bool_], followed: NDArray[np.bool_]
) -> Succession:
    n = first.size
    index = np.flatnonzero(first)
    circle = circular_counts(index, np.flatnonzero(followed), n)
    count, base = int(circle[0]), float(np.mean(followed))
    probability = count / index.size if index.size else 0.0
    return Succession(
        n_first=int(index.size),
        n_followed=count,
        probability=probability,
        base_rate=base,
        lift=probability / base if base else 1.0,
        p_value=float(np.mean(circle >= count)),
    )


def _mean(values: Series) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
