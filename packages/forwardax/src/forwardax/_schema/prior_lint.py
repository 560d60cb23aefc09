"""What can be wrong with a prior, found without loading NumPyro."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, isinf, isnan
from typing import TYPE_CHECKING

from .._freeze import shape_of
from ..contracts import Numbers, ParamField, Prior
from ..errors import Fault, nearest
from .families import FAMILIES, FLAT, TRUNCATED, Family
from .values import flatten, interval, is_regular, matches, spread

if TYPE_CHECKING:
    from .spec import ParamSpec

_TRANSFORMS = ("exp", "softplus")
_ENDS = ("low", "high")


def prior_faults(
    spec: ParamSpec, name: str, field: ParamField, prior: Prior
) -> Iterable[Fault]:
    """Faults of the prior in force at an address."""
    named = [(n, v) for n, v in prior.arguments if isinstance(v, str)]
    for argument, value in named:
        owner = f"the prior of {name!r}"
        yield from _reference(
            spec, field, value, owner, f"{argument}= of {owner}"
        )
    if ":" in prior.family:
        return
    family = FAMILIES.get(prior.family)
    if family is None:
        yield Fault(
            f"{name!r} has a prior of the unknown family {prior.family!r}",
            key=name,
            value=repr(prior.family),
            allowed=", ".join(FAMILIES) + ' or "module:attr"',
            nearest=nearest(prior.family, FAMILIES),
            code="prior",
        )
        return
    faults = [
        *_names(name, family, prior),
        *_numbers(name, field, family, prior),
    ]
    yield from faults
    if not faults:
        yield from _support(name, field, family, prior)
    if not prior.centred and not family.location_scale:
        yield Fault(
            f"{name!r} has centred=False, which {prior.family} has no form for",
            key=name,
            allowed=", ".join(
                k for k, f in FAMILIES.items() if f.location_scale
            ),
            code="prior",
        )
    yield from _cyclic(name, field, prior)
    yield from _transform(name, field, family)


def shift_faults(spec: ParamSpec, field: ParamField) -> Iterable[Fault]:
    """Faults of what the coordinate of a field follows."""
    owner = f"the shift of {field.key!r}"
    for value in field.shift.deps if field.shift else ():
        yield from _reference(spec, field, value, owner, owner)


def _reference(
    spec: ParamSpec,
    field: ParamField,
    value: str,
    owner: str,
    needed_by: str,
) -> Iterable[Fault]:
    found = spec.look(value)
    if isinstance(found, Fault):
        yield Fault(
            f"{owner} refers to {value!r}, which is not a parameter",
            key=value,
            allowed=found.allowed,
            nearest=found.nearest,
            needed_by=needed_by,
            code="unknown",
        )
        return
    if found.element is not None:
        return
    source = spec.by_key[found.key]
    dims = {*field.dims, *_ancestors(spec, field.dims)}
    events = [f.shape[len(f.dims) :] for f in (source, field)]
    if not set(source.dims) <= dims or events[0] not in ((), events[1]):
        yield Fault(
            f"{value!r} does not align with {field.key!r}",
            key=value,
            value=f"dims {source.dims}, shape {source.shape}",
            allowed=f"dims among {tuple(sorted(dims))} and event shape "
            f"() or {events[1]}",
            needed_by=needed_by,
            fix="arguments align by dim name: give both fields dims",
            code="dims",
        )


def _ancestors(spec: ParamSpec, dims: tuple[str, ...]) -> set[str]:
    parents = {k: n.within for k, n in spec.sizes if not isinstance(n, int)}
    found: set[str] = set()
    for dim in dims:
        while dim in parents:
            dim = parents[dim]
            found.add(dim)
    return found


def _names(name: str, family: Family, prior: Prior) -> Iterable[Fault]:
    given = [argument for argument, _ in prior.arguments]
    for argument in given:
        if argument not in family.arguments:
            yield Fault(
                f"{argument!r} is not an argument of {prior.family}, the "
                f"prior of {name!r}",
                key=name,
                value=argument,
                allowed=", ".join(family.arguments) or "no arguments",
                nearest=nearest(argument, family.arguments),
                code="prior",
            )
    for argument in family.required:
        if argument not in given:
            yield Fault(
                f"the prior of {name!r} lacks {argument!r}",
                key=name,
                value=repr(prior),
                allowed=f"{prior.family}({', '.join(family.arguments)})",
                code="prior",
            )


def _numbers(
    name: str, field: ParamField, family: Family, prior: Prior
) -> Iterable[Fault]:
    for argument, value in prior.arguments:
        if isinstance(value, str) or argument not in family.arguments:
            continue
        entries = flatten(value)
        # A truncated distribution may be open at an end.
        open_end = prior.family == "TruncatedNormal" and argument in _ENDS
        if any(isnan(e) or (isinf(e) and not open_end) for e in entries):
            yield _bad(name, argument, value, "finite numbers", "nonfinite")
        elif argument in family.positive and min(entries, default=1) <= 0:
            yield _bad(name, argument, value, "above 0", "prior")
        elif shape_of(value) and not (
            matches(shape_of(value), field.shape) and is_regular(value)
        ):
            allowed = f"a number, or shape {field.shape}"
            yield _bad(name, argument, shape_of(value), allowed, "shape")
    numbers = dict(prior.arguments)
    low, high = numbers.get("low"), numbers.get("high")
    if isinstance(low, str | None) or isinstance(high, str | None):
        return
    count = max(len(flatten(low)), len(flatten(high)))
    pairs = zip(spread(low, count), spread(high, count), strict=True)
    for least, most in pairs:
        if least is not None and most is not None and least >= most:
            text = f"low={least:g}, high={most:g}"
            yield _bad(name, "low", text, "low < high", "prior")
            return


def _bad(
    name: str, argument: str, value: object, allowed: str, code: str
) -> Fault:
    return Fault(
        f"{argument!r} of the prior of {name!r} is wrong",
        key=name,
        value=str(value),
        allowed=allowed,
        code=code,
    )


def _ends(family: Family, prior: Prior) -> tuple[Numbers | None, ...]:
    """Lower and upper end of the support; None where another key sets it."""
    ends: list[Numbers | None] = []
    for end, default in zip(family.support, (-inf, inf), strict=True):
        value = (
            dict(prior.arguments).get(end, default)
            if isinstance(end, str)
            else end
        )
        ends.append(None if isinstance(value, str) else value)
    return tuple(ends)


def _support(
    name: str, field: ParamField, family: Family, prior: Prior
) -> Iterable[Fault]:
    low, high = field.bounds
    if prior.family == FLAT:
        if low is not None and high is not None:
            yield Fault(
                f"{name!r} has a flat prior between two bounds",
                key=name,
                value=repr(field.bounds),
                allowed="a flat prior with an open end",
                fix='say Prior("Uniform", low=..., high=...)',
                code="prior",
            )
        return
    lower, upper = _ends(family, prior)
    count = max(
        len(flatten(end))
        for end in (low, high, lower, upper, 0.0)
        if end is not None
    )
    for least, most, a, b in zip(
        spread(low, count),
        spread(high, count),
        spread(lower, count),
        spread(upper, count),
        strict=True,
    ):
        below = least is not None and a is not None and a < least
        above = most is not None and b is not None and b > most
        if below or above:
            limited = TRUNCATED.get(prior.family, "Uniform(low=, high=)")
            yield Fault(
                f"the prior of {name!r} reaches beyond its bounds",
                key=name,
                value=f"{prior.family} on {interval(a, b)}",
                allowed=f"support within {interval(least, most, field.unit)}",
                fix=f"use {limited}; bounds never truncate a prior",
                code="support",
            )
            return


def _cyclic(name: str, field: ParamField, prior: Prior) -> Iterable[Fault]:
    numbers = dict(prior.arguments)
    low, high = numbers.get("low"), numbers.get("high")
    if (
        field.cyclic is None
        or prior.family != "Uniform"
        or not isinstance(low, float)
        or not isinstance(high, float)
    ):
        return
    if high - low > field.cyclic * (1 + 1e-9):
        yield Fault(
            f"the prior of {name!r} covers more than one period",
            key=name,
            value=f"width {high - low:g}",
            allowed=f"at most the period {field.cyclic:g} {field.unit}".strip(),
            code="cyclic",
        )


def _transform(name: str, field: ParamField, family: Family) -> Iterable[Fault]:
    if field.transform is None or ":" in field.transform:
        return
    if field.transform not in _TRANSFORMS:
        yield Fault(
            f"{name!r} has the unknown transform {field.transform!r}",
            key=name,
            allowed=", ".join(_TRANSFORMS) + ' or "module:attr"',
            nearest=nearest(field.transform, _TRANSFORMS),
            code="transform",
        )
    elif family.support != (0.0, inf) and not (
        family.support == (-inf, inf) and field.bounds == (0.0, None)
    ):
        yield Fault(
            f"{name!r} has the transform {field.transform!r}, which covers "
            "the positive numbers, and a prior that does not",
            key=name,
            allowed="a prior on the positive numbers",
            code="transform",
        )
