"""Aligning one key's entries with another's by dim name, never by position.

A key with dims `("group",)` seen from one with dims `("group", "site")`
repeats along the sites; seen from a ragged dim `site` within `group`, each
site sees its own group.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._schema.address import bound_shape
from ..contracts import DimSize, ParamField, Ragged


def aligned_places(
    source: ParamField,
    target: ParamField,
    sizes: Mapping[str, DimSize],
) -> Any:
    """Flat positions in `source` for every entry of `target`.

    Both must be bound, and the source's dims must be among the target's or
    among the dims those are nested in.

    Returns
    -------
    numpy.ndarray
        Integers of the target's shape.
    """
    shape = bound_shape(source)
    places = np.arange(int(np.prod(shape))).reshape(shape)
    left = list(source.dims)
    rank = len(target.dims)
    # Move each source axis to the place of its dim in the target.
    chosen: list[tuple[int, Any]] = []
    for dim in source.dims:
        axis = _seen_from(dim, target.dims, left, sizes)
        chosen.append(axis)
    event = places.ndim - len(source.dims)
    for axis, (_, index) in enumerate(chosen):
        if index is not None:
            places = np.take(places, index, axis=axis)
    order = sorted(range(len(chosen)), key=lambda axis: chosen[axis][0])
    places = places.transpose(*order, *range(len(chosen), len(chosen) + event))
    taken = {at for at, _ in chosen}
    for at in range(rank):
        if at not in taken:
            places = np.expand_dims(places, at)
    missing = len(target.shape) - rank - event
    places = places.reshape(places.shape + (1,) * missing)
    return np.broadcast_to(places, bound_shape(target))


def _seen_from(
    dim: str,
    targets: tuple[str, ...],
    source_dims: list[str],
    sizes: Mapping[str, DimSize],
) -> tuple[int, Any]:
    """Axis of the target that carries a source dim, and the index to take."""
    if dim in targets:
        return targets.index(dim), None
    for at, target in enumerate(targets):
        if target in source_dims:
            continue
        index = parent_index(target, dim, sizes)
        if index is not None:
            return at, index
    raise ValueError(f"{dim!r} is not among {targets}")


def parent_index(dim: str, ancestor: str, sizes: Mapping[str, DimSize]) -> Any:
    """For each entry of a ragged dim, the entry of an ancestor dim; or None.

    Returns
    -------
    numpy.ndarray or None
        `(n,)` integers, None where `dim` is not nested in `ancestor`.
    """
    size = sizes.get(dim)
    if not isinstance(size, Ragged):
        return None
    own = np.repeat(np.arange(len(size.sizes)), size.sizes)
    if size.within == ancestor:
        return own
    above = parent_index(size.within, ancestor, sizes)
    return None if above is None else above[own]
