"""The same operations on plain arrays with `slices`, without a `Tokens`.

`slices` is `{key: {"offset", "event_shape", "batch_shape"}}`, as
`flatten_pytree` returns it and `Tokens.slices` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault
from jax import Array

from ._arrange import checked_arrays, same_samples
from ._errors import TokenError, static_size
from ._flatten import check_tokens, decode, flatten, warn_padding
from ._functional import ABSENT, flatten_inputs, functional_width
from ._layout import Layout, checked_names
from ._replace import checked_value, replace_tokens

if TYPE_CHECKING:
    from ._rules import Rules

Slices = Mapping[str, Mapping[str, Any]]


def layout_from_slices(
    slices: Slices, independence: Rules | Mapping[str, Any] | None = None
) -> Layout:
    """A layout from the metadata of `flatten_pytree`.

    Raises
    ------
    TokenError
        If offsets do not follow one another, or the rules do not fit.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    ndims: dict[str, int] = {}
    for name, part in slices.items():
        batch = tuple(part["batch_shape"])
        shapes[name] = (*part["event_shape"], *batch)
        ndims[name] = len(batch)
    layout = Layout.from_shapes(shapes, batch_ndims=ndims, rules=independence)
    for key in layout.keys:
        if key.offset != slices[key.name]["offset"]:
            raise TokenError(
                Fault(
                    f"the offset of {key.name!r} does not follow from the "
                    "keys before it",
                    key=key.name,
                    value=str(slices[key.name]["offset"]),
                    allowed=str(key.offset),
                    code="offset",
                )
            )
    return layout


def flatten_pytree(
    data: Mapping[str, Any],
    sample_ndims: int = 1,
    batch_ndims: int | Mapping[str, int] | None = None,
    pad_value: float = 0.0,
    max_batch_size: int | None = None,
) -> tuple[Array, Slices]:
    """Arrays by key as one array, and where each key went.

    Parameters
    ----------
    data
        `(*samples, *event, *batch)` by key.
    sample_ndims, batch_ndims
        Number of leading sample axes and of trailing batch axes.
    pad_value
        Fills the columns that a key does not have.
    max_batch_size
        Number of columns; as many as the widest key needs, if not given.

    Returns
    -------
    Array
        `(*samples, n_tokens, max_batch_size)`.
    Mapping
        The slices.
    """
    arrays = checked_arrays(data)
    ndims = static_size(sample_ndims, "sample_ndims")
    lead = same_samples(arrays, ndims)
    layout = Layout.from_shapes(
        {name: np.shape(value)[ndims:] for name, value in arrays.items()},
        batch_ndims=batch_ndims,
        value_width=max_batch_size,
    )
    warn_padding(layout)
    return flatten(layout, arrays, lead, pad_value), layout.slices


def decode_pytree(
    flat_array: Any,
    slices: Slices,
    sample_shape: tuple[int, ...],
    keys: Iterable[str] | None = None,
) -> dict[str, Array]:
    """Arrays by key out of one array; the inverse of `flatten_pytree`.

    Parameters
    ----------
    flat_array
        `(*samples, n_tokens, columns)`.
    slices
        Where each key is.
    sample_shape
        Shape of the samples.
    keys
        What to decode; everything, if not given.
    """
    layout = layout_from_slices(slices)
    flat = jnp.asarray(flat_array)
    check_tokens(flat, layout)
    lead = tuple(static_size(n, "sample_shape") for n in sample_shape)
    if flat.shape[:-2] != lead:
        raise TokenError(
            f"the flat array has samples of shape {flat.shape[:-2]}, not {lead}"
        )
    names = slices if keys is None else checked_names(keys, layout)
    return decode(layout, flat, names)


def update_flat_array(
    flat_array: Any, slices: Slices, key: str, new_value: Any
) -> Array:
    """The array with the tokens of one key replaced.

    Parameters
    ----------
    flat_array
        `(*samples, n_tokens, columns)`.
    slices
        Where each key is.
    key
        Which to replace.
    new_value
        `(*samples, *event, *batch)`.
    """
    layout = layout_from_slices(slices)
    flat = jnp.asarray(flat_array)
    check_tokens(flat, layout)
    value = checked_value(layout[key], new_value, flat.shape[:-2])
    return replace_tokens(layout, flat, {key: value})


def flatten_functional_inputs(
    functional_inputs: Mapping[str, Any] | None,
    slices: Slices,
    sample_ndims: int = 1,
    pad_value: float = ABSENT,
) -> Array | None:
    """Functional inputs as one array, aligned with the tokens.

    Parameters
    ----------
    functional_inputs
        `(*samples, *event, columns)` for some keys; None without any.
    slices
        Where each key is.
    sample_ndims
        Number of sample axes.
    pad_value
        Stands where a token has no input.

    Returns
    -------
    Array
        `(*samples, n_tokens, columns)`, with as many columns as the widest
        input has; None without inputs.
    """
    if not functional_inputs:
        return None
    inputs = checked_arrays(functional_inputs)
    ndims = static_size(sample_ndims, "sample_ndims")
    lead = same_samples(inputs, ndims)
    layout = layout_from_slices(slices)
    width = functional_width(layout, inputs, lead)
    wide = replace(layout, functional_width=width)
    return flatten_inputs(wide, inputs, lead, pad_value)
