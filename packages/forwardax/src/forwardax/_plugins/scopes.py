"""Which derived values the plugins give a system: one look-up rule for all."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from .._derived.transforms import Transform, TransformRegistry
from ..errors import CycleError, ResolveError
from .entries import TransformEntry
from .loader import Plugin

if TYPE_CHECKING:
    from .registry import Registry


class Computed(NamedTuple):
    """A transform and the plugin that declared it."""

    entry: TransformEntry
    plugin: Plugin


def transform_registry(registry: Registry) -> TransformRegistry:
    """The transforms of all plugins, with what each system extends.

    A circle of `extends` and an inverse for a wrong dep are left out, so that
    they do no harm to other systems; `Registry.check` reports them.
    """
    made = TransformRegistry()
    for system in registry.entries("systems"):
        if system.extends:
            with suppress(CycleError):
                made.extend(system.scope, system.extends)
    for entry in registry.entries("transforms"):
        with suppress(ResolveError):
            made.add(
                Transform(
                    entry.name,
                    entry.deps,
                    entry.target,
                    entry.system_id,
                    entry.inverse,
                )
            )
    return made


def transforms_in_scope(
    registry: Registry, scope: str
) -> Mapping[str, Computed]:
    """Transform of each derived key, as the system of that scope sees it."""
    plugins = {
        (record.entry.name, record.entry.system_id): Computed(
            record.entry, record.plugin
        )
        for record in registry.records("transforms")
        if isinstance(record.entry, TransformEntry)
    }
    found = transform_registry(registry).in_scope(scope)
    return {t.key: plugins[t.key, t.system_id] for t in found}
