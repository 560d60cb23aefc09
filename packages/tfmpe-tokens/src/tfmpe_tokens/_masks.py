"""Attention masks: True where the row's token may attend to the column's.

Masks depend on the layout alone, so they are NumPy constants, made once for
each layout, also inside a compiled program.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import TokenError
from ._index import join_codes
from ._relation import (
    ALL,
    FLAT,
    NONE,
    Relation,
    cross_relation,
    self_relation,
    transposed,
)

if TYPE_CHECKING:
    from ._layout import Layout


@lru_cache(maxsize=16)
def self_mask(layout: Layout) -> np.ndarray:
    """Self-attention mask of all tokens, read-only.

    Parameters
    ----------
    layout
        Keys, shapes and rules; `layout.select(keys)` for some keys.

    Returns
    -------
    numpy.ndarray
        Of bool, `(n_tokens, n_tokens)`.
    """
    # Zeroed pages cost nothing until something is written to them.
    mask = np.zeros((layout.n_tokens, layout.n_tokens), bool)
    for row in layout.key_order:
        for column in layout.key_order:
            relation = self_relation(layout.rules, row, column)
            block = mask[layout.slice(row), layout.slice(column)]
            _fill(block, layout, row, column, relation)
            if row == column and relation != transposed(relation):
                block |= block.T.copy()  # axis i with axis j, both ways
    mask.flags.writeable = False
    return mask


@lru_cache(maxsize=16)
def _cross_mask(
    layout: Layout, query: tuple[str, ...], key: tuple[str, ...]
) -> np.ndarray:
    rows, columns = layout.select(query), layout.select(key)
    mask = np.zeros((rows.n_tokens, columns.n_tokens), bool)
    for row in rows.key_order:
        for column in columns.key_order:
            block = mask[rows.slice(row), columns.slice(column)]
            relation = cross_relation(layout.rules, row, column)
            _fill(block, layout, row, column, relation)
    mask.flags.writeable = False
    return mask


def cross_mask(
    layout: Layout, query: Iterable[str], key: Iterable[str]
) -> np.ndarray:
    """Cross-attention mask of some tokens to others, read-only.

    A cross or cross_local rule on `(a, b)` applies where `a` is among the
    query keys and `b` among the key keys; rules in the other direction, and
    local ones, do not. `mask_between` has none of that.

    Parameters
    ----------
    layout
        Keys, shapes and rules.
    query, key
        Keys whose tokens attend, and are attended to.

    Returns
    -------
    numpy.ndarray
        Of bool, `(query tokens, key tokens)`.
    """
    rows, columns = layout.select(query), layout.select(key)
    return _cross_mask(layout, rows.key_order, columns.key_order)


def mask_between(
    layout: Layout, query: Iterable[str], key: Iterable[str]
) -> np.ndarray:
    """The part of the self-attention mask between some tokens and others."""
    rows, columns = layout.index(query), layout.index(key)
    return self_mask(layout)[np.ix_(rows, columns)]


def _fill(
    block: np.ndarray, layout: Layout, a: str, b: str, relation: Relation
) -> None:
    if relation == ALL:
        block[...] = True
    elif relation == FLAT:
        np.fill_diagonal(block, True)
    elif relation != NONE and not isinstance(relation, str):
        first, second = join_codes(layout, a, b, relation)
        np.equal(first[:, None], second, out=block)


def combine_masks(attention: Any, padding: Any) -> Any:
    """Attention to tokens that are there.

    Parameters
    ----------
    attention
        `(rows, columns)`.
    padding
        Which column tokens are there, `(*samples, columns)`.

    Returns
    -------
    Array
        Of bool, `(*samples, rows, columns)`.
    """
    return attention & padding[..., None, :]


def guard_empty_rows(mask: Any, layout: Layout, *, strict: bool = False) -> Any:
    """A self-attention mask in which every row sees something.

    A softmax over an empty row is the mean of everything: the opposite of
    what the rules mean. Such a token attends to itself instead.

    Parameters
    ----------
    mask
        Of bool, `(*samples, n_tokens, n_tokens)`.
    layout
        Whose mask it is.
    strict
        Refuse such rows.

    Raises
    ------
    TokenError
        If `strict`, naming the keys.
    """
    empty = ~mask.any(-1)
    if strict:
        every = np.asarray(empty).reshape(-1, layout.n_tokens)
        rows = np.atleast_1d(every.any(0))
        names = [n for n in layout.key_order if rows[layout.slice(n)].any()]
        if names:
            raise TokenError(f"tokens of {names} attend to nothing")
    return mask | (empty[..., None] & np.eye(layout.n_tokens, dtype=bool))
