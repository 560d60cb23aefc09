"""Decisions on a spec: hold, free, tie, or give another prior."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._freeze import freeze_number, shape_of
from ..contracts import NO_DEFAULT, Numbers, ParamField, Prior
from ..errors import Fault, Faults, SpecError, listed, wrong_type
from .address import Address, element_names
from .part_types import prior_type_faults
from .units import strip_unit
from .values import filled, flatten, number_faults

if TYPE_CHECKING:
    from .spec import ParamSpec


def fix_spec(
    spec: ParamSpec, values: Mapping[str, Any] | Iterable[str]
) -> ParamSpec:
    """See `ParamSpec.fix`."""
    if isinstance(values, str):
        values = (values,)
    if not isinstance(values, Iterable):  # pyright: ignore
        raise SpecError(wrong_type("fixed", values, "{key: value}, or keys"))
    if not isinstance(values, Mapping):
        values = {str(name): NO_DEFAULT for name in values}
    given: Mapping[str, Any] = values  # pyright: ignore
    faults = Faults()
    fixed = dict(spec.fixed)
    for name, value in given.items():
        address = _primitive(spec, name, "fixed", faults)
        if address is None:
            continue
        held = _held_value(spec, name, address, value, faults)
        if address.element is None:
            fixed = _without(spec, fixed, address.key)
        fixed[spec.name(address)] = held
    faults.throw(SpecError, "cannot fix")
    return replace(spec, fixed=tuple(fixed.items()))


def free_spec(spec: ParamSpec, names: Iterable[str]) -> ParamSpec:
    """See `ParamSpec.free`."""
    if not isinstance(names, Iterable):  # pyright: ignore
        raise SpecError(wrong_type("free", names, "several keys"))
    faults = Faults()
    fixed = dict(spec.fixed)
    for name in [names] if isinstance(names, str) else names:
        address = _primitive(spec, name, "freed", faults)
        if address is None:
            continue
        if spec.prior_of(name) is None:
            faults.append(_no_prior(spec, name))
        elif address.element is None:
            fixed = _without(spec, fixed, address.key)
        else:
            whole = fixed.pop(address.key, None)
            if whole is not None:
                # Elements that were fixed by themselves keep their values.
                names_ = element_names(spec.by_key[address.key])
                every = dict(zip(names_, flatten(whole), strict=True))
                fixed = {**every, **fixed}
            fixed.pop(spec.name(address), None)
    faults.throw(SpecError, "cannot free")
    return replace(spec, fixed=tuple(fixed.items()))


def tie_spec(spec: ParamSpec, ties: Mapping[str, str]) -> ParamSpec:
    """See `ParamSpec.tie`."""
    if not isinstance(ties, Mapping):  # pyright: ignore
        raise SpecError(wrong_type("ties", ties, "{target: source}"))
    faults = Faults()
    tied = dict(spec.ties)
    for target, source in ties.items():
        to = _primitive(spec, target, "tied", faults)
        from_ = _primitive(spec, source, "tied to", faults)
        if to is None or from_ is None:
            continue
        shapes = [
            () if at.element is not None else spec.by_key[at.key].shape
            for at in (to, from_)
        ]
        if shapes[0] != shapes[1]:
            faults.append(
                Fault(
                    f"{target!r} has shape {shapes[0]} but {source!r} has "
                    f"{shapes[1]}",
                    key=target,
                    allowed="two addresses of one shape",
                    code="shape",
                )
            )
        tied[spec.name(to)] = spec.name(from_)
    faults.throw(SpecError, "cannot tie")
    return replace(spec, ties=tuple(tied.items()))


def choose_priors(spec: ParamSpec, priors: Mapping[str, Prior]) -> ParamSpec:
    """See `ParamSpec.with_priors`."""
    if not isinstance(priors, Mapping):  # pyright: ignore
        raise SpecError(wrong_type("priors", priors, "{key: Prior(...)}"))
    faults = Faults()
    chosen = dict(spec.priors)
    for name, prior in priors.items():
        found = spec.look(name)
        wrong = list(prior_type_faults(name, prior))
        faults.extend(wrong)
        if isinstance(found, Fault):
            faults.append(found)
        elif not wrong:
            if found.element is None:
                chosen = _without(spec, chosen, found.key)
            chosen[spec.name(found)] = prior
    faults.throw(SpecError, "cannot set priors")
    return replace(spec, priors=tuple(chosen.items()))


def _no_prior(spec: ParamSpec, name: str) -> Fault:
    drawn = [key for key in spec.primitives if spec.prior_of(key)]
    return Fault(
        f"{name!r} has no prior, so it cannot be free",
        key=name,
        allowed=f"keys with a prior: {listed(drawn)}",
        fix=f'give it one: priors={{"{name}": '
        'Prior("Normal", loc=0.0, scale=1.0)}',
        code="prior",
    )


def _without(
    spec: ParamSpec, mapping: Mapping[str, Any], key: str
) -> dict[str, Any]:
    return {
        name: value
        for name, value in mapping.items()
        if spec.find(name).key != key
    }


def _primitive(
    spec: ParamSpec, name: str, verb: str, faults: Faults
) -> Address | None:
    found = spec.look(name)
    if isinstance(found, Fault):
        faults.append(found)
        return None
    if spec.by_key[found.key].kind == "derived":
        faults.append(
            Fault(
                f"{name!r} is derived, so it cannot be {verb}",
                key=name,
                allowed=f"primitives: {listed(spec.primitives)}",
                fix="act on the primitives it is computed from, or make it "
                "free with solve_for",
                code="derived",
            )
        )
        return None
    return found


def _held_value(
    spec: ParamSpec, name: str, address: Address, value: Any, faults: Faults
) -> Numbers:
    field = spec.by_key[address.key]
    if value is NO_DEFAULT or value is None:
        return _default(name, field, address, faults)
    value, fault = strip_unit(name, value, field.unit)
    if fault:
        faults.append(fault)
    value = freeze_number(value)
    shape = () if address.element is not None else field.shape
    if not shape_of(value) and shape and None not in shape:
        value = filled(value, tuple(size or 0 for size in shape))
    faults.extend(number_faults(name, value, field, shape))
    return value


def _default(
    name: str, field: ParamField, address: Address, faults: Faults
) -> Numbers:
    if field.default is NO_DEFAULT:
        faults.append(
            Fault(
                f"{name!r} has no default to be held at",
                key=name,
                allowed=f"a value in {field.unit}" if field.unit else "a value",
                fix=f'give the value: fixed={{"{name}": ...}}',
                code="missing",
            )
        )
        return 0.0
    if address.element is None or not isinstance(field.default, tuple):
        return field.default
    default: Any = field.default  # pyright: ignore
    return flatten(default)[address.element]
