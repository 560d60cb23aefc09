# pyright: reportUnknownMemberType=false
# matplotlib leaves some of its types unknown.
"""`posterior.corner`: every pair of parameters, and each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._diagnostics.circular import circular_sd
from .._run.numbers import with_error
from .choose import Shown, shown_of, turn_of
from .density import Ends, bandwidth, density, levels, quantiles, span, to_ends
from .labels import Scale
from .style import FILL, INK, LINE, TRUTH, WRONG, few_ticks, plain_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .._run.result import RunResult

Floats = NDArray[np.float64]

MASSES = (0.95, 0.68)
_CELLS = (96, 200)
"""Cells of a density in two dimensions and in one."""
_FEW = 100.0
"""Effective draws below which they are drawn one by one."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One parameter, ready to draw; numbers are as on its axis."""

    draws: Floats
    ends: Ends
    bounds: Ends
    around: bool
    width: float
    worth: float
    truth: float | None
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes in inches and points that suit a number of parameters."""

    side: float
    text: float
    ticks: int

    @classmethod
    def of(cls, count: int) -> Sizes:
        """Smaller panels for more parameters."""
        for most, side, text, ticks in (
            (3, 2.0, 9.0, 4),
            (6, 1.6, 8.0, 3),
            (10, 1.25, 7.0, 3),
            (16, 1.0, 6.0, 3),
        ):
            if count <= most:
                return cls(side, text, ticks)
        return cls(0.85, 5.0, 3)


def plot(run: RunResult) -> Figure | None:
    """Marginal densities of all pairs of the fitted parameters.

    Contours hold 68 % and 95 % of the posterior; the truth is marked where
    it is known. Angles are drawn around their circular mean.

    Parameters
    ----------
    run
        A fit.

    Returns
    -------
    matplotlib.figure.Figure or None
        None where the draws have no spread, as after a search for the
        maximum.
    """
    from matplotlib.figure import Figure

    shown = shown_of(run)
    if shown is None:
        return None
    columns = [_column(shown, i) for i in range(len(shown.scalars))]
    weights = shown.weights.reshape(-1)
    n = len(columns)
    sizes = Sizes.of(n)
    pad = 0.09 * sizes.side
    left, below, above, right = 0.5 + 6.5 * sizes.text / 72, 0.85, 0.35, 0.15
    head = 0.0 if n > 2 else 0.9
    width = left + n * sizes.side + (n - 1) * pad + right
    height = below + n * sizes.side + (n - 1) * pad + above + head
    figure = Figure((max(width, 3.6), height))
    for i in range(n):
        for j in range(i + 1):
            x = left + j * (sizes.side + pad)
            y = below + (n - 1 - i) * (sizes.side + pad)
            axes = figure.add_axes(
                (
                    x / figure.get_figwidth(),
                    y / height,
                    sizes.side / figure.get_figwidth(),
                    sizes.side / height,
                )
            )
            plain_axes(axes, size=sizes.text - 1)
            if i == j:
                _one(axes, columns[i], weights, sizes)
            else:
                _two(axes, columns[j], columns[i], weights)
            # Inner panels have none: ticks take most of the time.
            few_ticks(
                axes,
                x=sizes.ticks if i == n - 1 else 0,
                y=sizes.ticks if j == 0 < i else 0,
            )
            _frame(axes, columns[j], columns[i], (j, i, n), sizes)
    _legend(figure, run, shown, sizes)
    return figure


def _column(shown: Shown, i: int) -> Column:
    one, mass = shown.scalars[i], shown.weights.reshape(-1)
    draws = one.draws.reshape(-1)
    width = bandwidth(draws, mass, shown.worth[i], 1)
    bounds = turn_of(one, mass)
    if one.period is None:
        mean = float(mass @ draws)
        sd = float(np.sqrt(mass @ (draws - mean) ** 2))
    else:
        mean = (bounds[0] + bounds[1]) / 2
        sd = circular_sd(draws, one.period, weights=mass)
    low, high = span(draws, mass, width, bounds)
    around = one.period is not None and (low, high) == bounds
    scale = Scale.of(low, high)
    texts, truth = with_error(mean, sd), one.truth
    if truth is not None:  # in the picture, even where it is far off
        gap = 0.06 * (high - low)
        near = abs(truth - mean) < 8 * sd
        low = max(min(low, truth - gap), bounds[0]) if near else low
        high = min(max(high, truth + gap), bounds[1]) if near else high
    ends = scale.shown((low, high))
    edges = scale.shown(bounds)
    return Column(
        draws=scale.shown(draws),
        ends=(float(ends[0]), float(ends[1])),
        bounds=(float(edges[0]), float(edges[1])),
        around=around,
        width=width / 10.0**scale.power,
        worth=float(shown.worth[i]),
        truth=None if truth is None else float(scale.shown(truth)),
        label=scale.label(shown.labels[i], one.unit),
        title=f"{texts[0]} $\\pm$ {texts[1]}",
    )


def _one(axes: Axes, column: Column, mass: Floats, sizes: Sizes) -> None:
    square = np.array([[column.width**2]])
    (x,), y = density(
        column.draws[:, None],
        mass,
        square,
        (column.ends,),
        (column.bounds,),
        (column.around,),
        _CELLS[1],
    )
    (x,), y = to_ends((x,), y, (column.ends,))
    axes.fill_between(x, y, color=FILL[0], linewidth=0)
    low, high = quantiles(column.draws, mass, (0.16, 0.84))
    inside = (x >= low) & (x <= high)
    axes.fill_between(x, y, where=list(inside), color=FILL[1], linewidth=0)
    axes.plot(x, y, color=LINE, linewidth=1.0)
    if column.truth is not None:
        axes.axvline(column.truth, color=TRUTH, linewidth=1.0)
    axes.set_ylim(0, 1.12)
    axes.set_title(column.title, fontsize=sizes.text, color=INK, pad=3)


def _two(axes: Axes, x: Column, y: Column, mass: Floats) -> None:
    draws = np.stack([x.draws, y.draws], axis=1)
    worth = min(x.worth, y.worth)
    if worth < _FEW:
        heavy = mass > 1e-3 * mass.max()
        axes.plot(
            *draws[heavy].T, ".", color=LINE, markersize=1.5, alpha=0.4
        )  # fmt: skip
    # The kernel is turned and stretched like the draws themselves.
    widths = [bandwidth(c.draws, mass, worth, 2) for c in (x, y)]
    spread = np.atleast_2d(np.cov(draws.T, aweights=mass))
    sd = np.sqrt(np.diag(spread))
    related = np.clip(spread / np.outer(sd, sd), -0.999, 0.999)
    np.fill_diagonal(related, 1.0)
    axis, values = density(
        draws,
        mass,
        related * np.outer(widths, widths),
        (x.ends, y.ends),
        (x.bounds, y.bounds),
        (x.around, y.around),
        _CELLS[0],
    )
    wide, narrow = levels(values, MASSES)
    axis, values = to_ends(axis, values, (x.ends, y.ends))
    if 0 < wide < narrow < 1:
        axes.contourf(*axis, values.T, (wide, narrow, 1.01), colors=list(FILL))
        axes.contour(
            *axis, values.T, (wide, narrow), colors=LINE, linewidths=0.7
        )
    if x.truth is not None:
        axes.axvline(x.truth, color=TRUTH, linewidth=0.8)
    if y.truth is not None:
        axes.axhline(y.truth, color=TRUTH, linewidth=0.8)
    if x.truth is not None and y.truth is not None:
        axes.plot([x.truth], [y.truth], "s", color=TRUTH, markersize=3)


def _frame(
    axes: Axes,
    x: Column,
    y: Column,
    place: tuple[int, int, int],
    sizes: Sizes,
) -> None:
    """Ends, and labels on the outer panels only."""
    j, i, n = place
    axes.set_xlim(*x.ends)
    if i != j:
        axes.set_ylim(*y.ends)
    if i == n - 1:
        for text in axes.get_xticklabels():
            text.set_rotation(45)
        axes.set_xlabel(x.label, fontsize=sizes.text, color=INK)
        axes.xaxis.set_label_coords(0.5, -0.42 / sizes.side)
    if j == 0 and i > 0:
        for text in axes.get_yticklabels():
            text.set_rotation(45)
        axes.set_ylabel(y.label, fontsize=sizes.text, color=INK)
        axes.yaxis.set_label_coords(-0.45 / sizes.side, 0.5)


def _legend(figure: Figure, run: RunResult, shown: Shown, sizes: Sizes) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    size = sizes.text + (1 if len(shown.scalars) < 10 else 4)
    handles: list[Patch | Line2D] = [
        Patch(facecolor=color, edgecolor=LINE, label=f"{100 * mass:g} %")
        for mass, color in zip(MASSES[::-1], FILL[::-1], strict=True)
    ]
    if any(one.truth is not None for one in shown.scalars):
        handles.append(Line2D([], [], color=TRUTH, marker="s", label="truth"))
    title = f"{run.name} by {run.posterior.estimator}".removeprefix(" by ")
    if shown.left_out:
        count = len(shown.scalars)
        title += f"\n{count} of {count + shown.left_out} parameters"
    if not run.posterior.converged:
        title += "\nNOT CONVERGED"
    made = figure.legend(
        handles=handles,
        loc="upper right",
        fontsize=size,
        title=title,
        title_fontsize=size,
        frameon=False,
        alignment="left",
        labelcolor=INK,
    )
    color = INK if run.posterior.converged else WRONG
    made.get_title().set_color(color)
