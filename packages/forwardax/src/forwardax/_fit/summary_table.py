"""`Summary`: the numbers of a posterior, readable by people and programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Any

from ..errors import UnknownKey, unknown


@dataclass(frozen=True, slots=True)
class Summary(Mapping[str, Mapping[str, Any]]):
    """A table of posterior draws, by scalar name; `print` shows it.

    `summary["theta[0]"]["mean"]` is one number. A NaN is a statistic that is
    not defined for these draws.

    Parameters
    ----------
    rows
        One mapping a scalar: its name, its columns and its unit.
    verdict
        What the fit's checks say, in words.
    ci_kind, ci_prob
        Kind and probability of the interval in the `_lb`, `_ub` columns.
    weighted
        Whether the draws had weights.
    """

    rows: tuple[dict[str, Any], ...]
    verdict: str = ""
    ci_kind: str = "eti"
    ci_prob: float = 0.89
    weighted: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, without the name of the row."""
        return tuple(self.rows[0])[1:] if self.rows else ()

    def __getitem__(self, name: str) -> dict[str, Any]:
        for row in self.rows:
            if row["name"] == name:
                return row
        raise UnknownKey(unknown("a row", name, self, owner="this summary"))

    def __iter__(self) -> Iterator[str]:
        return (row["name"] for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def to_json(self) -> str:
        """Strict JSON of everything in the table; NaN becomes null."""
        rows = [
            {
                name: None
                if isinstance(value, float) and not isfinite(value)
                else value
                for name, value in row.items()
            }
            for row in self.rows
        ]
        content = {
            "rows": rows,
            "verdict": self.verdict,
            "ci_kind": self.ci_kind,
            "ci_prob": self.ci_prob,
            "weighted": self.weighted,
        }
        return json.dumps(content, allow_nan=False)

    def __str__(self) -> str:
        columns = self.columns
        table = [["", *columns]]
        for row in self.rows:
            cells = [_cell(column, row) for column in columns]
            table.append([row["name"], *cells])
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(_align(cells, widths)).rstrip() for cells in table]
        percent = f"{round(100 * self.ci_prob, 3):g}"
        kinds = {"eti": "equal-tailed", "hdi": "highest-density"}
        lines.append(f"{percent} % {kinds[self.ci_kind]} intervals")
        if self.weighted:
            lines[-1] += "; weighted draws: ess is Kish's, no R-hat"
        if self.verdict:
            lines.append(self.verdict)
        return "\n".join(lines)


def _align(cells: list[str], widths: list[int]) -> Iterator[str]:
    """Names and units to the left, numbers to the right."""
    last = len(cells) - 1
    for i, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        yield cell.ljust(width) if i in (0, last) else cell.rjust(width)


def _cell(column: str, row: Mapping[str, Any]) -> str:
    """Text of a number, with the digits that its spread makes worthwhile."""
    value = row[column]
    if isinstance(value, str):
        return value
    if not isfinite(value):
        return str(value)
    if column.startswith("ess"):
        return f"{value:.0f}"
    if column == "r_hat":
        return f"{value:.3f}"
    spread = row["sd"]
    if column.startswith("mcse"):
        digits = 2
    elif column == "sd":
        digits = 3
    elif not (isfinite(spread) and spread > 0):
        return f"{value:.6g}"
    else:  # to a tenth of the sd, and at least two digits
        scale = floor(log10(max(abs(value), spread))) - floor(log10(spread))
        digits = min(scale + 2, 15)
    return f"{value:#.{digits}g}".rstrip(".")
