"""Resolver: derived values of one system, planned once, computed purely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._order import in_order
from .._schema.skeleton import skeleton
from .._schema.spec import ParamSpec
from .._targets import load_target
from ..contracts import Compute
from ..errors import (
    Fault,
    Faults,
    ResolveError,
    UnknownKey,
    listed,
    nearest,
)

if TYPE_CHECKING:
    from .transforms import Transform, TransformRegistry


@dataclass(frozen=True)
class Resolver:
    """Transforms in force for a spec, in topological order; hashable.

    Parameters
    ----------
    system_id
        The scope.
    spec
        Skeleton of the spec.
    transforms
        Ordered so that each comes after those it depends on.
    """

    system_id: str
    spec: ParamSpec
    transforms: tuple[Transform, ...] = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.system_id, self.spec, self.transforms))

    @cached_property
    def _by_key(self) -> Mapping[str, Transform]:
        return {t.key: t for t in self.transforms}

    @property
    def derived(self) -> tuple[str, ...]:
        """Keys it can compute, in order of computation."""
        return tuple(self._by_key)

    def transform(self, key: str) -> Transform | None:
        """The transform of a derived key, or None."""
        return self._by_key.get(key)

    def plan(self, keys: Iterable[str] | None = None) -> tuple[Compute, ...]:
        """Steps that compute the keys (all, where None), in order.

        Raises
        ------
        ResolveError
            If a key is neither derived nor primitive.
        """
        wanted = set(self._by_key) if keys is None else self._closure(keys)
        return tuple(
            Compute(t.key, t.target, t.deps)
            for t in self.transforms
            if t.key in wanted
        )

    def _closure(self, keys: Iterable[str]) -> set[str]:
        wanted: set[str] = set()
        stack = list(keys)
        faults = Faults()
        while stack:
            key = stack.pop()
            if key in wanted:
                continue
            transform = self._by_key.get(key)
            if transform is not None:
                wanted.add(key)
                stack += transform.deps
            elif key not in self.spec:
                faults.append(self._nowhere(key))
        faults.throw(ResolveError)
        return wanted

    def _nowhere(self, key: str) -> Fault:
        known = (*self.spec.primitives, *self._by_key)
        return Fault(
            f"{key!r} is neither a parameter nor computed in the scope "
            f"{self.system_id!r}",
            key=str(key),
            allowed=listed(known),
            nearest=nearest(key, known),
            code="unknown",
        )

    def resolve(
        self, values: Mapping[str, Any], keys: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """Derived values; pure, and safe under every JAX transformation.

        Parameters
        ----------
        values
            Primitives by key.
        keys
            What to compute; everything where None.

        Raises
        ------
        ResolveError
            Naming *all* the missing primitives and who needs each.
        """
        steps = self.plan(keys)
        computed = {step.key for step in steps}
        needs: dict[str, list[str]] = {}
        for step in steps:
            for dep in step.deps:
                if dep not in computed and dep not in values:
                    needs.setdefault(dep, []).append(step.key)
        if needs:
            raise ResolveError(
                [
                    Fault(
                        f"{dep!r} has no value",
                        key=dep,
                        allowed="values of all the primitives it needs",
                        needed_by=", ".join(map(repr, who)),
                        fix=f"set it with store.replace({{{dep!r}: ...}})",
                        code="missing",
                    )
                    for dep, who in needs.items()
                ]
            )
        env = dict(values)
        return {step.key: compute(step, env) for step in steps}

    def explain(self, key: str) -> str:
        """Where a value comes from, down to its primitives.

        Raises
        ------
        UnknownKey
            If nothing of that name is stored or computed.
        """
        if key not in self._by_key and key not in self.spec:
            raise UnknownKey(self._nowhere(key))
        return "\n".join(self._lines(key, 0))

    def _lines(self, key: str, depth: int) -> list[str]:
        unit = self.spec[key].unit if key in self.spec else ""
        head = "  " * depth + key + (f" [{unit}]" if unit else "")
        transform = self._by_key.get(key)
        if transform is None:
            return [f"{head}: primitive"]
        target = transform.target
        text = (
            target
            if isinstance(target, str)
            else f"{target.__module__}:{target.__qualname__}"
        )
        lines = [f"{head}: {text} in scope {transform.system_id!r}"]
        for dep in transform.deps:
            lines += self._lines(dep, depth + 1)
        return lines

    def primitives_of(self, key: str) -> tuple[str, ...]:
        """Primitives a derived key follows from, in spec order."""
        wanted = self._closure([key])
        deps = {d for k in wanted for d in self._by_key[k].deps}
        return tuple(k for k in self.spec.primitives if k in deps)

    def written(self, key: str) -> Fault:
        """The fault of writing a derived key."""
        transform = self._by_key.get(key)
        primitives = self.primitives_of(key) if transform else ()
        solvable = [k for k, _ in transform.inverse] if transform else []
        fix = f"set {' or '.join(map(repr, primitives))} instead"
        if solvable:
            fix += f", or store.assign({key!r}, value, solve_for="
            fix += f"{' | '.join(map(repr, solvable))})"
        return Fault(
            f"{key!r} is derived and cannot be written",
            key=key,
            allowed=f"primitives: {listed(self.spec.primitives)}",
            fix=fix,
            code="derived",
        )

    def inverse(self, key: str, solve_for: str | None) -> tuple[str, Compute]:
        """The step that gives a dep from a derived value.

        Returns
        -------
        tuple
            The dep, and a step whose deps are the derived key and the other
            deps.

        Raises
        ------
        ResolveError
            If the key is not derived, or has no such inverse, or has
            several and none was chosen.
        """
        transform = self._by_key.get(key)
        if transform is None:
            raise ResolveError(
                Fault(
                    f"{key!r} is not derived in the scope {self.system_id!r}",
                    key=str(key),
                    allowed=listed(self._by_key),
                    nearest=nearest(key, self._by_key),
                    fix=f"use store.replace({{{key!r}: ...}})"
                    if key in self.spec
                    else "",
                    code="derived",
                )
            )
        inverses = dict(transform.inverse)
        if solve_for is None and len(inverses) == 1:
            solve_for = next(iter(inverses))
        if solve_for is None or solve_for not in inverses:
            raise ResolveError(
                Fault(
                    f"{key!r} cannot be solved for {solve_for!r}"
                    if solve_for
                    else f"{key!r} does not say what to solve for",
                    key=key,
                    allowed="solve_for=" + " | ".join(map(repr, inverses))
                    if inverses
                    else "nothing: it has no inverse",
                    nearest=nearest(solve_for or "", inverses),
                    fix="" if inverses else self.written(key).fix,
                    code="inverse",
                )
            )
        others = tuple(d for d in transform.deps if d != solve_for)
        return solve_for, Compute(
            solve_for, inverses[solve_for], (key, *others)
        )


def compute(step: Compute, env: dict[str, Any]) -> Any:
    """Value of a step, put into the environment as well."""
    function = load_target(step.target)
    env[step.key] = function(*(env[dep] for dep in step.deps))
    return env[step.key]


def make_resolver(
    registry: TransformRegistry, spec: ParamSpec, system_id: str
) -> Resolver:
    """Plan all derived values of a spec in a scope.

    Raises
    ------
    ResolveError
        If a derived field has no transform, or a dep is nowhere.
    CycleError
        With the path.
    """
    spec = skeleton(spec)
    faults = Faults()
    chosen = {t.key: t for t in registry.in_scope(system_id)}
    declared: dict[str, Transform] = {}
    for key in spec.derived:
        if key not in chosen:
            try:
                registry.lookup(key, system_id)
            except ResolveError as error:
                faults.extend(error.faults)
        else:
            declared[key] = chosen[key]
    # Others in scope take part where all that they need is there.
    known = set(spec.primitives) | set(declared)
    waiting = [t for k, t in chosen.items() if k not in known]
    while ready := [t for t in waiting if set(t.deps) <= known]:
        declared |= {t.key: t for t in ready}
        known |= {t.key for t in ready}
        waiting = [t for t in waiting if t not in ready]
    for transform in list(declared.values()):
        for dep in transform.deps:
            if dep not in known:
                faults.append(
                    Fault(
                        f"{dep!r} is neither a parameter nor derived",
                        key=dep,
                        allowed=listed(sorted(known)),
                        nearest=nearest(dep, known),
                        needed_by=f"the transform of {transform.key!r} in "
                        f"the scope {transform.system_id!r}",
                        code="unknown",
                    )
                )
    faults.throw(ResolveError)
    graph = {
        k: [d for d in t.deps if d in declared] for k, t in declared.items()
    }
    order = in_order(
        graph,
        circle="derived values depend on each other",
        allowed="values that follow from primitives in the end",
    )
    return Resolver(system_id, spec, tuple(declared[k] for k in order))
