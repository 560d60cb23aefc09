"""What the core itself provides: verbs, and plots of any posterior."""

from __future__ import annotations

from collections.abc import Iterator

from ._plugins.entries import API, CommandEntry, PlotEntry
from ._plugins.hookspecs import hookimpl

FORWARDAX_API = API


@hookimpl
def forwardax_commands() -> Iterator[CommandEntry]:
    """Verbs; a verb's module is imported only when it runs."""
    yield CommandEntry(
        "fit",
        target="forwardax.cli.verb_fit:command",
        summary="Fit a run file or a system; keep all in a run folder.",
    )
    yield CommandEntry(
        "simulate",
        target="forwardax.cli.verb_simulate:command",
        summary="Make data from known parameters.",
    )
    yield CommandEntry(
        "plot",
        target="forwardax.cli.verb_plot:command",
        summary="Draw the plots of a run folder.",
    )
    yield CommandEntry(
        "export",
        target="forwardax.cli.verb_export:command",
        summary="Write a run's posterior as NetCDF, for ArviZ.",
    )
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


@hookimpl
def forwardax_plots() -> Iterator[PlotEntry]:
    """Plots of any posterior."""
    yield PlotEntry(
        "posterior.corner",
        target="forwardax._plots.corner:plot",
        summary="Every pair of parameters, and each by itself.",
        accepts=("*",),
    )
    yield PlotEntry(
        "posterior.trace",
        target="forwardax._plots.trace:plot",
        summary="The chains side by side, and how they went.",
        accepts=("*",),
    )
