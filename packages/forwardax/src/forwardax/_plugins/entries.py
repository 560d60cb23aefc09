"""What plugins declare: frozen records that point at code by name.

Hooks return these records; nothing heavy is imported until a target is asked
for. `target` is `"module:attr"`. Names are `namespace.name`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from .._schema.data import DataSpec
from .._schema.spec import ParamSpec
from ..contracts import StructureField

API: Final = (1, 0)
"""Version of the plugin interface: plugins state theirs as `FORWARDAX_API`."""

SpecSource = ParamSpec | str | Callable[[Mapping[str, Any]], ParamSpec]
"""A spec, its `"module:attr"`, or a JAX-free function of the structure."""
DataSource = DataSpec | str | Callable[[Mapping[str, Any]], DataSpec]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Common part of all the records."""

    name: str = field(kw_only=False)
    target: str
    summary: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEntry(Entry):
    """A light, mass or other kernel: `target(coordinates, params)`."""

    kind: str
    spec: SpecSource


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformEntry(Entry):
    """A derived value: `name` is its key, `target(*deps)` its value.

    `inverse` maps a dep to `"module:attr"` of a function of the derived
    value and the *other* deps, in their order.
    """

    deps: tuple[str, ...]
    system_id: str = "*"
    inverse: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemEntry(Entry):
    """A forward model; `system_id` is its scope for derived values.

    Parameters
    ----------
    spec, data
        Its parameters and what is measured; each may follow from structure.
    structure
        What is fixed at build.
    known
        Arrays that are known and held by the system (a point spread
        function, a noise map). The target takes the structure values and
        these arrays as keywords.
    reader
        `"module:attr"` of `read(key, value, structure, arrays)`, which makes
        an array of a `Path` or of a mapping; `arrays` are those read before.
    writer
        `"module:attr"` of `write(folder, key, array, structure)`, which
        returns the path it wrote.
    check
        `"module:attr"` of `check(structure, arrays)`, which yields a `Fault`
        for everything wrong with values that are sound by themselves.
    """

    spec: SpecSource
    data: DataSource | None = None
    known: DataSource | None = None
    reader: str | None = None
    writer: str | None = None
    check: str | None = None
    structure: tuple[StructureField, ...] = ()
    system_id: str = ""
    extends: str | None = None

    @property
    def scope(self) -> str:
        """Where its derived values are looked up: `system_id`, or its name."""
        return self.system_id or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatorEntry(Entry):
    """Something that fits problems."""

    needs: frozenset[str]
    checks: tuple[str, ...] = ()
    kind: Literal["optimiser", "approximation", "sampler", "amortised"] = (
        "sampler"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetEntry(Entry):
    """Instrument or site defaults: `target` is `"package:file.yaml"`."""

    system: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetEntry(Entry):
    """A data set and how to load it."""

    licence: str
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineEntry(Entry):
    """Something that runs many fits."""

    scheme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotEntry(Entry):
    """A plot of a run: `target(result)` returns a matplotlib figure.

    It may return None where there is nothing to show of a result. `accepts`
    are names of systems, or `"*"` for all.
    """

    accepts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEntry(Entry):
    """A command line verb: `target` is a click command."""


def scope_of(entry: Entry) -> str:
    """Scope within which a name is unique; only transforms have one."""
    return entry.system_id if isinstance(entry, TransformEntry) else ""


KINDS: Final[Mapping[str, type[Entry]]] = {
    "profiles": ProfileEntry,
    "transforms": TransformEntry,
    "systems": SystemEntry,
    "estimators": EstimatorEntry,
    "presets": PresetEntry,
    "datasets": DatasetEntry,
    "engines": EngineEntry,
    "plots": PlotEntry,
    "commands": CommandEntry,
}
"""Kinds of entry; the hook of each is `forwardax_<kind>`."""
