"""Where the tokens of a layout are in another with larger groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ._errors import TokenError
from ._key import KeySpec
from ._layout import Layout
from ._nest import Nest


def common_layout(layouts: Sequence[Layout]) -> Layout:
    """The smallest layout that has room for each of some.

    Raises
    ------
    TokenError
        If they differ in more than the sizes of groups.
    """
    first = layouts[0]
    if all(layout == first for layout in layouts):
        return first
    for layout in layouts:
        _check_alike(first, layout)
    nests: dict[str, Nest] = {}
    for dim in _outer_first(first):
        nests[dim] = _merged(layouts, nests, dim)
    keys: list[KeySpec] = []
    offset = 0
    for name in first.key_order:
        specs = [layout[name] for layout in layouts]
        shape = [
            max(n) for n in zip(*(s.event_shape for s in specs), strict=True)
        ]
        for axis, dim in enumerate(specs[0].dims):
            shape[axis] = nests[dim].size if dim in nests else shape[axis]
        keys.append(replace(specs[0], offset=offset, event_shape=tuple(shape)))
        offset += keys[-1].n_tokens
    bare = Layout(
        tuple(keys),
        max(layout.value_width for layout in layouts),
        max(layout.functional_width for layout in layouts),
        nests=tuple((dim, nests[dim]) for dim, _ in first.nests),
    )
    return bare.with_rules(first.rules)


def _check_alike(first: Layout, other: Layout) -> None:
    def rest(layout: Layout) -> list[KeySpec]:
        return [
            replace(key, offset=0, event_shape=(0,) * len(key.event_shape))
            for key in layout.keys
        ]

    if rest(first) != rest(other):
        raise TokenError(
            "the layouts differ in more than the sizes of groups: "
            f"{first.key_order} and {other.key_order}"
        )
    if first.rules != other.rules:
        raise TokenError("the layouts have different independence rules")
    within = [[(d, nest.within) for d, nest in x.nests] for x in (first, other)]
    if within[0] != within[1]:
        raise TokenError("the layouts nest different dims")


def _outer_first(layout: Layout) -> list[str]:
    found: list[str] = []
    waiting = [dim for dim, _ in layout.nests]
    while waiting:
        dim = waiting.pop(0)
        ready = layout.nest_of[dim].within not in waiting
        (found if ready else waiting).append(dim)
    return found


def _merged(
    layouts: Sequence[Layout], nests: dict[str, Nest], dim: str
) -> Nest:
    """A nest with the largest number of entries in each outer entry."""
    within = layouts[0].nest_of[dim].within
    counts = np.zeros(0, int)
    for layout in layouts:
        outer = _dim_map(layout, nests, within)
        owner = outer[np.asarray(layout.nest_of[dim].parents, int)]
        size = max(counts.size, 1 + int(outer.max(initial=-1)))
        found = np.bincount(owner, minlength=size)
        counts = np.maximum(np.pad(counts, (0, size - counts.size)), found)
    return Nest(
        within, tuple(np.repeat(np.arange(counts.size), counts).tolist())
    )


def _dim_map(layout: Layout, nests: dict[str, Nest], dim: str) -> np.ndarray:
    """Index in the larger dim of each entry of a layout's."""
    if dim not in layout.nest_of:
        return np.arange(layout.dim_sizes[dim])
    old, new = layout.nest_of[dim], nests[dim]
    owner = _dim_map(layout, nests, old.within)[np.asarray(old.parents, int)]
    places = {
        (parent, rank): place
        for place, (parent, rank) in enumerate(
            zip(new.parents, new.ranks.tolist(), strict=True)
        )
    }
    pairs = zip(owner.tolist(), old.ranks.tolist(), strict=True)
    try:
        return np.array([places[pair] for pair in pairs], int)
    except KeyError:
        raise TokenError(
            f"the larger layout has no room for all entries of {dim!r}"
        ) from None


def token_map(old: Layout, new: Layout) -> np.ndarray:
    """Index in the larger layout of each token, `(n_tokens,)`.

    Raises
    ------
    TokenError
        If the layouts differ in more than sizes, or there is no room.
    """
    _check_alike(old, new)
    if old.value_width > new.value_width or (
        old.functional_width > new.functional_width
    ):
        raise TokenError("the larger layout has fewer columns")
    nests = dict(new.nest_of)
    found: list[np.ndarray] = []
    for key in old.keys:
        target = new[key.name]
        axes: list[np.ndarray] = []
        for axis, size in enumerate(key.event_shape):
            dim = key.dims[axis] if axis < len(key.dims) else ""
            nested = dim in nests
            places = _dim_map(old, nests, dim) if nested else np.arange(size)
            if places.max(initial=-1) >= target.event_shape[axis]:
                raise TokenError(
                    f"the larger layout has no room for {key.name!r}: "
                    f"{key.event_shape} in {target.event_shape}"
                )
            axes.append(places)
        grid = np.meshgrid(*axes, indexing="ij") if axes else []
        flat = np.zeros(1, int)
        if grid:
            flat = np.ravel_multi_index(
                [g.reshape(-1) for g in grid], target.event_shape
            )
        found.append(target.offset + flat)
    return np.concatenate(found)
