"""The `forwardax` command: finds verbs by name and reports errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from .. import __version__
from .._plugins.registry import Registry
from ..errors import Fault, PluginFailed
from ._exit import EXIT_CODES, ExitCode, State, report


class Verbs(click.Group):
    """Verbs from the registry; listing them loads none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all the verbs."""
        return [entry.name for entry in Registry.default().entries("commands")]

    def get_command(
        self, ctx: click.Context, cmd_name: str
    ) -> click.Command | None:
        """Load one verb; an unknown one gets the registry's full error."""
        del ctx
        registry = Registry.default()
        loaded: Any = registry.load("commands", cmd_name)
        if not isinstance(loaded, click.Command):
            raise PluginFailed(
                Fault(
                    f"the verb {cmd_name!r} is no click command",
                    key=cmd_name,
                    value=f"{loaded!r:.80}",
                    needed_by=registry.provider("commands", cmd_name),
                    code="target",
                )
            )
        return loaded

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List verbs by the summaries of their entries."""
        del ctx
        entries = Registry.default().entries("commands")
        with formatter.section("Verbs"):
            formatter.write_dl([(e.name, e.summary) for e in entries])


@click.command(cls=Verbs, epilog=EXIT_CODES)
@click.option("--debug", is_flag=True, help="Show tracebacks of errors.")
@click.version_option(__version__, prog_name="forwardax")
@click.pass_obj
def forwardax(state: State, debug: bool) -> None:
    """Declare a forward model once and fit it with anything."""
    state.debug = debug


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        What follows the program's name; `sys.argv[1:]` by default.

    Returns
    -------
    int
        The exit code, see `ExitCode`.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    # Read here, not by click: a wrong option must be told as JSON as well.
    state = State(json="--json" in given)
    try:
        result: Any = forwardax.main(
            given,
            prog_name="forwardax",
            standalone_mode=False,
            obj=state,
        )
        sys.stdout.flush()
    except (click.Abort, KeyboardInterrupt):
        click.secho("interrupted", fg="red", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; keep Python's shutdown from
        # flushing into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except Exception as error:
        return report(error, state)
    return result if isinstance(result, int) else ExitCode.OK


def console() -> NoReturn:
    """Run the command line as a process of its own: it ends with the code."""
    code = main()
    if code == ExitCode.INTERRUPTED:
        # A thread may be compiling yet. Python would tear down what it works
        # on, and the process would end in a crash instead of the code.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
