"""Attention of some tokens to others, in full or block by block.

Both ways give the same result; block by block computes only the scores that
the rules allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .._blocks import BlockPlan, plan_of

_NEVER = -1e9
"""Score of a token that must not be seen; its weight is exactly zero."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """Who sees whom in one attention.

    Parameters
    ----------
    mask
        Of bool, `(queries, keys)`; every row sees something.
    offset
        The key that is query 0 itself: a token that is not there sees
        nothing but itself.
    groups
        Entry of each named dim that a key token belongs to, -1 for none,
        `(dims, keys)`; those of the queries start at `offset`.
    plan
        How to attend block by block; None to attend in full.
    """

    mask: np.ndarray
    offset: int
    groups: np.ndarray
    plan: BlockPlan | None = None

    @classmethod
    def of(
        cls, mask: np.ndarray, offset: int, groups: np.ndarray, attention: str
    ) -> Pattern:
        """A pattern; `"auto"` goes by blocks where that saves a lot."""
        plan = None
        if attention == "block" or (
            attention == "auto" and mask.size > 1 << 16
        ):
            plan = plan_of(mask)
            if attention == "auto" and 8 * plan.n_pairs > mask.size:
                plan = None
        return cls(mask, offset, groups, plan)

    @cached_property
    def same_group(self) -> np.ndarray:
        """Tokens of one entry of each dim, `(dims, queries, keys)`."""
        own = self.groups[:, self.offset : self.offset + len(self.mask)]
        return _same(own, self.groups)


def _same(query: np.ndarray, key: np.ndarray) -> np.ndarray:
    both = query[..., :, None] == key[..., None, :]
    return both & (query[..., :, None] >= 0)


def attend(
    query: Array,
    key: Array,
    value: Array,
    pattern: Pattern,
    *,
    there: Array | None = None,
    bias: Array | None = None,
) -> Array:
    """What each query gathers from the keys that it sees.

    Parameters
    ----------
    query
        `(*samples, queries, heads, width)`.
    key, value
        `(*samples, keys, heads, width)`.
    pattern
        Who sees whom.
    there
        Which key tokens are there, `(*samples, keys)`; all, if not given.
    bias
        Added to scores within a group, `(dims, heads)`.

    Returns
    -------
    Array
        `(*samples, queries, heads, width)`.
    """
    query = query * np.asarray(query.shape[-1] ** -0.5, query.dtype)
    if pattern.plan is None:
        return _dense(query, key, value, pattern, there, bias)
    return _blocked(query, key, value, pattern, there, bias)


def _weights(scores: Array, sees: Array | np.ndarray | None) -> Array:
    if sees is not None:
        scores = jnp.where(sees, scores, np.asarray(_NEVER, scores.dtype))
    return jax.nn.softmax(scores, axis=-1)


def _group_scores(same: np.ndarray, bias: Array) -> Array:
    """`(*blocks, heads, queries, keys)` from `(dims, *blocks, q, k)`."""
    found = jnp.einsum("d...qk,dh->...hqk", same.astype(np.float32), bias)
    return found.astype(bias.dtype)


def _dense(
    query: Array,
    key: Array,
    value: Array,
    pattern: Pattern,
    there: Array | None,
    bias: Array | None,
) -> Array:
    scores = jnp.einsum("...qhd,...khd->...hqk", query, key)
    if bias is not None and pattern.same_group.any():
        scores += _group_scores(pattern.same_group, bias)
    sees: Array | np.ndarray | None
    sees = None if pattern.mask.all() else pattern.mask
    if there is not None:
        own = np.arange(len(pattern.mask))[:, None] + pattern.offset
        self_ = own == np.arange(pattern.mask.shape[1])
        sees = pattern.mask & (there[..., None, None, :] | self_)
    weights = _weights(scores, sees)
    return jnp.einsum("...hqk,...khd->...qhd", weights, value)


def _blocked(
    query: Array,
    key: Array,
    value: Array,
    pattern: Pattern,
    there: Array | None,
    bias: Array | None,
) -> Array:
    plan = pattern.plan
    assert plan is not None
    found: list[Array] = []
    for block in plan.blocks:
        n_blocks, size = block.queries.shape
        q = jnp.take(query, block.queries, axis=-3)
        k = jnp.take(key, block.keys, axis=-3)
        v = jnp.take(value, block.keys, axis=-3)
        scores = jnp.einsum("...bqhd,...bkhd->...bhqk", q, k)
        if bias is not None and len(pattern.groups):
            own = pattern.groups[:, block.queries + pattern.offset]
            same = _same(own, pattern.groups[:, block.keys])
            if same.any():
                scores += _group_scores(same, bias)
        sees: Array | np.ndarray = block.key_valid[:, None, None]
        if there is not None:
            own = block.queries[..., None] + pattern.offset
            self_ = (own == block.keys[:, None])[:, None]
            present = jnp.take(there, block.keys, axis=-1)
            sees = sees & (present[..., None, None, :] | self_)
        out = jnp.einsum("...bhqk,...bkhd->...bqhd", _weights(scores, sees), v)
        found.append(
            out.reshape(*out.shape[:-4], n_blocks * size, *out.shape[-2:])
        )
    every = found[0] if len(found) == 1 else jnp.concatenate(found, axis=-3)
    return jnp.take(every, plan.inverse, axis=-3)
