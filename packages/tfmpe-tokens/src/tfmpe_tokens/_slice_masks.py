"""Masks from plain `slices`, as `flatten_pytree` returns them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jax import Array

from ._key import KeySpec
from ._layout import Layout
from ._masks import cross_mask, self_mask
from ._padding import padding_mask
from ._slices import Slices, layout_from_slices

if TYPE_CHECKING:
    from ._rules import Rules


def build_self_attention_mask(
    slices: Slices,
    independence: Rules | Mapping[str, Any] | None,
    selected_keys: Iterable[str] | None = None,
) -> np.ndarray:
    """Self-attention mask of all the tokens, or of those of some keys.

    Returns
    -------
    numpy.ndarray
        Of bool, `(tokens, tokens)`.
    """
    layout = layout_from_slices(slices, independence)
    chosen = layout.key_order if selected_keys is None else selected_keys
    return self_mask(layout.select(chosen))


def build_cross_attention_mask(
    query_slices: Slices,
    key_slices: Slices,
    independence: Rules | Mapping[str, Any] | None,
) -> np.ndarray:
    """Cross-attention mask of the tokens of some slices to those of others.

    A rule on `(a, b)` applies where `a` is a query and `b` a key.

    Returns
    -------
    numpy.ndarray
        Of bool, `(query tokens, key tokens)`.
    """
    query, key = (
        layout_from_slices(query_slices),
        layout_from_slices(key_slices),
    )
    every = _together(query, key).with_rules(independence)
    return cross_mask(every, query.key_order, key.key_order)


def build_padding_mask(
    slices: Slices,
    event_shapes: Mapping[str, Any],
    selected_keys: Iterable[str] | None = None,
) -> Array:
    """Which tokens are there, where sizes differ between samples.

    Parameters
    ----------
    slices
        Where each key is, with the largest sizes.
    event_shapes
        Actual sizes by key, `(*samples, event axes)`.
    selected_keys
        Keys to make the mask of; all, if not given.

    Returns
    -------
    Array
        Of bool, `(*samples, tokens)`.
    """
    layout = layout_from_slices(slices)
    chosen = layout.key_order if selected_keys is None else selected_keys
    part = layout.select(chosen)
    sizes = {layout[k].name: v for k, v in event_shapes.items()}
    leads = [np.shape(size)[:-1] for size in sizes.values()]
    lead = np.broadcast_shapes(*leads)
    sizes = {name: size for name, size in sizes.items() if name in part}
    return padding_mask(part, sizes, sample_shape=lead)


def value_mask(layout: Layout) -> np.ndarray:
    """Which columns of each token hold a value, `(n_tokens, width)`."""
    return layout.value_mask


def _together(query: Layout, key: Layout) -> Layout:
    """A layout with the keys of both."""
    more: list[KeySpec] = []
    offset = query.n_tokens
    for spec in key.keys:
        if spec.name in query:
            continue
        more.append(replace(spec, offset=offset))
        offset += spec.n_tokens
    return replace(query, keys=query.keys + tuple(more))
