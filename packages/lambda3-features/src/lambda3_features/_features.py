"""Features of one series or of many."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
from forwardax.errors import Fault, Faults, wrong_type

from ._config import FeatureConfig
from ._errors import OptionError, SeriesError, require_integer
from ._events import (
    SHORTEST,
    differences,
    percentile_threshold,
    robust_threshold,
)
from ._local_jump import compatible_scores, excluding_scores
from ._rolling import moving_std
from ._types import FeatureSet
from ._validate import Flags, Series, refuse_constant, validate_series


def extract_features(
    x: Any, config: FeatureConfig | None = None, *, name: str = "x"
) -> FeatureSet:
    """Events, tension and local jumps of a series.

    Parameters
    ----------
    x
        Series, shape (n,), evenly sampled; longer than both windows.
    config
        Definitions; ``FeatureConfig()`` by default, and
        ``FeatureConfig.compatible()`` for those of the original framework.
    name
        What errors call the series.

    Returns
    -------
    FeatureSet
        Float64 arrays and int8 flags, each of shape (n,).

    Raises
    ------
    SeriesError
        If the series is too short, not finite, constant, or no series.
    OptionError
        If `config` is no `FeatureConfig`.
    """
    config = _checked(config)
    least = max(SHORTEST, config.window + 1, config.local_window + 1)
    data = validate_series(x, name, min_length=least, missing=config.missing)
    if config.constant == "raise":
        refuse_constant(data, name)
    return _extract(data, config)


def _checked(config: FeatureConfig | None) -> FeatureConfig:
    config = FeatureConfig() if config is None else config
    if not isinstance(config, FeatureConfig):  # pyright: ignore
        raise OptionError(
            wrong_type("config", config, "FeatureConfig(...) or None")
        )
    return config


def _extract(x: Series, config: FeatureConfig) -> FeatureSet:
    half = config.local_window
    # One piece of memory for all: asking the system for several, again and
    # again, takes longer than to fill them.
    data, diff, sizes, local_std = np.empty((4, x.size))
    data[:] = x
    gaps = bool(np.isnan(data.sum()))
    differences(data, diff)
    np.abs(diff, out=sizes)
    centre = 0.0
    if config.events == "robust":
        found = robust_threshold(data, diff, config.alpha, gaps)
        threshold, centre, _ = found
    else:
        q = config.delta_percentile
        threshold = percentile_threshold(sizes, q, gaps)
    moving_std(data, half, half, gaps, local_std)
    if config.local_jumps == "exclude_self":
        scored = excluding_scores(data, diff, half, config.alpha, sizes)
    else:
        q = config.local_jump_percentile
        scored = compatible_scores(sizes, local_std, q, gaps)
    scores, score_threshold = scored
    if centre:
        diff -= centre
        diff[0] = 0.0
    return FeatureSet(
        data=data,
        delta_pos=_flags(diff > threshold),
        delta_neg=_flags(diff < -threshold),
        local_jump=_flags(scores > score_threshold),
        rho_T=moving_std(data, config.window, 0, gaps, out=diff),
        local_std=local_std,
        local_score=scores,
        time_trend=_trend(data.size),
        diff_threshold=float(threshold),
        diff_centre=float(centre),
        score_threshold=float(score_threshold),
        config=config,
    )


@lru_cache(maxsize=4)
def _trend(n: int) -> Series:
    """0, 1, ..., n - 1: one array for all series of a length, read-only."""
    trend = np.arange(n, dtype=np.float64)
    trend.flags.writeable = False
    return trend


def _flags(chosen: np.ndarray) -> Flags:
    return chosen.view(np.int8)


def extract_many(
    series: Mapping[str, Any] | Any,
    config: FeatureConfig | None = None,
    *,
    parallel: int | None = None,
) -> dict[str, FeatureSet]:
    """Features of many series, in parallel threads.

    Parameters
    ----------
    series
        Series by name, of any lengths; or a table of shape (series, n), whose
        rows are called ``"0"``, ``"1"``, ...
    config
        Definitions, the same for all.
    parallel
        Number of threads; one for each processor by default, 1 for none.
        Kernels run without Python's lock.

    Returns
    -------
    dict
        `FeatureSet` by name, in the order given.

    Raises
    ------
    SeriesError
        With the faults of all the series.
    """
    config = _checked(config)
    named = series_by_name(series)
    if parallel is None:
        parallel = min(os.cpu_count() or 1, max(len(named), 1))
    require_integer("parallel", parallel, least=1)
    faults = Faults()

    def one(item: tuple[str, Any]) -> FeatureSet | SeriesError:
        try:
            return extract_features(item[1], config, name=item[0])
        except SeriesError as error:
            return error

    if parallel == 1:
        found = list(map(one, named.items()))
    else:
        with ThreadPoolExecutor(parallel) as pool:
            found = list(pool.map(one, named.items()))
    out: dict[str, FeatureSet] = {}
    for name, result in zip(named, found, strict=True):
        if isinstance(result, SeriesError):
            faults.extend(result.faults)
        else:
            out[name] = result
    faults.throw(SeriesError)
    return out


def series_by_name(series: Mapping[str, Any] | Any) -> dict[str, Any]:
    """Series by name, also of a table whose rows they are.

    Raises
    ------
    SeriesError
        If it is neither a mapping nor a table, or empty.
    """
    if isinstance(series, Mapping):
        named = {str(name): one for name, one in series.items()}
    else:
        home = type(series).__module__.partition(".")[0]
        if home in ("jax", "jaxlib"):
            validate_series(series, "series")
        table = np.asarray(series) if not isinstance(series, str) else None
        if table is None or table.ndim != 2:
            raise SeriesError(
                wrong_type(
                    "series", series, "a mapping, or a table (series, n)"
                )
            )
        named = {str(i): row for i, row in enumerate(table)}
    if not named:
        raise SeriesError(Fault("there is no series", code="missing"))
    return named
