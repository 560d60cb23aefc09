"""Drawing the plots of a run: those of any posterior, and those of its system.

A plot is a `PlotEntry`; its target takes a `RunResult` and returns a
matplotlib figure, or None where there is nothing to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .._atomic import atomic
from .._plugins.entries import PlotEntry
from .._plugins.registry import Registry
from ..errors import (
    Fault,
    Faults,
    FitError,
    SaveError,
    UnknownEntry,
    listed,
    nearest,
)

if TYPE_CHECKING:
    from .result import RunResult

FORMATS: Final = ("png", "pdf", "svg")
PIP_LINE: Final = 'pip install "forwardax[plots]"'
_DPI = 200
_PIXELS = 3000
"""Of the longer side of the largest plots."""


def draw_plots(
    result: RunResult,
    folder: Path,
    names: Iterable[str] | None = None,
    format: str = "png",
    *,
    registry: Registry | None = None,
    tell: Callable[[str], None] | None = None,
) -> list[Path]:
    """Draw plots into a run folder.

    Parameters
    ----------
    result
        A fit.
    folder
        The run folder; plots go to `plots/` in it.
    names
        Plots by name; all that there are for the system where None.
    format
        `"png"`, `"pdf"` or `"svg"`.
    registry
        Where plots are looked up; the installed plugins where None.
    tell
        Called with a sentence for each plot that was not drawn; standard
        error where None.

    Returns
    -------
    list of Path
        The files that were written, each whole. A plot that fails does not
        keep the others from being drawn.

    Raises
    ------
    UnknownEntry
        With every name that is no plot of this system.
    SaveError
        If the folder cannot be written.
    """
    registry = registry or Registry.default()
    tell = tell or _tell
    entries = chosen_plots(registry, result.name, names)
    if not has_matplotlib():
        tell(f"no plots without matplotlib: {PIP_LINE}")
        return []
    paths: list[Path] = []
    for entry in entries:
        path = folder / "plots" / f"{entry.name}.{format}"
        try:
            figure: Any = registry.load("plots", entry.name)(result)
            if figure is not None:
                with atomic(path) as temporary:
                    dpi = min(_DPI, _PIXELS / max(figure.get_size_inches()))
                    figure.savefig(temporary, format=format, dpi=dpi)
                paths.append(path)
            elif names is not None:
                tell(f"{entry.name} has nothing to show of this result")
        except SaveError:
            raise
        except Exception as error:  # whatever a plugin does
            what = f"{type(error).__name__}: {error}"
            tell(f"the plot {entry.name} failed: {what}")
    return paths


def chosen_plots(
    registry: Registry, system: str, names: Iterable[str] | None
) -> list[PlotEntry]:
    """Plots of a system, all or by name.

    Raises
    ------
    UnknownEntry
        With every name that is no plot of this system.
    """
    found: dict[str, PlotEntry] = {}
    for entry in registry.entries("plots"):
        if isinstance(entry, PlotEntry) and {"*", system} & {*entry.accepts}:
            found[entry.name] = entry
    if names is None:
        return list(found.values())
    faults, asked = Faults(), tuple(dict.fromkeys(names))
    for name in asked:
        if name not in found:
            faults.append(
                Fault(
                    f"{name!r} is not a plot of {system or 'this system'!r}",
                    key=name,
                    allowed=listed(found),
                    nearest=nearest(name, found),
                    code="unknown",
                )
            )
    faults.throw(UnknownEntry)
    return [found[name] for name in asked]


def has_matplotlib() -> bool:
    """Whether plots can be drawn at all."""
    try:
        import_module("matplotlib")
    except ImportError:
        return False
    return True


def check_matplotlib() -> None:
    """Refuse to go on without matplotlib.

    Raises
    ------
    FitError
        With the line that installs it.
    """
    if not has_matplotlib():
        raise FitError(
            Fault(
                "plots need matplotlib, which is not installed",
                fix=PIP_LINE,
                code="missing",
            )
        )


def _tell(text: str) -> None:
    click.echo(text, err=True)
