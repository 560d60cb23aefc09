"""New values for some of the keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault
from jax import Array

from ._errors import TokenError
from ._flatten import cut

if TYPE_CHECKING:
    from ._key import KeySpec
    from ._layout import Layout


def checked_value(key: KeySpec, value: Any, lead: tuple[int, ...]) -> Any:
    """A new value of a key, for all samples.

    Raises
    ------
    TokenError
        If its shape is neither that of all samples nor that of one.
    """
    shape = np.shape(value)
    split = len(shape) - len(key.shape)
    ok = split >= 0 and shape[split:] == key.shape
    try:
        ok = ok and np.broadcast_shapes(shape[:split], lead) == lead
    except ValueError:
        ok = False
    if not ok:
        raise TokenError(
            Fault(
                f"the new value of {key.name!r} has the wrong shape",
                key=key.name,
                value=str(shape),
                allowed=str(lead + key.shape),
                code="shape",
            )
        )
    return jnp.broadcast_to(value, lead + key.shape)


def replace_tokens(
    layout: Layout, data: Array, values: Mapping[str, Any]
) -> Array:
    """The array with the tokens of some keys replaced."""
    blocks: list[Any] = []
    at = 0
    for key in layout.keys:
        if key.name not in values or key.summary:
            continue
        value = jnp.asarray(values[key.name]).astype(data.dtype)
        block = value.reshape((*data.shape[:-2], key.n_tokens, key.width))
        # The other columns stay what they were.
        own = cut(data, key.offset, key.stop, -2)
        rest = cut(own, key.width, data.shape[-1], -1)
        blocks += [
            cut(data, at, key.offset, -2),
            jnp.concatenate([block, rest], -1) if rest.shape[-1] else block,
        ]
        at = key.stop
    blocks.append(cut(data, at, layout.n_tokens, -2))
    return jnp.concatenate([b for b in blocks if b.shape[-2]], -2)
