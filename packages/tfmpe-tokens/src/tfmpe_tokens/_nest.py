"""Dims nested in other dims: which entry of the outer one each belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from forwardax import Ragged

from ._errors import TokenError, static_size


@dataclass(frozen=True, slots=True)
class Nest:
    """A flat dim whose entries each belong to one entry of another dim.

    Nests of any depth are dims in dims: sites in regions in countries.

    Parameters
    ----------
    within
        The outer dim.
    parents
        For each entry, the entry of the outer dim that it belongs to. They
        need not be in order.
    """

    within: str
    parents: tuple[int, ...]

    @classmethod
    def of(cls, nest: Nest | Ragged | tuple[str, Sequence[int]]) -> Nest:
        """A nest from itself, from sizes, or from a pair.

        Parameters
        ----------
        nest
            `Ragged("group", sizes)` has so many entries in each group one
            after the other; `("group", parents)` is spelt out.
        """
        if isinstance(nest, Nest):
            return nest
        if isinstance(nest, Ragged):
            owner = np.repeat(np.arange(len(nest.sizes)), nest.sizes)
            return cls(nest.within, tuple(owner.tolist()))
        within, parents = nest
        return cls(within, tuple(static_size(p, "parents") for p in parents))

    @property
    def size(self) -> int:
        """Number of entries."""
        return len(self.parents)

    @property
    def ranks(self) -> np.ndarray:
        """Position of each entry among those of the same parent, `(n,)`."""
        owner = np.asarray(self.parents, int)
        order = np.argsort(owner, kind="stable")
        first = np.searchsorted(owner[order], owner)
        ranks = np.empty(owner.size, int)
        ranks[order] = np.arange(owner.size)
        return ranks - first


def checked_nests(
    nests: dict[str, Any], sizes: dict[str, int]
) -> tuple[tuple[str, Nest], ...]:
    """Nests that fit the sizes of the dims they connect.

    Raises
    ------
    TokenError
        If they do not, or if dims are nested in a circle.
    """
    found = {dim: Nest.of(nest) for dim, nest in nests.items()}
    for dim, nest in found.items():
        if dim in sizes and sizes[dim] != nest.size:
            raise TokenError(
                f"the nest of {dim!r} has {nest.size} entries, but keys with "
                f"that dim have size {sizes[dim]}"
            )
        outer = sizes.get(nest.within)
        if nest.within in found:
            outer = found[nest.within].size
        if outer is not None and nest.size and max(nest.parents) >= outer:
            raise TokenError(
                f"an entry of {dim!r} belongs to entry {max(nest.parents)} "
                f"of {nest.within!r}, which has {outer}"
            )
        seen, at = {dim}, nest.within
        while at in found:
            if at in seen:
                raise TokenError(f"{dim!r} is nested in itself")
            seen.add(at)
            at = found[at].within
    return tuple(found.items())
