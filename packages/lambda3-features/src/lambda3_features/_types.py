"""Features of a series: NumPy arrays in a frozen record."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._config import FeatureConfig
from ._events import Events, events_between
from ._validate import Flags, Series

_CAUSAL: dict[str, Any] = {"causal": True}
_AHEAD: dict[str, Any] = {"causal": False}


@dataclass(frozen=True, eq=False, kw_only=True)
class FeatureSet:
    """Features of one series, each of shape (n,).

    Parameters
    ----------
    data
        The series, float64; NaN where a value is missing.
    delta_pos, delta_neg
        Flags (int8) of sudden steps up and down. Whether a step counts is
        decided by the whole series, so they look ahead.
    local_jump
        Flags (int8) of steps that stand out from their surroundings; look
        ahead.
    rho_T
        Tension: standard deviation of the last ``window + 1`` points, in
        units of the series; causal.
    local_std
        Standard deviation around each point, in units of the series; looks
        ahead.
    local_score
        What `local_jump` was decided by, in units of the noise; looks ahead.
    time_trend
        0, 1, ..., n - 1.
    diff_threshold
        Distance from `diff_centre` beyond which a difference is an event.
    diff_centre
        The usual difference; 0 for percentile events.
    score_threshold
        Score beyond which a point is a local jump.
    config
        Definitions they were made by.
    """

    data: Series = field(metadata=_CAUSAL)
    delta_pos: Flags = field(metadata=_AHEAD)
    delta_neg: Flags = field(metadata=_AHEAD)
    local_jump: Flags = field(metadata=_AHEAD)
    rho_T: Series = field(metadata=_CAUSAL)
    local_std: Series = field(metadata=_AHEAD)
    local_score: Series = field(metadata=_AHEAD)
    time_trend: Series = field(metadata=_CAUSAL)
    diff_threshold: float
    diff_centre: float
    score_threshold: float
    config: FeatureConfig

    def __len__(self) -> int:
        return len(self.data)

    @classmethod
    def causality(cls) -> dict[str, str]:
        """Of each array, whether it is ``"causal"`` or ``"looks ahead"``.

        Only the causal ones may enter a forecast.
        """
        return {
            f.name: "causal" if f.metadata["causal"] else "looks ahead"
            for f in fields(cls)
            if f.metadata
        }

    @property
    def observed(self) -> NDArray[np.bool_]:
        """Where the series has a value, shape (n,)."""
        return ~np.isnan(self.data)

    @property
    def n_pos(self) -> int:
        """Number of events upwards."""
        return int(np.count_nonzero(self.delta_pos))

    @property
    def n_neg(self) -> int:
        """Number of events downwards."""
        return int(np.count_nonzero(self.delta_neg))

    @property
    def n_local(self) -> int:
        """Number of local jumps."""
        return int(np.count_nonzero(self.local_jump))

    @property
    def mean_tension(self) -> float:
        """Mean tension, in units of the series."""
        return float(np.nanmean(self.rho_T))

    @property
    def max_tension(self) -> float:
        """Largest tension, in units of the series."""
        return float(np.nanmax(self.rho_T))

    @property
    def jump_asymmetry(self) -> float:
        """Events upwards minus downwards over all of them; 0 without any."""
        total = self.n_pos + self.n_neg
        return (self.n_pos - self.n_neg) / total if total else 0.0

    @property
    def tension_variability(self) -> float:
        """Standard deviation of the tension over its mean; 0 without any."""
        mean = self.mean_tension
        return float(np.nanstd(self.rho_T)) / mean if mean else 0.0

    def high_tension(self, percentile: float = 90.0) -> NDArray[np.int64]:
        """Indices whose tension exceeds a percentile of all; looks ahead."""
        limit = np.nanpercentile(self.rho_T, percentile)
        return np.flatnonzero(self.rho_T > limit)

    def events(self) -> Events:
        """The steps up and down as lists."""
        robust = self.config.events == "robust"
        return events_between(
            self.data,
            self.diff_threshold,
            self.diff_centre,
            self.config.alpha if robust else float("nan"),
        )

    def summary(self) -> dict[str, float]:
        """Counts, tension and thresholds, by name."""
        return {
            "n": len(self),
            "n_missing": int(np.count_nonzero(~self.observed)),
            "n_pos": self.n_pos,
            "n_neg": self.n_neg,
            "n_local": self.n_local,
            "mean_tension": self.mean_tension,
            "max_tension": self.max_tension,
            "jump_asymmetry": self.jump_asymmetry,
            "tension_variability": self.tension_variability,
            "diff_threshold": self.diff_threshold,
            "diff_centre": self.diff_centre,
            "score_threshold": self.score_threshold,
        }
