"""What can be wrong with decisions, conditions and the reference point.

The methods of a spec let none of this pass; a spec that was declared with
decisions, or read from a file, may have it all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._freeze import shape_of
from ..errors import Fault
from .values import number_faults

if TYPE_CHECKING:
    from .spec import ParamSpec


def decision_faults(spec: ParamSpec) -> Iterable[Fault]:
    """Decisions that the methods would not have let pass."""
    names = [name for name, _ in (*spec.fixed, *spec.priors)]
    names += [name for pair in spec.ties for name in pair]
    for name in dict.fromkeys(names):
        found = spec.look(name)
        if isinstance(found, Fault):
            yield found
    for name, value in spec.fixed:
        found = spec.look(name)
        if not isinstance(found, Fault):
            field = spec.by_key[found.key]
            shape = field.shape if found.element is None else ()
            yield from number_faults(name, value, field, shape)


def condition_faults(spec: ParamSpec) -> Iterable[Fault]:
    """Conditions on keys that do not exist."""
    for condition in spec.validity:
        for dep in condition.deps:
            found = spec.look(dep)
            if isinstance(found, Fault):
                yield Fault(
                    found.what,
                    key=dep,
                    allowed=found.allowed,
                    nearest=found.nearest,
                    needed_by=f"the condition {condition.text!r}",
                    code="unknown",
                )


def reference_faults(spec: ParamSpec) -> Iterable[Fault]:
    """Reference values that fit no key."""
    for name, value in spec.reference:
        found = spec.look(name)
        if isinstance(found, Fault):
            yield found
        else:
            field = spec.by_key[found.key]
            shape = field.shape if found.element is None else ()
            if shape_of(value) == ():
                shape = ()  # one number for all the entries
            yield from number_faults(name, value, field, shape)


def tie_faults(spec: ParamSpec) -> Iterable[Fault]:
    """Ties that go in circles, or to what is held."""
    targets = dict(spec.ties)
    held = {spec.find(name) for name, _ in spec.fixed}
    for target, source in spec.ties:
        at = spec.find(target)
        whole = {one.key for one in held} if at.element is None else set[str]()
        if at in held or at.key in whole:
            yield Fault(
                f"{target!r} is both tied and fixed",
                key=target,
                allowed="one of the two",
                fix=f"fix {source!r} instead",
                code="tie",
            )
        seen = [target]
        while source in targets and source not in seen:
            seen.append(source)
            source = targets[source]
        if source in seen:
            path = " -> ".join([*seen, source])
            yield Fault(
                f"{target!r} is tied to itself: {path}",
                key=target,
                allowed="ties that end at a key that is not tied",
                code="cycle",
            )
