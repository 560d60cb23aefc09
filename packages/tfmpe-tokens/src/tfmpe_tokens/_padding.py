"""Which tokens are there, where groups differ in size between samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault, unknown
from jax import Array

from ._errors import TokenError, unknown_keys

if TYPE_CHECKING:
    from ._key import KeySpec
    from ._layout import Layout


def padding_mask(
    layout: Layout,
    sizes: Mapping[str, Any] | None = None,
    counts: Mapping[str, Any] | None = None,
    *,
    sample_shape: tuple[int, ...] = (),
) -> Array:
    """Which tokens are there, by actual sizes.

    Parameters
    ----------
    layout
        Keys, event shapes, dims and nests.
    sizes
        By key, `(*samples, event axes)`: a token is there if its index is
        below the size along every axis. Keys left out are complete.
    counts
        By dim: how many entries there are, `(*samples,)`; one count for
        each entry of the axes before it, `(*samples, n_1, ..., n_k)`, where
        groups differ; `(*samples, outer size)` for a nested flat dim. Dims
        left out are complete.
    sample_shape
        Shape of the samples.

    Returns
    -------
    Array
        Of bool, `(*samples, n_tokens)`.

    Raises
    ------
    TokenError
        If a dim is unknown, or sizes do not fit the axes.
    UnknownKey
        If a key is not there.
    """
    there = jnp.ones((*sample_shape, layout.n_tokens), bool)
    if sizes:
        there &= _by_key(layout, sizes, sample_shape)
    if counts:
        there &= _by_dim(layout, counts, sample_shape)
    return there


def _by_key(
    layout: Layout, sizes: Mapping[str, Any], lead: tuple[int, ...]
) -> Array:
    missing = [name for name in sizes if name not in layout]
    if missing:
        raise unknown_keys(missing, layout.key_order)
    blocks: list[Any] = []
    for key in layout.keys:
        there: Any = jnp.ones((*lead, *key.event_shape), bool)
        if key.name in sizes:
            size = jnp.asarray(sizes[key.name])
            if size.shape[-1:] != (len(key.event_shape),):
                raise TokenError(_wrong_sizes(key, size.shape))
            for axis, extent in enumerate(key.event_shape):
                index = _along(np.arange(extent), axis, len(key.event_shape))
                limit = size[..., axis]
                limit = limit.reshape(limit.shape + (1,) * index.ndim)
                there &= index < limit
        blocks.append(there.reshape((*lead, key.n_tokens)))
    return jnp.concatenate(blocks, -1)


def _wrong_sizes(key: KeySpec, shape: tuple[int, ...]) -> Fault:
    return Fault(
        f"the sizes of {key.name!r} must be one for each event axis",
        key=key.name,
        value=f"shape {shape}",
        allowed=f"(*samples, {len(key.event_shape)})",
        code="shape",
    )


def _along(index: Any, axis: int, rank: int) -> Any:
    return index.reshape([-1 if i == axis else 1 for i in range(rank)])


def _by_dim(
    layout: Layout, counts: Mapping[str, Any], lead: tuple[int, ...]
) -> Array:
    found = {dim: jnp.asarray(count) for dim, count in counts.items()}
    known = layout.dim_sizes
    for dim in found:
        if dim not in known:
            raise TokenError(unknown("a dim", dim, known, owner="the tokens"))
    blocks: list[Any] = []
    for key in layout.keys:
        there: Any = jnp.ones((*lead, *key.event_shape), bool)
        for axis, dim in enumerate(key.dims):
            there &= _axis_there(layout, key, axis, dim, found, len(lead))
        blocks.append(there.reshape((*lead, key.n_tokens)))
    return jnp.concatenate(blocks, -1)


def _axis_there(
    layout: Layout,
    key: KeySpec,
    axis: int,
    dim: str,
    counts: Mapping[str, Any],
    n_lead: int,
) -> Any:
    """Shape `(*samples, ...)`, broadcastable to the event axes."""
    rank = len(key.event_shape)
    after = (1,) * (rank - axis - 1)
    if dim in layout.nest_of:
        there = _nested_there(layout, dim, counts)
        if there is None:
            return True
        before = (1,) * axis
        lead = there.shape[:-1]
        return there.reshape(lead + before + there.shape[-1:] + after)
    if dim not in counts:
        return True
    count = counts[dim]
    groups = count.shape[n_lead:]
    if groups != key.event_shape[: len(groups)] or len(groups) > axis:
        raise TokenError(_wrong_counts(key, dim, count.shape))
    missing = (1,) * (axis - len(groups))
    index = np.arange(key.event_shape[axis]).reshape(-1, *after)
    return index < count.reshape(count.shape + missing + (1,) * index.ndim)


def _nested_there(
    layout: Layout, dim: str, counts: Mapping[str, Any]
) -> Any | None:
    """Which entries of a dim are there, `(*samples, size)`; None if all."""
    there: Any = None
    if dim in layout.nest_of:
        nest = layout.nest_of[dim]
        owner = np.asarray(nest.parents)
        outer = _nested_there(layout, nest.within, counts)
        there = None if outer is None else outer[..., owner]
        if dim in counts:
            count = counts[dim]
            if count.shape[-1:] != (layout.dim_sizes[nest.within],):
                raise TokenError(
                    f"counts of the nested dim {dim!r} must be one for each "
                    f"entry of {nest.within!r}: got shape {count.shape}"
                )
            own = nest.ranks < count[..., owner]
            there = own if there is None else there & own
    elif dim in counts:
        there = np.arange(layout.dim_sizes[dim]) < counts[dim][..., None]
    return there


def _wrong_counts(key: KeySpec, dim: str, shape: tuple[int, ...]) -> Fault:
    before = key.event_shape[: key.dims.index(dim)]
    return Fault(
        f"the counts of {dim!r} do not fit the axes before it in {key.name!r}",
        key=key.name,
        value=f"shape {shape}",
        allowed=f"(*samples,) and none, some or all of {before}",
        fix="give counts of groups to keys that have the axes of the groups",
        code="shape",
    )
