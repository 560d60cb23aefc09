"""What a summary says, before it is Markdown or text on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._fit.posterior import Posterior
from .advice import goodness_line, verdict_lines
from .numbers import distance_text, interval_text, plain, with_error
from .summary_rows import PROBABILITY, held_rows, summary_rows

if TYPE_CHECKING:
    from .result import RunResult

MOST_ROWS = 200
"""Rows of a table that anybody would read; `summary.json` has all."""
_NEAR = 2.0
_MOST_ENTRIES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of text cells; the first column is a name."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The parts of a summary, in the order in which they are read."""

    title: str
    verdict: tuple[str, ...]
    goodness: str
    against_truth: str
    parameters: Table
    derived: Table
    held: Table
    checks: Table
    notes: tuple[str, ...]
    plots: tuple[Path, ...]
    facts: tuple[tuple[str, str], ...]


def page_of(result: RunResult) -> Page:
    """The summary of a result, with the plots that are in its folder."""
    rows, found = summary_rows(result), result.posterior
    fitted = [r for r in rows if r["role"] in ("fitted", "tied")]
    derived = [r for r in rows if r["role"] == "derived"]
    held = [
        {"name": r["name"], "unit": r["unit"], "value": r["mean"]}
        for r in rows
        if r["role"] == "held"
    ]
    return Page(
        title=f"{result.name or 'A fit'} by {found.estimator}",
        verdict=verdict_lines(found),
        goodness=goodness_line(result),
        against_truth=_against_truth(rows),
        parameters=_numbers("Parameters", "parameter", fitted),
        derived=_numbers("Derived values", "value", derived),
        held=_held([*held, *held_rows(result)]),
        checks=Table(
            title="Checks",
            columns=("check", "passed", "what was found"),
            rows=tuple(
                (f"`{one.name}`", "yes" if one.passed else "NO", one.words)
                for one in found.checks
            ),
        ),
        notes=found.notes,
        plots=_plots(result),
        facts=(
            ("draws", _draws(found)),
            ("time", _times(found)),
            ("versions", ", ".join(map(" ".join, found.versions.items()))),
        ),
    )


def _numbers(title: str, what: str, rows: Sequence[dict[str, Any]]) -> Table:
    """Means with their errors; columns that say nothing are left out."""
    percent = f"{100 * PROBABILITY:g} %"
    point = all(row["sd"] is None for row in rows)
    columns = (
        what,
        "value" if point else "mean ± sd",
        f"{percent} interval",
        "unit",
        "ESS",
        "R-hat",
        "truth",
        "off by",
    )
    cells = [_cells(row) for row in rows[:MOST_ROWS]]
    used = [
        i
        for i in range(len(columns))
        if i < 2 or any(line[i] not in ("", "-") for line in cells)
    ]
    return Table(
        title=title,
        columns=tuple(columns[i] for i in used),
        rows=tuple(tuple(line[i] for i in used) for line in cells),
        left_out=len(rows) - len(cells),
    )


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    ends = f"eti{100 * PROBABILITY:g}_lb", f"eti{100 * PROBABILITY:g}_ub"
    wanted = ("mean", "sd", *ends, "truth")
    numbers = [nan if row.get(k) is None else row[k] for k in wanted]
    # With heavy tails the interval is the finer of the two.
    half = (numbers[3] - numbers[2]) / 2
    spread = min(numbers[1], half) if half > 0 else numbers[1]
    mean, sd, low, high, truth = with_error(*numbers, spread=spread)
    ess, r_hat = row["ess_bulk"], row["r_hat"]
    return (
        row["name"] + (" (tied)" if row["role"] == "tied" else ""),
        mean if sd == "-" else f"{mean} ± {sd}",
        interval_text(low, high),
        row["unit"],
        "-" if ess is None else f"{ess:.0f}",
        "-" if r_hat is None else f"{r_hat:.3f}",
        truth if row.get("truth") is not None else "",
        distance_text(row.get("distance")),
    )


def _held(rows: Sequence[dict[str, Any]]) -> Table:
    return Table(
        title="Held values",
        columns=("parameter", "value", "unit"),
        rows=tuple(
            (row["name"], _value_text(row["value"]), row["unit"])
            for row in rows[:MOST_ROWS]
        ),
        left_out=max(0, len(rows) - MOST_ROWS),
    )


def _value_text(value: Any) -> str:
    numbers = np.asarray(value)
    if np.iscomplexobj(numbers):
        return str(value)
    if numbers.size > _MOST_ENTRIES:
        ends = plain(float(numbers.min())), plain(float(numbers.max()))
        return f"shape {numbers.shape}, {ends[0]} to {ends[1]}"
    return ", ".join(plain(float(one)) for one in numbers.reshape(-1))


def _against_truth(rows: Sequence[dict[str, Any]]) -> str:
    known = {
        row["name"]: row["distance"]
        for row in rows
        if row["role"] == "fitted" and row.get("distance") is not None
    }
    if not known:
        return ""
    # As it is shown: "off by 2.0" is within 2.
    near = sum(round(abs(gap), 1) <= _NEAR for gap in known.values())
    name = max(known, key=lambda one: abs(known[one]), default="")
    return (
        f"Against the truth: {near} of {len(known)} parameters lie within "
        f"{_NEAR:g} standard deviations (95 % are expected to); the farthest "
        f"is `{name}`, off by {distance_text(known[name])}."
    )


def _plots(result: RunResult) -> tuple[Path, ...]:
    if result.folder is None:
        return ()
    folder = result.folder / "plots"
    return tuple(
        sorted(p for p in folder.glob("*.*") if not p.name.startswith("."))
    )


def _draws(found: Posterior) -> str:
    chains, draws = found.log_density.shape
    if found.weights is not None:
        mass = np.asarray(found.weights, np.float64)
        worth = mass.sum() ** 2 / np.square(mass).sum()
        return f"{chains * draws} weighted draws, worth {worth:.0f}"
    if chains * draws == 1:
        return "one point, without uncertainties"
    if chains == 1:
        return f"one chain of {draws} draws"
    return f"{chains} chains of {draws} draws"


def _times(found: Posterior) -> str:
    stages = [f"{name} {seconds_text(s)}" for name, s in found.timings.items()]
    return ", ".join(stages)


def seconds_text(seconds: float) -> str:
    """A duration: `0.21 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
