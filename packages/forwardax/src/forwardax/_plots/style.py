# pyright: reportUnknownMemberType=false
# matplotlib leaves some of its types unknown.
"""Colours and axes that the plots share; no global state of matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK: Final = "#333333"
FILL: Final = ("#c6dbef", "#6baed6")
"""Of the wider and the narrower credible region."""
LINE: Final = "#08519c"
TRUTH: Final = "#d94801"
WRONG: Final = "#b2182b"
CHAINS: Final = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7",
    "#56b4e9", "#d55e00", "#999999", "#000000",
)  # fmt: skip
"""Colours that the colour-blind tell apart (Okabe & Ito 2008)."""


def plain_axes(axes: Axes, *, size: float) -> None:
    """Thin lines and small ticks; `size` of the text in points."""
    for spine in axes.spines.values():
        spine.set_linewidth(0.6)
        spine.set_color(INK)
    axes.tick_params(
        width=0.6, length=2.5, labelsize=size, color=INK, labelcolor=INK, pad=2
    )


def few_ticks(axes: Axes, *, x: int = 0, y: int = 0) -> None:
    """About so many ticks on an axis; none where 0."""
    from matplotlib.ticker import MaxNLocator, NullLocator, ScalarFormatter

    for axis, count in ((axes.xaxis, x), (axes.yaxis, y)):
        if not count:
            axis.set_major_locator(NullLocator())
            continue
        axis.set_major_formatter(ScalarFormatter(useOffset=False))
        axis.set_major_locator(
            MaxNLocator(count, min_n_ticks=2, steps=[1, 2, 2.5, 5, 10])
        )
