"""`forwardax check`: verify what plugins declare, without JAX."""

from __future__ import annotations

import click

from .._plugins.entries import KINDS
from .._plugins.registry import Registry
from ._exit import ExitCode, write_json
from ._exit import as_json as fault_json
from ._options import json_option


@click.command("check")
@click.argument("distribution", required=False)
@json_option
def command(distribution: str | None, as_json: bool) -> ExitCode:
    """Verify everything about plugins that needs no JAX.

    Targets and preset files exist, names are namespaced, specs are sound,
    what a system extends is there, derived values do not go in circles.
    DISTRIBUTION limits it to one plugin.
    """
    registry = Registry.default()
    faults = registry.check(distribution)
    if as_json:
        write_json({"faults": [fault_json(fault) for fault in faults]})
    elif faults:
        for fault in faults:
            click.echo(f"- {fault}")
        many = "fault" if len(faults) == 1 else "faults"
        click.secho(f"{len(faults)} {many}", fg="red", err=True)
    else:
        entries = sum(len(registry.entries(kind)) for kind in KINDS)
        what = distribution or f"all {entries} entries"
        click.secho(f"{what}: no fault", fg="green")
    return ExitCode.FAULTS if faults else ExitCode.OK
