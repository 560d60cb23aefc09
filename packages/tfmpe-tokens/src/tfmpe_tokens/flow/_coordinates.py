"""Unconstrained coordinates of a problem as tokens, and back.

A key's tokens hold its coordinates: as many a token as it has values, or
twice as many where an angle has two auxiliary normals each. Elements that are
held have none, and stay at zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from forwardax.contracts import Draw, Gather
from forwardax.estimation import Problem
from numpy.typing import NDArray

from .._bridge import layout_of
from .._key import KeySpec
from .._layout import Layout, interned


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Where each coordinate of a problem is among the tokens.

    Parameters
    ----------
    layout
        Free keys and data; of the keys, their coordinates.
    tokens, columns
        Token and column of each coordinate, `(size,)`.
    circular
        Pairs of coordinates that are the direction of one angle, `(n, 2)`.
    """

    layout: Layout
    tokens: NDArray[np.int64]
    columns: NDArray[np.int64]
    circular: NDArray[np.int64]

    @classmethod
    def of(cls, problem: Problem, rules: Any = "model") -> Coordinates:
        """Coordinates of a problem's free keys."""
        layout = layout_of(problem, rules)
        plan = problem.plan
        place = _pool_coordinates(problem)
        gathers = {s.key: s for s in plan.steps if isinstance(s, Gather)}
        tokens = np.zeros(plan.size, np.int64)
        columns = np.zeros(plan.size, np.int64)
        circular: list[tuple[int, ...]] = []
        keys: list[KeySpec] = []
        for key in layout.keys:
            if key.name not in plan.free:
                keys.append(key)
                continue
            elements = [place.get(p, ()) for p in gathers[key.name].places]
            each = max([1, *map(len, elements)])
            width = max(key.width, 1)
            for element, found in enumerate(elements):
                token, column = divmod(element, width)
                for part, coordinate in enumerate(found):
                    tokens[coordinate] = key.offset + token
                    columns[coordinate] = part * width + column
                if len(found) == 2:
                    circular.append(found)
            shape = (width * each,) if each > 1 else key.batch_shape
            keys.append(replace(key, batch_shape=shape))
        wide = max([1, *(key.width for key in keys)])
        changed = interned(replace(layout, keys=tuple(keys), value_width=wide))
        pairs = np.asarray(circular, np.int64).reshape(-1, 2)
        return cls(changed, tokens, columns, pairs)

    def data(self, u: Any) -> NDArray[np.float64]:
        """Values of all tokens from coordinates `(..., size)`."""
        u = np.asarray(u, float)
        shape = (*u.shape[:-1], self.layout.n_tokens, self.layout.value_width)
        found = np.zeros(shape)
        found[..., self.tokens, self.columns] = u
        return found

    def coordinates(self, data: Any) -> NDArray[np.float64]:
        """Coordinates `(..., size)` of the values of all tokens."""
        return np.asarray(data, float)[..., self.tokens, self.columns]


def _pool_coordinates(problem: Problem) -> dict[int, tuple[int, ...]]:
    """Coordinates of each entry of the pool that is drawn."""
    found: dict[int, tuple[int, ...]] = {}
    for step in problem.plan.steps:
        if not isinstance(step, Draw) or step.form == "given":
            continue
        for element in range(step.count):
            found[step.start + element] = step.coordinates[
                element :: step.count
            ]
    return found
