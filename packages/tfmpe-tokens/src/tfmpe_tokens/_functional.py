"""Functional inputs: where (in time, in space) each token was evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault, Faults, unknown
from jax import Array

from ._errors import TokenError
from ._flatten import float_dtype, padded

if TYPE_CHECKING:
    from ._layout import Layout

ABSENT = -1e8
"""What stands where a token has no functional input."""


def functional_width(
    layout: Layout, inputs: Mapping[str, Any], lead: tuple[int, ...]
) -> int:
    """Columns that the inputs need; each is `(*samples, *event, columns)`.

    The sample axes may be left out where all samples share the input.

    Raises
    ------
    TokenError
        With every input that does not fit the tokens of its key.
    """
    faults = Faults()
    width = 0
    for name, value in inputs.items():
        if name not in layout:
            known = layout.key_order
            faults.append(unknown("a key", name, known, owner="the tokens"))
            continue
        shape, event = np.shape(value), layout[name].event_shape
        if shape and shape[:-1] in (event, lead + event):
            width = max(width, shape[-1])
        else:
            faults.append(_misfit(name, shape, event))
    faults.throw(TokenError)
    return width


def _misfit(name: str, shape: tuple[int, ...], event: tuple[int, ...]) -> Fault:
    return Fault(
        f"Functional input {name!r} has shape {shape} but expected to match "
        f"token shape {event}",
        key=name,
        allowed=f"(*samples, {', '.join(map(str, event))}, columns)",
        code="shape",
    )


def flatten_inputs(
    layout: Layout,
    inputs: Mapping[str, Any],
    lead: tuple[int, ...],
    pad_value: float = ABSENT,
) -> Array:
    """Inputs as one array `(*samples, n_tokens, functional_width)`.

    Tokens without input, and columns that a key does not have, hold
    `pad_value`.
    """
    dtype = float_dtype(inputs.values())
    return _flatten(layout, dict(inputs), lead, dtype, float(pad_value))


@partial(jax.jit, static_argnums=(0, 2, 3, 4), inline=True)
def _flatten(
    layout: Layout,
    inputs: dict[str, Any],
    lead: tuple[int, ...],
    dtype: Any,
    pad_value: float,
) -> Array:
    width = layout.functional_width
    blocks: list[Any] = []
    for key in layout.keys:
        if key.name not in inputs:
            shape = (*lead, key.n_tokens, width)
            blocks.append(jnp.full(shape, pad_value, dtype))
            continue
        value = inputs[key.name].astype(dtype)
        columns = value.shape[-1]
        value = jnp.broadcast_to(value, (*lead, *key.event_shape, columns))
        block = value.reshape((*lead, key.n_tokens, columns))
        blocks.append(padded(block, width, pad_value))
    return jnp.concatenate(blocks, -2)
