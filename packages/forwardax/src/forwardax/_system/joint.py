# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX and NumPyro leave many of their types unknown.
"""JointSystem: several systems that share or tie keys, as one system.

Children keep their own specs and scopes. Every local key becomes
`<child>.<key>`, except where it is shared: then one global key stands for all
of them. Equal children (same program, other numbers) are stacked and mapped
over, so ten compile no slower than two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from .._derived.resolver import Resolver
from .._derived.transforms import Transform, TransformRegistry
from .._schema.data import DataSpec
from .._schema.spec import ParamSpec
from ..errors import DataError, Fault, Faults, nearest
from .joint_spec import joint_spec
from .store import ParameterStore, strong
from .system import System, bare

Globals = tuple[tuple[str, str], ...]
"""Global key by local key, of one child."""


class JointSystem(System):
    """Several systems observed together.

    Parameters
    ----------
    children
        Systems by name; names are single lower-case words.
    share
        Local keys that all children have in common, or, by global key, the
        local key of each child that takes part:
        `{"mass": {"a": "lens.mass", "b": "mass"}}`.

    Raises
    ------
    SpecError
        If a shared key is unknown, or its fields differ between children.
    """

    stacks: tuple[System, ...]
    groups: tuple[tuple[str, ...], ...] = eqx.field(static=True)
    spec: ParamSpec = eqx.field(static=True)  # pyright: ignore
    data: DataSpec = eqx.field(static=True)  # pyright: ignore
    globals: tuple[tuple[str, Globals], ...] = eqx.field(static=True)
    system_id = "joint"  # pyright: ignore

    def __init__(
        self,
        children: Mapping[str, System],
        *,
        share: Iterable[str] | Mapping[str, Mapping[str, str]] = (),
    ) -> None:
        spec, names = joint_spec(children, share)
        self.spec = spec  # pyright: ignore
        self.globals = tuple((k, tuple(v.items())) for k, v in names.items())
        plain = {name: bare(child) for name, child in children.items()}
        self.groups = equal_groups(plain)
        self.stacks = tuple(
            jax.tree.map(_stack, *(plain[name] for name in names))
            for names in self.groups
        )
        self.data = DataSpec(  # pyright: ignore
            _prefixed(name, field, names[name])
            for name, child in children.items()
            for field in child.data.fields
        )

    @property
    def children(self) -> dict[str, System]:
        """Systems by name, in the order they were given."""
        found = {
            name: jax.tree.map(lambda leaf, i=i: leaf[i], stack)
            for names, stack in zip(self.groups, self.stacks, strict=True)
            for i, name in enumerate(names)
        }
        return {name: found[name] for name, _ in self.globals}

    @property
    def capabilities(self) -> frozenset[str]:
        """What every child offers; but for linear coefficients."""
        offered = [child.capabilities for child in self.children.values()]
        return frozenset.intersection(*offered) - {"linear_gaussian"}

    @property
    def resolver(self) -> Resolver:
        """The children's derived values under their global names."""
        found: dict[str, Transform] = {}
        for child, pairs in self.globals:
            names = dict(pairs)
            for t in self.children[child].resolver.transforms:
                key = names.get(t.key, f"{child}.{t.key}")
                found[key] = Transform(
                    key,
                    tuple(names.get(d, f"{child}.{d}") for d in t.deps),
                    t.target,
                    inverse=tuple(
                        (names.get(d, f"{child}.{d}"), fn)
                        for d, fn in t.inverse
                    ),
                )
        return TransformRegistry(found.values()).resolver(
            self.spec, self.system_id
        )

    def child_store(self, name: str, store: Mapping[str, Any]) -> Any:
        """The store of one child."""
        return self._store(self.children[name], name, store)

    def _store(self, child: System, name: str, store: Any) -> Any:
        local = dict(dict(self.globals)[name])
        values = {key: store[local[key]] for key in child.spec.primitives}
        return ParameterStore(values, child.resolver)

    def predict(self, store: ParameterStore) -> dict[str, Any]:
        """Prediction of each child, by name."""
        return self._by_name(self._mapped("predict", store))

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """Sum over the children."""
        found = self._mapped("log_likelihood", store, data)
        return jnp.stack([terms.sum() for _, terms in found]).sum()

    def residuals(self, store: ParameterStore, data: Any) -> Array:
        """Residuals of the children, one after the other."""
        return self._concatenated("residuals", store, data)

    def pointwise_log_likelihood(
        self, store: ParameterStore, data: Any
    ) -> Array:
        """Terms of the children, one after the other."""
        return self._concatenated("pointwise_log_likelihood", store, data)

    def _concatenated(self, method: str, store: Any, data: Any) -> Array:
        parts = self._by_name(self._mapped(method, store, data))
        return jnp.concatenate([jnp.ravel(part) for part in parts.values()])

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Any]:
        """Data of each child, by name, from independent keys."""
        keys = jax.random.split(key, len(self.children))
        return {
            name: child.simulate(each, self.child_store(name, store))  # pyright: ignore
            for each, (name, child) in zip(
                keys, self.children.items(), strict=True
            )
        }

    def check_data(self, data: Any) -> Any:
        """Data by child.

        Raises
        ------
        DataError
            With every fault of every child.
        """
        faults = Faults()
        if not isinstance(data, Mapping):
            raise DataError(
                Fault(
                    "data of a joint system are given by child",
                    key="data",
                    value=type(data).__name__,
                    allowed=", ".join(self.children),
                    code="type",
                )
            )
        faults.extend(
            Fault(
                f"{name!r} is not a child of this system",
                key=str(name),
                allowed=", ".join(self.children),
                nearest=nearest(str(name), self.children),
                code="unknown",
            )
            for name in data
            if name not in self.children
        )
        checked: dict[str, Any] = {}
        for name, child in self.children.items():
            if name not in data:
                faults.append(
                    Fault(
                        f"the data lack the child {name!r}",
                        key=name,
                        allowed="{" + f'"{name}": {{...}}' + "}",
                        code="missing",
                    )
                )
                continue
            try:
                checked[name] = child.check_data(data[name])
            except DataError as error:
                faults.extend(error.faults)
        faults.throw(DataError)
        return checked

    def _mapped(
        self, method: str, store: ParameterStore, *data: Mapping[str, Any]
    ) -> list[tuple[tuple[str, ...], Any]]:
        """A method of every child; equal children in one mapped call."""

        def call(child: System, local: Any, *rest: Any) -> Any:
            return getattr(child, method)(local, *rest)

        found: list[tuple[tuple[str, ...], Any]] = []
        for names, stack in zip(self.groups, self.stacks, strict=True):
            rest = [tuple(d[name] for d in data) for name in names]
            if len({_shapes(each) for each in rest}) == 1:
                local = self._stacked_store(names, stack, store)
                arguments = jax.tree.map(_stack, *rest)
                result = jax.vmap(call)(stack, local, *arguments)
                found.append((names, result))
                continue
            for i, (name, each) in enumerate(zip(names, rest, strict=True)):
                child = jax.tree.map(lambda leaf, i=i: leaf[i], stack)
                result = call(child, self._store(child, name, store), *each)
                found.append(((name,), jax.tree.map(_stack, result)))
        return found

    def _stacked_store(
        self, names: tuple[str, ...], stack: System, store: ParameterStore
    ) -> ParameterStore:
        """The stores of equal children as one batch.

        Values that were cut from one vector are cut out of it again
        together: one operation a key, however many children there are.
        """
        first = jax.tree.map(lambda leaf: leaf[0], stack)
        wide = [dict(dict(self.globals)[name]) for name in names]
        values: dict[str, Any] = {}
        for key in first.spec.primitives:
            keys = [each[key] for each in wide]
            cuts = [store.cuts[k] for k in keys if k in store.cuts]
            vectors = {id(cut.vector) for cut in cuts}
            if len(cuts) == len(keys) and len(vectors) == 1:
                starts = np.array([[cut.start] for cut in cuts])
                places = starts + np.arange(cuts[0].size)
                shape = (len(names), *jnp.shape(store[keys[0]]))
                values[key] = cuts[0].vector[places].reshape(shape)
            else:
                values[key] = _stack(*(store[k] for k in keys))
        return ParameterStore(values, first.resolver)

    def _by_name(
        self, found: list[tuple[tuple[str, ...], Any]]
    ) -> dict[str, Any]:
        parts = {
            name: jax.tree.map(lambda leaf, i=i: leaf[i], result)
            for names, result in found
            for i, name in enumerate(names)
        }
        return {name: parts[name] for name, _ in self.globals}


def _stack(*leaves: Any) -> Any:
    # NumPy where it can be: stacking by JAX would compile a program.
    if any(isinstance(leaf, Tracer) for leaf in leaves):
        return jnp.stack(leaves)
    stacked = np.stack([np.asarray(leaf) for leaf in leaves])
    return strong(stacked, stacked.dtype)


def _shapes(tree: Any) -> Any:
    leaves, structure = jax.tree.flatten(tree)
    return structure, tuple((jnp.shape(x), jnp.result_type(x)) for x in leaves)


def equal_groups(
    children: Mapping[str, System],
) -> tuple[tuple[str, ...], ...]:
    """Names of children that differ in numbers alone, together."""
    groups: dict[Any, list[str]] = {}
    for name, child in children.items():
        groups.setdefault(_shapes(child), []).append(name)
    return tuple(tuple(names) for names in groups.values())


def _prefixed(name: str, field: Any, names: Mapping[str, str]) -> Any:
    return replace(
        field,
        key=f"{name}.{field.key}",
        dims=tuple(f"{name}.{dim}" for dim in field.dims),
        parents=tuple(names[parent] for parent in field.parents),
    )
