"""Everything about plugins that can be verified without JAX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from .._sourcefiles import find_resource
from .._targets import target_fault
from ..contracts import CAPABILITIES
from ..errors import (
    Fault,
    ForwardaxError,
    UnknownEntry,
    listed,
    nearest,
    unknown,
)
from .check_systems import system_faults
from .check_transforms import cycle_faults, transform_faults
from .conflicts import Record
from .discovery import normalised
from .entries import (
    KINDS,
    EstimatorEntry,
    PresetEntry,
    ProfileEntry,
    SystemEntry,
    TransformEntry,
)
from .entry_specs import spec_of
from .loader import Failure
from .missing import SINGULAR, missing_entry

if TYPE_CHECKING:
    from .registry import Registry

_PART = r"[a-z][a-z0-9_-]*"
_NAMES = {
    "commands": (re.compile(_PART), "one lower-case word"),
    "transforms": (
        re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*){0,3}"),
        "one to four dotted lower-case parts",
    ),
}
_NAMESPACED = (re.compile(rf"{_PART}(\.{_PART})+"), "namespace.name")


def check_registry(registry: Registry, distribution: str | None) -> list[Fault]:
    """See `Registry.check`."""
    if distribution is not None:
        distribution = _known(registry, distribution)
    faults = [
        Fault(
            str(failure),
            key=failure.distribution,
            allowed="plugins that load",
            code="plugin",
        )
        for failure in registry.failures
        if _concerns(failure, distribution)
    ]
    for kind in KINDS:
        for record in registry.records(kind):
            if distribution in (None, record.plugin.distribution):
                faults += _entry_faults(registry, kind, record)
    faults += cycle_faults(registry, distribution)
    return faults


def _known(registry: Registry, distribution: str) -> str:
    """Its name as installed, however it was spelt."""
    names = list(registry.distributions)
    for failure in registry.failures:
        names += failure.distribution.split(", ")
    for name in names:
        if normalised(name) == normalised(distribution):
            return name
    raise UnknownEntry(
        unknown(
            "one",
            distribution,
            sorted({*names}),
            owner="the installed plugins",
        )
    )


def _concerns(failure: Failure, distribution: str | None) -> bool:
    return distribution is None or distribution in (
        failure.distribution.split(", ")
    )


def _entry_faults(
    registry: Registry, kind: str, record: Record
) -> Iterator[Fault]:
    entry = record.entry
    who = f"{SINGULAR[kind]} {entry.name!r} of {record.plugin}"
    pattern, allowed = _NAMES.get(kind, _NAMESPACED)
    if not pattern.fullmatch(entry.name):
        yield Fault(
            f"{entry.name!r} is not a name for a {SINGULAR[kind]}",
            key=entry.name,
            allowed=allowed,
            needed_by=who,
            code="name",
        )
    if kind != "presets":
        fault = target_fault(entry.target, needed_by=who)
        yield from [fault] if fault else []
    match entry:
        case TransformEntry():
            found = transform_faults(registry, entry)
        case SystemEntry():
            found = system_faults(registry, entry)
        case ProfileEntry():
            found = _profile_faults(entry)
        case PresetEntry():
            found = _preset_faults(registry, entry)
        case EstimatorEntry():
            found = _needs_faults(entry)
        case _:
            found = ()
    for fault in found:
        yield fault if fault.needed_by else replace(fault, needed_by=who)


def _profile_faults(entry: ProfileEntry) -> Iterable[Fault]:
    try:
        return spec_of(entry).lint()
    except ForwardaxError as error:
        return error.faults


def _preset_faults(registry: Registry, entry: PresetEntry) -> Iterator[Fault]:
    from .._yaml import read_yaml

    path = find_resource(entry.target)
    if path is None:
        yield Fault(
            f"there is no file {entry.target!r}",
            key=entry.target,
            allowed="'package:folder/file.yaml', a file in the wheel",
            code="resource",
        )
    else:
        yield from read_yaml(path).faults
    known = [system.name for system in registry.entries("systems")]
    if entry.system not in known:
        yield from missing_entry(registry, "systems", entry.system).faults


def _needs_faults(entry: EstimatorEntry) -> Iterator[Fault]:
    # The vocabulary is open, so only what looks like a slip is refused.
    for need in sorted(entry.needs - set(CAPABILITIES)):
        near = nearest(need, CAPABILITIES)
        if near:
            yield Fault(
                f"{need!r} is not a capability",
                key=need,
                allowed=listed(CAPABILITIES),
                nearest=near,
                code="unknown",
            )
