"""`forwardax fit`: from a run file to a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .._targets import load_target
from ._exit import ExitCode, write_json
from ._options import json_option
from ._run_options import (
    data_overrides,
    override,
    run_source,
    seed_option,
    seed_override,
    set_option,
    source_argument,
)

# By name: the command line's modules must never import jax when loaded.
_RUN = "forwardax._run"


@click.command("fit")
@source_argument
@click.option(
    "--data",
    "files",
    multiple=True,
    metavar="FILE",
    help="Measured data; KEY=FILE where there are several.",
)
@click.option("--estimator", metavar="NAME", help="By default numpyro.nuts.")
@set_option
@click.option(
    "--out", metavar="FOLDER", help="By default runs/ and the run file's name."
)
@seed_option
@click.option(
    "--resume",
    metavar="FOLDER",
    help="Go on with a fit that was interrupted.",
)
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.option("--no-plots", is_flag=True, help="Draw no plots.")
@json_option
def command(
    source: str | None,
    files: tuple[str, ...],
    estimator: str | None,
    overrides: tuple[str, ...],
    out: str | None,
    seed: str | None,
    resume: str | None,
    quiet: bool,
    no_plots: bool,
    as_json: bool,
) -> ExitCode:
    """Fit a run file, or a system, and keep everything in a run folder.

    The folder holds the configuration with its inputs, the posterior, a
    summary and plots. A fit that is interrupted, in whatever way, goes on
    with --resume FOLDER and gives the same result.

    The exit code is 5 where the fit did not converge.
    """
    above = [
        *overrides,
        *override("estimator", estimator),
        *data_overrides(files),
        *seed_override(seed),
    ]
    load_target(f"{_RUN}.jax_setup:set_up_jax")()
    bars = load_target(f"{_RUN}.progress:terminal_progress")
    with bars(quiet=quiet or as_json) as progress:
        options = {"progress": progress, "plots": not no_plots}
        if resume is not None:
            if source is not None or above or out is not None:
                what = "--resume takes the folder alone: it holds the rest"
                raise click.UsageError(what)
            folder = Path(resume)
            go_on = load_target(f"{_RUN}.fit:resume_fit")
            result = _run(go_on, folder, folder, **options)
        else:
            begun = run_source(source)
            folder = Path(out) if out else default_out(begun)
            run = load_target(f"{_RUN}.fit:run_fit")
            result = _run(run, folder, begun, folder, above, **options)
    _tell(result, as_json=as_json)
    converged = result.posterior.converged
    return ExitCode.OK if converged else ExitCode.UNCONVERGED


def default_out(source: str | Path) -> Path:
    """`runs/` and the name of the run file or of the system."""
    name = source.stem if isinstance(source, Path) else source
    return Path("runs") / name


def _run(run: Any, folder: Path, *arguments: Any, **options: Any) -> Any:
    try:
        return run(*arguments, **options)
    except KeyboardInterrupt:
        if (folder / "manifest.json").exists():
            hint = f"go on with: forwardax fit --resume {folder}"
            click.secho(hint, err=True)
        raise


def _tell(result: Any, *, as_json: bool) -> None:
    if not as_json:
        load_target(f"{_RUN}.summary_terminal:print_summary")(result)
        click.echo(f"\neverything is in {result.folder}")
        return
    told = load_target(f"{_RUN}.summary_rows:summary_json")(result)
    plots = sorted((result.folder / "plots").glob("*"))
    write_json(
        {
            "folder": str(result.folder),
            "plots": [str(path) for path in plots],
            **told,
        }
    )
