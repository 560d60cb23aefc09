"""The parameters of a configuration: decisions by address, checked by spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._plugins.entries import SystemEntry
from .._plugins.entry_specs import spec_of
from .._plugins.registry import Registry
from .._plugins.scopes import Computed, transforms_in_scope
from .._schema.address import AddressBook, element_names
from .._schema.spec import ParamSpec
from ..contracts import NO_DEFAULT
from ..errors import (
    Fault,
    Faults,
    ForwardaxError,
    listed,
    nearest,
    unknown,
)
from .layers import PARAMS, Layer
from .settings import Layered, Places, Setting

_EXCLUDED = {
    "fixed": ("priors", "free", "ties"),
    "priors": ("fixed", "ties"),
    "free": ("fixed", "ties"),
    "ties": ("fixed", "priors", "free"),
    "solve_for": (),
}
"""What a decision of an upper layer takes back in the layers below."""


@dataclass(slots=True)
class Decisions:
    """Settings by part and canonical address, and the spec they lead to."""

    parts: dict[str, dict[str, Setting]] = field(
        default_factory=lambda: {part: {} for part in PARAMS}
    )
    spec: ParamSpec = field(default_factory=ParamSpec)


def decide(
    registry: Registry,
    entry: SystemEntry,
    structure: Layered,
    layers: Iterable[Layer],
    places: Places,
    faults: Faults,
) -> Decisions:
    """Combine the layers' params and apply them to the system's spec."""
    try:
        spec = spec_of(entry, structure.plain)
    except ForwardaxError as error:
        faults.extend(map(places.locate, error.faults))
        return Decisions()
    book = AddressBook(spec.fields)
    decisions = Decisions(spec=spec)
    before = len(faults)
    for layer in layers:
        _merge(decisions, layer, book, repr(entry.name), faults)
    transforms = transforms_in_scope(registry, entry.scope)
    _check_solve_for(transforms, decisions, faults)
    _apply(decisions, transforms, faults)
    clean = len(faults) == before
    _lint(decisions, faults)
    if clean:  # else a value may only be missing because of a fault
        _check_missing(decisions, repr(entry.name), faults)
    return decisions


def _merge(
    decisions: Decisions,
    layer: Layer,
    book: AddressBook,
    owner: str,
    faults: Faults,
) -> None:
    spec = decisions.spec
    seen: dict[str, dict[str, Setting]] = {}
    for part in PARAMS:
        given = layer.sections[part]
        here = seen[part] = {}
        for name, one in given.items():
            for address in _addresses(spec, book, part, name, owner):
                if isinstance(address, Fault):
                    faults.append(one.located(address))
                elif address in here:
                    what = f"{address!r} is given twice, once as an alias"
                    allowed = "one of its names"
                    fault = Fault(
                        what, address, allowed=allowed, code="duplicate"
                    )
                    faults.append(one.located(fault))
                else:
                    here[address] = one
        for address, one in here.items():
            for other in _EXCLUDED[part]:
                # Each clash is told once, by the part that comes later.
                if PARAMS.index(other) < PARAMS.index(part):
                    _clash(address, one, part, seen[other], other, faults)
    for part, here in seen.items():
        for address, one in here.items():
            for other in (part, *_EXCLUDED[part]):
                below = decisions.parts[other]
                for name in [n for n in below if _covers(spec, address, n)]:
                    if name not in seen[other] or other == part:
                        del below[name]
            decisions.parts[part][address] = one


def _clash(
    address: str,
    one: Setting,
    part: str,
    others: dict[str, Setting],
    other: str,
    faults: Faults,
) -> None:
    if address in others:
        what = f"{address!r} is both in {other} ({others[address].where}) and "
        what += f"in {part}"
        fault = Fault(what, address, allowed="one of the two", code="clash")
        faults.append(one.located(fault))


def _covers(spec: ParamSpec, address: str, name: str) -> bool:
    """Whether a decision for one address replaces that for another."""
    if address == name:
        return True
    found = spec.find(address)
    return found.element is None and spec.find(name).key == found.key


def _addresses(
    spec: ParamSpec, book: AddressBook, part: str, name: str, owner: str
) -> Iterator[str | Fault]:
    """Canonical addresses of a name; of a glob, those that can be free."""
    if part == "free" and "*" in name:
        keys = [k for k in spec.matching(name) if spec.prior_of(k) is not None]
        keys = [k for k in keys if spec[k].kind == "primitive"]
        if not keys:
            what = f"no parameter of {owner} that has a prior matches {name!r}"
            drawn = [k for k in spec.primitives if spec.prior_of(k) is not None]
            yield Fault(
                what,
                key=name,
                allowed=f"globs of {listed(drawn)}",
                nearest=nearest(name, drawn),
                code="unknown",
            )
        yield from keys
        return
    found = book.find(name, owner=owner)
    if isinstance(found, Fault):
        part_of_path = name.partition(".")[0]
        fix = f"write --set params.{name.partition('.')[2]}=VALUE"
        yield replace(found, fix=fix) if part_of_path in PARAMS else found
    elif found.element is None:
        yield found.key
    else:
        yield element_names(spec[found.key])[found.element]


def _apply(
    decisions: Decisions, transforms: Mapping[str, Computed], faults: Faults
) -> None:
    """Apply one by one, whole keys first, so that each fault has its line."""
    parts, solved = decisions.parts, decisions.parts["solve_for"]
    spec = decisions.spec
    names = [(part, name) for part in PARAMS for name in parts[part]]
    names.sort(key=lambda at: spec.find(at[1]).element is not None)
    for part, name in names:
        one = parts[part][name]
        change: Callable[[ParamSpec], ParamSpec]
        if part == "fixed":
            change = _fix(name, one)
        elif part == "priors":
            change = _draw(name, one, name in solved)
        elif part == "free":
            change = _free(name)
        elif part == "ties":
            change = _tie(name, one)
        else:
            continue
        try:
            decisions.spec = change(decisions.spec)
        except ForwardaxError as error:
            for fault in error.faults:
                if fault.code == "derived" and fault.key in transforms:
                    deps = listed(_primitives(fault.key, transforms))
                    fix = f"it follows from {deps}: act on these, or make it "
                    fault = replace(fault, fix=fix + "free with solve_for")
                faults.append(one.located(fault))


def _primitives(
    key: str, transforms: Mapping[str, Computed]
) -> dict[str, None]:
    """Primitives that a derived key follows from, in order."""
    if key not in transforms:
        return {key: None}
    found: dict[str, None] = {}
    for dep in transforms[key].entry.deps:
        found |= _primitives(dep, transforms)
    return found


def _fix(name: str, one: Setting) -> Callable[[ParamSpec], ParamSpec]:
    return lambda spec: spec.fix({name: one.value})


def _free(name: str) -> Callable[[ParamSpec], ParamSpec]:
    return lambda spec: spec.free([name])


def _tie(name: str, one: Setting) -> Callable[[ParamSpec], ParamSpec]:
    return lambda spec: spec.tie({name: one.value})


def _draw(
    name: str, one: Setting, solved: bool
) -> Callable[[ParamSpec], ParamSpec]:
    def change(spec: ParamSpec) -> ParamSpec:
        spec = spec.with_priors({name: one.value})
        # A free derived value is no primitive that could be fixed.
        return spec if solved else spec.free([name])

    return change


def _check_solve_for(
    transforms: Mapping[str, Computed],
    decisions: Decisions,
    faults: Faults,
) -> None:
    for derived, one in decisions.parts["solve_for"].items():
        computed = transforms.get(derived)
        inverses: list[Any] = []
        if computed is not None:
            inverses = [dep for dep, _ in computed.entry.inverse]
        if one.value not in inverses:
            fault = unknown(
                "one of the primitives that can be solved for",
                str(one.value),
                inverses,
                owner=repr(derived),
            )
            faults.append(one.located(fault))


def _lint(decisions: Decisions, faults: Faults) -> None:
    """What is wrong with the spec once every decision is applied."""
    parts = decisions.parts
    settings = {k: one for part in PARAMS for k, one in parts[part].items()}
    for fault in decisions.spec.lint():
        one = settings.get(fault.key)
        faults.append(one.located(fault) if one else fault)


def _check_missing(decisions: Decisions, owner: str, faults: Faults) -> None:
    """Primitives that nobody gave a value."""
    spec, parts = decisions.spec, decisions.parts
    settings = [name for part in PARAMS for name in parts[part]]
    solved = {one.value for one in parts["solve_for"].values()}
    decided = {spec.find(name).key for name in settings} | solved
    for key in spec.primitives:
        field = spec[key]
        if field.default is NO_DEFAULT and not field.prior:
            if key not in decided:
                faults.append(
                    Fault(
                        f"{key!r} of {owner} needs a value: it has neither "
                        "prior nor default",
                        key=key,
                        allowed=f"a value in {field.unit}"
                        if field.unit
                        else "a value",
                        fix=f"set params.fixed.{key} or params.priors.{key}",
                        code="missing",
                    )
                )
