"""Index of each token along an event axis, or along a dim it is nested in."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from forwardax.errors import Fault, listed, nearest

from ._errors import TokenError
from ._relation import Axis, Pairs

if TYPE_CHECKING:
    from ._key import KeySpec
    from ._layout import Layout


class Place(NamedTuple):
    """An event axis, and how many nests outwards of it."""

    position: int
    outwards: int
    size: int


def find_axis(layout: Layout, name: str, axis: Axis) -> Place | Fault:
    """Where a key has an axis, or why it does not."""
    key = layout[name]
    shape = key.event_shape
    if isinstance(axis, int):
        if -len(shape) <= axis < len(shape):
            position = axis % len(shape)
            return Place(position, 0, shape[position])
        return Fault(
            f"Cannot apply cross_local independence: {name!r} has no "
            f"dimension {axis}",
            key=name,
            value=f"event shape {shape}",
            allowed=f"{-len(shape)} to {len(shape) - 1}" if shape else "none",
            code="shape",
        )
    chains = dims_outwards(layout, key)
    for position, chain in enumerate(chains):
        if axis in chain:
            outwards = chain.index(axis)
            size = layout.dim_sizes[axis] if outwards else shape[position]
            return Place(position, outwards, size)
    known = [dim for chain in chains for dim in chain]
    return Fault(
        f"Cannot apply cross_local independence: {name!r} is not in the dim "
        f"{axis!r}",
        key=name,
        allowed=listed(known),
        nearest=nearest(axis, known),
        code="unknown",
    )


@lru_cache(maxsize=512)
def axis_index(layout: Layout, name: str, axis: Axis) -> np.ndarray:
    """Index of each token of a key along an axis, `(n_tokens,)`.

    Raises
    ------
    TokenError
        If the key has no such axis.
    """
    place = find_axis(layout, name, axis)
    if isinstance(place, Fault):
        raise TokenError(place)
    key = layout[name]
    index = np.arange(key.event_shape[place.position], dtype=np.int32)
    if place.outwards:
        dim = key.dims[place.position]
        for _ in range(place.outwards):
            nest = layout.nest_of[dim]
            index = np.asarray(nest.parents, np.int32)[index]
            dim = nest.within
    rank = len(key.event_shape)
    along = index.reshape(
        [-1 if i == place.position else 1 for i in range(rank)]
    )
    index = np.broadcast_to(along, key.event_shape).reshape(-1)
    index.flags.writeable = False
    return index


def join_codes(
    layout: Layout, a: str, b: str, pairs: Pairs
) -> tuple[np.ndarray, np.ndarray]:
    """A number for each token, equal where tokens of two keys join."""
    first = np.zeros(layout[a].n_tokens, np.int32)
    second = np.zeros(layout[b].n_tokens, np.int32)
    for i, j in pairs:
        one, other = axis_index(layout, a, i), axis_index(layout, b, j)
        size = 1 + max(one.max(initial=0), other.max(initial=0))
        first = first * size + one
        second = second * size + other
    return first, second


def dims_outwards(layout: Layout, key: KeySpec) -> list[list[str]]:
    """For each named event axis its dim and those that this is nested in."""
    chains: list[list[str]] = []
    for dim in key.dims:
        chain: list[str] = []
        while dim:
            chain.append(dim)
            dim = layout.nest_of[dim].within if dim in layout.nest_of else ""
        chains.append(chain)
    return chains


def outer_dim(layout: Layout, name: str, position: int, outwards: int) -> str:
    """The dim that an event axis is nested in, so many steps outwards."""
    return dims_outwards(layout, layout[name])[position][outwards]


def resolved_pairs(layout: Layout, a: str, b: str, pairs: Pairs) -> Pairs:
    """The same axes by position wherever a key has the dim itself."""
    found: list[tuple[Axis, Axis]] = []
    for pair in pairs:
        ends: list[Axis] = []
        for name, axis in zip((a, b), pair, strict=True):
            place = find_axis(layout, name, axis)
            if isinstance(place, Fault):
                raise TokenError(place)
            ends.append(axis if place.outwards else place.position)
        found.append((ends[0], ends[1]))
    return tuple(found)
