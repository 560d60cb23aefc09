"""The summary of a fit on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from .page import Page, Table, page_of

if TYPE_CHECKING:
    from .result import RunResult

_WIDE = 1000
"""Columns of a file or a pipe: a row stays one line there, for `grep`."""


def print_summary(result: RunResult, *, file: IO[str] | None = None) -> None:
    """Print what was found and whether to trust it.

    Parameters
    ----------
    result
        Of a fit.
    file
        Where to; standard output where None. Colours and a fit to the width
        are for terminals only.
    """
    printed_on = file or sys.stdout
    wide = None if printed_on.isatty() else _WIDE
    console = Console(file=printed_on, width=wide, highlight=False)
    for part in _parts(page_of(result)):
        console.print(part, soft_wrap=isinstance(part, Text) and wide is None)


def _parts(page: Page) -> Iterator[Text | RichTable]:
    first, *wrong = page.verdict
    yield Text(page.title, style="bold")
    yield Text(first, style="bold red" if wrong else "bold green")
    yield from (Text(f"- {line.replace('`', '')}") for line in wrong)
    for told in (page.goodness, page.against_truth):
        if told:
            yield Text(told.replace("`", ""))
    for table in (page.parameters, page.derived):
        if table.rows:
            yield Text()
            yield _table(table)
            if table.left_out:
                yield Text(f"and {table.left_out} more")
    yield Text()
    if page.held.rows:
        count = len(page.held.rows) + page.held.left_out
        noun = "value was" if count == 1 else "values were"
        yield Text(f"{count} {noun} held", style="dim")
    yield from (Text(f"note: {note}", style="dim") for note in page.notes)
    facts = dict(page.facts)
    told = [facts[what] for what in ("draws", "time") if facts[what]]
    yield Text("; ".join(told), style="dim")
    for path in page.plots:
        yield Text(f"plot: {path}")


def _table(table: Table) -> RichTable:
    made = RichTable(box=None, header_style="bold", pad_edge=False)
    for i, column in enumerate(table.columns):
        number = column in ("ESS", "R-hat", "truth", "off by")
        made.add_column(
            column,
            justify="right" if number or i == 1 else "left",
            # A name is looked for, hence never broken.
            no_wrap=i == 0,
            overflow="fold",
        )
    for row in table.rows:
        made.add_row(*map(Text, row))
    return made
