"""The summary of a fit as Markdown: `summary.md` of a run folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from .page import Page, Table, page_of

if TYPE_CHECKING:
    from .result import RunResult

_SHOWN = (".png", ".svg")


def summary_text(result: RunResult) -> str:
    """What was found and whether to trust it, as Markdown.

    Parameters
    ----------
    result
        Of a fit. Where it has a folder, the plots in there are shown by
        paths relative to it.

    Returns
    -------
    str
        The verdict first; then tables of the parameters with units,
        intervals, diagnostics and the truth where it is known; derived and
        held values, notes, checks, plots, timings and versions.
    """
    return "\n".join(_lines(page_of(result))) + "\n"


def _lines(page: Page) -> Iterator[str]:
    first, *wrong = page.verdict
    yield f"# {_text(page.title)}"
    yield ""
    yield f"**{_text(first)}**"
    if wrong:
        yield ""
        yield from (f"- {_text(line)}" for line in wrong)
    for told in (page.goodness, page.against_truth):
        if told:
            yield ""
            yield _text(told)
    yield from _table(page.parameters, code=True)
    yield from _table(page.derived, code=True)
    yield from _table(page.held, code=True)
    yield from _table(page.checks)
    if page.notes:
        yield from _head("Notes")
        yield from (f"- {_text(note)}" for note in page.notes)
    if page.plots:
        yield from _head("Plots")
        for i, path in enumerate(page.plots):
            mark = "!" if path.suffix in _SHOWN else ""
            yield from ("",) if i else ()
            yield f"{mark}[{path.stem}](plots/{quote(path.name)})"
    yield from _head("How it was made")
    yield from (f"- {what}: {_text(text)}" for what, text in page.facts if text)


def _head(title: str) -> tuple[str, ...]:
    return "", f"## {title}", ""


def _table(table: Table, *, code: bool = False) -> Iterator[str]:
    if not table.rows:
        return
    yield from _head(table.title)
    yield _row(table.columns)
    yield _row(("---",) * len(table.columns))
    for name, *cells in table.rows:
        yield _row([f"`{name}`" if code else _text(name), *map(_text, cells)])
    if table.left_out:
        yield ""
        yield f"and {table.left_out} more, which summary.json has."


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """Text whose signs mean nothing to Markdown; `code` stays code."""
    parts = text.replace("\n", " ").split("`")
    for i in range(0, len(parts), 2):
        for sign in "\\|*<":
            parts[i] = parts[i].replace(sign, f"\\{sign}")
    return "`".join(parts)
