"""Checks of system entries: spec, data, structure, scope."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .._schema.spec import ParamSpec
from .._schema.structure import Structure
from .._targets import target_fault
from ..contracts import NO_DEFAULT
from ..errors import Fault, ForwardaxError, listed, nearest
from .entries import SystemEntry
from .entry_specs import data_of, known_of, spec_of
from .missing import missing_entry
from .scopes import transforms_in_scope

if TYPE_CHECKING:
    from .registry import Registry


def system_faults(registry: Registry, entry: SystemEntry) -> Iterator[Fault]:
    """What is wrong with a system entry."""
    for target in (entry.reader, entry.writer, entry.check):
        fault = target_fault(target) if target is not None else None
        yield from [fault] if fault else []
    yield from _extends_faults(registry, entry)
    given = {
        f.key: f.default for f in entry.structure if f.default is not NO_DEFAULT
    }
    try:
        if len(given) == len(entry.structure):
            Structure.of(entry.structure, given)
    except ForwardaxError as error:
        yield from error.faults
        return
    jax_before = "jax" in sys.modules
    try:
        spec, data, known = spec_of(entry), data_of(entry), known_of(entry)
    except ForwardaxError as error:
        # A spec that follows from structure without defaults has none yet.
        if not all(fault.code == "missing" for fault in error.faults):
            yield from error.faults
        return
    if not jax_before and "jax" in sys.modules:
        yield Fault(
            "making its spec imported jax",
            key=entry.name,
            allowed="specs without jax",
            fix="keep the spec in a module of its own that needs none",
            code="heavy",
        )
    yield from spec.lint()
    yield from data.lint(spec) if data is not None else ()
    yield from known.lint(spec)
    yield from _derived_faults(registry, entry, spec)


def _extends_faults(registry: Registry, entry: SystemEntry) -> Iterator[Fault]:
    if entry.extends is None:
        return
    systems = registry.entries("systems")
    scopes = {system.scope for system in systems}
    if entry.extends not in scopes:
        missing = missing_entry(registry, "systems", entry.extends).faults[0]
        yield Fault(
            f"it extends {entry.extends!r}, which is no system's scope",
            key=entry.extends,
            allowed=listed(sorted(scopes)),
            nearest=nearest(entry.extends, scopes),
            fix=missing.fix if "pip install" in missing.fix else "",
            code="unknown",
        )
        return
    extends = {system.scope: system.extends for system in systems}
    path: list[str] = [entry.scope]
    parent: str | None = entry.extends
    while parent is not None and parent not in path:
        path.append(parent)
        parent = extends.get(parent)
    if parent == entry.scope:
        yield Fault(
            f"it extends itself: {' -> '.join([*path, entry.scope])}",
            key=entry.name,
            allowed="a parent that does not extend it",
            code="cycle",
        )


def _derived_faults(
    registry: Registry, entry: SystemEntry, spec: ParamSpec
) -> Iterator[Fault]:
    """Derived values that nobody computes, down to the primitives."""
    transforms = transforms_in_scope(registry, entry.scope)
    wanted = {key: f"the spec of {entry.name!r}" for key in spec.derived}
    wanted |= {
        key: f"system {entry.name!r}"
        for key, computed in transforms.items()
        if computed.entry.system_id == entry.scope
    }
    queue = list(wanted)
    for key in queue:  # grows while it runs
        computed = transforms.get(key)
        if computed is None:
            if key in spec and spec[key].kind == "primitive":
                continue
            known = [*spec, *transforms]
            yield Fault(
                f"{key!r} is neither a primitive of {entry.name!r} nor "
                "computed by a transform in its scope",
                key=key,
                allowed=listed(known),
                nearest=tuple(n for n in nearest(key, known) if n != key),
                needed_by=wanted[key],
                fix="declare it in the spec, or register a transform",
                code="missing",
            )
            continue
        for dep in computed.entry.deps:
            if dep not in wanted:
                wanted[dep] = f"transform {key!r} of {computed.plugin}"
                queue.append(dep)
