"""`optics.sweeps`: how far the image goes as one parameter goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from forwardax import ParameterStore
from forwardax.estimation import element_names

from .._telescope import Telescope
from .panels import (
    HEIGHT,
    WIDTH,
    Panel,
    both_signs,
    draw_panel,
    new_figure,
)
from .psf import half_width
from .swept import Sweep, swept

STEPS = np.linspace(-3.0, 3.0, 13)
"""Values of a sweep about a fit, in standard deviations."""
MOST = 24
"""Sweeps that still have room on one figure."""


def plot_sweeps(
    system: Telescope,
    store: ParameterStore,
    sweeps: Mapping[str, Any],
    *,
    solve_for: Mapping[str, str] | None = None,
) -> Any:
    """How well the image tells one value of a parameter from another.

    Parameters
    ----------
    system
        A telescope.
    store
        Values of its primitives.
    sweeps
        Values `(k,)` by key or element, in the units of the spec. All other
        parameters are held.
    solve_for
        Of a derived key, the primitive that gives way; as in
        `ParameterStore.assign`.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each key: the distance of the image from that of `store`
        in standard deviations. A straight V is a linear answer; a flat bottom
        says that there is no gradient at all.

    Raises
    ------
    StoreError
        If a key is not the telescope's, or a value is not allowed.
    """
    found = {
        key: swept(system, store, key, values, (solve_for or {}).get(key))
        for key, values in sweeps.items()
    }
    return _draw_grid(found, {})


def plot_sweep(
    system: Telescope,
    store: ParameterStore,
    key: str,
    values: Any,
    *,
    solve_for: str | None = None,
) -> Any:
    """What changes in the image as one parameter goes through values.

    Parameters
    ----------
    system
        A telescope.
    store
        Values of its primitives.
    key
        Parameter or element.
    values
        `(k,)`, in the unit of the spec.
    solve_for
        Of a derived key, the primitive that gives way.

    Returns
    -------
    matplotlib.figure.Figure
        The distance of the image from that of `store` in standard deviations,
        and the change of the image at up to five of the values.

    Raises
    ------
    StoreError
        If the key is not the telescope's, or a value is not allowed.
    """
    found = swept(system, store, key, values, solve_for)
    k = len(found.values)
    chosen = np.unique(np.linspace(0, k - 1, min(k, 5)).round().astype(int))
    figure = new_figure(3 * WIDTH, 2 * HEIGHT)
    first, *rest = figure.subplots(2, 3).flat
    _curve(first, key, found, None)
    half = half_width(system, store)
    colours = both_signs(found.gaps[chosen])
    for i, axes in enumerate(rest):
        if i >= len(chosen):
            axes.set_axis_off()
            continue
        at = chosen[i]
        title = f"{_short(key)} = {found.values[at]:.5g} {found.unit}"
        draw_panel(
            axes,
            Panel(title, found.gaps[at], "sigma", half, "arcsec", colours),
        )
    return figure


def of_run(run: Any) -> Any:
    """Of each fitted scalar, three standard deviations to each side.

    Parameters
    ----------
    run
        A `forwardax.RunResult` of a telescope.

    Returns
    -------
    matplotlib.figure.Figure or None
        None where the draws have no spread, as after a search for the
        maximum. Of too many parameters the first are shown. Derived values
        that were free are left out.
    """
    system, best = run.problem.system, run.best
    widths = dict(list(_widths(run).items())[:MOST])
    if not widths:
        return None
    found = {
        name: swept(system, best, name, np.asarray(best[name]) + STEPS * width)
        for name, width in widths.items()
    }
    return _draw_grid(found, widths)


def _widths(run: Any) -> dict[str, float]:
    """Standard deviations of the fitted scalars, within their bounds."""
    found, spec = run.posterior, run.problem.spec
    rows = found.summary()
    widths: dict[str, float] = {}
    for key in found.draws:
        field = spec.by_key[key]
        if field.kind == "derived" or key not in run.problem.free_keys:
            continue
        low, high = field.bounds or (None, None)
        for name in element_names(field):
            width, at = float(rows[name]["sd"]), float(run.best[name])
            # Not beyond what is allowed.
            if low is not None:
                width = min(width, (at - low) / 3.01)
            if high is not None:
                width = min(width, (high - at) / 3.01)
            if np.isfinite(width) and width > 0:
                widths[name] = width
    return widths


def _draw_grid(found: Mapping[str, Sweep], widths: Mapping[str, float]) -> Any:
    columns = min(len(found), 4)
    rows = -(-len(found) // columns)
    figure = new_figure(3.1 * columns, 2.6 * rows)
    every = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in every[len(found) :]:
        axes.set_axis_off()
    for axes, (key, sweep) in zip(every, found.items(), strict=False):
        _curve(axes, key, sweep, widths.get(key))
    if widths:
        every[0].legend(fontsize="x-small", frameon=False)
    return figure


def _curve(axes: Any, key: str, sweep: Sweep, width: float | None) -> None:
    order = np.argsort(sweep.values)
    offset, power, label = _scaled(key, sweep)
    x = (sweep.values[order] - offset) / 10.0**power
    y = sweep.distances[order]
    axes.plot(x, y, "o-", ms=2.5, lw=1, label="others held")
    if width is not None:
        # What it would be if nothing else had to be found from the image.
        line = np.abs(sweep.values[order] - sweep.start) / width
        axes.plot(x, line, "--", color="0.5", lw=1, label="others free")
    axes.axvline((sweep.start - offset) / 10.0**power, color="0.7", lw=0.8)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(label, fontsize="small")
    axes.set_ylabel("image moves by [sigma]", fontsize="small")
    axes.tick_params(labelsize="small")
    axes.xaxis.get_major_locator().set_params(nbins=5)


def _scaled(key: str, sweep: Sweep) -> tuple[float, int, str]:
    """What is taken off the values, a power of ten, and the label.

    Ticks such as 0.35796 and 0.35797 would be told from each other by their
    last digits alone.
    """
    name, unit = _short(key), sweep.unit
    wide = float(np.ptp(sweep.values))
    if wide == 0 or wide > 0.01 * abs(sweep.start):
        return 0.0, 0, f"{name} [{unit}]" if unit else name
    power = int(np.floor(np.log10(wide)))
    unit = f"$10^{{{power}}}$ {unit}".strip()
    return sweep.start, power, f"{name} - {sweep.start:.6g} [{unit}]"


def _short(key: str) -> str:
    """A key without the parts that only sort it."""
    parts = [p for p in key.split(".") if p not in SORTING]
    return ".".join(parts)


SORTING: Sequence[str] = ("astrometry", "photometry", "spectrum", "zernike")
