"""Layout: everything about tokens that is not a number of a sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from ._errors import TokenError, static_size, unknown_keys
from ._index import axis_index, dims_outwards
from ._key import KeySpec
from ._nest import Nest, checked_nests
from ._rules import Rules
from ._shapes import key_specs


@dataclass(frozen=True)
class Layout:
    """Keys in their order, what each token holds, and who sees whom.

    Frozen and hashable, equal by value: the only static part of `Tokens`.
    `Layout.from_shapes` and `Tokens.from_pytree` make one.

    Parameters
    ----------
    keys
        In token order.
    value_width
        Columns of the value array.
    functional_width
        Columns of the functional inputs.
    rules
        Independence rules.
    nests
        Dims that are nested in others.
    """

    keys: tuple[KeySpec, ...]
    value_width: int = 1
    functional_width: int = 0
    rules: Rules = Rules()
    nests: tuple[tuple[str, Nest], ...] = ()

    @classmethod
    def from_shapes(
        cls,
        shapes: Mapping[str, Sequence[int]],
        *,
        batch_ndims: int | Mapping[str, int] | None = None,
        rules: Rules | Mapping[str, Any] | None = None,
        order: Iterable[str] | None = None,
        dims: Mapping[str, Sequence[str]] | None = None,
        nests: Mapping[str, Any] | None = None,
        labels: Mapping[str, int] | None = None,
        parents: Mapping[str, Sequence[str]] | None = None,
        mixed: Mapping[str, Sequence[str]] | None = None,
        summaries: Iterable[str] = (),
        value_width: int | None = None,
        functional_width: int = 0,
    ) -> Layout:
        """A layout of keys with these shapes of one sample.

        Parameters
        ----------
        shapes
            By key, without sample axes: event axes, then value axes.
        batch_ndims
            Number of trailing value axes, for all or by key; 1 if not said.
        rules
            Independence rules, as `Rules` or as a mapping.
        order
            The key order, where that of `shapes` is not meant.
        dims
            Names of event axes by key.
        nests
            `Ragged`, `Nest` or `(outer dim, parents)` by nested dim.
        labels
            Label by key; the rank in the key order if not given.
        parents, mixed
            What each key depends on: see `KeySpec`.
        summaries
            Keys that are one node each.
        value_width
            Columns of the value array, if more than the keys need.
        functional_width
            Columns of the functional inputs.

        Raises
        ------
        TokenError
            With every fault of the shapes, or of the rules.
        """
        keys = key_specs(
            shapes,
            batch_ndims=batch_ndims,
            order=order,
            dims=dims or {},
            labels=labels,
            parents=parents,
            mixed=mixed or {},
            summaries=summaries,
        )
        least = max(1, *(key.width for key in keys))
        width = least if value_width is None else value_width
        sizes = {
            dim: size
            for key in keys
            for dim, size in zip(key.dims, key.event_shape, strict=False)
        }
        bare = cls(
            keys,
            static_size(width, "value_width", least=least),
            static_size(functional_width, "functional_width"),
            nests=checked_nests(dict(nests or {}), sizes),
        )
        return bare.with_rules(rules)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # Hashed at each dispatch of a compiled program.
        return hash((self.keys, self.value_width, self.rules, self.nests))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Layout) or self._hash != other._hash:
            return False
        return self._parts == other._parts

    @property
    def _parts(self) -> tuple[Any, ...]:
        sizes = self.value_width, self.functional_width
        return self.keys, sizes, self.rules, self.nests

    def __getitem__(self, name: str) -> KeySpec:
        try:
            return self._by_name[name]
        except (KeyError, TypeError):
            raise unknown_keys([name], self.key_order) from None

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self.key_order)

    @cached_property
    def _by_name(self) -> Mapping[str, KeySpec]:
        return {key.name: key for key in self.keys}

    @cached_property
    def key_order(self) -> tuple[str, ...]:
        """Keys in token order."""
        return tuple(key.name for key in self.keys)

    @cached_property
    def n_tokens(self) -> int:
        """Number of tokens."""
        return sum(key.n_tokens for key in self.keys)

    @property
    def max_batch_size(self) -> int:
        """Columns of the value array, by its older name."""
        return self.value_width

    @cached_property
    def label_map(self) -> Mapping[str, int]:
        """Label of each key."""
        return MappingProxyType({key.name: key.label for key in self.keys})

    @cached_property
    def slices(self) -> Mapping[str, Mapping[str, Any]]:
        """`{key: {"offset", "event_shape", "batch_shape"}}`, read-only."""
        parts = ("offset", "event_shape", "batch_shape")
        return MappingProxyType(
            {
                key.name: MappingProxyType({p: getattr(key, p) for p in parts})
                for key in self.keys
            }
        )

    @cached_property
    def labels(self) -> np.ndarray:
        """Label of each token, `(n_tokens,)`."""
        labels = [key.label for key in self.keys]
        counts = [key.n_tokens for key in self.keys]
        return _frozen(np.repeat(np.asarray(labels, np.int32), counts))

    @cached_property
    def positions(self) -> np.ndarray:
        """Index of each token within its key, `(n_tokens,)`."""
        ranges = [np.arange(key.n_tokens) for key in self.keys]
        return _frozen(np.concatenate([*ranges, []]).astype(np.int32))

    def dim_index(self, dim: str) -> np.ndarray:
        """Entry of a dim that each token belongs to, -1 where to none.

        Parameters
        ----------
        dim
            A dim that keys have, or are nested in.

        Returns
        -------
        numpy.ndarray
            Of integers, `(n_tokens,)`.
        """
        found = np.full(self.n_tokens, -1, np.int32)
        for key in self.keys:
            if any(dim in chain for chain in dims_outwards(self, key)):
                index = axis_index(self, key.name, dim)
                found[key.offset : key.stop] = index
        return found

    @cached_property
    def value_mask(self) -> np.ndarray:
        """Which columns of each token hold a value, `(n_tokens, width)`."""
        widths = np.repeat(
            [key.width for key in self.keys],
            [key.n_tokens for key in self.keys],
        )
        return _frozen(np.arange(self.value_width) < widths[:, None])

    @cached_property
    def nest_of(self) -> Mapping[str, Nest]:
        """Nest of each dim that is in another."""
        return dict(self.nests)

    @cached_property
    def dim_sizes(self) -> Mapping[str, int]:
        """Size of each named dim, and of those that others are nested in."""
        sizes = {}
        for dim, nest in self.nests:
            sizes[nest.within] = 1 + max(nest.parents, default=-1)
            sizes[dim] = nest.size
        for key in self.keys:
            pairs = zip(key.dims, key.event_shape, strict=False)
            sizes |= {dim: size for dim, size in pairs if dim}
        for dim, nest in self.nests:
            sizes[dim] = nest.size
        return sizes

    @property
    def summaries(self) -> tuple[str, ...]:
        """Keys that are one node each, with their arrays kept apart."""
        return tuple(key.name for key in self.keys if key.summary)

    def slice(self, name: str) -> slice:
        """Where the tokens of a key are."""
        return slice(self[name].offset, self[name].stop)

    def index(self, names: Iterable[str]) -> np.ndarray:
        """Indices of the tokens of some keys, in token order."""
        found = [np.arange(k.offset, k.stop) for k in self._chosen(names)]
        return np.concatenate([*found, np.zeros(0, int)]).astype(int)

    def runs(self, names: Iterable[str]) -> tuple[tuple[int, int], ...]:
        """The same as ranges, neighbours merged."""
        runs: list[tuple[int, int]] = []
        for key in self._chosen(names):
            if runs and runs[-1][1] == key.offset:
                runs[-1] = (runs[-1][0], key.stop)
            else:
                runs.append((key.offset, key.stop))
        return tuple(runs)

    def _chosen(self, names: Iterable[str]) -> list[KeySpec]:
        wanted = set(checked_names(names, self))
        return [key for key in self.keys if key.name in wanted]

    def select(self, names: Iterable[str]) -> Layout:
        """The layout of some keys alone, in the order they have here.

        Raises
        ------
        UnknownKey
            If a key is not there.
        """
        return _select(self, checked_names(names, self))

    def with_rules(self, rules: Rules | Mapping[str, Any] | None) -> Layout:
        """The same tokens with other independence rules.

        Raises
        ------
        TokenError
            If the rules do not fit the shapes.
        """
        return interned(replace(self, rules=Rules.of(rules).on(self)))


@lru_cache(maxsize=512)
def _select(layout: Layout, names: tuple[str, ...]) -> Layout:
    keys: list[KeySpec] = []
    offset = 0
    for key in layout._chosen(names):
        keys.append(replace(key, offset=offset))
        offset += key.n_tokens
    among = {key.name for key in keys}
    rules = layout.rules.among(among)
    return interned(replace(layout, keys=tuple(keys), rules=rules))


@lru_cache(maxsize=512)
def interned(layout: Layout) -> Layout:
    """One object for all equal layouts: comparing them costs nothing."""
    return layout


def checked_names(names: Iterable[str], layout: Layout) -> tuple[str, ...]:
    """Names that are all keys, none of them twice.

    Raises
    ------
    UnknownKey
        If one is no key.
    TokenError
        If there is none, or one is named twice.
    """
    if isinstance(names, str):
        raise TokenError(f"keys are a list: [{names!r}], not {names!r}")
    found = tuple(names)
    missing = [name for name in found if name not in layout]
    if missing:
        raise unknown_keys(missing, layout.key_order)
    if len(set(found)) != len(found) or not found:
        raise TokenError(
            f"keys must be named once each, and at least one: got {found}"
        )
    return found


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
