"""What this package offers, for `forwardax list`; imports no JAX."""

from __future__ import annotations

from collections.abc import Iterator

from forwardax import CommandEntry, SystemEntry, hookimpl

from ._declare.entries import MODELS

FORWARDAX_API = (1, 0)


@hookimpl
def forwardax_commands() -> Iterator[CommandEntry]:
    """Verbs of the command line."""
    yield CommandEntry(
        "events",
        target="lambda3_features._cli:command",
        summary="Find sudden steps in the series of a file",
    )


@hookimpl
def forwardax_systems() -> Iterator[SystemEntry]:
    """Models of series with events."""
    yield from MODELS.values()
