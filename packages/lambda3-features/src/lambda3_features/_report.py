"""Reports of analyses, as Markdown, HTML and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from math import isfinite
from typing import Any

from ._analysis import Analysis
from ._report_sections import Section, report

MOST_ROWS = 50
"""Rows of a table that Markdown and HTML show; JSON has them all."""


def to_markdown(analysis: Analysis) -> str:
    """The report as Markdown, with tables; see `report`."""
    told = report(analysis)
    lines = [f"# {told.title}", ""]
    for section in told.sections:
        lines += [f"## {section.title}", ""]
        if section.note:
            lines += [section.note, ""]
        if section.rows:
            lines.append(_pipes(section.columns))
            lines.append(_pipes(["---"] * len(section.columns)))
            lines += [_pipes(_texts(row)) for row in section.rows[:MOST_ROWS]]
            lines += _rest(section)
        else:
            lines.append("None.")
        lines.append("")
    lines += [f"- {note}" for note in told.notes]
    return "\n".join(lines).rstrip() + "\n"


def to_html(analysis: Analysis) -> str:
    """The report as one HTML page, without scripts; see `report`."""
    told = report(analysis)
    title = escape(told.title)
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        "<style>body{font-family:sans-serif;margin:2em}"
        "td,th{padding:.2em .8em;text-align:right}</style></head><body>",
        f"<h1>{title}</h1>",
    ]
    for section in told.sections:
        parts.append(f"<h2>{escape(section.title)}</h2>")
        if section.note:
            parts.append(f"<p>{escape(section.note)}</p>")
        if not section.rows:
            parts.append("<p>None.</p>")
            continue
        parts.append("<table>" + _row("th", section.columns))
        for row in section.rows[:MOST_ROWS]:
            parts.append(_row("td", _texts(row)))
        parts.append("</table>")
        parts += [f"<p>{line}</p>" for line in _rest(section) if line]
    parts += [f"<p>{escape(note)}</p>" for note in told.notes]
    return "\n".join([*parts, "</body></html>"]) + "\n"


def to_json(analysis: Analysis) -> str:
    """The report as JSON, with all rows; NaN and infinities are null."""
    told = report(analysis)
    content = {
        "title": told.title,
        "sections": [
            {
                "title": section.title,
                "note": section.note,
                "rows": [
                    {
                        column: _plain(value)
                        for column, value in zip(
                            section.columns, row, strict=True
                        )
                    }
                    for row in section.rows
                ],
            }
            for section in told.sections
        ],
        "notes": list(told.notes),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _texts(row: Sequence[Any]) -> list[str]:
    return [f"{v:.4g}" if isinstance(v, float) else str(v) for v in row]


def _pipes(cells: Sequence[str]) -> str:
    return "| " + " | ".join(c.replace("|", r"\|") for c in cells) + " |"


def _row(tag: str, cells: Sequence[str]) -> str:
    inside = "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)
    return f"<tr>{inside}</tr>"


def _rest(section: Section) -> list[str]:
    more = len(section.rows) - MOST_ROWS
    return ["", f"... and {more} more."] if more > 0 else []


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value
