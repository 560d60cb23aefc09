"""`forwardax export`: a posterior for other tools."""

from __future__ import annotations

from pathlib import Path

import click

from .._targets import load_target
from ._exit import write_json
from ._options import json_option

# By name: the command line's modules must never import jax when loaded.
_RUN = "forwardax._run"


@click.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.nc",
    help="By default posterior.nc in the folder.",
)
@json_option
def command(folder: Path, to: Path | None, as_json: bool) -> None:
    """Write the posterior of a finished fit as NetCDF, for ArviZ.

    FOLDER is what `forwardax fit` made. `arviz.from_netcdf` and xarray read
    the file; units come along, and so do the checks, as JSON.
    """
    load_target(f"{_RUN}.export:check_netcdf")()
    load_target(f"{_RUN}.jax_setup:set_up_jax")()
    result = load_target(f"{_RUN}.load:load_result")(folder)
    export = load_target(f"{_RUN}.export:export_netcdf")
    path: Path = export(result, to or folder / "posterior.nc")
    if as_json:
        write_json({"file": str(path)})
    else:
        click.echo(str(path))
