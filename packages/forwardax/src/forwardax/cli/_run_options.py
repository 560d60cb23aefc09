"""What the verbs that run a run file have in common."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

source_argument = click.argument(
    "source", required=False, metavar="(RUN.yaml | SYSTEM)"
)
set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="system.PATH=V, params.KEY=V, estimator.SETTING=V; again and again.",
)
seed_option = click.option(
    "--seed", metavar="N", help="Seed of the random numbers."
)


def run_source(source: str | None) -> str | Path:
    """A run file, or the name of a system.

    Raises
    ------
    click.UsageError
        If nothing is named.
    """
    if source is None:
        raise click.UsageError("name a run file or a system")
    path = Path(source)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        return path
    return source


def override(section: str, value: str | None) -> list[str]:
    """The override of a section's own word."""
    return [] if value is None else [f"{section}={json.dumps(value)}"]


def seed_override(seed: str | None) -> list[str]:
    """The override of the seed; what is no number is told as a fault."""
    return [] if seed is None else [f"seed={seed}"]


def data_overrides(files: Iterable[str]) -> list[str]:
    """Overrides of `--data FILE` and `--data KEY=FILE`."""
    found: list[str] = []
    for text in files:
        key, equals, file = text.partition("=")
        if equals and not Path(text).exists():
            found += override(f"data.{key}", file)
        else:
            found += override("data", text)
    return found
