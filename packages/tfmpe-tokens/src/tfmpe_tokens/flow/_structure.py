"""Who is inferred from whom: everything static about one use of a network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .._errors import TokenError
from .._layout import Layout, checked_names
from .._masks import guard_empty_rows, self_mask
from ._attention import Pattern

if TYPE_CHECKING:
    from .._key import KeySpec

RULES = ("posterior", "layout", "none")


@dataclass(frozen=True)
class Split:
    """Targets and conditions on a layout, hashable.

    Parameters
    ----------
    layout
        Of the tokens; keys in neither list are left out.
    targets, conditions
        Keys to infer, and to condition on.
    rules
        `"posterior"` (the moralised graph of the layout's rules),
        `"layout"` (as they are) or `"none"` (all see all).
    attention
        `"dense"`, `"block"` or `"auto"`.
    summary_tokens
        Tokens that the summary network makes of each summary key.
    """

    layout: Layout
    targets: tuple[str, ...]
    conditions: tuple[str, ...]
    rules: str = "posterior"
    attention: str = "auto"
    summary_tokens: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(
        cls,
        layout: Layout,
        targets: Iterable[str],
        conditions: Iterable[str] | None,
        **options: object,
    ) -> Split:
        """A checked split, with keys in the order of the layout.

        Raises
        ------
        TokenError
            If keys are in both, or a summary is to be inferred.
        """
        chosen = checked_names(targets, layout)
        if conditions is None:
            conditions = [k for k in layout.key_order if k not in chosen]
        given = checked_names(conditions, layout)
        both = sorted(set(chosen) & set(given))
        if both:
            raise TokenError(f"{both} are both targets and conditions")
        arrays = sorted(set(chosen) & set(layout.summaries))
        if arrays:
            raise TokenError(
                f"{arrays} are summary nodes: they can only be conditioned on"
            )
        ordered = [
            tuple(k for k in layout.key_order if k in names)
            for names in (chosen, given)
        ]
        return cls(layout, *ordered, **options)  # pyright: ignore

    @property
    def plan(self) -> Plan:
        """Index maps and patterns, made once."""
        return _plan(self)


@dataclass(frozen=True, eq=False)
class Plan:
    """Arrays that follow from a split.

    Parameters
    ----------
    target_index, condition_index
        Tokens of the layout, `(targets,)` and `(conditions,)`; summary nodes
        appear once for each of their tokens.
    conditions
        Attention among the conditions.
    targets
        Attention of targets to conditions and targets, in this order.
    hops
        Layers until every target has heard of all it can hear of.
    pooled
        Whether every target sees all the conditions: their mean then says
        something to each.
    """

    target_index: np.ndarray
    condition_index: np.ndarray
    conditions: Pattern
    targets: Pattern
    hops: int
    pooled: bool


@lru_cache(maxsize=64)
def _plan(split: Split) -> Plan:
    layout = split.layout
    rows = layout.index(split.targets)
    repeats = np.ones(layout.n_tokens, int)
    for name, count in split.summary_tokens:
        repeats[layout.slice(name)] = count
    columns = layout.index(split.conditions)
    columns = np.repeat(columns, repeats[columns])
    sees = _without(_sees(split), rows, columns)
    among = sees[np.ix_(columns, columns)]
    both = np.concatenate([columns, rows])
    onto = sees[np.ix_(rows, both)]
    dims = group_dims(layout)
    groups = np.zeros((len(dims), layout.n_tokens), np.int32)
    for at, dim in enumerate(dims):
        groups[at] = layout.dim_index(dim)
    return Plan(
        rows,
        columns,
        Pattern.of(among, 0, groups[:, columns], split.attention),
        Pattern.of(onto, columns.size, groups[:, both], split.attention),
        _hops(among, onto),
        bool(onto[:, : columns.size].all()),
    )


def group_dims(layout: Layout) -> tuple[str, ...]:
    """Names of the dims that group tokens, in alphabetical order."""
    return tuple(sorted({d for key in layout.keys for d in key.dims if d}))


def _sees(split: Split) -> np.ndarray:
    layout = split.layout
    if split.rules == "none" or layout.rules == type(layout.rules)():
        return np.ones((layout.n_tokens, layout.n_tokens), bool)
    if split.rules == "posterior":
        layout = layout.with_rules(layout.rules.posterior(layout))
    mask = guard_empty_rows(self_mask(layout), layout)
    return mask | np.eye(layout.n_tokens, dtype=bool)


def _without(
    sees: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Join what tokens that are left out connect.

    Tokens that depend on one that is not known depend on each other: a walk
    through tokens that are left out counts as seeing.
    """
    left = np.ones(len(sees), bool)
    left[rows] = left[columns] = False
    if not left.any() or sees.all():
        return sees
    kept, out = np.flatnonzero(~left), np.flatnonzero(left)
    within = sees[np.ix_(out, out)].astype(np.float32)
    while True:
        further = np.minimum(within + within @ within, 1.0)
        if (further == within).all():
            break
        within = further
    through = (
        sees[np.ix_(kept, out)].astype(np.float32)
        @ within
        @ sees[np.ix_(out, kept)].astype(np.float32)
    )
    joined = sees.copy()
    joined[np.ix_(kept, kept)] |= through > 0
    return joined


def _hops(among: np.ndarray, onto: np.ndarray) -> int:
    """Layers until nothing new reaches the targets."""
    if onto.all():
        return 1
    n = len(among)
    step = np.zeros((n + len(onto),) * 2, np.float32)
    step[:n, :n], step[n:] = among, onto
    if step.shape[0] > 4096:
        # The matrix products would take longer than what they guard.
        return 1
    reached, hops = step, 1
    while True:
        further = np.minimum(reached @ step, 1.0)
        if (further[n:] <= reached[n:]).all():
            return hops
        reached, hops = np.maximum(further, reached), hops + 1


def position_rows(
    layout: Layout, exchangeable: frozenset[str] | bool
) -> dict[str, np.ndarray]:
    """Position of each token of a key, along axes whose order matters.

    Parameters
    ----------
    layout
        Keys, event shapes and dims.
    exchangeable
        Dims whose entries are alike, or `"key.axis"` where an axis has no
        name; True for all axes.

    Returns
    -------
    dict
        `(tokens,)` by key; all zero where no order matters.
    """
    found: dict[str, np.ndarray] = {}
    for key in layout.keys:
        kept = [
            0 if _alike(key, axis, exchangeable) else 1
            for axis in range(len(key.event_shape))
        ]
        index = np.indices(key.event_shape).reshape(len(kept), key.n_tokens)
        position = np.zeros(key.n_tokens, int)
        for axis, keep in enumerate(kept):
            if keep:
                position = position * key.event_shape[axis] + index[axis]
        found[key.name] = position
    return found


def _alike(
    key: KeySpec, axis: int, exchangeable: frozenset[str] | bool
) -> bool:
    if isinstance(exchangeable, bool):
        return exchangeable
    own = key.dims[axis] if axis < len(key.dims) else ""
    return own in exchangeable or f"{key.name}.{axis}" in exchangeable
