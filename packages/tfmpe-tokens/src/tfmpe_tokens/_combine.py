"""Tokens of several rounds together, also where group sizes differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from ._common import common_layout, token_map
from ._errors import TokenError
from ._functional import ABSENT
from ._layout import interned

if TYPE_CHECKING:
    from ._layout import Layout
    from ._tokens import Tokens


def concat(tokens: Sequence[Tokens], axis: int = 0) -> Tokens:
    """Samples of several tokens one after the other.

    Parameters
    ----------
    tokens
        Of one layout; `combine` takes others.
    axis
        Sample axis.

    Raises
    ------
    TokenError
        If layouts differ, or only some have functional inputs.
    """
    first = _first(tokens)
    for other in tokens:
        if other.layout != first.layout:
            raise TokenError(
                "tokens of different layouts cannot be concatenated; use "
                "combine, which pads groups of different size"
            )
    if not -len(first.sample_shape) <= axis < len(first.sample_shape):
        raise TokenError(
            f"there is no sample axis {axis} in samples of shape "
            f"{first.sample_shape}"
        )
    axis %= len(first.sample_shape)
    inputs = [t.functional_inputs for t in tokens]
    if any(i is None for i in inputs) != all(i is None for i in inputs):
        raise TokenError("only some of the tokens have functional inputs")
    padded = any(t.padding is not None for t in tokens)
    return replace(
        first,
        data=jnp.concatenate([t.data for t in tokens], axis),
        functional_inputs=_joined(inputs, axis),
        padding=_joined([t.padding_mask for t in tokens], axis)
        if padded
        else None,
        summaries={
            name: jnp.concatenate([t.summaries[name] for t in tokens], axis)
            for name in first.summaries
        },
    )


def pad_to(tokens: Tokens, layout: Layout) -> Tokens:
    """The same tokens in a layout with room for more, marked as padding.

    Parameters
    ----------
    tokens
        To be padded.
    layout
        Of the same keys, with groups at least as large.

    Raises
    ------
    TokenError
        If something would not fit.
    """
    old = tokens.layout
    if old == layout:
        return tokens
    places = token_map(old, layout)
    lead = tokens.sample_shape
    shape = (*lead, layout.n_tokens, layout.value_width)
    data = jnp.zeros(shape, tokens.data.dtype)
    inputs = tokens.functional_inputs
    if layout.functional_width:
        shape = (*lead, layout.n_tokens, layout.functional_width)
        wide = jnp.full(shape, ABSENT, tokens.data.dtype)
        if inputs is not None:
            wide = wide.astype(inputs.dtype)
            wide = wide.at[..., places, : inputs.shape[-1]].set(inputs)
        inputs = wide
    there = jnp.zeros((*lead, layout.n_tokens), bool)
    return replace(
        tokens,
        data=data.at[..., places, : old.value_width].set(tokens.data),
        functional_inputs=inputs,
        padding=there.at[..., places].set(tokens.padding_mask),
        layout=interned(layout),
    )


def combine(tokens: Sequence[Tokens], axis: int = 0) -> Tokens:
    """Samples one after the other, padded to the largest groups.

    Parameters
    ----------
    tokens
        Of the same keys and rules; sizes of groups may differ.
    axis
        Sample axis.

    Raises
    ------
    TokenError
        If keys, values or rules differ.
    """
    _first(tokens)
    layout = common_layout([t.layout for t in tokens])
    return concat([pad_to(t, layout) for t in tokens], axis)


def _first(tokens: Sequence[Tokens]) -> Tokens:
    if not len(tokens):
        raise TokenError("there are no tokens to put together")
    return tokens[0]


def _joined(arrays: Sequence[Any], axis: int) -> Any:
    if arrays[0] is None:
        return None
    return jnp.concatenate([jnp.asarray(a) for a in arrays], axis)
