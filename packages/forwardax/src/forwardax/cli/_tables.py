"""Tables of text cells.

Written by hand: for the hundreds of rows of `forwardax list`, rich takes
longer than everything else together.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from shutil import get_terminal_size
from textwrap import wrap

import click

LEAST_WIDTH = 24
"""What the last column keeps on a narrow terminal."""


def print_table(
    rows: Sequence[dict[str, str]],
    columns: Sequence[str],
    *,
    title: str = "",
) -> None:
    """Print rows under headers; columns without any text are left out.

    On a terminal the last column is wrapped to its width. Elsewhere a row
    stays one line, for `grep`.
    """
    used = [c for c in columns if any(row.get(c) for row in rows)]
    widths = [max(len(c), *(len(row.get(c, "")) for row in rows)) for c in used]
    indent = sum(widths[:-1]) + 2 * len(widths[:-1])
    lines: list[str] = []
    for row in rows:
        cells = [row.get(column, "") for column in used]
        if sys.stdout.isatty():
            width = max(get_terminal_size().columns - indent, LEAST_WIDTH)
            cells[-1] = f"\n{' ' * indent}".join(wrap(cells[-1], width))
        lines.append(_line(cells, widths))
    if title:
        click.secho(title, bold=True)
    click.secho(_line(used, widths), bold=True)
    click.echo("\n".join(lines))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [c.ljust(w) for c, w in zip(cells, widths, strict=True)]
    return "  ".join(padded).rstrip()
