"""What the report of an analysis says, whatever it is written as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from forwardax.errors import wrong_type

from ._analysis import Analysis, ManyAnalysis, PairAnalysis, SeriesAnalysis
from ._coupling import SIGNS, LaggedProbability
from ._errors import OptionError
from ._types import FeatureSet


@dataclass(frozen=True)
class Section:
    """A heading with a table under it, and a note where one is due."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Report:
    """A report: what it is of, and its sections."""

    title: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...]


def report(analysis: Analysis) -> Report:
    """The report of an analysis.

    Parameters
    ----------
    analysis
        What `analyze_series`, `analyze_pair` or `analyze_many` returned.

    Returns
    -------
    Report
        For `to_markdown`, `to_html` and `to_json`.

    Raises
    ------
    OptionError
        If it is no analysis.
    """
    if isinstance(analysis, SeriesAnalysis):
        return _of_series(analysis)
    if isinstance(analysis, PairAnalysis):
        return _of_pair(analysis)
    if isinstance(analysis, ManyAnalysis):  # pyright: ignore
        return _of_many(analysis)
    raise OptionError(
        wrong_type("analysis", analysis, "the result of an analysis")
    )


def _of_series(a: SeriesAnalysis) -> Report:
    config = a.features.config
    if config.events == "robust":
        note = (
            f"At most {config.alpha:g} false events are expected in Gaussian "
            "noise of this length. Thresholds are of the whole series."
        )
    else:
        note = (
            f"The largest {100 - config.delta_percentile:g} % of the steps, "
            "whatever the series: no evidence of events."
        )
    sections = [
        Section("Summary", ("quantity", "value"), _items(a.features)),
        Section(
            "Events",
            ("index", "direction", "size", "size / noise"),
            tuple(
                (int(i), "up" if s > 0 else "down", float(d), float(z))
                for i, s, d, z in zip(
                    a.events.index,
                    a.events.sign,
                    a.events.size,
                    a.events.z,
                    strict=True,
                )
            ),
            note,
        ),
    ]
    if a.segmentation is not None:
        bounds = a.segmentation.bounds
        sections.append(
            Section(
                "Segments of constant level",
                ("first", "last", "level"),
                tuple(
                    (int(lo), int(hi) - 1, float(level))
                    for lo, hi, level in zip(
                        bounds[:-1],
                        bounds[1:],
                        a.segmentation.levels,
                        strict=True,
                    )
                ),
                "Exact for a penalty of "
                f"{a.segmentation.penalty:.4g} for each breakpoint.",
            )
        )
    if a.regimes is not None:
        sections.append(
            Section(
                "Regimes of tension",
                ("regime", "tension", "share", "mean stay"),
                tuple(
                    (
                        k,
                        float(a.regimes.tension[k]),
                        float(np.mean(a.regimes.labels == k)),
                        float(a.regimes.durations[k]),
                    )
                    for k in range(a.regimes.n_regimes)
                ),
                f"{a.regimes.n_transitions} transitions.",
            )
        )
    sections.append(
        Section(
            "Local and global events",
            ("sequence", "events", "followed", "base rate", "lift", "p"),
            tuple(
                (
                    name,
                    one.n_first,
                    one.n_followed,
                    one.base_rate,
                    one.lift,
                    one.p_value,
                )
                for name, one in (
                    ("escalation", a.separation.escalation),
                    ("de-escalation", a.separation.deescalation),
                )
            ),
            f"Followed within {a.separation.horizon} points.",
        )
    )
    return Report(f"Analysis of {a.name}", tuple(sections), a.notes)


def _items(features: FeatureSet) -> tuple[tuple[Any, ...], ...]:
    return tuple(features.summary().items())


def _of_pair(a: PairAnalysis) -> Report:
    first, second = a.names
    sections = [
        Section(
            "Synchronisation of events",
            (
                "events",
                "lag",
                "rate",
                "coincidences",
                "expected",
                "p",
                "least p",
            ),
            tuple(
                (
                    kind,
                    one.optimal_lag,
                    one.max_rate,
                    int(one.count[one.lags == one.optimal_lag][0]),
                    float(one.expected[one.lags == one.optimal_lag][0]),
                    one.p_value,
                    one.p_floor,
                )
                for kind, one in a.sync.items()
            ),
            f"Positive lags: {first} leads. p is of the best of all lags.",
        ),
        _lagged(f"Events of {second} after those of {first}", a.forward),
        _lagged(f"Events of {first} after those of {second}", a.backward),
    ]
    if a.resonance is not None:
        sections.append(
            Section(
                "Correlation of tensions",
                ("lag", "correlation", "p"),
                (
                    (
                        a.resonance.optimal_lag,
                        a.resonance.max_resonance,
                        a.resonance.p_value,
                    ),
                ),
            )
        )
    return Report(f"Analysis of {first} and {second}", tuple(sections), a.notes)


def _lagged(title: str, one: LaggedProbability) -> Section:
    rows = [
        (
            cause,
            effect,
            int(lag),
            int(one.n_cause[i, j, k]),
            int(one.count[i, j, k]),
            float(one.probability[i, j, k]),
            float(one.base_rate[i, j, k]),
            float(one.p_values[i, j, k]),
            float(one.q_values[i, j, k]),
        )
        for i, cause in enumerate(SIGNS)
        for j, effect in enumerate(SIGNS)
        for k, lag in enumerate(one.lags)
        if one.count[i, j, k]
    ]
    return Section(
        title,
        (
            "cause",
            "effect",
            "lag",
            "causes",
            "followed",
            "probability",
            "base rate",
            "p",
            "q",
        ),
        tuple(sorted(rows, key=lambda row: row[-2])),
        "An association in time; a third series may lead both.",
    )


def _of_many(a: ManyAnalysis) -> Report:
    sections = [
        Section(
            "Series",
            ("name", "events up", "events down", "mean tension"),
            tuple(
                (name, one.n_pos, one.n_neg, one.mean_tension)
                for name, one in a.features.items()
            ),
        ),
        Section(
            "Synchronised pairs",
            ("leader", "follower", "lag", "rate", "p", "q"),
            tuple(
                (e.source, e.target, e.lag, e.rate, e.p_value, e.q_value)
                for e in a.network.edges
            ),
            f"{a.network.n_tests} pairs tested; a share of at most "
            f"{a.network.alpha:g} of those found is expected to be false.",
        ),
    ]
    if a.correlation is not None:
        rows, columns = np.triu_indices(len(a.names), 1)
        sections.append(
            Section(
                "Correlations of tensions",
                ("first", "second", "correlation", "p", "q"),
                tuple(
                    (
                        a.names[i],
                        a.names[j],
                        float(a.correlation.correlation[i, j]),
                        float(a.correlation.p_values[i, j]),
                        float(a.correlation.q_values[i, j]),
                    )
                    for i, j in zip(rows, columns, strict=True)
                ),
            )
        )
    sections.append(
        Section(
            "Crises",
            ("first", "last", "highest score"),
            tuple(
                (i, j, float(a.crises.score[i : j + 1].max()))
                for i, j in a.crises.episodes
            ),
            f"Score above {a.crises.threshold:g}, relative to these series.",
        )
    )
    title = f"Analysis of {len(a.names)} series"
    return Report(title, tuple(sections), a.notes)
