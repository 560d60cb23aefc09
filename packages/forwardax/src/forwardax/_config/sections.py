"""Sections of a configuration other than the parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .._freeze import freeze_value
from .._plugins.entries import PresetEntry, SystemEntry
from .._plugins.entry_specs import data_of, known_of
from .._plugins.registry import Registry
from .._schema.data import DataSpec
from .._schema.structure import Structure, unknown_field
from .._sourcefiles import find_resource
from .._targets import load_target
from .._yaml import Document, read_yaml
from ..errors import (
    Fault,
    Faults,
    ForwardaxError,
    StructureError,
    listed,
    unknown,
)
from .layers import Layer
from .paths import file_setting
from .settings import Layered, Places, Setting, nested, overlay


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


def split_system(
    entry: SystemEntry, given: Mapping[str, Setting]
) -> tuple[dict[str, Setting], dict[str, Setting]]:
    """Settings of structure fields, nested ones put together, and the rest."""
    return _gathered([field.key for field in entry.structure], given)


def _gathered(
    keys: Iterable[str], given: Mapping[str, Setting]
) -> tuple[dict[str, Setting], dict[str, Setting]]:
    found: dict[str, Setting] = {}
    rest = dict(given)
    for key in keys:
        below = {
            path: one
            for path, one in rest.items()
            if f"{path}.".startswith(f"{key}.")
        }
        if key in below:
            found[key] = below[key]
        elif below:
            # A nested value is written in several lines; the first is told.
            cut = len(key) + 1
            inside = nested({p[cut:]: one.value for p, one in below.items()})
            first = next(iter(below.values()))
            found[key] = first.with_value(freeze_value(inside))
        rest = {p: one for p, one in rest.items() if p not in below}
    return found, rest


def find_structure(
    entry: SystemEntry,
    given: Mapping[str, Setting],
    places: Places,
    faults: Faults,
) -> Layered | None:
    """Structure values with the defaults; None where something is wrong."""
    found, rest = split_system(entry, given)
    values = {path: one.value for path, one in found.items()}
    if entry.known is None:
        values |= {path: one.value for path, one in rest.items()}
    try:
        structure = Structure.of(entry.structure, values)
    except ForwardaxError as error:
        faults.extend(map(places.locate, error.faults))
        return None
    return Layered(
        {
            key: found.get(key, Setting(value)).with_value(value)
            for key, value in structure.items()
        }
    )


def sound_values(
    entry: SystemEntry, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Structure values that are right by themselves, whatever others are."""
    found: dict[str, Any] = {}
    for field in entry.structure:
        one = {k: value for k, value in given.items() if k == field.key}
        try:
            found |= Structure.of([field], one)
        except ForwardaxError:
            continue
    return found


def spec_faults(
    entry: SystemEntry, structure: Mapping[str, Any]
) -> tuple[Fault, ...]:
    """What the spec finds wrong with a structure, or with a part of one."""
    source: Any = entry.spec
    try:
        if isinstance(source, str):
            source = load_target(source, needed_by=repr(entry.name))
        if callable(source):
            source(structure)
    except StructureError as error:
        return error.faults
    except Exception:  # it asked for what is not there, or fails elsewhere
        return ()
    return ()


def without_consequences(faults: Iterable[Fault]) -> Faults:
    """Faults less what is only missing because its name is misspelt."""
    faults = list(faults)
    meant = {n for f in faults if f.code == "unknown" for n in f.nearest[:1]}
    return Faults(
        f for f in faults if not (f.code == "missing" and f.key in meant)
    )


def find_known(
    entry: SystemEntry,
    structure: Layered | None,
    given: Mapping[str, Setting],
    folder: Path | None,
    faults: Faults,
) -> Layered:
    """Known arrays as they were written: files, numbers or mappings."""
    _, rest = split_system(entry, given)
    spec = declared(entry, entry.known, structure, known_of)
    if spec is None or entry.known is None:
        return Layered()
    found, rest = _gathered(spec, rest)
    fields = [*(field.key for field in entry.structure), *spec]
    for path, one in rest.items():
        faults.append(one.located(unknown_field(path, fields)))
    for key, one in found.items():
        if isinstance(one.value, str):
            found[key] = file_setting(key, one, folder, "a file", faults)
    return Layered(found)


def declared(
    entry: SystemEntry,
    source: object,
    structure: Layered | None,
    make: Callable[[SystemEntry, Mapping[str, Any]], DataSpec | None],
) -> DataSpec | None:
    """A data spec, if what it follows from is known."""
    if isinstance(source, DataSpec):
        return source  # whatever is wrong with the structure
    if structure is None:
        return None
    try:
        return make(entry, structure.plain)
    except ForwardaxError:
        return None  # the parameter spec fails likewise, and says so


def find_data(
    registry: Registry,
    entry: SystemEntry | None,
    structure: Layered | None,
    layers: Iterable[Layer],
    folder: Path | None,
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
    spec = None
    if entry is not None:
        spec = declared(entry, entry.data, structure, data_of)
    for key, one in found.items():
        if key and spec is not None and key not in spec:
            owner = repr(entry.name if entry else "")
            fault = unknown("a data key", key, spec, owner=owner)
            faults.append(one.located(fault))
        if isinstance(one.value, str) and (key or one.value not in sets):
            allowed = "a file, or the name of a data set"
            found[key] = file_setting(
                key or "data", one, folder, allowed, faults
            )
    return Layered(found)


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
