"""`forwardax.system`: a registered system by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from .._config.arrays import Gathered
from .._config.paths import file_setting
from .._config.sections import (
    sound_values,
    spec_faults,
    without_consequences,
)
from .._config.settings import Places, Setting
from .._freeze import Frozen
from .._plugins.entries import SystemEntry
from .._plugins.entry_specs import known_of
from .._plugins.registry import Registry
from .._schema.data import DataSpec
from .._schema.structure import Structure
from ..errors import Fault, Faults, StructureError, listed, nearest
from .system import System


def system(
    name: str, /, *, registry: Registry | None = None, **arguments: Any
) -> System:
    """Build a registered system.

    Parameters
    ----------
    name
        Registered name, such as `"lensing.imaging"`.
    registry
        Where to look; the installed plugins where None.
    arguments
        Structure values, and known arrays: arrays, or files and mappings as
        a run file has them.

    Raises
    ------
    UnknownEntry
        If nothing of that name is registered; with the nearest names.
    StructureError
        If arguments are unknown, missing or wrong; all at once.
    """
    found = registry or Registry.default()
    entry: Any = found.get("systems", name)
    keys = [field.key for field in entry.structure]
    given = {k: v for k, v in arguments.items() if k in keys}
    others = {k: v for k, v in arguments.items() if k not in keys}
    faults = Faults()
    structure: Mapping[str, Any]
    try:
        structure = Structure.of(entry.structure, given)
    except StructureError as error:
        faults.extend(error.faults)
        # The rest of the structure may have faults of its own.
        structure = sound_values(entry, given)
    faults.extend(spec_faults(entry, structure))
    spec = _known_spec(entry, structure)
    if spec is not None:
        others |= _known(found, entry, structure, spec, others, faults)
        keys += spec
    target = found.load("systems", name)
    every = {**structure, **others}
    if spec is not None:
        faults.extend(_argument_faults(name, target, every, keys))
    faults = without_consequences(faults)
    faults.throw(StructureError, f"cannot build {name!r}")
    return target(**every)


def _known_spec(
    entry: SystemEntry, structure: Mapping[str, Any]
) -> DataSpec | None:
    """Fields of the known arrays; None where the structure hides them."""
    try:
        return known_of(entry, structure)
    except StructureError:
        return None


def _known(
    registry: Registry,
    entry: SystemEntry,
    structure: Mapping[str, Any],
    spec: DataSpec,
    given: dict[str, Any],
    faults: Faults,
) -> dict[str, Any]:
    """Known arrays: as given, from files, or made of mappings."""
    found: dict[str, Any] = {}
    for key, value in given.items():
        if key not in spec:
            continue
        found[key] = value
        if isinstance(value, Mapping):
            found[key] = Frozen(cast("Mapping[str, Any]", value))
        elif isinstance(value, str | Path):
            setting = Setting(str(value))
            at = file_setting(key, setting, Path(), "a file", faults)
            found[key] = at.value
    gathered = Gathered(registry, entry, structure, Places())
    arrays = gathered.known(found)
    gathered.check()
    faults.extend(gathered.faults)
    return arrays


def _argument_faults(
    name: str, target: Any, arguments: dict[str, Any], declared: list[str]
) -> list[Fault]:
    found = inspect.signature(target).parameters
    parameters = {k: p for k, p in found.items() if p.kind is not p.VAR_KEYWORD}
    # A target that takes whatever comes takes what the entry declares.
    allowed = list(parameters)
    if len(parameters) < len(found):
        allowed += [key for key in declared if key not in parameters]
    faults = [
        Fault(
            f"{key!r} is not an argument of the system {name!r}",
            key=key,
            allowed=", ".join(allowed) or "nothing",
            nearest=nearest(key, allowed),
            code="unknown",
        )
        for key in arguments
        if key not in allowed
    ]
    faults += [
        Fault(
            f"the system {name!r} lacks {key!r}",
            key=key,
            allowed=f"all of {listed(parameters)}",
            needed_by=repr(name),
            code="missing",
        )
        for key, p in parameters.items()
        if p.default is p.empty and key not in arguments and key not in declared
    ]
    return faults
