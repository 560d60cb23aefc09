"""Independence rules from what each key depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._index import dims_outwards
from ._relation import ALL, NONE, Axis, Relation
from ._rules import Rules

if TYPE_CHECKING:
    from ._key import KeySpec
    from ._layout import Layout


def model_rules(layout: Layout) -> Rules:
    """Rules of a model whose keys say what their parents are.

    Keys see each other where one is a parent of the other: token by token
    along the dims that they share or are nested in, or as a whole where the
    parent is `mixed` or no dim is shared. Tokens of one key are independent
    given their parents.

    Parameters
    ----------
    layout
        Keys with `parents`, `mixed` and `dims`.

    Returns
    -------
    Rules
        Symmetric, with axes as positions wherever a key has the dim itself.
    """
    cross: list[tuple[str, str]] = []
    cross_local: list[tuple[str, str, Relation]] = []
    for i, first in enumerate(layout.keys):
        for second in layout.keys[i + 1 :]:
            names = first.name, second.name
            relation = _relation(layout, first, second)
            if relation == NONE:
                cross += [names, names[::-1]]
            elif relation != ALL:
                cross_local.append((*names, relation))
    local = [key.name for key in layout.keys if key.n_tokens > 1]
    return Rules(local, cross, cross_local)


def _relation(layout: Layout, first: KeySpec, second: KeySpec) -> Relation:
    ups = [first.name in (second.parents or ())]
    ups.append(second.name in (first.parents or ()))
    if not any(ups):
        return NONE
    if first.name in second.mixed or second.name in first.mixed:
        return ALL
    pairs: list[tuple[Axis, Axis]] = []
    for i, dims in enumerate(dims_outwards(layout, first)):
        for j, others in enumerate(dims_outwards(layout, second)):
            common = next((dim for dim in dims if dim in others), None)
            if common is not None:
                pairs.append(
                    (
                        i if dims[0] == common else common,
                        j if others[0] == common else common,
                    )
                )
    return tuple(pairs) or ALL
