"""`forwardax plot`: draw the plots of a run folder again."""

from __future__ import annotations

from pathlib import Path

import click

from .._targets import load_target
from ._exit import ExitCode, write_json
from ._options import json_option

# By name: the command line's modules must never import jax when loaded.
_RUN = "forwardax._run"


@click.command("plot")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--format",
    type=click.Choice(["png", "pdf", "svg"]),
    default="png",
    show_default=True,
    help="Kind of file.",
)
@json_option
def command(
    folder: Path, names: tuple[str, ...], format: str, as_json: bool
) -> ExitCode:
    """Draw the plots of a finished fit, into plots/ in its FOLDER.

    NAME is a plot that `forwardax list plots` shows; by default all are drawn
    that the system has. The exit code is 1 where a plot failed.
    """
    load_target(f"{_RUN}.plots:check_matplotlib")()
    load_target(f"{_RUN}.jax_setup:set_up_jax")()
    result = load_target(f"{_RUN}.load:load_result")(folder)
    faults: list[str] = []
    draw = load_target(f"{_RUN}.plots:draw_plots")
    paths: list[Path] = draw(
        result, folder, names or None, format, tell=faults.append
    )
    if as_json:
        plots = [str(path) for path in paths]
        write_json({"plots": plots, "faults": faults})
    else:
        for path in paths:
            click.echo(str(path))
        for fault in faults:
            click.secho(fault, fg="red", err=True)
    return ExitCode.FAULTS if faults else ExitCode.OK
