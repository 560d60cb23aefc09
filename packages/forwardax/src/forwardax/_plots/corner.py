# pyright: reportUnknownMemberType=false
# matplotlib leaves some of its types unknown.
"""`posterior.corner`: every pair of parameters, and each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .choose import shown_of
from .column import Column, column_of
from .density import bandwidth, density, quantiles, to_ends
from .pairs import MASSES, Box, Pairs
from .style import FILL, INK, LINE, TRUTH, WRONG, few_ticks, plain_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .._run.result import RunResult
    from .choose import Shown

Floats = NDArray[np.float64]

_CELLS = 200


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
    columns = [column_of(shown, i) for i in range(len(shown.scalars))]
    weights = shown.weights.reshape(-1)
    n = len(columns)
    sizes = Sizes.of(n)
    pad = 0.09 * sizes.side
    left, below, above, right = 0.5 + 6.5 * sizes.text / 72, 0.85, 0.35, 0.15
    head = 0.0 if n > 2 else 0.9
    width = left + n * sizes.side + (n - 1) * pad + right
    height = below + n * sizes.side + (n - 1) * pad + above + head
    figure = Figure((max(width, 3.6), height))
    pairs, related = Pairs(weights), _related(columns, weights)
    for i in range(n):
        for j in range(i + 1):
            box = Box(
                left + j * (sizes.side + pad),
                below + (n - 1 - i) * (sizes.side + pad),
                sizes.side,
            )
            inner = 0 < j < i < n - 1
            if i != j:
                x, y = columns[j], columns[i]
                pairs.add(x, y, float(related[i, j]), box, inner)
            if not inner:
                axes = _axes(figure, box, (i, j), sizes)
                if i == j:
                    _one(axes, columns[i], weights, sizes)
                _frame(axes, columns[j], columns[i], (j, i, n), sizes)
    pairs.draw(figure)
    _legend(figure, run, shown, sizes)
    return figure


def _related(columns: list[Column], weights: Floats) -> Floats:
    """Correlations, `(column, column)`; never a whole 1 between two."""
    draws = np.stack([one.draws for one in columns])
    spread = np.atleast_2d(np.cov(draws, aweights=weights))
    sd = np.sqrt(np.diag(spread))
    return np.clip(spread / np.outer(sd, sd), -0.999, 0.999)


def _axes(
    figure: Figure, box: Box, place: tuple[int, int], sizes: Sizes
) -> Axes:
    """Axes of one panel, labelled "row column"."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes(
        (
            box.left / width,
            box.bottom / height,
            box.side / width,
            box.side / height,
        ),
        label="{} {}".format(*place),
        facecolor="none",
    )
    plain_axes(axes, size=sizes.text - 1)
    return axes


def _one(axes: Axes, column: Column, mass: Floats, sizes: Sizes) -> None:
    width = bandwidth(column.spread, column.worth, 1)
    (x,), y = density(
        column.draws[:, None],
        mass,
        np.array([[width**2]]),
        (column.ends,),
        (column.bounds,),
        (column.around,),
        _CELLS,
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
    # A place that is given need not be searched for.
    axes.set_title(column.title, fontsize=sizes.text, color=INK, pad=3, y=1.0)


def _frame(
    axes: Axes,
    x: Column,
    y: Column,
    place: tuple[int, int, int],
    sizes: Sizes,
) -> None:
    """Ends; ticks and labels on the outer panels only."""
    j, i, n = place
    few_ticks(
        axes,
        x=sizes.ticks if i == n - 1 else 0,
        y=sizes.ticks if j == 0 < i else 0,
    )
    axes.set_xlim(*x.ends)
    if i != j:
        axes.set_ylim(*y.ends)
    if i == n - 1:
        axes.tick_params(axis="x", labelrotation=45)
        axes.set_xlabel(x.label, fontsize=sizes.text, color=INK)
        axes.xaxis.set_label_coords(0.5, -0.42 / sizes.side)
    if j == 0 and i > 0:
        axes.tick_params(axis="y", labelrotation=45)
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
