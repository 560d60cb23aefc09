"""Which plugin modules are installed, and which of them the user wants.

The identity of a plugin is the name of its distribution: unique by
construction, and what the user typed to install it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import Distribution, EntryPoint, distributions
from types import MappingProxyType

from ..errors import Fault, Faults, RegistryError, unknown
from .hookspecs import PROJECT


def normalised(distribution: str) -> str:
    """Distribution name as pip compares it: `Lens_Kit` is `lens-kit`."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


@dataclass(frozen=True, slots=True)
class Found:
    """A distribution that declares a plugin, not yet imported."""

    distribution: str
    version: str
    points: tuple[EntryPoint, ...] = ()
    problem: str = ""


def find_installed() -> tuple[Found, ...]:
    """Distributions with an entry point in the group `forwardax`.

    The core's own plugin is left out: it is always there. Of two versions
    on the path the first one counts, as for `import`.
    """
    found: dict[str, Found] = {normalised(PROJECT): Found(PROJECT, "")}
    for dist in distributions():
        # Read the text first: of all that is installed only few are plugins,
        # and a damaged file of another project is no business of ours.
        text = dist.read_text("entry_points.txt") or ""
        if f"[{PROJECT}]" in text:
            one = _read(dist)
            found.setdefault(normalised(one.distribution), one)
    del found[normalised(PROJECT)]
    return tuple(found.values())


def _read(dist: Distribution) -> Found:
    metadata = dist.metadata
    name, version = metadata["Name"], metadata["Version"] or "unknown"
    try:
        points = tuple(p for p in dist.entry_points if p.group == PROJECT)
    except Exception as error:
        problem = f"its entry_points.txt cannot be read: {error}"
        return Found(name, version, problem=problem)
    if len(points) != 1:
        modules = ", ".join(point.value for point in points) or "none"
        problem = f"it declares {len(points)} plugin modules ({modules})"
        return Found(name, version, problem=f"{problem}; one is allowed")
    return Found(name, version, points)


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user's environment says about plugins.

    Parameters
    ----------
    allow
        `FORWARDAX_PLUGINS`: only these distributions; None is all.
    block
        `FORWARDAX_BLOCK`: not these.
    prefer
        `FORWARDAX_PREFER`: the distribution to take a name from where
        several claim it.
    strict
        `FORWARDAX_STRICT`: raise on the first failure.
    """

    allow: tuple[str, ...] | None = None
    block: tuple[str, ...] = ()
    prefer: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({})
    )
    strict: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Selection:
        """Read the four variables.

        Raises
        ------
        RegistryError
            If `FORWARDAX_PREFER` is not `name=distribution,...`.
        """
        allow = environ.get("FORWARDAX_PLUGINS")
        return cls(
            allow=None if allow is None else _names(allow),
            block=_names(environ.get("FORWARDAX_BLOCK", "")),
            prefer=_preferences(environ.get("FORWARDAX_PREFER", "")),
            strict=environ.get("FORWARDAX_STRICT", "") not in ("", "0"),
        )

    def split(
        self, found: Iterable[Found]
    ) -> tuple[tuple[Found, ...], Mapping[str, str]]:
        """Those to load, and those left out with the variable to blame.

        Raises
        ------
        RegistryError
            If a variable names a distribution that is not installed.
        """
        found = tuple(found)
        self._check([one.distribution for one in found])
        allow = None if self.allow is None else set(map(normalised, self.allow))
        block = set(map(normalised, self.block))
        chosen: list[Found] = []
        left: dict[str, str] = {}
        for one in found:
            name = normalised(one.distribution)
            if name in block:
                left[one.distribution] = "FORWARDAX_BLOCK names it"
            elif allow is not None and name not in allow:
                left[one.distribution] = "FORWARDAX_PLUGINS leaves it out"
            else:
                chosen.append(one)
        return tuple(chosen), left

    def _check(self, installed: list[str]) -> None:
        faults = Faults()
        known = set(map(normalised, installed))
        for variable, names in (
            ("FORWARDAX_PLUGINS", self.allow or ()),
            ("FORWARDAX_BLOCK", self.block),
            ("FORWARDAX_PREFER", self.prefer.values()),
        ):
            for name in names:
                if normalised(name) not in known:
                    faults.append(
                        unknown(
                            "one",
                            name,
                            sorted(known),
                            owner="the installed plugins",
                            fix=f"correct the variable {variable}",
                        )
                    )
        faults.throw(RegistryError, "plugin selection")


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _preferences(text: str) -> Mapping[str, str]:
    faults = Faults()
    prefer: dict[str, str] = {}
    for part in _names(text):
        name, equals, distribution = map(str.strip, part.partition("="))
        if not (equals and name and distribution):
            faults.append(
                Fault(
                    "FORWARDAX_PREFER has a part that pins nothing",
                    key="FORWARDAX_PREFER",
                    value=repr(part),
                    allowed="name=distribution,...",
                    code="preference",
                )
            )
        prefer[name] = distribution
    faults.throw(RegistryError)
    return MappingProxyType(prefer)
