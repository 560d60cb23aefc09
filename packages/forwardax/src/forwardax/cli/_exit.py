"""Exit codes, and how errors are told."""

from __future__ import annotations

import json
import traceback
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any

import click

from ..errors import (
    ApiMismatch,
    ConflictError,
    Fault,
    ForwardaxError,
    PluginFailed,
)


class ExitCode(IntEnum):
    """What the exit code of `forwardax` says."""

    OK = 0
    FAULTS = 1
    USAGE = 2
    PLUGIN = 3
    INTERNAL = 4
    UNCONVERGED = 5
    INTERRUPTED = 130


EXIT_CODES = """\b
Exit codes:
  0    all is well
  1    the verb ran and found faults (a check failed)
  2    wrong usage or input: an argument, a name, a file, a value
  3    a plugin failed, its target is missing, or two claim one name
  4    internal error: a bug, in forwardax or in a plugin
  5    a fit ran but did not converge; everything is written all the same
  130  interrupted
"""


@dataclass(slots=True)
class State:
    """What the whole command line shares; the context's `obj`."""

    debug: bool = False
    json: bool = False


def report(error: BaseException, state: State) -> ExitCode:
    """Tell the user about an error and give the exit code.

    With `--json` it goes to standard output as one object, `{"error": class,
    "faults": [...]}`; otherwise to standard error, without a traceback.
    """
    if state.debug:
        traceback.print_exception(error)
    code, name, faults = _classify(error)
    if state.json:
        write_json({"error": name, "faults": [as_json(f) for f in faults]})
    elif isinstance(error, click.ClickException):
        error.show()
    else:
        text = str(error)
        if code is ExitCode.INTERNAL:
            text = f"internal error: {name}: {error}"
            if not state.debug:
                text += "\n`forwardax --debug ...` shows where it happened"
        click.secho(text, fg="red", err=True)
    return code


def _classify(
    error: BaseException,
) -> tuple[ExitCode, str, tuple[Fault, ...]]:
    name = type(error).__name__
    if isinstance(error, ApiMismatch | ConflictError | PluginFailed):
        return ExitCode.PLUGIN, name, error.faults
    if isinstance(error, ForwardaxError):
        return ExitCode.USAGE, name, error.faults
    if isinstance(error, click.ClickException):
        fault = Fault(error.format_message(), code="usage")
        return ExitCode.USAGE, name, (fault,)
    fault = Fault(f"{name}: {error}", code="internal")
    return ExitCode.INTERNAL, name, (fault,)


def as_json(fault: Fault) -> dict[str, Any]:
    """A fault as JSON, with its whole text."""
    return {"text": str(fault), **asdict(fault)}


def write_json(value: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
