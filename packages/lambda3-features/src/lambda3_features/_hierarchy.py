"""Events of two levels: against their surroundings, and against the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._config import FeatureConfig
from ._errors import require_integer, require_number
from ._events import SHORTEST, differences, known, robust_threshold
from ._local_jump import compatible_scores, excluding_scores
from ._numba import kernel
from ._quantile import percentile
from ._rolling import moving_std
from ._validate import Flags, Series, refuse_constant, validate_series


@dataclass(frozen=True, eq=False, kw_only=True)
class HierarchicalEvents:
    """Local and global events of a series, as flags of shape (n,); offline.

    Parameters
    ----------
    local_pos, local_neg
        Steps that are large against those around them.
    global_pos, global_neg
        Steps that are large against those of the whole series.
    local_jump
        Points whose local score is high, of either sign.
    """

    local_pos: Flags
    local_neg: Flags
    global_pos: Flags
    global_neg: Flags
    local_jump: Flags

    @property
    def pure_local_pos(self) -> Flags:
        """Upwards, local and not global."""
        return self.local_pos & (1 - self.global_pos)

    @property
    def pure_local_neg(self) -> Flags:
        """Downwards, local and not global."""
        return self.local_neg & (1 - self.global_neg)

    @property
    def pure_global_pos(self) -> Flags:
        """Upwards, global and not local."""
        return self.global_pos & (1 - self.local_pos)

    @property
    def pure_global_neg(self) -> Flags:
        """Downwards, global and not local."""
        return self.global_neg & (1 - self.local_neg)

    @property
    def mixed_pos(self) -> Flags:
        """Upwards, local and global."""
        return self.local_pos & self.global_pos

    @property
    def mixed_neg(self) -> Flags:
        """Downwards, local and global."""
        return self.local_neg & self.global_neg

    @property
    def delta_pos(self) -> Flags:
        """Upwards, local or global."""
        return self.local_pos | self.global_pos

    @property
    def delta_neg(self) -> Flags:
        """Downwards, local or global."""
        return self.local_neg | self.global_neg

    def summary(self) -> dict[str, float]:
        """Counts of each kind, and their shares."""
        local = int(self.local_pos.sum() + self.local_neg.sum())
        wide = int(self.global_pos.sum() + self.global_neg.sum())
        mixed = int(self.mixed_pos.sum() + self.mixed_neg.sum())
        total, pure = local + wide, local - mixed
        return {
            "n_local_events": local,
            "n_global_events": wide,
            "n_mixed": mixed,
            "local_dominance": local / total if total else 0.0,
            "global_dominance": wide / total if total else 0.0,
            "coupling_strength": mixed / total if total else 0.0,
            "escalation_rate": mixed / pure if pure else 0.0,
        }


def hierarchical_events(
    x: Any, config: FeatureConfig | None = None
) -> HierarchicalEvents:
    """Local and global events at a stated false-alarm rate.

    Global events are those of `robust_events`; local ones exceed what is
    expected from the differences around them, themselves left out, as
    `FeatureSet.local_jump` does.

    Parameters
    ----------
    x
        Series, shape (n,).
    config
        Its `local_window`, `alpha`, `missing` and `constant` are used; alpha
        holds for each of the two levels.

    Returns
    -------
    HierarchicalEvents
        The flags of both levels.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    """
    config = FeatureConfig() if config is None else config
    half = config.local_window
    require_integer("local_window", half, least=3)
    least = max(SHORTEST, half + 1)
    data = validate_series(x, min_length=least, missing=config.missing)
    if config.constant == "raise":
        refuse_constant(data)
    diff = differences(data)
    limit, centre, _ = robust_threshold(data, diff, config.alpha)
    scores, score_limit = excluding_scores(data, diff, half, config.alpha)
    jump = scores > score_limit
    deviation = diff - centre
    deviation[0] = 0.0
    return HierarchicalEvents(
        local_pos=(jump & (deviation > 0)).view(np.int8),
        local_neg=(jump & (deviation < 0)).view(np.int8),
        global_pos=(deviation > limit).view(np.int8),
        global_neg=(deviation < -limit).view(np.int8),
        local_jump=jump.view(np.int8),
    )


def hierarchical_percentile_events(
    x: Any,
    *,
    local_window: int = 5,
    local_percentile: float = 85.0,
    global_percentile: float = 92.5,
    score_percentile: float = 95.0,
    missing: str = "raise",
) -> HierarchicalEvents:
    """Local and global events by percentiles, as the original defines them.

    A fixed share of the points is flagged, in pure noise as well.

    Parameters
    ----------
    x
        Series, shape (n,).
    local_window
        Points on either side whose differences the local percentile is of.
    local_percentile, global_percentile
        Percentiles of the sizes of differences, in a window and overall.
    score_percentile
        Percentile of the scores of local jumps.
    missing
        What NaN means, ``"raise"`` or ``"mask"``.

    Returns
    -------
    HierarchicalEvents
        The flags of both levels.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If a percentile or the window is none.
    """
    require_integer("local_window", local_window, least=1)
    for name, q in (
        ("local_percentile", local_percentile),
        ("global_percentile", global_percentile),
        ("score_percentile", score_percentile),
    ):
        require_number(name, q, 0, 100, closed=True)
    data = validate_series(x, min_length=SHORTEST, missing=missing)
    half = min(int(local_window), data.size)
    diff = differences(data)
    sizes = np.abs(diff)
    limits = np.empty(data.size)
    window_percentile(sizes, half, local_percentile, limits)
    limit = percentile(known(sizes), global_percentile)
    std = moving_std(data, half, half)
    scores, score_limit = compatible_scores(sizes, std, score_percentile)
    return HierarchicalEvents(
        local_pos=(diff > limits).view(np.int8),
        local_neg=(diff < -limits).view(np.int8),
        global_pos=(diff > limit).view(np.int8),
        global_neg=(diff < -limit).view(np.int8),
        local_jump=(scores > score_limit).view(np.int8),
    )


@kernel
def window_percentile(
    values: Series, half: int, q: float, out: Series
) -> None:  # pragma: no cover - compiled
    """Percentile of ``values[i - half : i + half + 1]`` without its NaN.

    The window is kept in order; a point that enters is put in its place.
    """
    n = values.size
    kept = np.empty(2 * half + 2)
    m = 0
    for step in range(n + half):
        if step < n and values[step] == values[step]:
            value = values[step]
            j = np.searchsorted(kept[:m], value)
            for k in range(m, j, -1):
                kept[k] = kept[k - 1]
            kept[j] = value
            m += 1
        gone = step - 2 * half - 1
        if gone >= 0 and values[gone] == values[gone]:
            j = np.searchsorted(kept[:m], values[gone])
            m -= 1
            for k in range(j, m):
                kept[k] = kept[k + 1]
        i = step - half
        if i < 0:
            continue
        if m == 0:
            out[i] = np.nan
            continue
        position = (m - 1) * (q / 100)
        below = int(position)
        if below >= m - 1:
            out[i] = kept[m - 1]
            continue
        share = position - below
        gap = kept[below + 1] - kept[below]
        if share >= 0.5:
            out[i] = kept[below + 1] - gap * (1 - share)
        else:
            out[i] = kept[below] + gap * share
