"""Derived values: which function computes what, in which scope.

A scope is a `system_id`. Look-up goes from the system's own scope along its
`extends` chain to `"*"`; the nearest wins. A variant is its own scope; there
are no other predicates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from .._schema.spec import ParamSpec
from ..contracts import Target
from ..errors import (
    ConflictError,
    CycleError,
    Fault,
    Faults,
    ResolveError,
    listed,
    nearest,
    wrong_type,
)

F = TypeVar("F", bound=Callable[..., Any])
ANY = "*"


@dataclass(frozen=True, slots=True)
class Transform:
    """How one derived value follows from others.

    Parameters
    ----------
    key
        What is computed.
    deps
        Keys it follows from, primitive or derived.
    target
        Pure function of the deps, in their order.
    system_id
        Scope; `"*"` is every system.
    inverse
        By dep: pure function of the derived value and the *other* deps, in
        their order, that gives this dep.
    """

    key: str
    deps: tuple[str, ...]
    target: Target
    system_id: str = ANY
    inverse: tuple[tuple[str, Target], ...] = ()


class TransformRegistry:
    """Transforms by scope and key.

    Parameters
    ----------
    transforms
        To begin with.
    extends
        Parent scope by scope.

    Raises
    ------
    ConflictError
        If one scope has two transforms for one key.
    """

    def __init__(
        self,
        transforms: Iterable[Transform] = (),
        *,
        extends: Mapping[str, str] | None = None,
    ) -> None:
        self._found: dict[tuple[str, str], Transform] = {}
        self._extends: dict[str, str] = {}
        self._resolvers: dict[Any, Any] = {}
        for system_id, parent in (extends or {}).items():
            self.extend(system_id, parent)
        for transform in transforms:
            self.add(transform)

    def extend(self, system_id: str, parent: str) -> None:
        """Let a scope fall back on another.

        Raises
        ------
        CycleError
            If the scopes would extend each other.
        """
        path = [system_id, *self._ancestors(parent)]
        if system_id in path[1:]:
            raise CycleError(
                Fault(
                    "scopes extend each other: " + " -> ".join(path),
                    key=system_id,
                    allowed="a parent that does not extend it",
                    code="cycle",
                )
            )
        self._extends[system_id] = parent
        self._resolvers.clear()

    def add(self, transform: Transform) -> None:
        """Take in one transform.

        Raises
        ------
        ConflictError
            If its scope has another one for its key.
        ResolveError
            If it has an inverse for something that is not a dep.
        """
        _check_types(transform)
        at = (transform.system_id, transform.key)
        if self._found.get(at, transform) != transform:
            raise ConflictError(
                Fault(
                    f"{transform.key!r} has two transforms in the scope "
                    f"{transform.system_id!r}",
                    key=transform.key,
                    value=f"{self._found[at].target} and {transform.target}",
                    allowed="one transform for each scope and key",
                    fix="register one of them in a scope of its own",
                    code="conflict",
                )
            )
        for solved, _ in transform.inverse:
            if solved not in transform.deps:
                raise ResolveError(
                    Fault(
                        f"{transform.key!r} has an inverse for {solved!r}, "
                        "which is not one of its deps",
                        key=transform.key,
                        allowed=", ".join(transform.deps),
                        nearest=nearest(solved, transform.deps),
                        code="unknown",
                    )
                )
        self._found[at] = transform
        self._resolvers.clear()

    def register(
        self,
        key: str,
        deps: Iterable[str],
        *,
        system_id: str = ANY,
        inverse: Mapping[str, Target] | None = None,
    ) -> Callable[[F], F]:
        """Decorator that registers a pure function of the deps.

        Parameters
        ----------
        key, deps, system_id, inverse
            As in `Transform`.
        """

        def decorate(function: F) -> F:
            pairs = tuple((inverse or {}).items())
            self.add(Transform(key, tuple(deps), function, system_id, pairs))
            return function

        return decorate

    def _ancestors(self, system_id: str) -> list[str]:
        path = [system_id]
        while path[-1] in self._extends and len(path) <= len(self._extends):
            path.append(self._extends[path[-1]])
        return path

    def chain(self, system_id: str) -> tuple[str, ...]:
        """Scopes in the order of look-up."""
        return (*self._ancestors(system_id), ANY)

    def get(self, key: str, system_id: str) -> Transform | None:
        """The transform in force, or None."""
        for scope in self.chain(system_id):
            if (scope, key) in self._found:
                return self._found[scope, key]
        return None

    def in_scope(self, system_id: str) -> tuple[Transform, ...]:
        """Every transform in force for a system."""
        scopes = self.chain(system_id)
        keys = {key for scope, key in self._found if scope in scopes}
        found = (self.get(key, system_id) for key in sorted(keys))
        return tuple(t for t in found if t is not None)

    def lookup(self, key: str, system_id: str) -> Transform:
        """The transform in force.

        Raises
        ------
        ResolveError
            Naming the scopes that were searched and those that have it.
        """
        found = self.get(key, system_id)
        if found is not None:
            return found
        elsewhere = sorted(s for s, k in self._found if k == key)
        keys = [k for s, k in self._found if s in self.chain(system_id)]
        raise ResolveError(
            Fault(
                f"no transform computes {key!r} for {system_id!r}",
                key=key,
                value=f"searched {' -> '.join(self.chain(system_id))}",
                allowed=f"scopes that have it: {', '.join(elsewhere)}"
                if elsewhere
                else f"keys that these scopes have: {listed(sorted({*keys}))}",
                nearest=nearest(key, keys),
                code="transform",
            )
        )

    def resolver(self, spec: ParamSpec, system_id: str) -> Any:
        """`Resolver` of a spec in a scope."""
        from .._schema.skeleton import skeleton
        from .resolver import make_resolver

        at = (skeleton(spec), system_id)
        if at not in self._resolvers:
            self._resolvers[at] = make_resolver(self, spec, system_id)
        return self._resolvers[at]


def _check_types(transform: Any) -> None:
    """Refuse what is no transform, or has deps or targets of a wrong type."""
    if not isinstance(transform, Transform):
        raise ResolveError(
            wrong_type("transform", transform, "Transform(key, deps, target)")
        )
    faults = Faults()
    deps: Any = transform.deps
    if not isinstance(deps, tuple):
        faults.append(wrong_type(f"deps of {transform.key}", deps, "a tuple"))
    targets = [("target", transform.target), *transform.inverse]
    for name, target in targets:
        if not (isinstance(target, str) or callable(target)):
            faults.append(
                wrong_type(
                    f"{name} of {transform.key}",
                    target,
                    '"module:attr", or a function',
                )
            )
    faults.throw(ResolveError)
