"""What the core itself provides: the verbs of the command line."""

from __future__ import annotations

from collections.abc import Iterator

from ._plugins.entries import API, CommandEntry
from ._plugins.hookspecs import hookimpl

FORWARDAX_API = API


@hookimpl
def forwardax_commands() -> Iterator[CommandEntry]:
    """Verbs; a verb's module is imported only when it runs."""
    yield CommandEntry(
        "list",
        target="forwardax.cli.verb_list:command",
        summary="List what is installed: systems, estimators, ...",
    )
    yield CommandEntry(
        "show",
        target="forwardax.cli.verb_show:command",
        summary="Show one entry: parameters, structure, data, scope.",
    )
    yield CommandEntry(
        "check",
        target="forwardax.cli.verb_check:command",
        summary="Verify what plugins declare, without JAX.",
    )
    yield CommandEntry(
        "doctor",
        target="forwardax.cli.verb_doctor:command",
        summary="Report versions, devices, settings and plugins.",
    )
