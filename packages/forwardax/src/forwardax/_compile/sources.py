"""Where each element's value comes from: drawn, held, tied or solved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .._schema.address import Address, bound_shape, element_names
from .._schema.spec import ParamSpec
from .._schema.values import filled, flatten
from ..contracts import NO_DEFAULT, ParamField, Prior
from ..errors import Fault, Faults


@dataclass(frozen=True, slots=True)
class Source:
    """Source of one element."""

    kind: Literal["drawn", "held", "tied"]
    prior: Prior | None = None
    value: float = 0.0
    tied_to: Address | None = None


@dataclass(slots=True)
class Sources:
    """Sources of every element, by key in spec order.

    `solved` maps a primitive to the free derived key it is solved from.
    """

    elements: dict[str, list[Source]] = field(
        default_factory=dict[str, list[Source]]
    )
    solved: dict[str, str] = field(default_factory=dict[str, str])


def find_sources(
    spec: ParamSpec, solve_for: Mapping[str, str], faults: Faults
) -> Sources:
    """Sources of all primitives, and of the derived keys that are free.

    Parameters
    ----------
    spec
        Bound, and free of lint.
    solve_for
        Primitive by derived key; both checked already.
    faults
        Collects keys without value or prior.
    """
    found = Sources(solved={p: d for d, p in solve_for.items()})
    fixed = {spec.find(name): value for name, value in spec.fixed}
    ties = {spec.find(to): spec.find(from_) for to, from_ in spec.ties}
    chosen = {spec.find(name): prior for name, prior in spec.priors}
    for f in spec.fields:
        if f.key in found.solved or (
            f.kind == "derived" and f.key not in solve_for
        ):
            continue
        found.elements[f.key] = [
            _source(f, place, fixed, ties, chosen)
            for place in range(len(element_names(f)))
        ]
        _missing(f, found.elements[f.key], solve_for, faults)
    return found


def _source(
    f: ParamField,
    place: int,
    fixed: Mapping[Address, object],
    ties: Mapping[Address, Address],
    chosen: Mapping[Address, Prior],
) -> Source:
    whole, one = Address(f.key), Address(f.key, place)
    prior = chosen.get(one, chosen.get(whole, f.prior))
    for at in (one, whole):
        if at in ties:
            tied_to = ties[at]
            if tied_to.element is None:
                tied_to = Address(tied_to.key, place)
            return Source("tied", tied_to=tied_to)
    for at in (one, whole):
        if at in fixed:
            held: Any = fixed[at]
            values = flatten(held)  # pyright: ignore
            value = values[0] if len(values) == 1 else values[place]
            return Source("held", prior, value)
    if prior is not None:
        return Source("drawn", prior)
    if f.default is NO_DEFAULT:
        return Source("held", None, float("nan"))
    value: Any = f.default
    if not isinstance(value, tuple):
        value = filled(value, bound_shape(f))
    return Source("held", None, flatten(value)[place])  # pyright: ignore


def _missing(
    f: ParamField,
    sources: list[Source],
    solve_for: Mapping[str, str],
    faults: Faults,
) -> None:
    names = element_names(f)
    lacking = [
        name
        for name, s in zip(names, sources, strict=True)
        if s.kind == "held" and s.value != s.value
    ]
    if not lacking:
        return
    which = f.key if len(lacking) == len(names) else ", ".join(lacking[:4])
    if f.key in solve_for:
        what = f"{f.key!r} is to be free but has no prior"
        fix = f'give it one: priors={{"{f.key}": Prior(...)}}'
    else:
        what = f"{which!r} has neither a value nor a prior"
        fix = f'give one: fixed={{"{which}": ...}} or priors={{"{which}": ...}}'
    faults.append(
        Fault(
            what,
            key=f.key,
            allowed=f"a value in {f.unit}" if f.unit else "a value",
            fix=fix,
            code="missing",
        )
    )
