"""Checks of transform entries: scope, inverses, circles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from .._derived.transforms import ANY
from .._targets import target_fault
from ..errors import Fault, nearest
from .discovery import normalised
from .entries import TransformEntry
from .missing import HOMES
from .scopes import Computed, transforms_in_scope

if TYPE_CHECKING:
    from .registry import Registry


def transform_faults(
    registry: Registry, entry: TransformEntry
) -> Iterator[Fault]:
    """What is wrong with one transform entry."""
    scopes = {system.scope for system in registry.entries("systems")}
    if entry.system_id not in (ANY, *scopes):
        if not _may_come_later(registry, entry.system_id):
            yield Fault(
                f"its scope {entry.system_id!r} is no system's",
                key=entry.system_id,
                nearest=nearest(entry.system_id, scopes),
                allowed=f"{ANY!r} or the system_id of a system",
                code="unknown",
            )
    for dep, target in entry.inverse:
        if dep not in entry.deps:
            yield Fault(
                f"it has an inverse for {dep!r}, which is not among its deps",
                key=dep,
                nearest=nearest(dep, entry.deps),
                allowed=", ".join(entry.deps),
                code="unknown",
            )
        fault = target_fault(target)
        yield from [fault] if fault else []


def _may_come_later(registry: Registry, scope: str) -> bool:
    """Whether the scope belongs to a package that is not installed."""
    home = HOMES.get(scope.partition(".")[0])
    return home is not None and home.distribution not in map(
        normalised, registry.distributions
    )


def cycle_faults(
    registry: Registry, distribution: str | None
) -> Iterator[Fault]:
    """Derived values that depend on each other, each circle once."""
    scopes = [system.scope for system in registry.entries("systems")]
    seen: set[frozenset[str]] = set()
    for scope in dict.fromkeys([*scopes, ANY]):
        transforms = transforms_in_scope(registry, scope)
        for path in _circles(transforms):
            who = {str(transforms[key].plugin) for key in path}
            owners = {transforms[key].plugin.distribution for key in path}
            if frozenset(path) in seen or (
                distribution is not None and distribution not in owners
            ):
                continue
            seen.add(frozenset(path))
            yield Fault(
                f"derived values depend on each other in scope {scope!r}: "
                + " -> ".join(path),
                key=path[0],
                allowed="values that follow from primitives in the end",
                needed_by=", ".join(sorted(who)),
                fix="compute one of them from primitives",
                code="cycle",
            )


def _circles(transforms: Mapping[str, Computed]) -> Iterator[list[str]]:
    graph: dict[str, set[str]] = {
        key: set(computed.entry.deps) & transforms.keys()
        for key, computed in transforms.items()
    }
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            # graphlib lists each node before what depends on it.
            path: list[str] = error.args[1][::-1]
            yield path
            graph[path[0]].discard(path[1])  # break it, look for the next
        else:
            return
