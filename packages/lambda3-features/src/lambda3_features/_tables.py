"""Series from files: CSV by the standard library, Parquet by an extra."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from forwardax.errors import Fault, Faults, unknown

from ._errors import SeriesError
from ._validate import Series

MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "."}
TIME_NAMES = {
    "date",
    "datetime",
    "day",
    "hour",
    "index",
    "month",
    "t",
    "time",
    "timestamp",
    "year",
}


@dataclass(frozen=True, eq=False)
class SeriesTable:
    """Series of one file.

    Parameters
    ----------
    series
        By the name of their column, float64, shape (n,); NaN where a cell is
        empty.
    labels
        What stands in the column of times, as text; the numbers of the rows
        where there is none. Length n.
    label_name
        Name of that column, ``""`` if there is none.
    """

    series: dict[str, Series]
    labels: tuple[str, ...]
    label_name: str


def read_series(
    path: str | Path,
    columns: Sequence[str] = (),
    *,
    labels: str | None = None,
) -> SeriesTable:
    """Series from a file, by its ending.

    Parameters
    ----------
    path
        ``.csv``, ``.tsv`` or ``.txt`` with a header; or ``.parquet``.
    columns
        Names of the columns that are series; by default all that hold
        numbers.
    labels
        Name of the column of times. By default the first one, where it holds
        text or is called ``year``, ``date``, ``time`` or such.

    Returns
    -------
    SeriesTable
        Series by name. Missing values are NaN, and nothing is filled in.

    Raises
    ------
    SeriesError
        If the file cannot be read, with line and column.
    """
    path = Path(path)
    endings = {
        ".csv": _csv_cells,
        ".tsv": _csv_cells,
        ".txt": _csv_cells,
        ".parquet": _parquet_cells,
    }
    if path.suffix.lower() not in endings:
        raise SeriesError(
            unknown("an ending", path.suffix, endings, owner="files of series")
        )
    if not path.is_file():
        near = sorted(p.name for p in path.parent.glob(f"*{path.suffix}"))
        raise SeriesError(
            Fault(
                f"there is no file {str(path)!r}",
                key=str(path),
                nearest=tuple(near[:3]),
                code="missing",
            )
        )
    cells = endings[path.suffix.lower()](path)
    return _as_table(path, cells, tuple(columns), labels)


def _csv_cells(path: Path) -> dict[str, list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SeriesError(
            Fault(
                f"{str(path)!r} is no text in UTF-8",
                key=str(path),
                value=f"byte {error.start}",
                code="format",
            )
        ) from error
    first = text.partition("\n")[0]
    counts = {mark: first.count(mark) for mark in ("\t", ";", ",")}
    mark = max(counts, key=lambda m: counts[m])
    rows = [
        (number, row)
        for number, row in enumerate(
            csv.reader(text.splitlines(), delimiter=mark), 1
        )
        if any(cell.strip() for cell in row)
    ]
    if len(rows) < 2:
        raise SeriesError(
            Fault(
                f"{str(path)!r} holds no rows",
                key=str(path),
                allowed="a header, and one row for each point",
                code="missing",
            )
        )
    header = [name.strip() for name in rows[0][1]]
    faults = Faults()
    for name in sorted({n for n in header if header.count(n) > 1}):
        faults.append(
            Fault(f"two columns are called {name!r}", key=name, code="conflict")
        )
    if all(_number(name) is not None for name in header):
        faults.append(
            Fault(
                f"{str(path)!r} has no header",
                key=str(path),
                value=", ".join(header[:4]),
                fix="put the names of the columns on the first line",
                code="format",
            )
        )
    for number, row in rows[1:]:
        if len(row) != len(header):
            faults.append(
                Fault(
                    f"line {number} of {str(path)!r} has {len(row)} cells",
                    key=str(path),
                    allowed=f"{len(header)}, as the header has",
                    code="format",
                )
            )
    faults.throw(SeriesError)
    return {
        name: [row[k].strip() for _, row in rows[1:]]
        for k, name in enumerate(header)
    }


def _parquet_cells(path: Path) -> dict[str, list[str]]:
    try:
        from pyarrow import parquet  # pyright: ignore
    except ImportError as error:
        raise SeriesError(
            Fault(
                "Parquet files need pyarrow",
                key=str(path),
                fix='pip install "lambda3-features[parquet]"',
                code="missing",
            )
        ) from error
    table = parquet.read_table(path)
    return {
        name: ["" if v is None else str(v) for v in column.to_pylist()]
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def _number(cell: str) -> float | None:
    """The number in a cell, NaN where it is empty, None where it is text."""
    if cell.lower() in MISSING:
        return float("nan")
    try:
        return float(cell)
    except ValueError:
        return None


def _as_table(
    path: Path,
    cells: dict[str, list[str]],
    columns: tuple[str, ...],
    labels: str | None,
) -> SeriesTable:
    faults = Faults()
    owner = str(path)
    for name in (*columns, *([labels] if labels else [])):
        if name not in cells:
            faults.append(unknown("a column", name, cells, owner=owner))
    faults.throw(SeriesError)
    numbers = {
        name: [_number(cell) for cell in column]
        for name, column in cells.items()
    }
    if labels is None:
        first = next(iter(cells))
        timely = first.lower() in TIME_NAMES or None in numbers[first]
        labels = first if timely and first not in columns else ""
    chosen = columns or tuple(
        name
        for name, column in numbers.items()
        if name != labels and None not in column
    )
    if not chosen:
        texts = [name for name in cells if name != labels]
        fault = Fault(
            f"{owner!r} has no column of numbers",
            key=owner,
            value=", ".join(texts),
            code="missing",
        )
        raise SeriesError(fault)
    for name in chosen:
        if None in numbers[name]:
            row = numbers[name].index(None)
            faults.append(
                Fault(
                    f"column {name!r} of {owner!r} holds text",
                    key=name,
                    value=f"{cells[name][row]!r:.40} in row {row + 1}",
                    allowed="numbers, or empty cells",
                    code="type",
                )
            )
    faults.throw(SeriesError)
    n = len(next(iter(cells.values())))
    return SeriesTable(
        series={name: np.array(numbers[name], dtype=float) for name in chosen},
        labels=tuple(cells[labels]) if labels else tuple(map(str, range(n))),
        label_name=labels,
    )
