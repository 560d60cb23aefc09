# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# JAX and NumPyro leave many of their types unknown.
"""ParameterStore: an immutable mapping of numeric primitives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .._derived.resolver import Resolver, compute
from .._schema.address import Address
from .._schema.spec import ParamSpec
from ..errors import (
    Fault,
    Faults,
    StoreError,
    UnknownKey,
    listed,
    nearest,
    wrong_type,
)
from .store_check import gather_values, plain_value, store_faults


@jax.tree_util.register_pytree_with_keys_class
class ParameterStore(Mapping[str, Array]):
    """Values of primitives, a JAX pytree with leaves in spec order.

    There is no structure, no derived value, no integer and no string in it.
    `cuts` says, within one trace, which vector the values were cut from.
    Make one with `system.store(values)`, `problem.to_store(u)` or
    `ParameterStore.of(spec, values)`.
    """

    __slots__ = ("_leaves", "_resolver", "cuts")

    def __init__(
        self,
        leaves: Mapping[str, Any],
        resolver: Resolver,
        cuts: Mapping[str, Any] | None = None,
    ) -> None:
        self._leaves = dict(leaves)
        self._resolver = resolver
        self.cuts = cuts or {}

    @classmethod
    def of(
        cls,
        spec: ParamSpec,
        values: Mapping[str, Any] | None = None,
        *,
        resolver: Resolver | None = None,
    ) -> ParameterStore:
        """Check values and fill in fixed values, ties and defaults.

        Parameters
        ----------
        spec
            The schema, with its dims bound.
        values
            Array, number or astropy quantity by address.
        resolver
            For `assign`, and for messages about derived keys.

        Raises
        ------
        StoreError
            With every fault: unknown, derived and missing keys, shapes,
            units, numbers that are not finite or out of bounds.
        """
        resolver = resolver or Resolver("*", spec)
        faults = Faults()
        found = gather_values(spec, values or {}, resolver, faults)
        faults.throw(StoreError)
        return cls(
            {k: strong(v, spec.by_key[k].dtype) for k, v in found.items()},
            resolver,
        )

    def tree_flatten(self) -> Any:
        """Leaves, and the static rest."""
        static = tuple(self._leaves), self._resolver
        return tuple(self._leaves.values()), static

    def tree_flatten_with_keys(self) -> Any:
        """Leaves with their keys, and the static rest."""
        leaves, static = self.tree_flatten()
        keys = map(jax.tree_util.DictKey, static[0])
        return tuple(zip(keys, leaves, strict=True)), static

    @classmethod
    def tree_unflatten(cls, static: Any, leaves: Iterable[Any]) -> Any:
        """The inverse of flattening."""
        keys, resolver = static
        return cls(dict(zip(keys, leaves, strict=True)), resolver)

    def __getitem__(self, key: str) -> Array:
        if key in self._leaves:
            return self._leaves[key]
        address = self._find(key)
        value = self._leaves[address.key]
        if address.element is None:
            return value
        return jnp.ravel(value)[address.element]

    def __iter__(self) -> Iterator[str]:
        return iter(self._leaves)

    def __len__(self) -> int:
        return len(self._leaves)

    def __repr__(self) -> str:
        rows = ", ".join(f"{k}={v}" for k, v in self._leaves.items())
        return f"ParameterStore({rows})"

    @property
    def resolver(self) -> Resolver:
        """What computes the derived values of this store."""
        return self._resolver

    def _look(self, key: str) -> Address | Fault:
        found = self._resolver.spec.look(key)
        if isinstance(found, Address) and found.key in self._leaves:
            return found
        if isinstance(found, Fault) and found.code != "unknown":
            return found
        if key in self._resolver.derived or (
            isinstance(found, Address)
            and self._resolver.spec.by_key[found.key].kind == "derived"
        ):
            return self._resolver.written(key)
        return Fault(
            f"{key!r} is not in the store",
            key=key,
            allowed=listed(self._leaves),
            nearest=nearest(key, self._leaves),
            code="unknown",
        )

    def _find(self, key: str) -> Address:
        found = self._look(key)
        if isinstance(found, Fault):
            if found.code == "derived":
                found = Fault(
                    f"{key!r} is derived, and the store has primitives only",
                    key=key,
                    allowed=listed(self._leaves),
                    fix="read it with store.derived()",
                    code="derived",
                )
            raise UnknownKey(found)
        return found

    def derived(self, *keys: str) -> dict[str, Array]:
        """Derived values (all, where none is named)."""
        return self._resolver.resolve(self._leaves, keys or None)

    def replace(self, updates: Mapping[str, Any]) -> ParameterStore:
        """A store with some values changed, shapes and dtypes kept.

        Parameters
        ----------
        updates
            Array, number or astropy quantity by address.

        Raises
        ------
        StoreError
            With every fault; writing a derived key names its primitives.
        """
        if not isinstance(updates, Mapping):  # pyright: ignore
            raise StoreError(wrong_type("updates", updates, "{key: value}"))
        faults = Faults()
        checked: list[tuple[Address, Any]] = []
        for name, value in updates.items():
            found = self._look(name)
            if isinstance(found, Fault):
                faults.append(found)
                continue
            unit = self._resolver.spec.by_key[found.key].unit
            whole = jnp.shape(self._leaves[found.key])
            shape = whole if found.element is None else ()
            checked.append(
                (found, plain_value(name, value, unit, shape, faults))
            )
        faults.throw(StoreError, "cannot replace")
        leaves = dict(self._leaves)
        for at, value in checked:
            old = leaves[at.key]
            new = strong(value, old.dtype)
            if at.element is None:
                leaves[at.key] = jnp.broadcast_to(new, old.shape)
            else:
                flat = jnp.ravel(old).at[at.element].set(new)
                leaves[at.key] = flat.reshape(old.shape)
        return ParameterStore(leaves, self._resolver)

    def assign(
        self, key: str, value: Any, *, solve_for: str | None = None
    ) -> ParameterStore:
        """A store in which a derived key has a value.

        Parameters
        ----------
        key
            Derived key with a registered inverse.
        value
            What it shall be.
        solve_for
            The primitive that gives way; may be left out if there is one.

        Raises
        ------
        ResolveError
            If it cannot be solved, or if it is unclear for what.
        StoreError
            If the value does not fit.
        """
        target, step = self._resolver.inverse(key, solve_for)
        spec, faults = self._resolver.spec, Faults()
        unit = spec[key].unit if key in spec else ""
        value = plain_value(key, value, unit, None, faults)
        faults.throw(StoreError, "cannot assign")
        env = {**self._leaves, **self._resolver.resolve(self._leaves)}
        env[key] = value
        solved = compute(step, env)
        if target in self._leaves:
            return self.replace({target: solved})
        return self.assign(target, solved)

    def select(self, *globs: str) -> dict[str, Array]:
        """Values whose key matches one of the globs.

        Raises
        ------
        SpecError
            If a glob matches nothing.
        """
        chosen = self._resolver.spec.select(*globs)
        return {k: v for k, v in self._leaves.items() if k in chosen.by_key}

    def validate(self, spec: ParamSpec) -> ParameterStore:
        """Check concrete values against a spec, and return the store.

        Raises
        ------
        StoreError
            With every fault: keys, shapes, dtypes, bounds, numbers that are
            not finite, validity conditions that do not hold.
        """
        if not isinstance(spec, ParamSpec):  # pyright: ignore
            raise StoreError(wrong_type("spec", spec, "a ParamSpec"))
        faults = Faults(store_faults(spec, self._leaves, self._resolver))
        faults.throw(StoreError)
        return self

    def to_vector(self, keys: Iterable[str] | None = None) -> Array:
        """Entries of the keys (all) one after the other, `(n,)`."""
        chosen = [self[key] for key in (self if keys is None else keys)]
        return jnp.concatenate([jnp.ravel(value) for value in chosen])

    def from_vector(
        self, vector: Array, keys: Iterable[str] | None = None
    ) -> ParameterStore:
        """The inverse of `to_vector`, other keys kept.

        Raises
        ------
        StoreError
            If the length is wrong.
        """
        chosen = list(self if keys is None else keys)
        sizes = [self[key].size for key in chosen]
        faults = Faults()
        vector = plain_value("vector", vector, "", (sum(sizes),), faults)
        if not faults and jnp.shape(vector) == ():
            faults.append(
                wrong_type("vector", vector, f"shape ({sum(sizes)},)")
            )
        faults.throw(StoreError)
        ends = np.cumsum(sizes)[:-1]
        parts = jnp.split(jnp.asarray(vector), ends)
        return self.replace(
            {
                key: part.reshape(self[key].shape)
                for key, part in zip(chosen, parts, strict=True)
            }
        )


def strong(value: Any, dtype: Any = "float") -> Array:
    """Array of a strong dtype: a Python float never recompiles.

    Numbers go through NumPy and are put on the device as they are; a
    conversion by JAX would compile a little program for each shape.
    """
    dtype = jax.dtypes.canonicalize_dtype(dtype)
    if isinstance(value, Array):
        return jnp.asarray(value, dtype)
    return jax.device_put(np.asarray(value, dtype))
