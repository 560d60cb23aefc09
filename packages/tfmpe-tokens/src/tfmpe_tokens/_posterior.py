"""The moralised graph of a model, as rules."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from forwardax.errors import Fault

from ._index import find_axis, outer_dim
from ._relation import (
    ALL,
    FLAT,
    NONE,
    Axis,
    Pairs,
    Relation,
    self_relation,
    transposed,
    union,
)

if TYPE_CHECKING:
    from ._layout import Layout
    from ._rules import Rules

Parts = tuple[
    list[str], list[tuple[str, str]], list[tuple[str, str, Pairs | None]]
]


def moralised(rules: Rules, layout: Layout) -> Parts:
    """See `Rules.posterior`."""
    order = layout.key_order
    found: dict[tuple[str, str], Relation] = {}
    for i, a in enumerate(order):
        for b in order[i:]:
            back = transposed(self_relation(rules, b, a))
            found[a, b] = union(self_relation(rules, a, b), back)
    for child in order:
        for p, q in product(_parents(rules, layout, child), repeat=2):
            if order.index(p) > order.index(q):
                continue
            met = _meet(layout, rules, child, p, q)
            if p == q and _is_diagonal(layout, p, met):
                continue  # every token sees itself in any case
            found[p, q] = union(found[p, q], met)
    parts: Parts = ([], [], [])
    for (a, b), relation in found.items():
        _write(layout, a, b, relation, parts)
    return parts


def _parents(rules: Rules, layout: Layout, child: str) -> list[str]:
    declared = [key.parents for key in layout.keys]
    if any(parents is not None for parents in declared):
        return [p for p in layout[child].parents or () if p in layout]
    before = layout.key_order[: layout.key_order.index(child)]
    return [p for p in before if self_relation(rules, child, p) != NONE]


def _meet(layout: Layout, rules: Rules, child: str, p: str, q: str) -> Relation:
    """Tokens of two parents that have a child in common."""
    first = self_relation(rules, child, p)
    second = self_relation(rules, child, q)
    if NONE in (first, second):
        return NONE
    if first == FLAT and second == FLAT:
        return FLAT
    one, other = (
        _as_pairs(layout, child, name, relation)
        for name, relation in ((p, first), (q, second))
    )
    pairs: list[tuple[Axis, Axis]] = []
    for (at, i), (and_at, j) in product(one, other):
        pairs += _shared(layout, (child, at, and_at), (p, i), (q, j))
    return tuple(dict.fromkeys(pairs)) or ALL


def _as_pairs(
    layout: Layout, child: str, parent: str, relation: Relation
) -> Pairs:
    """Axes that join; none where that would say too much."""
    shape = layout[child].event_shape
    if relation == FLAT and layout[parent].event_shape == shape:
        return tuple((i, i) for i in range(len(shape)))
    return () if isinstance(relation, str) else relation


def _shared(
    layout: Layout,
    child: tuple[str, Axis, Axis],
    p: tuple[str, Axis],
    q: tuple[str, Axis],
) -> Pairs:
    """Axes of two parents that one axis of the child ties together."""
    name, at, and_at = child
    one, other = (find_axis(layout, name, axis) for axis in (at, and_at))
    if isinstance(one, Fault) or isinstance(other, Fault):
        return ()
    if one.position != other.position:
        return ()
    if one.outwards == other.outwards:
        return ((p[1], q[1]),)
    # The coarser of the two is all that both are tied to.
    coarse = max(one.outwards, other.outwards)
    dim = outer_dim(layout, name, one.position, coarse)
    ends = [
        axis if place.outwards == coarse else dim
        for place, axis in ((one, p[1]), (other, q[1]))
    ]
    for owner, end in zip((p[0], q[0]), ends, strict=True):
        if isinstance(find_axis(layout, owner, end), Fault):
            return ()
    return ((ends[0], ends[1]),)


def _is_diagonal(layout: Layout, name: str, relation: Relation) -> bool:
    if isinstance(relation, str):
        return relation == FLAT
    places = [find_axis(layout, name, i) for i, j in relation if i == j]
    own = {p.position for p in places if not isinstance(p, Fault) and not p[1]}
    return len(own) == len(layout[name].event_shape)


def _write(
    layout: Layout, a: str, b: str, relation: Relation, parts: Parts
) -> None:
    local, cross, cross_local = parts
    del local
    if a == b:
        if relation in (NONE, FLAT) and layout[a].n_tokens > 1:
            cross_local.append((a, a, None))
        elif not isinstance(relation, str) and all(i == j for i, j in relation):
            cross_local.append((a, a, relation))
    elif relation == NONE:
        cross += [(a, b), (b, a)]
    elif relation == FLAT:
        cross_local.append((a, b, None))
    elif not isinstance(relation, str):
        cross_local.append((a, b, relation))
