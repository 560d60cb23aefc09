"""`forwardax list`: what is installed."""

from __future__ import annotations

from typing import Any

import click

from .._plugins.entries import KINDS, TransformEntry
from .._plugins.registry import Registry
from ._exit import as_json as fault_json
from ._exit import write_json
from ._options import json_option
from ._tables import print_table


@click.command("list")
@click.argument("kind", required=False)
@json_option
def command(kind: str | None, as_json: bool) -> None:
    """List what the installed plugins provide.

    KIND is one of profiles, transforms, systems, estimators, presets,
    datasets, engines, plots and commands; all by default. Plugins that
    failed are listed at the end.
    """
    registry = Registry.default()
    rows = [
        row
        for one in ([kind] if kind else KINDS)
        for row in _rows(registry, one)
    ]
    if as_json:
        write_json(
            {
                "entries": rows,
                "failures": failures_json(registry),
                "left_out": dict(registry.left_out),
            }
        )
        return
    if rows:
        columns = ("name", "kind", "scope", "distribution", "summary")
        print_table(rows, columns)
    else:
        click.echo(f"no {kind} are installed" if kind else "nothing")
    print_failures(registry)


def _rows(registry: Registry, kind: str) -> list[dict[str, str]]:
    return [
        {
            "name": record.entry.name,
            "kind": kind,
            "scope": record.entry.system_id
            if isinstance(record.entry, TransformEntry)
            else "",
            "distribution": record.plugin.distribution,
            "version": record.plugin.version,
            "summary": record.entry.summary,
        }
        for record in registry.records(kind)
    ]


def failures_json(registry: Registry) -> list[dict[str, Any]]:
    """Failures with their faults."""
    return [
        {
            "distribution": failure.distribution,
            "error": type(failure.error).__name__,
            "faults": [fault_json(f) for f in failure.error.faults],
        }
        for failure in registry.failures
    ]


def print_failures(registry: Registry) -> None:
    """Print what failed and what was left out, if anything."""
    if registry.failures:
        click.echo()
        click.secho("failed plugins", fg="red", bold=True)
        for failure in registry.failures:
            click.echo(f"  {failure}")
    if registry.left_out:
        click.echo()
        click.secho("plugins left out", bold=True)
        for distribution, reason in registry.left_out.items():
            click.echo(f"  {distribution}: {reason}")
