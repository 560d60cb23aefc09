"""`optics.eigenmodes`: which aberrations an image tells, and which not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from forwardax import ParameterStore
from forwardax.estimation import element_names

from .._telescope import Telescope
from .modes import Eigenmodes, aberrations, eigenmodes
from .panels import Panel, both_signs, draw_panel, new_figure
from .wavefronts import Surface, surfaces

SHOWN = 3
"""Modes from either end that are drawn."""


def plot_eigenmodes(
    system: Telescope,
    store: ParameterStore,
    keys: Sequence[str] | None = None,
    others: Sequence[str] = (),
) -> Any:
    """Best and worst known combinations of aberrations, and their errors.

    Parameters
    ----------
    system, store, keys, others
        As for `eigenmodes`.

    Returns
    -------
    matplotlib.figure.Figure
        The error of every mode, and what the best and the worst three do to
        each optic if the coefficients' root sum of squares is 1 nm.
    """
    modes = eigenmodes(system, store, keys, others)
    chosen = tuple(aberrations(system) if keys is None else keys)
    k = len(modes.errors)
    few = sorted({*range(min(SHOWN, k)), *range(max(0, k - SHOWN), k)})
    flat = store.from_vector(jnp.zeros(k), chosen)
    nothing = surfaces(system, flat)
    drawn = [
        surfaces(
            system, store.from_vector(jnp.asarray(modes.vectors[i]), chosen)
        )
        for i in few
    ]
    shown = {
        optic: [
            one[optic]._replace(opd=one[optic].opd - nothing[optic].opd)
            for one in drawn
        ]
        for optic in nothing
    }
    # An optic that none of the modes touches is not drawn.
    shown = {
        name: maps
        for name, maps in shown.items()
        if any(np.nanmax(np.abs(one.opd)) > 1e-9 for one in maps)
    }
    figure = new_figure(2.9 * len(few), 2.6 + 2.5 * len(shown))
    ratios = [2.6, 2.5 * len(shown)]
    both: Any = figure.subfigures(2, 1, height_ratios=ratios)
    top, below = both
    _spectrum(top.subplots(), system, chosen, modes, few)
    grid = below.subplots(len(shown), len(few), squeeze=False)
    for line, (optic, maps) in zip(grid, shown.items(), strict=True):
        for axes, i, one in zip(line, few, maps, strict=True):
            _mode(axes, optic, i, one, modes)
    return figure


def of_run(run: Any) -> Any:
    """Of a fit, at its best draw; None with fewer than two free aberrations.

    Parameters
    ----------
    run
        A `forwardax.RunResult` of a telescope. Parameters that were fitted
        besides the aberrations are taken to be unknown.
    """
    system, free = run.problem.system, run.problem.free_keys
    chosen = [k for k in aberrations(system) if k in free]
    count = sum(len(element_names(system.spec[k])) for k in chosen)
    if count < 2:
        return None
    others = [k for k in free if k in set(run.best) and k not in chosen]
    return plot_eigenmodes(system, run.best, chosen, others)


def _spectrum(
    axes: Any,
    system: Telescope,
    keys: Sequence[str],
    modes: Eigenmodes,
    few: Sequence[int],
) -> None:
    number = np.arange(1, len(modes.errors) + 1)
    axes.semilogy(number, modes.errors, "o", ms=4, color="0.6")
    axes.semilogy(number[few], modes.errors[few], "o", ms=5, color="tab:blue")
    widths = {
        dict(prior.arguments).get("scale")
        for prior in (system.spec[key].prior for key in keys)
        if prior is not None and prior.family == "Normal"
    }
    if len(widths) == 1 and isinstance(width := widths.pop(), int | float):
        axes.axhline(width, color="tab:red", ls="--", lw=1, label="prior")
        axes.legend(frameon=False, fontsize="small", loc="center left")
    axes.set(xlabel="mode, best known first", ylabel="standard deviation [nm]")
    axes.xaxis.get_major_locator().set_params(integer=True)


def _mode(
    axes: Any, optic: str, i: int, surface: Surface, modes: Eigenmodes
) -> None:
    colours = both_signs(surface.opd)
    title = f"{optic}, mode {i + 1}: {modes.errors[i]:.2g} nm"
    panel = Panel(title, surface.opd, "nm", 1e3 * surface.half, "mm", colours)
    draw_panel(axes, panel)
    axes.xaxis.get_major_locator().set_params(nbins=3)
