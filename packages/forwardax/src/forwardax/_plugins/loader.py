"""Loading plugins so that a broken one never hides another.

A plugin counts whole or not at all. Whatever goes wrong with one becomes a
`Failure` that carries its distribution; the others are loaded all the same.
(pluggy's own loader stops at the first import error, skips a second plugin
of the same entry-point name and ignores misspelt hooks.)
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from pluggy import PluginManager

from .. import __version__
from ..errors import Fault, PluginFailed, RegistryError
from .discovery import Found, Selection, find_installed
from .entries import KINDS, Entry, scope_of
from .hookspecs import PREFIX, PROJECT, plugin_manager
from .rules import (
    check_api,
    check_entry,
    check_hook_names,
    imported_jax,
    raised,
    refuse_records,
    twice,
)

CORE_PLUGIN = "forwardax.plugin"


@dataclass(frozen=True, slots=True)
class Failure:
    """A plugin that could not be used, or a name that two of them claim."""

    distribution: str
    error: RegistryError

    def __str__(self) -> str:
        return f"{self.distribution}: {self.error}"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A loaded plugin: what its hooks declared, as `(kind, entry)`."""

    distribution: str
    version: str
    entries: tuple[tuple[str, Entry], ...]

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip()


@dataclass(slots=True)
class Loaded:
    """What loading gave; `left_out` says why by distribution."""

    plugins: list[Plugin] = field(default_factory=lambda: [])
    failures: list[Failure] = field(default_factory=lambda: [])
    left_out: Mapping[str, str] = field(default_factory=lambda: {})


def load_installed(selection: Selection) -> Loaded:
    """Load the installed plugins that the selection allows.

    Raises
    ------
    RegistryError
        If the selection names what is not installed, or, when strict, the
        error of the first plugin that fails.
    """
    chosen, left_out = selection.split(find_installed())
    loaded = Loaded(left_out=left_out)
    manager = plugin_manager()
    core = Found(PROJECT, __version__)
    _add(loaded, manager, core, import_module(CORE_PLUGIN), strict=True)
    for found in chosen:
        _add(loaded, manager, found, None, strict=selection.strict)
    return loaded


def load_given(
    plugins: Iterable[tuple[str, object]], *, strict: bool = False
) -> Loaded:
    """Load plugins given as `(distribution, module)`."""
    loaded = Loaded()
    manager = plugin_manager()
    for distribution, module in plugins:
        _add(loaded, manager, Found(distribution, ""), module, strict=strict)
    return loaded


def _add(
    loaded: Loaded,
    manager: PluginManager,
    found: Found,
    module: object,
    *,
    strict: bool,
) -> None:
    jax_before = "jax" in sys.modules
    entries: list[tuple[str, Entry]] = []
    error: RegistryError | None = None
    try:
        # A plugin that prints while loading must not spoil `list --json`.
        with redirect_stdout(sys.stderr):
            if module is None:
                module = _import(found)
            check_api(module)
            check_hook_names(module)
            entries = list(_declared(manager, module))
    except RegistryError as caught:
        error = caught
    except (Exception, SystemExit) as caught:
        error = PluginFailed(raised(caught))
        error.__cause__ = caught
    if error is None and not jax_before and "jax" in sys.modules:
        error = PluginFailed(imported_jax(module))
    if error is None:
        plugin = Plugin(found.distribution, found.version, tuple(entries))
        loaded.plugins.append(plugin)
        return
    if strict:
        raise type(error)(
            error.faults, context=f"plugin {found.distribution}"
        ) from error.__cause__
    loaded.failures.append(Failure(found.distribution, error))


def _import(found: Found) -> object:
    if found.problem:
        raise PluginFailed(
            Fault(
                found.problem,
                key="entry_points.txt",
                allowed="one plugin module",
                code="plugin",
            )
        )
    return found.points[0].load()


def _declared(
    manager: PluginManager, module: object
) -> Iterator[tuple[str, Entry]]:
    """Entries of one plugin.

    The plugin leaves the manager again, by object, whatever happens: the
    manager checks signatures, it is not where plugins live.
    """
    seen: set[tuple[str, str, str]] = set()
    try:
        manager.register(module)
        for kind, record in KINDS.items():
            hook = getattr(manager.hook, PREFIX + kind)
            for implementation in hook.get_hookimpls():
                for entry in _run(kind, record, implementation.function):
                    identity = kind, entry.name, scope_of(entry)
                    if identity in seen:
                        raise PluginFailed(twice(kind, entry))
                    seen.add(identity)
                    yield kind, entry
    finally:
        if manager.is_registered(module):
            manager.unregister(module)


def _run(kind: str, record: type[Entry], function: Any) -> Iterator[Entry]:
    given = function()
    if given is None or isinstance(given, Entry | str):
        refuse_records(kind, record, given, "returned")
    for entry in given:
        check_entry(kind, record, entry)
        yield entry
