"""Block plans: attention that only computes what the rules allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._masks import guard_empty_rows, mask_between, self_mask

if TYPE_CHECKING:
    from ._layout import Layout


class Blocks(NamedTuple):
    """Blocks of one shape: all queries of a block see all its keys.

    Parameters
    ----------
    queries, keys
        Token indices, `(blocks, queries)` and `(blocks, keys)`.
    query_valid, key_valid
        False where an index only fills the block up, of the same shapes.
    """

    queries: np.ndarray
    keys: np.ndarray
    query_valid: np.ndarray
    key_valid: np.ndarray


@dataclass(frozen=True, eq=False)
class BlockPlan:
    """How to attend block by block, with the result of masked attention.

    For each of `blocks` attend from `queries` to `keys`, leaving out keys
    that are not valid; lay the results `(blocks * queries)` end to end, and
    take `inverse` of them.

    Parameters
    ----------
    blocks
        By shape.
    inverse
        Where the result of each query token is, `(n_queries,)`.
    n_keys
        Number of tokens that can be attended to.
    """

    blocks: tuple[Blocks, ...]
    inverse: np.ndarray
    n_keys: int

    @property
    def n_queries(self) -> int:
        """Number of tokens that attend."""
        return self.inverse.size

    @property
    def n_pairs(self) -> int:
        """Scores to compute; `n_queries * n_keys` without a plan."""
        return sum(b.queries.size * b.keys.shape[1] for b in self.blocks)

    @property
    def mask(self) -> np.ndarray:
        """The attention mask that the plan stands for."""
        mask = np.zeros((self.n_queries, self.n_keys), bool)
        for block in self.blocks:
            sees = block.query_valid[:, :, None] & block.key_valid[:, None]
            at, row, column = np.nonzero(sees)
            mask[block.queries[at, row], block.keys[at, column]] = True
        return mask


def block_plan(
    layout: Layout,
    query: Iterable[str] | None = None,
    key: Iterable[str] | None = None,
) -> BlockPlan:
    """A plan for attention under the rules of a layout, made once.

    Parameters
    ----------
    layout
        Keys, shapes and rules.
    query, key
        Keys whose tokens attend, and are attended to, as the rules say
        between them in self-attention; all, if not given. Indices count
        within these.

    Returns
    -------
    BlockPlan
        In self-attention a token that sees nothing attends to itself.
    """
    if query is None and key is None:
        return _self_plan(layout)
    rows = layout.key_order if query is None else tuple(query)
    columns = layout.key_order if key is None else tuple(key)
    return _cross_plan(layout, rows, columns)


@lru_cache(maxsize=32)
def _self_plan(layout: Layout) -> BlockPlan:
    return plan_of(guard_empty_rows(self_mask(layout), layout))


@lru_cache(maxsize=32)
def _cross_plan(
    layout: Layout, query: tuple[str, ...], key: tuple[str, ...]
) -> BlockPlan:
    return plan_of(mask_between(layout, query, key))


def plan_of(mask: np.ndarray) -> BlockPlan:
    """A plan for any mask, `(queries, keys)`.

    Queries that see the same tokens make a block; blocks are padded to one
    shape where that at most doubles them in each direction.
    """
    packed = np.ascontiguousarray(np.packbits(mask, axis=1))
    rows = packed.view([("row", f"V{packed.shape[1]}")]).reshape(-1)
    _, first, group = np.unique(rows, return_index=True, return_inverse=True)
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(group))[:-1])
    shapes: dict[tuple[int, int], list[tuple[np.ndarray, np.ndarray]]]
    shapes = defaultdict(list)
    for queries, example in zip(members, first, strict=True):
        keys = np.flatnonzero(mask[example])
        size = (queries.size.bit_length(), keys.size.bit_length())
        shapes[size].append((queries, keys))
    blocks: list[Blocks] = []
    inverse = np.empty(len(mask), np.int32)
    start = 0
    for _, found in sorted(shapes.items()):
        queries, query_valid = _padded([queries for queries, _ in found])
        keys, key_valid = _padded([keys for _, keys in found])
        blocks.append(Blocks(queries, keys, query_valid, key_valid))
        places = start + np.arange(queries.size).reshape(queries.shape)
        inverse[queries[query_valid]] = places[query_valid]
        start += queries.size
    return BlockPlan(tuple(blocks), inverse, mask.shape[1])


def _padded(rows: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    sizes = np.array([row.size for row in rows])
    valid = np.arange(sizes.max()) < sizes[:, None]
    indices = np.zeros(valid.shape, np.int32)
    indices[valid] = np.concatenate(rows)
    return indices, valid
