"""Sections of a configuration other than the parameters."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .._plugins.entries import PresetEntry, SystemEntry
from .._plugins.entry_specs import data_of
from .._plugins.registry import Registry
from .._schema.data import DataSpec
from .._schema.structure import Structure
from .._sourcefiles import find_resource
from .._yaml import Document, read_yaml
from ..errors import Fault, Faults, ForwardaxError, listed, unknown
from .layers import Layer
from .settings import COMMAND_LINE, Layered, Setting, frozen, nested, overlay


def entry_of(
    registry: Registry,
    name: Setting | None,
    source: str,
    faults: Faults,
    *,
    kind: str = "systems",
) -> Any:
    """Entry of the system or estimator that is named; None with a fault."""
    if name is None:
        faults.append(
            Fault(
                f"{source}: no system is named",
                key="system",
                allowed=listed(e.name for e in registry.entries("systems")),
                fix="write system: NAME; `forwardax list systems` shows all",
                code="missing",
            )
        )
        return None
    if not isinstance(name.value, str):
        what = f"a name in {kind} must be text"
        value = repr(name.value)
        fault = Fault(what, kind, value, "the name of an entry", code="type")
        faults.append(name.located(fault))
        return None
    try:
        return registry.get(kind, name.value)
    except ForwardaxError as error:
        faults.extend(name.located(fault) for fault in error.faults)
        return None


def find_preset(
    registry: Registry,
    name: Setting,
    entry: SystemEntry | None,
    run_file: Path | None,
    faults: Faults,
) -> Document | None:
    """The preset's file: a registered one, or a path to one's own."""
    text = str(name.value)
    if text.endswith((".yaml", ".yml")):
        return read_yaml((run_file.parent if run_file else Path()) / text)
    preset: PresetEntry | None = entry_of(
        registry, name, "", faults, kind="presets"
    )
    if preset is None:
        return None
    path = find_resource(preset.target)
    if path is None:
        what = f"preset {text!r} has no file {preset.target!r}"
        allowed = "a file in the wheel"
        fault = Fault(what, text, allowed=allowed, code="resource")
        faults.append(name.located(fault))
        return None
    served = {preset.system}
    if entry is not None and not served & {entry.name, entry.extends}:
        fits = [
            other.name
            for other in registry.entries("presets")
            if other.system in (entry.name, entry.extends)
        ]
        fault = Fault(
            f"preset {text!r} is for {preset.system!r}, not {entry.name!r}",
            key=text,
            allowed=", ".join(fits) or f"no preset is for {entry.name!r}",
            code="preset",
        )
        faults.append(name.located(fault))
    document = read_yaml(path)
    document.source = f"preset {text}"
    return document


def find_structure(
    entry: SystemEntry | None, given: dict[str, Setting], faults: Faults
) -> Layered | None:
    """Structure values with the defaults; None where something is wrong."""
    if entry is None:
        return None
    found: dict[str, Setting] = {}
    used: set[str] = set()
    for field in entry.structure:
        below = {
            path: one
            for path, one in given.items()
            if f"{path}.".startswith(f"{field.key}.")
        }
        used |= below.keys()
        if field.key in below:
            found[field.key] = below[field.key]
        elif below:
            # A nested value is written in several lines; the first is told.
            cut = len(field.key) + 1
            inside = nested({p[cut:]: one.value for p, one in below.items()})
            first = next(iter(below.values()))
            found[field.key] = first.with_value(frozen(inside))
    extra = {path: one for path, one in given.items() if path not in used}
    values = {path: one.value for path, one in {**found, **extra}.items()}
    try:
        structure = Structure.of(entry.structure, values)
    except ForwardaxError as error:
        for fault in error.faults:
            setting = {**found, **extra}.get(fault.key, Setting(None))
            missing = fault.code == "missing"
            faults.append(fault if missing else setting.located(fault))
        return None
    return Layered(
        {
            key: found.get(key, Setting(value)).with_value(value)
            for key, value in structure.items()
        }
    )


def find_data(
    registry: Registry,
    entry: SystemEntry | None,
    structure: Layered | None,
    layers: Iterable[Layer],
    folder: Path,
    faults: Faults,
) -> Layered:
    """Data by key; relative paths start at the file that has them."""
    found: dict[str, Setting] = {}
    sets = {dataset.name for dataset in registry.entries("datasets")}
    for layer in layers:
        given = layer.sections["data"]
        if "" in given:
            found = {"": given[""]}
        elif given:
            found.pop("", None)
        found = overlay(found, layer.paths("data"))
        if "" in given and len(given) > 1:
            what = "data has both a name and keys"
            fault = Fault(what, "data", allowed="one of the two", code="data")
            faults.append(given[""].located(fault))
    known = _data_keys(entry, structure)
    for key, one in found.items():
        if key and known is not None and key not in known:
            owner = repr(entry.name if entry else "")
            fault = unknown("a data key", key, known, owner=owner)
            faults.append(one.located(fault))
        if isinstance(one.value, str) and (key or one.value not in sets):
            below = Path() if one.source == COMMAND_LINE else folder
            if one.source.startswith("--set"):
                below = Path()
            path = (below / one.value).expanduser()
            found[key] = one.with_value(path)
            if not path.exists():
                what = f"there is no file {str(path)!r}"
                allowed = "a file, or the name of a data set"
                fault = Fault(what, key or "data", allowed=allowed, code="file")
                faults.append(one.located(fault))
    return Layered(found)


def _data_keys(
    entry: SystemEntry | None, structure: Layered | None
) -> tuple[str, ...] | None:
    if entry is None:
        return None
    if isinstance(entry.data, DataSpec):
        return tuple(entry.data)  # whatever is wrong with the structure
    if structure is None:
        return None
    try:
        spec = data_of(entry, structure.plain)
    except ForwardaxError:
        return None  # the parameter spec fails likewise, and says so
    return None if spec is None else tuple(spec)


def seed_of(given: Setting | None, faults: Faults) -> Setting:
    """The seed: a whole number from zero on; 0 by default."""
    if given is None:
        return Setting(0)
    if type(given.value) is not int or given.value < 0:
        fault = Fault(
            "the seed is no whole number from 0 on",
            key="seed",
            value=repr(given.value),
            allowed="whole numbers from 0 on",
            code="seed",
        )
        faults.append(given.located(fault))
    return given
