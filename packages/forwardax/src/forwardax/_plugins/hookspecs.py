"""The nine hooks a plugin may implement, one for each kind of entry.

Every hook takes nothing and yields (or returns) frozen records. It runs when
`forwardax list` runs, so it must not import jax: records point at heavy code
by `"module:attr"`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from pluggy import HookimplMarker, HookspecMarker, PluginManager

if TYPE_CHECKING:
    from .entries import (
        CommandEntry,
        DatasetEntry,
        EngineEntry,
        EstimatorEntry,
        PlotEntry,
        PresetEntry,
        ProfileEntry,
        SystemEntry,
        TransformEntry,
    )

PROJECT: Final = "forwardax"
"""Name of the pluggy project and of the entry-point group."""
PREFIX: Final = "forwardax_"
"""What the name of every hook starts with."""

hookspec = HookspecMarker(PROJECT)
hookimpl = HookimplMarker(PROJECT)
"""Marks a plugin's function as the implementation of the hook of its name."""


class Hooks:
    """Specifications; pluggy reads their names and arguments."""

    @hookspec
    def forwardax_profiles(self) -> Iterable[ProfileEntry]:
        """Light, mass or other kernels."""
        return ()

    @hookspec
    def forwardax_transforms(self) -> Iterable[TransformEntry]:
        """Derived values."""
        return ()

    @hookspec
    def forwardax_systems(self) -> Iterable[SystemEntry]:
        """Forward models."""
        return ()

    @hookspec
    def forwardax_estimators(self) -> Iterable[EstimatorEntry]:
        """Things that fit problems."""
        return ()

    @hookspec
    def forwardax_presets(self) -> Iterable[PresetEntry]:
        """Instrument or site defaults."""
        return ()

    @hookspec
    def forwardax_datasets(self) -> Iterable[DatasetEntry]:
        """Data sets."""
        return ()

    @hookspec
    def forwardax_engines(self) -> Iterable[EngineEntry]:
        """Things that run many fits."""
        return ()

    @hookspec
    def forwardax_plots(self) -> Iterable[PlotEntry]:
        """Plots of posteriors and predictions."""
        return ()

    @hookspec
    def forwardax_commands(self) -> Iterable[CommandEntry]:
        """Command line verbs."""
        return ()


def plugin_manager() -> PluginManager:
    """A manager that knows the hooks and holds no plugin."""
    manager = PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    return manager
