"""Values that know where they come from, and how layers of them combine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from .._freeze import Frozen
from ..errors import Fault

DEFAULT: Final = "default"
COMMAND_LINE: Final = "command line"


@dataclass(frozen=True, slots=True)
class Setting:
    """A value, who set it, and in which line (None where there is none).

    Parameters
    ----------
    value
        The value.
    source
        A file, `"command line"`, `"spec"` or `"default"`.
    line
        Line of the file.
    """

    value: Any
    source: str = DEFAULT
    line: int | None = None

    @property
    def where(self) -> str:
        """Source and line, as `run.yaml:12`."""
        return f"{self.source}:{self.line}" if self.line else self.source

    def located(self, fault: Fault) -> Fault:
        """The fault, its text led by where this value was set, if anywhere."""
        if self.source == DEFAULT:
            return fault
        return replace(fault, what=f"{self.where}: {fault.what}")

    def with_value(self, value: Any) -> Setting:
        """Another value from the same place."""
        return replace(self, value=value)


class Layered(Mapping[str, Setting]):
    """Frozen settings by key; what is left after combining the layers."""

    __slots__ = ("_settings",)

    def __init__(self, settings: Mapping[str, Setting] | None = None) -> None:
        self._settings = dict(settings or {})

    def __getitem__(self, key: str) -> Setting:
        return self._settings[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)

    def __repr__(self) -> str:
        inside = ", ".join(
            f"{key}={one.value!r} ({one.where})" for key, one in self.items()
        )
        return f"Layered({inside})"

    @property
    def plain(self) -> dict[str, Any]:
        """Values alone."""
        return {key: one.value for key, one in self.items()}


def overlay(
    below: Mapping[str, Setting], above: Mapping[str, Setting]
) -> dict[str, Setting]:
    """Settings of two layers by dotted path; the upper one wins.

    A path also replaces what lies beneath it, and what it lies beneath.
    """
    kept = {
        path: one
        for path, one in below.items()
        if not any(related(path, other) for other in above)
    }
    return {**kept, **above}


def related(path: str, other: str) -> bool:
    """Whether one dotted path is the other, or leads to it."""
    return f"{path}.".startswith(f"{other}.") or f"{other}.".startswith(
        f"{path}."
    )


def nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Nested dict of values by dotted path."""
    found: dict[str, Any] = {}
    for path, value in settings.items():
        *folders, last = path.split(".")
        at = found
        for folder in folders:
            at = at.setdefault(folder, {})
        at[last] = value
    return found


def thawed(value: Any) -> Any:
    """What YAML and JSON can write: tuples become lists, paths text."""
    if isinstance(value, list | tuple):
        items = cast("list[Any]", value)
        return [thawed(item) for item in items]
    if isinstance(value, Frozen):
        return {key: thawed(item) for key, item in value.items()}
    return str(value.absolute()) if isinstance(value, Path) else value


class Places:
    """Where values of a configuration were set, by dotted path.

    Parameters
    ----------
    settings
        Leaf settings, their paths without the section's name.
    home
        Line of a file that stands for what is written nowhere.
    """

    def __init__(
        self, *settings: Mapping[str, Setting], home: Setting | None = None
    ) -> None:
        self._settings = {k: one for s in settings for k, one in s.items()}
        self._home = home if home is not None and home.line else None

    def locate(self, fault: Fault) -> Fault:
        """The fault, led by the line of its key or of what is around it."""
        path = fault.key
        while path:
            for name, one in self._settings.items():
                if f"{name}.".startswith(f"{path}."):
                    return one.located(fault)
            path = path.rpartition(".")[0]
        return fault if self._home is None else self._home.located(fault)
