"""Maps side by side, each with its colours beside it: what plots share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from forwardax.errors import Fault, ForwardaxError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 4.3, 3.1
"""Inches of a panel: so wide that its colours have room beside it."""


class Panel(NamedTuple):
    """A square map and how it is drawn.

    Attributes
    ----------
    title
        Above it.
    array
        `(n, n)`, `[y, x]`, rows upwards; nothing is drawn where it is NaN.
    unit
        Of the array.
    half
        From the middle to an edge, in `length`.
    length
        Unit of both axes.
    how
        Arguments of `imshow`.
    """

    title: str
    array: np.ndarray
    unit: str
    half: float
    length: str
    how: Mapping[str, Any]


def new_figure(width: float, height: float) -> Figure:
    """A figure of some inches, without global state of matplotlib.

    Raises
    ------
    ForwardaxError
        If matplotlib is missing.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ForwardaxError(
            Fault(
                "plots need matplotlib",
                fix='pip install "optics-dlux[plots]"',
                code="missing",
            )
        ) from error
    return Figure(figsize=(width, height), layout="constrained")


def draw_panels(rows: Sequence[Sequence[Panel]]) -> Figure:
    """A figure of rows of panels; rows may differ in length."""
    columns = max(map(len, rows))
    figure = new_figure(WIDTH * columns, HEIGHT * len(rows))
    every = figure.subplots(len(rows), columns, squeeze=False)
    for line, panels in zip(every, rows, strict=True):
        for axes in line[len(panels) :]:
            axes.set_axis_off()
        for axes, panel in zip(line, panels, strict=False):
            draw_panel(axes, panel)
    return figure


def draw_panel(axes: Any, panel: Panel) -> None:
    """One panel, and its colours beside it."""
    edge = panel.half
    shown = axes.imshow(
        panel.array,
        origin="lower",
        extent=(-edge, edge, -edge, edge),
        **panel.how,
    )
    bar = axes.inset_axes((1.03, 0.0, 0.05, 1.0))
    axes.figure.colorbar(shown, cax=bar, label=panel.unit)
    axes.set_title(panel.title, fontsize="medium")
    axes.set(xlabel=f"x [{panel.length}]", ylabel=f"y [{panel.length}]")
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_major_locator().set_params(nbins=4)


def both_signs(*arrays: Any) -> dict[str, Any]:
    """Colours for arrays of both signs: white is zero."""
    largest = max(float(np.nanmax(np.abs(a), initial=0.0)) for a in arrays)
    largest = largest or 1.0
    return {"vmin": -largest, "vmax": largest, "cmap": "RdBu_r"}
