"""Every error forwardax raises, and the fault records they carry.

The tree::

    ForwardaxError
    ├── SpecError          a declaration contradicts itself
    ├── StoreError         values do not fit a spec
    │   └── UnknownKey     a key nobody declared (also a KeyError)
    ├── DataError          measured data does not fit a DataSpec
    ├── StructureError     a structure value is unknown or not allowed
    ├── ResolveError       a derived value cannot be computed or written
    │   └── CycleError     derived values or priors depend on each other
    ├── ProblemError       a problem cannot be posed as asked
    │   └── CapabilityError   the problem lacks what an estimator needs
    ├── FitError           an estimator was configured or called wrongly
    ├── ConfigError        a run file or an override is wrong
    ├── RegistryError      something about plugins
    │   ├── UnknownEntry   no such name (also a KeyError)
    │   ├── ConflictError  two distributions claim one name
    │   ├── PluginFailed   a plugin could not be loaded
    │   └── ApiMismatch    a plugin was written for another API
    └── SaveError          a result file is damaged or cannot be written

An error holds *all* the faults found at its boundary, each as a `Fault`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn


def nearest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Names close to a misspelt one, best first, at most three."""
    words = sorted({str(word) for word in known})
    return tuple(get_close_matches(str(name), words, n=3, cutoff=0.6))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input.

    Parameters
    ----------
    what
        What is wrong, as a sentence without the full stop.
    key
        The key, name or path concerned.
    value
        The value that came, as text ("" where there is none).
    allowed
        What would have been right.
    nearest
        The nearest right names.
    needed_by
        Who needs it.
    fix
        What to do.
    code
        Kind of fault, one word: `unknown`, `missing`, `shape`, ...
    """

    what: str
    key: str = ""
    value: str = ""
    allowed: str = ""
    nearest: tuple[str, ...] = ()
    needed_by: str = ""
    fix: str = ""
    code: str = ""

    def __str__(self) -> str:
        named = self.key in self.what
        parts = [self.what if named else f"{self.what} ({self.key})"]
        if self.value:
            parts.append(f"got {self.value}")
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.nearest:
            names = " or ".join(repr(name) for name in self.nearest)
            parts.append(f"did you mean {names}?")
        if self.needed_by:
            parts.append(f"needed by {self.needed_by}")
        if self.fix:
            parts.append(self.fix)
        return "; ".join(parts)


def unknown(
    kind: str, name: str, known: Iterable[str], *, owner: str, fix: str = ""
) -> Fault:
    """Fault for a name that is not among the known ones."""
    known = tuple(known)
    return Fault(
        f"{name!r} is not {kind} of {owner}",
        key=str(name),
        allowed=listed(known),
        nearest=nearest(name, known),
        fix=fix,
        code="unknown",
    )


def listed(names: Iterable[str]) -> str:
    """The first of some names, as text."""
    names = [str(name) for name in names]
    rest = ", ..." if len(names) > 12 else ""
    return ", ".join(names[:12]) + rest or "nothing"


def wrong_type(name: str, value: object, allowed: str) -> Fault:
    """Fault for an argument that is not the kind of thing it has to be."""
    return Fault(
        f"{name!r} has the wrong type",
        key=name,
        value=f"{value!r:.80}",
        allowed=allowed,
        code="type",
    )


class ForwardaxError(Exception):
    """Base of all errors; `faults` holds everything that was found."""

    faults: tuple[Fault, ...]

    def __init__(
        self, faults: str | Fault | Iterable[Fault], *, context: str = ""
    ) -> None:
        if isinstance(faults, str):
            faults = Fault(faults)
        if isinstance(faults, Fault):
            faults = (faults,)
        self.faults = tuple(faults)
        self.context = context
        super().__init__(self.faults, context)

    def __str__(self) -> str:
        head = f"{self.context}: " if self.context else ""
        if len(self.faults) == 1:
            return head + str(self.faults[0])
        lines = "".join(f"\n  - {fault}" for fault in self.faults)
        return f"{head}{len(self.faults)} faults:{lines}"

    def __reduce__(self):  # exceptions with keyword arguments need help
        return _rebuild, (type(self), self.faults, self.context)


def _rebuild(
    kind: type[ForwardaxError], faults: tuple[Fault, ...], context: str
) -> ForwardaxError:
    return kind(faults, context=context)


class SpecError(ForwardaxError):
    """A declaration contradicts itself."""


class StoreError(ForwardaxError):
    """Values do not fit a spec."""


class UnknownKey(StoreError, KeyError):
    """A key nobody declared."""

    __str__ = ForwardaxError.__str__


class DataError(ForwardaxError):
    """Measured data does not fit the data spec."""


class StructureError(ForwardaxError):
    """A structure value is unknown, missing or not allowed."""


class ResolveError(ForwardaxError):
    """A derived value cannot be computed or written."""


class CycleError(ResolveError):
    """Derived values or priors depend on each other in a circle."""


class ProblemError(ForwardaxError):
    """A problem cannot be posed as asked."""


class CapabilityError(ProblemError):
    """The problem lacks something an estimator needs."""


class FitError(ForwardaxError):
    """An estimator was configured or called wrongly."""


class ConfigError(ForwardaxError):
    """A run file, preset or override is wrong."""


class RegistryError(ForwardaxError):
    """Something about plugins or registered names."""


class UnknownEntry(RegistryError, KeyError):
    """Nothing is registered under that name."""

    __str__ = ForwardaxError.__str__


class ConflictError(RegistryError):
    """Two distributions claim one name."""


class PluginFailed(RegistryError):
    """A plugin could not be loaded, or its target does not exist."""


class ApiMismatch(RegistryError):
    """A plugin was written for another plugin API."""


class SaveError(ForwardaxError):
    """A result file is damaged, or could not be written."""


class Faults(list[Fault]):
    """A list of faults that turns into one error at the end."""

    def throw(self, kind: type[ForwardaxError], context: str = "") -> None:
        """Raise `kind` with everything collected; do nothing if empty."""
        if self:
            fail(kind, self, context)


def fail(
    kind: type[ForwardaxError], faults: Iterable[Fault], context: str = ""
) -> NoReturn:
    """Raise one error for all the faults."""
    raise kind(faults, context=context)
