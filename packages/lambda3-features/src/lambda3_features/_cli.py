"""`forwardax events`: events of the series in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

MOST_LEVELS = 10
"""Changes of level that are printed of a series; JSON has all."""


@click.command("events")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--column", "columns", multiple=True, help="Only these columns.")
@click.option("--labels", help="Column of times; found by itself if left out.")
@click.option(
    "--alpha",
    default=0.05,
    show_default=True,
    help="False events expected in a series of noise.",
)
@click.option(
    "--percentile",
    type=float,
    help="Flag steps beyond a percentile instead, as the original does.",
)
@click.option(
    "--window",
    default=10,
    show_default=True,
    help="Points that the tension looks back on.",
)
@click.option(
    "--missing",
    type=click.Choice(["raise", "mask"]),
    default="raise",
    show_default=True,
    help="Refuse empty cells, or leave them out.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for reports, plots and results of each series.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document."
)
def command(
    file: Path,
    columns: tuple[str, ...],
    labels: str | None,
    alpha: float,
    percentile: float | None,
    window: int,
    missing: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Find steps and changes of level in the series of FILE (CSV or Parquet).

    Each column of numbers is a series. An event is a step from one point to
    the next that noise alone would make in a share ALPHA of such series. A
    change of level may be smaller, as it is seen in all the points after it.
    """
    from ._analysis import analyze_series
    from ._config import FeatureConfig
    from ._tables import read_series

    table = read_series(file, columns, labels=labels)
    if percentile is None:
        config = FeatureConfig(window=window, alpha=alpha, missing=missing)
    else:
        config = FeatureConfig.compatible(
            window=window, delta_percentile=percentile, missing=missing
        )
    found = {
        name: analyze_series(x, config, name=name)
        for name, x in table.series.items()
    }
    rows = [row for one in found.values() for row in _rows(one, table.labels)]
    if out is not None:
        taken = [_file_name(name) for name in found]
        for k, one in enumerate(found.values()):
            twice = taken.count(taken[k]) > 1
            _write(one, out / (f"{k}-{taken[k]}" if twice else taken[k]))
    if as_json:
        summaries = {n: one.features.summary() for n, one in found.items()}
        levels = [
            row for one in found.values() for row in _levels(one, table.labels)
        ]
        content = {"events": rows, "levels": levels, "series": summaries}
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    _print(rows, table.label_name or "index")
    for name, one in found.items():
        features = one.features
        click.echo(
            f"{name}: {len(one.events)} events in {len(features)} points, "
            f"threshold {features.diff_threshold:.4g}"
        )
        changes = _levels(one, table.labels)[1:]
        for row in changes[:MOST_LEVELS]:
            click.echo(f"  from {row['label']} on: level {row['level']:.4g}")
        if len(changes) > MOST_LEVELS:
            click.echo(f"  and {len(changes) - MOST_LEVELS} more")
        for note in one.notes:
            click.echo(f"  {note}")
    if out is not None:
        click.echo(f"reports in {out}")


def _rows(analysis: Any, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    events = analysis.events
    return [
        {
            "series": analysis.name,
            "index": int(i),
            "label": labels[i],
            "direction": "up" if s > 0 else "down",
            "size": float(d),
            "z": None if z != z else float(z),
        }
        for i, s, d, z in zip(
            events.index, events.sign, events.size, events.z, strict=True
        )
    ]


def _levels(analysis: Any, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """First point and level of each segment, where there are any."""
    found = analysis.segmentation
    if found is None:
        return []
    return [
        {
            "series": analysis.name,
            "index": int(i),
            "label": labels[i],
            "level": float(level),
        }
        for i, level in zip(found.bounds[:-1], found.levels, strict=True)
    ]


def _print(rows: list[dict[str, Any]], label: str) -> None:
    if not rows:
        return
    header = ("series", label, "direction", "size", "size / noise")
    table = [header] + [
        (
            row["series"],
            row["label"],
            row["direction"],
            f"{row['size']:.4g}",
            "" if row["z"] is None else f"{row['z']:.1f}",
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = [c.ljust(w) for c, w in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
    click.echo()


def _file_name(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
    return kept.strip(".") or "series"


def _write(analysis: Any, folder: Path) -> None:
    """Reports, results and, where matplotlib is there, plots."""
    from forwardax.errors import Fault, ForwardaxError, SaveError

    from ._plots import plot_series, plot_tension
    from ._report import to_html, to_json, to_markdown
    from ._save import save

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (
            ("report.md", to_markdown(analysis)),
            ("report.html", to_html(analysis)),
            ("report.json", to_json(analysis)),
        ):
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise SaveError(
            Fault(f"cannot write {str(folder)!r}: {error}", key=str(folder))
        ) from error
    save(analysis, folder / "analysis")
    try:
        plot_series(analysis).savefig(folder / "series.png")
        plot_tension(analysis).savefig(folder / "tension.png")
    except ForwardaxError as error:
        click.echo(f"no plots: {error}", err=True)
