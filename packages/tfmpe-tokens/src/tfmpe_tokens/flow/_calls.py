"""What the estimator's calls have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault
from jax import Array

from .._errors import TokenError
from .._layout import Layout, checked_names
from .._tokens import Tokens

_BUDGET = 1 << 18
"""Tokens that go through the network at once."""
_SPLITS = 30
"""Most splits that are trained together: those of five keys."""


def flat_samples(tokens: Tokens) -> tuple[Tokens, tuple[int, ...]]:
    """Tokens with one sample axis, and the shape of those they had."""
    lead = tokens.sample_shape
    if len(lead) == 1:
        return tokens, lead

    def flat(array: Any) -> Any:
        if array is None:
            return None
        return jnp.reshape(array, (-1, *array.shape[len(lead) :]))

    return (
        replace(
            tokens,
            data=flat(tokens.data),
            functional_inputs=flat(tokens.functional_inputs),
            padding=flat(tokens.padding),
            summaries={k: flat(v) for k, v in tokens.summaries.items()},
        ),
        lead,
    )


def keys_of(key: Array, n: int) -> Array:
    """One key for each sample, whatever their number."""
    return jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.arange(n))


def by_chunks(
    function: Callable[..., Array], arguments: Any, cost: int
) -> np.ndarray:
    """A function of arrays with one leading axis, so many rows at a time.

    The last rows are filled up with copies, so that one program serves all.
    """
    n = jax.tree.leaves(arguments)[0].shape[0]
    size = max(1, min(n, _BUDGET // max(cost, 1)))
    found: list[np.ndarray] = []
    for start in range(0, n, size):
        index = np.minimum(np.arange(start, start + size), n - 1)
        part = arguments
        if size < n:
            part = jax.tree.map(lambda x, i=index: x[i], arguments)
        kept = min(size, n - start)
        found.append(np.asarray(function(*part))[:kept])
    return found[0] if len(found) == 1 else np.concatenate(found)


def as_tokens(
    values: np.ndarray,
    tokens: Tokens,
    targets: Sequence[str],
    wanted: Iterable[str],
    lead: tuple[int, ...],
) -> Tokens:
    """Draws `(samples, n, targets, width)` as tokens of the wanted keys."""
    n = values.shape[1]
    layout = tokens.layout.select(targets)
    data = values.reshape(*lead, n, *values.shape[2:])
    dtype = jnp.asarray(tokens.data).dtype
    width = layout.value_width
    missing = width - data.shape[-1]
    if missing > 0:
        data = np.pad(data, [(0, 0)] * (data.ndim - 1) + [(0, missing)])
    part = tokens.select_tokens(targets)

    def repeated(array: Any) -> Any:
        if array is None:
            return None
        again = jnp.broadcast_to(
            array[:, None], (array.shape[0], n, *array.shape[1:])
        )
        return again.reshape(*lead, n, *array.shape[1:])

    every = Tokens(
        jnp.asarray(data[..., :width], dtype),
        repeated(part.functional_inputs),
        repeated(None if tokens.padding is None else part.padding_mask),
        {},
        layout,
    )
    return every.select_tokens(tuple(wanted)).tokens()


def check_finite(tokens: Tokens) -> None:
    """Refuse values that are not finite.

    Raises
    ------
    TokenError
        With the names of their keys.
    """
    layout = tokens.layout
    infinite = np.logical_not(np.isfinite(np.asarray(tokens.data))).any(-1)
    seen = np.asarray(tokens.padding_mask)
    bad = np.asarray(np.logical_and(infinite, seen).any(0))
    names = [name for name in layout if np.any(bad[layout.slice(name)])]
    names += [
        name
        for name, array in tokens.summaries.items()
        if not np.isfinite(np.asarray(array)).all()
    ]
    if names:
        raise TokenError(
            Fault(
                f"values of {names} are not finite",
                key=names[0],
                fix="leave such samples out",
                code="value",
            )
        )


Pair = tuple[tuple[str, ...], tuple[str, ...]]


def splits_of(
    layout: Layout,
    target_keys: Any,
    conditioning_keys: Iterable[str] | None,
    also: Sequence[tuple[Iterable[str], Iterable[str]]],
) -> tuple[Pair, ...]:
    """Pairs of target and conditioning keys to train for.

    Raises
    ------
    TokenError
        If nothing is to be inferred, or "any" would be too many splits.
    """
    if target_keys is None:
        raise TokenError(
            Fault(
                "which keys are to be inferred?",
                key="target_keys",
                allowed=f"some of {list(layout.key_order)}, or 'any'",
                code="missing",
            )
        )
    more = [(tuple(a), tuple(b)) for a, b in also]
    if target_keys == "any":
        return (*_every(layout, conditioning_keys), *more)
    targets = checked_names(target_keys, layout)
    given = conditioning_keys
    if given is None:
        given = [name for name in layout.key_order if name not in targets]
    return ((targets, checked_names(given, layout)), *more)


def _every(layout: Layout, always: Iterable[str] | None) -> tuple[Pair, ...]:
    """All splits; keys that are always given are in no target."""
    fixed = set(checked_names(always, layout)) if always else set()
    fixed |= set(layout.summaries)
    free = [name for name in layout.key_order if name not in fixed]
    found: list[Pair] = []
    for size in range(1, len(free) + 1):
        for targets in combinations(free, size):
            given = tuple(k for k in layout.key_order if k not in targets)
            if given:
                found.append((targets, given))
    if len(found) > _SPLITS or not found:
        raise TokenError(
            Fault(
                f"{len(free)} keys have {len(found)} splits",
                key="target_keys",
                allowed=f"1 to {_SPLITS} splits",
                fix="name the splits that are needed in also=[...]",
                code="splits",
            )
        )
    return tuple(found)
