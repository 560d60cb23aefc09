"""`forwardax.system`: a registered system by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from .._config.arrays import Gathered
from .._config.paths import file_setting
from .._config.settings import Places, Setting
from .._freeze import Frozen
from .._plugins.entry_specs import known_of
from .._plugins.registry import Registry
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
    keys = {field.key for field in entry.structure}
    given = {k: v for k, v in arguments.items() if k in keys}
    others = {k: v for k, v in arguments.items() if k not in keys}
    faults = Faults()
    checked: dict[str, Any] = {}
    try:
        structure = Structure.of(entry.structure, given)
        keys |= set(known_of(entry, structure))
        others |= _known(found, entry, structure, others, faults)
        checked = dict(structure)
    except StructureError as error:
        faults.extend(error.faults)
    target = found.load("systems", name)
    every = {**checked, **others}
    faults.extend(_argument_faults(name, target, every, keys))
    faults.throw(StructureError, f"cannot build {name!r}")
    return target(**every)


def _known(
    registry: Registry,
    entry: Any,
    structure: Structure,
    given: dict[str, Any],
    faults: Faults,
) -> dict[str, Any]:
    """Known arrays: as given, from files, or made of mappings."""
    spec = known_of(entry, structure)
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
    name: str, target: Any, arguments: dict[str, Any], structure: set[str]
) -> list[Fault]:
    parameters = inspect.signature(target).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return []
    faults = [
        Fault(
            f"{key!r} is not an argument of the system {name!r}",
            key=key,
            allowed=", ".join(parameters),
            nearest=nearest(key, parameters),
            code="unknown",
        )
        for key in arguments
        if key not in parameters
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
        if p.default is p.empty
        and key not in arguments
        and key not in structure
    ]
    return faults
