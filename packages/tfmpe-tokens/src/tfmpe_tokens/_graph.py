"""How far apart tokens are in the graph of who sees whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ._errors import TokenError
from ._masks import self_mask

if TYPE_CHECKING:
    from ._layout import Layout


def diameter(
    layout: Layout, targets: Iterable[str], conditions: Iterable[str]
) -> int:
    """See `Rules.graph_diameter`."""
    targets = tuple(targets)
    sources = tuple(dict.fromkeys((*targets, *conditions)))
    rows, columns = layout.index(targets), layout.index(sources)
    sees = self_mask(layout).astype(np.float32)
    reached = np.zeros((rows.size, layout.n_tokens), np.float32)
    reached[np.arange(rows.size), rows] = 1.0
    hops = 0
    while not reached[:, columns].all():
        # A layer passes on what it has heard, and keeps it.
        further = np.minimum(reached @ sees + reached, 1.0)
        if (further == reached).all():
            _unreachable(layout, reached, rows, columns)
        reached, hops = further, hops + 1
    return hops


def _unreachable(
    layout: Layout, reached: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> None:
    target, source = np.argwhere(reached[:, columns] == 0)[0]
    ends = [_name(layout, int(i)) for i in (columns[source], rows[target])]
    raise TokenError(
        f"no path of attention leads from {ends[0]} to {ends[1]}; a rule "
        "between them is missing, or a key that connects them"
    )


def _name(layout: Layout, token: int) -> str:
    for key in layout.keys:
        if key.offset <= token < key.stop:
            index = np.unravel_index(token - key.offset, key.event_shape)
            inside = ", ".join(str(int(i)) for i in index)
            return f"{key.name}[{inside}]" if inside else key.name
    raise AssertionError
