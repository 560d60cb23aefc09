"""Which tokens of one key see which tokens of another, by key.

A relation is `NONE`, `ALL`, `FLAT` (token i sees token i), or pairs of axes
along which the indices of two tokens must be equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ._rules import Rules

Axis = int | str
"""Position of an event axis, or the name of a dim that it has or is in."""
Pairs = tuple[tuple[Axis, Axis], ...]
Relation = str | Pairs

NONE: Final = "none"
ALL: Final = "all"
FLAT: Final = "flat"


def transposed(relation: Relation) -> Relation:
    """The relation seen from the other side."""
    if isinstance(relation, str):
        return relation
    return tuple((j, i) for i, j in relation)


def self_relation(rules: Rules, row: str, column: str) -> Relation:
    """What tokens of `row` see of `column` in a self-attention mask.

    Rules apply in the order cross, local, cross_local: a later one
    overwrites an earlier one.
    """
    relation: Relation = ALL
    if (row, column) in rules.cross or (row == column and row in rules.local):
        relation = NONE
    for a, b, pairs in rules.cross_local:
        found = FLAT if pairs is None else pairs
        if (a, b) == (row, column):
            relation = found
        elif (b, a) == (row, column):
            relation = transposed(found)
    return relation


def cross_relation(rules: Rules, query: str, key: str) -> Relation:
    """What tokens of `query` see of `key` in a cross-attention mask.

    A rule that names the two in the other order does not apply.
    """
    relation: Relation = NONE if (query, key) in rules.cross else ALL
    for a, b, pairs in rules.cross_local:
        if (a, b) == (query, key):
            relation = FLAT if pairs is None else pairs
    return relation


def union(first: Relation, second: Relation) -> Relation:
    """The narrowest relation that allows what either allows."""
    if first == second or second == NONE:
        return first
    if first == NONE:
        return second
    if isinstance(first, str) or isinstance(second, str):
        return ALL
    return tuple(pair for pair in first if pair in second) or ALL
