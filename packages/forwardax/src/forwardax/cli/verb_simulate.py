"""`forwardax simulate`: data with a known truth, ready to be fitted."""

from __future__ import annotations

from typing import Any

import click

from .._targets import load_target
from ._exit import write_json
from ._options import json_option
from ._run_options import (
    run_source,
    seed_option,
    seed_override,
    set_option,
    source_argument,
)
from ._tables import print_table


@click.command("simulate")
@source_argument
@set_option
@click.option(
    "--out", required=True, metavar="FOLDER", help="A new or empty folder."
)
@seed_option
@json_option
def command(
    source: str | None,
    overrides: tuple[str, ...],
    out: str,
    seed: str | None,
    as_json: bool,
) -> None:
    """Simulate data of a run file, or of a system, into a folder.

    What is fixed keeps its value; what is free is drawn from its prior. The
    folder holds the data, the arrays the system knows, the true values and a
    run file. `forwardax fit FOLDER/run.yaml` fits what is free; where nothing
    is, another run file of the system does, with `--set folder=FOLDER`.
    """
    # By name: the command line's modules must never import jax when loaded.
    load_target("forwardax._run.jax_setup:set_up_jax")()
    simulate = load_target("forwardax._run.simulate:simulate")
    above = [*overrides, *seed_override(seed)]
    made: Any = simulate(run_source(source), out, above)
    truth = {key: value.tolist() for key, value in made.truth.items()}
    if as_json:
        write_json(
            {
                "folder": str(made.folder),
                "files": [str(path) for path in made.files],
                "truth": truth,
                "free": made.free,
            }
        )
        return
    rows = [{"key": k, "true value": _text(v)} for k, v in truth.items()]
    print_table(rows, ("key", "true value"))
    click.echo()
    for path in made.files:
        click.echo(path)
    if made.free:
        advice = f"fit it with: forwardax fit {made.files[-1]}"
    else:
        click.echo(f"nothing is free in {made.files[-1]}: all has its value")
        advice = (
            "fit the data with a run file that says what is free: "
            f"forwardax fit RUN.yaml --set folder={made.folder}"
        )
    click.secho(advice, bold=True)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_text(one) for one in value)}]"  # pyright: ignore
    return f"{value:.6g}"
