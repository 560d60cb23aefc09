"""Values by key to one array of tokens, and back, along a layout."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault
from jax import Array

from ._errors import TokenError, TokenWarning

if TYPE_CHECKING:
    from ._layout import Layout

RATIO = 2.0
"""Widths of keys further apart than this waste memory on padding."""


def sample_shape(shape: tuple[int, ...], ndims: int, name: str) -> Any:
    """The leading axes of an array."""
    if len(shape) < ndims:
        raise TokenError(
            Fault(
                f"{name!r} has no {ndims} sample axes",
                key=name,
                value=f"shape {shape}",
                allowed=f"{ndims} axes or more",
                fix="set sample_ndims",
                code="shape",
            )
        )
    return shape[:ndims]


def float_dtype(arrays: Collection[Any]) -> Any:
    """The one floating dtype that holds all the arrays."""
    dtype = jnp.result_type(*arrays, *(() if arrays else (float,)))
    if jnp.issubdtype(dtype, jnp.complexfloating):
        raise TokenError(
            Fault(
                "tokens hold real numbers",
                value=str(dtype),
                fix="give real and imaginary part as a last axis, or keep "
                "the key apart with summaries=[...]",
                code="dtype",
            )
        )
    if jnp.issubdtype(dtype, jnp.floating):
        return dtype
    return jnp.result_type(float)


def flatten(
    layout: Layout,
    values: Mapping[str, Any],
    lead: tuple[int, ...],
    pad_value: float = 0.0,
) -> Array:
    """All values as one array `(*samples, n_tokens, value_width)`.

    Arrays are `(*samples, *event, *batch)`, where `lead` is the shape of the
    samples. The place of a summary node holds `pad_value`.
    """
    plain = {n: values[n] for n in layout if not layout[n].summary}
    dtype = float_dtype(plain.values())
    return _flatten(layout, plain, lead, dtype, float(pad_value))


@partial(jax.jit, static_argnums=(0, 2, 3, 4), inline=True)
def _flatten(
    layout: Layout,
    values: dict[str, Any],
    lead: tuple[int, ...],
    dtype: Any,
    pad_value: float,
) -> Array:
    blocks: list[Any] = []
    for key in layout.keys:
        if key.summary:
            shape = (*lead, key.n_tokens, layout.value_width)
            blocks.append(jnp.full(shape, pad_value, dtype))
            continue
        value = values[key.name].astype(dtype)
        block = value.reshape((*lead, key.n_tokens, key.width))
        blocks.append(padded(block, layout.value_width, pad_value))
    return jnp.concatenate(blocks, -2)


def cut(array: Any, start: int, stop: int, axis: int) -> Any:
    """A range of an axis; in a program a slice, whatever the array."""
    if start == 0 and stop == array.shape[axis]:
        return array
    if isinstance(array, np.ndarray):
        index: list[Any] = [slice(None)] * array.ndim
        index[axis] = slice(start, stop)
        return array[tuple(index)]
    return jax.lax.slice_in_dim(array, start, stop, axis=axis)


def padded(block: Any, width: int, value: float) -> Any:
    missing = width - block.shape[-1]
    if not missing:
        return block
    widths = [(0, 0)] * (block.ndim - 1) + [(0, missing)]
    return jnp.pad(block, widths, constant_values=value)


def decode(layout: Layout, flat: Any, names: Iterable[str]) -> dict[str, Array]:
    """Values by key out of an array `(*samples, n_tokens, width)`."""
    found: dict[str, Array] = {}
    for name in names:
        key = layout[name]
        block = cut(cut(flat, key.offset, key.stop, -2), 0, key.width, -1)
        found[name] = block.reshape((*flat.shape[:-2], *key.shape))
    return found


def check_tokens(flat: Any, layout: Layout) -> None:
    """Refuse an array of another number of tokens, or of too few columns.

    Raises
    ------
    TokenError
        With both numbers.
    """
    n_tokens = layout.n_tokens
    width = max(key.width for key in layout.keys)
    if flat.ndim < 2 or flat.shape[-2] != n_tokens:
        came = flat.shape[-2] if flat.ndim > 1 else f"shape {flat.shape}, not"
        raise TokenError(
            f"Slice metadata specifies {n_tokens} tokens but flat array has "
            f"{came} tokens"
        )
    if flat.shape[-1] < width:
        raise TokenError(
            f"Slice metadata specifies {width} values in a token but flat "
            f"array has {flat.shape[-1]} columns"
        )


def warn_padding(layout: Layout) -> None:
    """Warn where most of the value array would be padding."""
    widths = [key.width for key in layout.keys if key.width]
    ratio = max(widths, default=1) / min(widths, default=1)
    if ratio > RATIO:
        warnings.warn(
            f"Batch size padding ratio is {ratio:.1f}x, consider "
            "restructuring data",
            TokenWarning,
            stacklevel=4,
        )
