"""What to say when a name is asked for that nobody provides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from ..errors import Fault, UnknownEntry, listed, nearest, unknown
from .discovery import normalised
from .entries import KINDS

if TYPE_CHECKING:
    from .loader import Failure
    from .registry import Registry


class Home(NamedTuple):
    """Where a namespace comes from."""

    distribution: str
    extra: str


_INFERENCE = Home("inference-numpyro", "inference")

HOMES: Final = {
    "lensing": Home("lensing-kernels", "lensing"),
    "optics": Home("optics-dlux", "optics"),
    "lambda3": Home("lambda3-features", "events"),
    "tfmpe": Home("tfmpe-tokens", "tokens"),
    "numpyro": _INFERENCE,
    "optim": _INFERENCE,
    "laplace": _INFERENCE,
    "exact": _INFERENCE,
}
"""Namespaces of this project's own packages, by which they are installed."""

SINGULAR: Final = {kind: kind.removesuffix("s") for kind in KINDS}


def unknown_kind(kind: str) -> UnknownEntry:
    """Error for a kind of entry that does not exist."""
    return UnknownEntry(unknown("a kind", kind, KINDS, owner="entry"))


def several_scopes(name: str, scopes: Iterable[str]) -> UnknownEntry:
    """Error for a derived key that several systems compute."""
    return UnknownEntry(
        Fault(
            f"{name!r} is computed differently for several systems",
            key=name,
            allowed=", ".join(repr(scope) for scope in scopes),
            fix="say which with system_id=...",
            code="scope",
        )
    )


def missing_entry(registry: Registry, kind: str, name: str) -> UnknownEntry:
    """Error for a name that is not registered.

    It tells what is close, what kind of thing else has that name, which
    failed plugin might have held it, and what to install.
    """
    known = [entry.name for entry in registry.entries(kind)]
    elsewhere = dict.fromkeys(other for other, _ in registry.find(name))
    noun = SINGULAR[kind]
    what = f"there is no {noun} {name!r}"
    if elsewhere:
        what += f", but there is one among the {', the '.join(elsewhere)}"
    near = nearest(name, known)
    home = HOMES.get(str(name).partition(".")[0])
    fix = _fix(registry, home)
    if not near and not fix:
        fix = f"`forwardax list {kind}` shows all of them"
    first = Fault(
        what,
        key=str(name),
        allowed=listed(known),
        nearest=near,
        fix=fix,
        code="unknown",
    )
    return UnknownEntry([first, *_suspects(registry, home, name)])


def _fix(registry: Registry, home: Home | None) -> str:
    if home is None or _is_among(home, registry.distributions):
        return ""
    if _is_among(home, (f.distribution for f in registry.failures)):
        return ""
    for distribution, reason in registry.left_out.items():
        if _is_among(home, [distribution]):
            return f"it may be in {distribution}, not loaded: {reason}"
    return (
        f"it may be in {home.distribution}, which is not installed: "
        f'pip install "forwardax[{home.extra}]"'
    )


def _suspects(registry: Registry, home: Home | None, name: str) -> list[Fault]:
    """Faults of the failed plugins that might hold the name."""
    return [
        Fault(
            f"{failure.distribution} might provide it, but failed: "
            f"{failure.error}",
            key=str(name),
            allowed="plugins that load",
            code="plugin",
        )
        for failure in registry.failures
        if _might_hold(failure, home)
    ]


def _might_hold(failure: Failure, home: Home | None) -> bool:
    if failure.error.faults[0].code == "conflict":
        return False  # all its other names are there
    return home is None or _is_among(home, [failure.distribution])


def _is_among(home: Home, distributions: Iterable[str]) -> bool:
    return home.distribution in map(normalised, distributions)
