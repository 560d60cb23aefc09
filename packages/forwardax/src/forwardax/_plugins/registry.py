"""The registry: which entries exist, who provides them, what failed.

A `Registry` is an object. `Registry.default()` holds what is installed and
is built on first use; tests make their own from modules.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal, overload

from .._targets import load_target
from ..errors import Fault
from .conflicts import Record, Records, resolve_conflicts
from .discovery import Selection
from .entries import (
    KINDS,
    CommandEntry,
    Entry,
    EstimatorEntry,
    PresetEntry,
    ProfileEntry,
    SystemEntry,
    TransformEntry,
    scope_of,
)
from .loader import Failure, Loaded, load_given, load_installed
from .missing import missing_entry, several_scopes, unknown_kind


class Registry:
    """Entries by kind and name.

    Parameters
    ----------
    plugins
        `(distribution, module)` pairs.
    prefer
        The distribution to take a name from where several claim it.
    strict
        Raise on the first plugin that fails.

    Raises
    ------
    RegistryError
        If a preference names a distribution or name nobody provides, or,
        when strict, the error of the first plugin that fails.
    """

    def __init__(
        self,
        plugins: Iterable[tuple[str, object]] = (),
        *,
        prefer: Mapping[str, str] | None = None,
        strict: bool = False,
    ) -> None:
        self._fill(load_given(plugins, strict=strict), prefer or {}, strict)

    def _fill(
        self, loaded: Loaded, prefer: Mapping[str, str], strict: bool
    ) -> None:
        self._loaded = loaded
        self._records, self._conflicts = resolve_conflicts(loaded, prefer)
        if strict and self._conflicts:
            raise next(iter(self._conflicts.values())).error
        distinct = dict.fromkeys(self._conflicts.values())
        self.failures: tuple[Failure, ...] = (*loaded.failures, *distinct)

    @classmethod
    def default(cls) -> Registry:
        """The installed plugins, loaded once, on first use.

        `FORWARDAX_PLUGINS`, `_BLOCK`, `_PREFER` and `_STRICT` are read then.

        Raises
        ------
        RegistryError
            If one of these names a distribution that is not installed.
        """
        return _default()

    @classmethod
    def installed(cls, environ: Mapping[str, str]) -> Registry:
        """A registry of what is installed, under the given environment."""
        selection = Selection.from_environment(environ)
        made = cls.__new__(cls)
        made._fill(
            load_installed(selection), selection.prefer, selection.strict
        )
        return made

    @property
    def distributions(self) -> tuple[str, ...]:
        """Distributions whose plugin is loaded, in order of name."""
        return tuple(sorted(p.distribution for p in self._loaded.plugins))

    @property
    def left_out(self) -> Mapping[str, str]:
        """Installed plugins that were not loaded on request, and why."""
        return self._loaded.left_out

    # --- Reading entries ---------------------------------------------------

    @overload
    def entries(self, kind: Literal["systems"]) -> tuple[SystemEntry, ...]: ...
    @overload
    def entries(
        self, kind: Literal["transforms"]
    ) -> tuple[TransformEntry, ...]: ...
    @overload
    def entries(self, kind: Literal["presets"]) -> tuple[PresetEntry, ...]: ...
    @overload
    def entries(
        self, kind: Literal["commands"]
    ) -> tuple[CommandEntry, ...]: ...
    @overload
    def entries(self, kind: str) -> tuple[Entry, ...]: ...
    def entries(self, kind: str) -> tuple[Any, ...]:
        """Entries of a kind in order of name.

        Raises
        ------
        UnknownEntry
            If there is no such kind.
        """
        return tuple(record.entry for record in self.records(kind))

    def records(self, kind: str) -> tuple[Record, ...]:
        """Entries of a kind together with their plugin.

        Raises
        ------
        UnknownEntry
            If there is no such kind.
        """
        return tuple(self._kind(kind).values())

    @overload
    def get(self, kind: Literal["systems"], name: str) -> SystemEntry: ...
    @overload
    def get(self, kind: Literal["estimators"], name: str) -> EstimatorEntry: ...
    @overload
    def get(self, kind: Literal["presets"], name: str) -> PresetEntry: ...
    @overload
    def get(self, kind: Literal["profiles"], name: str) -> ProfileEntry: ...
    @overload
    def get(
        self,
        kind: Literal["transforms"],
        name: str,
        *,
        system_id: str | None = None,
    ) -> TransformEntry: ...
    @overload
    def get(
        self, kind: str, name: str, *, system_id: str | None = None
    ) -> Entry: ...
    def get(self, kind: str, name: str, *, system_id: str | None = None) -> Any:
        """The entry of a name.

        Parameters
        ----------
        kind
            A key of `KINDS`: `"systems"`, `"estimators"`, ...
        name
            Its full name.
        system_id
            Scope of a transform; needed where several scopes have the key.

        Raises
        ------
        UnknownEntry
            With the nearest names, the plugins that failed, and the pip
            line where the namespace is known.
        ConflictError
            If several distributions claim the name.
        """
        return self._record(kind, name, system_id).entry

    def load(
        self, kind: str, name: str, *, system_id: str | None = None
    ) -> Any:
        """Import what the target of an entry names.

        Raises
        ------
        PluginFailed
            If it does not import or does not exist.
        """
        record = self._record(kind, name, system_id)
        needed_by = f"{name!r} of {record.plugin}"
        return load_target(record.entry.target, needed_by=needed_by)

    def provider(
        self, kind: str, name: str, *, system_id: str | None = None
    ) -> str:
        """Distribution and version that an entry comes from."""
        return str(self._record(kind, name, system_id).plugin)

    def find(self, name: str) -> tuple[tuple[str, Entry], ...]:
        """Entries of a name over all the kinds, as `(kind, entry)`."""
        return tuple(
            (kind, record.entry)
            for kind in KINDS
            for (known, _), record in self._records[kind].items()
            if known == name
        )

    def check(self, distribution: str | None = None) -> list[Fault]:
        """Everything that can be verified without JAX.

        Parameters
        ----------
        distribution
            Only this one's entries; all by default.

        Raises
        ------
        UnknownEntry
            If no such plugin is installed.
        """
        from .check import check_registry

        return check_registry(self, distribution)

    def raise_conflict(
        self, kind: str, name: str, *, system_id: str | None = None
    ) -> None:
        """Raise where several distributions claim a name; else do nothing.

        Raises
        ------
        ConflictError
            Naming the distributions.
        """
        for (where, known, scope), failure in self._conflicts.items():
            if (where, known) == (kind, name) and system_id in (None, scope):
                raise failure.error

    # --- Inside ------------------------------------------------------------

    def _kind(self, kind: str) -> Records:
        if kind not in self._records:
            raise unknown_kind(kind)
        return self._records[kind]

    def _record(self, kind: str, name: str, system_id: str | None) -> Record:
        records = self._kind(kind)
        found = [
            record
            for (known, scope), record in records.items()
            if known == name and system_id in (None, scope)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            scopes = [scope_of(record.entry) for record in found]
            raise several_scopes(name, scopes)
        self.raise_conflict(kind, name, system_id=system_id)
        raise missing_entry(self, kind, name)


@cache
def _default() -> Registry:
    return Registry.installed(os.environ)
