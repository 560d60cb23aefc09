# pyright: reportUnknownMemberType=false
# matplotlib leaves some of its types unknown.
"""`posterior.trace`: the chains side by side, and how they went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._diagnostics.diagnostics import ess_bulk, r_hat
from .choose import Shown, shown_of, turn_of
from .density import Ends, bandwidth, density, span, spread_of
from .labels import Scale
from .style import CHAINS, INK, TRUTH, WRONG, few_ticks, plain_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .._run.result import RunResult

Floats = NDArray[np.float64]

_CELLS = 200
_LEAST = 4
"""Draws of a chain below which there is nothing to see."""
_ROW, _WIDTH = 1.05, 7.5
"""Inches."""


def plot(run: RunResult) -> Figure | None:
    """Density and trace of each fitted parameter, by chain.

    The last row is the log-density. Divergent transitions are marked by
    black strokes at the bottom.

    Parameters
    ----------
    run
        A fit.

    Returns
    -------
    matplotlib.figure.Figure or None
        None where the draws are no chains: weighted, or a single one.
    """
    from matplotlib.figure import Figure

    shown = shown_of(run)
    short = run.posterior.log_density.shape[1] < _LEAST
    if shown is None or short or run.posterior.weights is not None:
        return None
    rows = len(shown.scalars) + 1
    head, foot, gap = 0.15, 0.5, 0.36
    height = head + foot + rows * (_ROW + gap)
    figure = Figure((_WIDTH, height))
    for i in range(rows):
        bottom = (foot + (rows - 1 - i) * (_ROW + gap)) / height
        tall = _ROW / height
        pair = (
            figure.add_axes((0.2, bottom, 0.22, tall)),
            figure.add_axes((0.48, bottom, 0.5, tall)),
        )
        for axes in pair:
            plain_axes(axes, size=6.5)
        _row(pair, run, shown, i)
        if i == rows - 1:
            pair[1].set_xlabel("draw", fontsize=7.5, color=INK)
        else:  # the same in every row
            pair[1].tick_params(labelbottom=False)
    _title(figure, run, shown, 1 - 0.12 / height)
    return figure


def _row(pair: tuple[Axes, Axes], run: RunResult, shown: Shown, i: int) -> None:
    """One parameter, or the log-density after the last of them."""
    found, truth = run.posterior, None
    bounds: Ends = (-np.inf, np.inf)
    angle = False
    label, unit = "log density", ""
    if i < len(shown.scalars):
        one = shown.scalars[i]
        draws, truth, angle = one.draws, one.truth, one.period is not None
        bounds = turn_of(one, shown.weights.reshape(-1))
        label, unit = shown.labels[i], one.unit
    else:
        draws = np.asarray(found.log_density, np.float64)
        if not np.isfinite(draws).all() or np.ptp(draws) == 0:
            for axes in pair:
                axes.set_axis_off()
            return
    equal = np.full(draws.size, 1 / draws.size)
    spread = spread_of(draws.reshape(-1), equal)
    width = bandwidth(spread, draws.shape[1], 1)
    low, high = span(draws.reshape(-1), equal, width, bounds)
    scale = Scale.of(low, high)
    edges = scale.shown(bounds)
    limits = scale.shown((low, high))
    each = np.full(draws.shape[1], 1 / draws.shape[1])
    for chain, values in enumerate(draws):
        color = CHAINS[chain % len(CHAINS)]
        shown_values = scale.shown(values)
        (x,), y = density(
            shown_values[:, None],
            each,
            np.array([[(width / 10.0**scale.power) ** 2]]),
            ((float(limits[0]), float(limits[1])),),
            ((float(edges[0]), float(edges[1])),),
            (angle and (low, high) == bounds,),
            _CELLS,
        )
        area = y.sum() * (x[1] - x[0])
        pair[0].plot(x, y / area, color=color, linewidth=0.9)
        pair[1].plot(
            shown_values, color=color, linewidth=0.35, alpha=0.8,
            rasterized=True,
        )  # fmt: skip
    if truth is not None:
        at = float(scale.shown(truth))
        pair[0].axvline(at, color=TRUTH, linewidth=1.0)
        pair[1].axhline(at, color=TRUTH, linewidth=1.0)
    _divergences(pair[1], found.stats.get("diverging"), draws.shape)
    few_ticks(pair[0], x=4)
    few_ticks(pair[1], x=6, y=4)
    pair[0].set_ylim(bottom=0)
    pair[0].set_xlim(*limits)
    pair[1].set_ylim(*limits)
    pair[1].set_xlim(0, draws.shape[1])
    pair[0].set_ylabel(
        scale.label(label, unit), fontsize=7.5, rotation=0, ha="right",
        va="center", color=INK,
    )  # fmt: skip
    with np.errstate(invalid="ignore", divide="ignore"):
        mixing, worth = r_hat(draws[:, :, None]), ess_bulk(draws[:, :, None])
    pair[1].set_title(
        f"R-hat {mixing[0]:.3f}, ESS {worth[0]:.0f}",
        fontsize=6.5, loc="right", pad=2, y=1.0, color=INK,
    )  # fmt: skip


def _divergences(axes: Axes, given: object, shape: tuple[int, ...]) -> None:
    """Strokes where transitions diverged."""
    diverging = np.asarray(given if given is not None else False)
    if diverging.shape != shape or not diverging.any():
        return
    draws = np.flatnonzero(diverging.any(axis=0))
    axes.plot(
        draws, np.full(draws.size, 0.05), "|", color="black", markersize=5,
        markeredgewidth=0.7, transform=axes.get_xaxis_transform(),
    )  # fmt: skip


def _title(figure: Figure, run: RunResult, shown: Shown, top: float) -> None:
    title = f"{run.name} by {run.posterior.estimator}".removeprefix(" by ")
    if shown.left_out:
        count = len(shown.scalars)
        title += f": {count} of {count + shown.left_out} parameters"
    good = run.posterior.converged
    figure.text(
        0.2, top, title + ("" if good else ", NOT CONVERGED"), va="top",
        fontsize=9, color=INK if good else WRONG,
    )  # fmt: skip
