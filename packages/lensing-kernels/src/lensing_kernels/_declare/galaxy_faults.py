"""Everything that can be wrong with the galaxies of a lens model.

Each fault's key is the path of what it concerns, such as
`galaxies.lens.light.bulge`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, Final

from forwardax.errors import Fault, nearest

from .profiles import PROFILES

KINDS: Final = ("light", "mass")
_ENTRIES: Final = ("redshift", *KINDS)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_EXAMPLE: Final = "{redshift: 0.5, light: {bulge: sersic}}"
_NAMED: Final = {"light": "{bulge: sersic}", "mass": "{main: isothermal}"}


def galaxies_faults(galaxies: Any) -> Iterator[Fault]:
    """Faults of all the galaxies, and of the model that they make."""
    if not isinstance(galaxies, Mapping) or not galaxies:
        yield _not_a_mapping(
            "galaxies",
            galaxies,
            f"{{lens: {_EXAMPLE}}}",
            "a name for each galaxy",
        )
        return
    lit = False
    for name, parts in galaxies.items():
        path = f"galaxies.{name}"
        yield from _name_faults(path, name)
        if not isinstance(parts, Mapping):
            yield _not_a_mapping(path, parts, _EXAMPLE, ", ".join(_ENTRIES))
            lit = True  # it may have been meant to
            continue
        lit = lit or "light" in parts or "light" in _meant(parts)
        yield from _entry_faults(path, parts)
        yield from _redshift_faults(path, parts)
        yield from _profiles_faults(path, parts)
    if not lit:
        yield Fault(
            "the galaxies have no light, so there is no image",
            key="galaxies",
            allowed="light for the source at least",
            fix="write light: {bulge: sersic} under a galaxy",
            code="light",
        )
    yield from _plane_faults(galaxies)


def _not_a_mapping(path: str, value: Any, example: str, allowed: str) -> Fault:
    return Fault(
        f"{path!r} has no entries"
        if isinstance(value, Mapping)
        else f"{path!r} is no mapping",
        key=path,
        value="" if isinstance(value, Mapping) else f"{value!r:.60}",
        allowed=allowed,
        fix=f"write {path.rpartition('.')[2]}: {example}",
        code="type",
    )


def _name_faults(path: str, name: Any) -> Iterator[Fault]:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        plain = re.sub(r"[^a-z0-9_]+", "_", str(name).lower()).strip("_")
        yield Fault(
            f"{name!r} cannot be part of a parameter key",
            key=path,
            allowed="lower-case letters, digits and underscores, a letter "
            "first",
            nearest=(plain,) if _NAME.fullmatch(plain) else (),
            code="name",
        )


def _entry_faults(path: str, parts: Mapping[str, Any]) -> Iterator[Fault]:
    for entry in parts:
        if entry not in _ENTRIES:
            kind = _kind_of(parts[entry])
            fix = f"put it under {kind}" if kind else ""
            yield Fault(
                f"{entry!r} is no entry of a galaxy",
                key=f"{path}.{entry}",
                allowed=", ".join(_ENTRIES),
                nearest=nearest(str(entry), _ENTRIES),
                fix=fix,
                code="unknown",
            )


def _meant(parts: Mapping[str, Any]) -> set[str]:
    """Entries of a galaxy that are there, but misspelt or misplaced."""
    wrong = [entry for entry in parts if entry not in _ENTRIES]
    found = {name for e in wrong for name in nearest(str(e), _ENTRIES)[:1]}
    return found | {_kind_of(parts[entry]) for entry in wrong}


def _kind_of(profile: Any) -> str:
    known = isinstance(profile, str) and profile in PROFILES
    return PROFILES[profile].kind if known else ""


def _redshift_faults(path: str, parts: Mapping[str, Any]) -> Iterator[Fault]:
    if "redshift" not in parts:
        if "redshift" in _meant(parts):
            return  # said already
        yield Fault(
            f"{path!r} has no redshift",
            key=path,
            allowed="a number above 0",
            fix="write redshift: 0.5",
            code="missing",
        )
    elif not _is_redshift(parts["redshift"]):
        yield Fault(
            f"the redshift of {path!r} is no number above 0",
            key=f"{path}.redshift",
            value=repr(parts["redshift"]),
            allowed="a number above 0",
            code="redshift",
        )


def _is_redshift(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value) and value > 0


def _profiles_faults(path: str, parts: Mapping[str, Any]) -> Iterator[Fault]:
    named: dict[str, str] = {}
    for kind in KINDS:
        if kind not in parts:
            continue
        below = parts[kind]
        at = f"{path}.{kind}"
        if not isinstance(below, Mapping) or not below:
            yield _not_a_mapping(
                at, below, _NAMED[kind], "a name for each profile"
            )
            continue
        for name, profile in below.items():
            yield from _name_faults(f"{at}.{name}", name)
            yield from _profile_faults(f"{at}.{name}", kind, name, profile)
            if name in named:
                yield Fault(
                    f"{name!r} names a light and a mass profile of "
                    f"{path.rpartition('.')[2]!r}, whose parameters would "
                    "have the same keys",
                    key=f"{at}.{name}",
                    allowed="names that differ within a galaxy",
                    code="duplicate",
                )
            named[name] = kind
    if not {*parts, *_meant(parts)} & {*KINDS}:
        yield Fault(
            f"{path!r} has neither light nor mass",
            key=path,
            allowed="light, mass or both",
            fix="write light: {bulge: sersic} or mass: {main: isothermal}",
            code="missing",
        )


def _profile_faults(
    path: str, kind: str, name: Any, profile: Any
) -> Iterator[Fault]:
    known = [p.name for p in PROFILES.values() if p.kind == kind]
    if not isinstance(profile, str):
        yield Fault(
            f"{path!r} is not the name of a profile",
            key=path,
            value=f"{profile!r:.60}",
            allowed=", ".join(known),
            fix=f"write {name}: {known[0]}; parameters go to params:",
            code="type",
        )
        return
    found = PROFILES.get(profile)
    if found is None:
        yield Fault(
            f"{profile!r} is not a {kind} profile",
            key=path,
            allowed=", ".join(known),
            nearest=_near_profiles(profile),
            code="unknown",
        )
    elif found.kind != kind:
        yield Fault(
            f"{profile!r} is a {found.kind} profile",
            key=path,
            allowed=", ".join(known),
            fix=f"put it under {found.kind}",
            code="kind",
        )


def _near_profiles(name: str) -> tuple[str, ...]:
    """Nearest names; a class of PyAutoLens is known by its own name."""
    short = name.rpartition(".")[2].lower()
    same = [
        p.name
        for p in PROFILES.values()
        if p.autolens.rpartition(".")[2].lower() == short
    ]
    return tuple(same) or nearest(short, PROFILES)


def _plane_faults(galaxies: Mapping[str, Any]) -> Iterable[Fault]:
    redshifts = {
        name: parts["redshift"]
        for name, parts in galaxies.items()
        if isinstance(parts, Mapping) and _is_redshift(parts.get("redshift"))
    }
    if len(redshifts) < len(galaxies):
        return  # the order is not known yet
    last = max(redshifts.values())
    for name, redshift in redshifts.items():
        if redshift == last and "mass" in galaxies[name]:
            yield Fault(
                f"the mass of {name!r} deflects nothing: no galaxy lies "
                f"behind its redshift {redshift:g}",
                key=f"galaxies.{name}.mass",
                allowed="mass in front of light",
                fix="give the source a larger redshift than the lens, or "
                "leave the mass out",
                code="redshift",
            )
