# pyright: reportUnknownMemberType=false
# matplotlib leaves some of its types unknown.
"""Panels of pairs of parameters, all drawn in one go.

A hundred axes of their own, each with its contours, would take most of the
time of a plot. So the panels are drawn into one that covers the figure, each
kind of thing as a single collection; numbers are in inches there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .column import Column
from .density import bandwidth, density, levels, to_ends
from .style import FILL, INK, LINE, TRUTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

MASSES = (0.95, 0.68)
_CELLS = 96
_FEW = 100.0
"""Effective draws below which they are drawn one by one."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a panel is, in inches from the lower left corner."""

    left: float
    bottom: float
    side: float


@dataclass(frozen=True, slots=True)
class Pairs:
    """What the panels show; each is added by `add`, and all are drawn once."""

    weights: Floats
    fills: tuple[list[Any], list[Any]] = field(default_factory=lambda: ([], []))
    lines: list[Any] = field(default_factory=list[Any])
    truths: list[Floats] = field(default_factory=list[Floats])
    crosses: list[Floats] = field(default_factory=list[Floats])
    dots: list[Floats] = field(default_factory=list[Floats])
    frames: list[Floats] = field(default_factory=list[Floats])

    def add(
        self, x: Column, y: Column, related: float, box: Box, framed: bool
    ) -> None:
        """Contours, draws where they are few, truth and frame of a pair.

        Parameters
        ----------
        x, y
            The parameters.
        related
            Their correlation.
        box
            Where the panel is.
        framed
            Whether it has a frame: that of an outer panel is its axes'.
        """
        across = _placed(x, box.left, box.side)
        up = _placed(y, box.bottom, box.side)
        worth = min(x.worth, y.worth)
        if worth < _FEW:
            heavy = self.weights > 1e-3 * self.weights.max()
            for one in (x, y):
                low, high = one.ends
                heavy = heavy & (one.draws >= low) & (one.draws <= high)
            points = (across(x.draws[heavy]), up(y.draws[heavy]))
            self.dots.append(np.stack(points, axis=1))
        self._contours(x, y, related, (across, up), worth)
        right, top = box.left + box.side, box.bottom + box.side
        seen = [
            one.truth is not None and one.ends[0] <= one.truth <= one.ends[1]
            for one in (x, y)
        ]
        if seen[0]:
            at = across(x.truth)
            self.truths.append(np.array([[at, box.bottom], [at, top]]))
        if seen[1]:
            at = up(y.truth)
            self.truths.append(np.array([[box.left, at], [right, at]]))
        if all(seen):
            self.crosses.append(np.array([[across(x.truth), up(y.truth)]]))
        if framed:
            xs = (box.left, right, right, box.left, box.left)
            ys = (box.bottom, box.bottom, top, top, box.bottom)
            self.frames.append(np.stack([xs, ys], axis=1))

    def _contours(
        self,
        x: Column,
        y: Column,
        related: float,
        place: tuple[Callable[[Any], Any], Callable[[Any], Any]],
        worth: float,
    ) -> None:
        # The kernel is turned and stretched like the draws themselves.
        widths = [bandwidth(one.spread, worth, 2) for one in (x, y)]
        turned = np.array([[1.0, related], [related, 1.0]])
        axes, values = density(
            np.stack([x.draws, y.draws], axis=1),
            self.weights,
            turned * np.outer(widths, widths),
            (x.ends, y.ends),
            (x.bounds, y.bounds),
            (x.around, y.around),
            _CELLS,
        )
        wide, narrow = levels(values, MASSES)
        if not 0 < wide < narrow < 1:
            return
        axes, values = to_ends(axes, values, (x.ends, y.ends))
        across, up = (to(axis) for to, axis in zip(place, axes, strict=True))
        fills, lines = _traced(across, up, values.T, (wide, narrow))
        for kind, found in zip(self.fills, fills, strict=True):
            kind.extend(found)
        self.lines.extend(lines)

    def draw(self, figure: Figure) -> None:
        """Draw everything into axes that cover the figure, behind all."""
        from matplotlib.collections import LineCollection, PathCollection

        width, height = figure.get_size_inches()
        axes = figure.add_axes((0, 0, 1, 1), zorder=-1, label="pairs")
        axes.set_axis_off()
        axes.set_xlim(0, width)
        axes.set_ylim(0, height)
        if self.dots:
            axes.plot(
                *np.concatenate(self.dots).T, ".", color=LINE, markersize=1.5,
                alpha=0.4,
            )  # fmt: skip
        drawn = [
            PathCollection(paths, facecolor=color, linewidth=0)
            for paths, color in zip(self.fills, FILL, strict=True)
        ]
        drawn += [
            PathCollection(
                self.lines, facecolor="none", edgecolor=LINE, linewidth=0.7
            ),
            LineCollection(self.truths, color=TRUTH, linewidth=0.8),
            LineCollection(self.frames, color=INK, linewidth=0.6),
        ]
        for one in drawn:
            axes.add_collection(one, autolim=False)
        if self.crosses:
            axes.plot(
                *np.concatenate(self.crosses).T, "s", color=TRUTH, markersize=3
            )  # fmt: skip


def _placed(column: Column, start: float, side: float) -> Callable[[Any], Any]:
    """From numbers on an axis to inches."""
    low, high = column.ends
    return lambda values: start + (values - low) / (high - low) * side


def _traced(
    x: Floats, y: Floats, values: Floats, heights: tuple[float, float]
) -> tuple[tuple[list[Any], list[Any]], list[Any]]:
    """Areas from each height to the next, and lines at both, as paths."""
    from contourpy import FillType, LineType, contour_generator
    from matplotlib.path import Path

    made: Any = contour_generator(
        x,
        y,
        values,
        fill_type=FillType.ChunkCombinedCode,
        line_type=LineType.ChunkCombinedCode,
    )

    def paths(found: Any) -> list[Any]:
        return [
            Path(points, codes)
            for points, codes in zip(*found, strict=True)
            if points is not None
        ]

    wide, narrow = heights
    fills = (
        paths(made.filled(wide, narrow)),
        paths(made.filled(narrow, 1.01)),
    )
    lines = [one for height in heights for one in paths(made.lines(height))]
    return fills, lines
