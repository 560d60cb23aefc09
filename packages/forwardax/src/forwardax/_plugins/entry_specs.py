"""The specs behind an entry: given, named by a target, or made by a function.

None of this needs JAX: a spec is known before anything is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from .._schema.data import DataSpec
from .._schema.spec import ParamSpec
from .._schema.structure import Structure
from .._targets import load_target
from ..contracts import StructureField
from ..errors import Fault, ForwardaxError, PluginFailed
from .entries import Entry, ProfileEntry, SystemEntry

SpecT = TypeVar("SpecT", ParamSpec, DataSpec)


def spec_of(
    entry: SystemEntry | ProfileEntry,
    structure: Mapping[str, Any] | None = None,
) -> ParamSpec:
    """Parameter spec of a system or profile.

    Parameters
    ----------
    entry
        The record.
    structure
        Structure values; fields left out take their defaults.

    Raises
    ------
    StructureError
        If a structure value is wrong, or missing where the spec follows
        from structure.
    PluginFailed
        If the spec cannot be loaded or is none.
    """
    return _made(entry, entry.spec, structure, ParamSpec)


def data_of(
    entry: SystemEntry, structure: Mapping[str, Any] | None = None
) -> DataSpec | None:
    """Data spec of a system; None where it does not declare one.

    Raises
    ------
    StructureError, PluginFailed
        As `spec_of`.
    """
    if entry.data is None:
        return None
    return _made(entry, entry.data, structure, DataSpec)


def known_of(
    entry: SystemEntry, structure: Mapping[str, Any] | None = None
) -> DataSpec:
    """Schema of the arrays that a system knows; empty where there are none.

    Raises
    ------
    StructureError, PluginFailed
        As `spec_of`.
    """
    if entry.known is None:
        return DataSpec()
    return _made(entry, entry.known, structure, DataSpec)


def follows_from_structure(entry: SystemEntry | ProfileEntry) -> bool:
    """Whether the spec is a function of the structure."""
    source = entry.spec
    if isinstance(source, str):
        source = load_target(source, needed_by=repr(entry.name))
    return not isinstance(source, ParamSpec)


def _made(
    entry: Entry,
    source: object,
    structure: Mapping[str, Any] | None,
    kind: type[SpecT],
) -> SpecT:
    given: Any = source
    needed_by = f"the spec of {entry.name!r}"
    if isinstance(source, str):
        given = load_target(source, needed_by=needed_by)
    if isinstance(given, kind):
        return given
    if not callable(given):
        raise PluginFailed(_no_spec(entry, given, kind))
    fields: tuple[StructureField, ...] = getattr(entry, "structure", ())
    values = Structure.of(fields, structure)
    try:
        made = given(values)
    except ForwardaxError:
        raise
    except Exception as error:
        raise PluginFailed(
            Fault(
                f"{needed_by} could not be made: {type(error).__name__}: "
                f"{error}",
                key=entry.name,
                allowed=f"a function that returns a {kind.__name__}",
                code="spec",
            )
        ) from error
    if not isinstance(made, kind):
        raise PluginFailed(_no_spec(entry, made, kind))
    return made


def _no_spec(entry: Entry, given: object, kind: type[Any]) -> Fault:
    return Fault(
        f"the spec of {entry.name!r} is no {kind.__name__}",
        key=entry.name,
        value=f"{given!r:.80}",
        allowed=f'a {kind.__name__}, its "module:attr", or a function of '
        "the structure that returns one",
        code="spec",
    )
