"""Everything that can be wrong with a spec, found without numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING

from .._freeze import shape_of
from .._order import in_order
from ..contracts import NO_DEFAULT, ParamField
from ..errors import CycleError, Fault
from .decision_lint import (
    condition_faults,
    decision_faults,
    reference_faults,
    tie_faults,
)
from .prior_lint import prior_faults, shift_faults
from .units import unit_fault
from .values import (
    flatten,
    is_regular,
    matches,
    number_faults,
    spread,
)

if TYPE_CHECKING:
    from .spec import ParamSpec

_KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*){0,3}")


@lru_cache(maxsize=256)
def _lint(spec: ParamSpec) -> tuple[Fault, ...]:
    found: list[Fault] = []
    for field in spec.fields:
        for rule in _FIELD_RULES:
            found.extend(rule(field))
    unknown = [
        *decision_faults(spec),
        *condition_faults(spec),
        *reference_faults(spec),
    ]
    if unknown:
        return (*found, *unknown)
    for rule in (_priors, tie_faults, _prior_cycle):
        found.extend(rule(spec))
    return tuple(found)


def lint_spec(spec: ParamSpec) -> list[Fault]:
    """See `ParamSpec.lint`."""
    return list(_lint(spec))


def _key(field: ParamField) -> Iterable[Fault]:
    for name in (field.key, *field.aliases, *field.elements):
        if not _KEY.fullmatch(name):
            yield Fault(
                f"{name!r} is not a key",
                key=name,
                allowed="one to four dotted lower-case parts of letters, "
                "digits and underscores, such as 'lens.main.einstein_radius'",
                nearest=_plain_key(name),
                code="key",
            )


def _plain_key(name: str) -> tuple[str, ...]:
    plain = re.sub(r"[^a-z0-9_.]+", "_", name.replace("/", ".").lower())
    parts = [part.strip("_") for part in plain.split(".") if part.strip("_")]
    guess = ".".join(parts[:4])
    return (guess,) if _KEY.fullmatch(guess) else ()


def _unit(field: ParamField) -> Iterable[Fault]:
    fault = unit_fault(field.key, field.unit)
    if fault:
        yield fault


def _kind(field: ParamField) -> Iterable[Fault]:
    if field.kind not in ("primitive", "derived"):
        yield Fault(
            f"{field.key!r} has the kind {field.kind!r}",
            key=field.key,
            value=repr(field.kind),
            allowed="'primitive' or 'derived'",
            code="kind",
        )
    if field.dtype not in ("float", "float32", "float64"):
        yield Fault(
            f"{field.key!r} has the dtype {field.dtype!r}",
            key=field.key,
            value=repr(field.dtype),
            allowed="'float', 'float32' or 'float64'; integers, strings and "
            "bools are structure",
            code="dtype",
        )
    if field.kind == "derived" and field.default is not NO_DEFAULT:
        yield Fault(
            f"{field.key!r} is derived, so it has no default",
            key=field.key,
            value=repr(field.default),
            allowed="NO_DEFAULT",
            fix="give defaults to the primitives it is computed from",
            code="derived",
        )


def _shape(field: ParamField) -> Iterable[Fault]:
    if len(field.dims) > len(field.shape):
        yield Fault(
            f"{field.key!r} has {len(field.dims)} dims but "
            f"{len(field.shape)} axes",
            key=field.key,
            value=f"dims {field.dims}, shape {field.shape}",
            allowed="at most one dim for each axis",
            code="shape",
        )
    if len(set(field.dims)) < len(field.dims):
        yield Fault(
            f"{field.key!r} names one dim twice",
            key=field.key,
            value=f"dims {field.dims}",
            allowed="dims that differ",
            code="dims",
        )
    for axis, size in enumerate(field.shape):
        unnamed = size is None and axis >= len(field.dims)
        if unnamed or (size is not None and size < 1):
            yield Fault(
                f"{field.key!r} has the size {size} on axis {axis}",
                key=field.key,
                value=f"shape {field.shape}",
                allowed="positive sizes; None only where a dim is named",
                code="shape",
            )
    count = 1
    for size in field.shape:
        count *= size or 1
    if field.elements and None not in field.shape:
        if len(field.elements) != count:
            yield Fault(
                f"{field.key!r} has {count} entries but "
                f"{len(field.elements)} element names",
                key=field.key,
                allowed=f"{count} names",
                code="elements",
            )


def _bounds(field: ParamField) -> Iterable[Fault]:
    low, high = field.bounds
    count = max(
        (len(flatten(b)) for b in (low, high) if b is not None), default=1
    )
    for bound in (low, high):
        shape = shape_of(bound)
        fits = matches(shape, field.shape) and is_regular(bound)
        if shape and not fits:
            yield Fault(
                f"{field.key!r} has a bound of the wrong shape",
                key=field.key,
                value=f"shape {shape}",
                allowed=f"a number, or shape {field.shape}",
                code="bounds",
            )
            return
    pairs = zip(spread(low, count), spread(high, count), strict=True)
    for least, most in pairs:
        numbers = [b for b in (least, most) if b is not None]
        if any(not isfinite(b) for b in numbers):
            yield Fault(
                f"{field.key!r} has a bound that is not finite",
                key=field.key,
                value=f"{field.bounds}",
                allowed="finite numbers, or None for an open end",
                code="bounds",
            )
            return
        if least is not None and most is not None and least >= most:
            yield Fault(
                f"{field.key!r} has its bounds the wrong way round",
                key=field.key,
                value=f"({least}, {most})",
                allowed="(low, high) with low < high",
                code="bounds",
            )
            return
    if field.cyclic is not None and not (
        isfinite(field.cyclic) and field.cyclic > 0
    ):
        yield Fault(
            f"the period of {field.key!r} is not a positive number",
            key=field.key,
            value=repr(field.cyclic),
            allowed="a period in the field's unit, such as 180.0 deg",
            code="cyclic",
        )


def _default(field: ParamField) -> Iterable[Fault]:
    if field.default is NO_DEFAULT:
        return
    if shape_of(field.default) == ():
        faults = list(number_faults(field.key, field.default, field, ()))
    else:
        faults = list(
            number_faults(field.key, field.default, field, field.shape)
        )
    for fault in faults:
        yield Fault(
            f"the default of {fault.what}",
            key=fault.key,
            value=fault.value,
            allowed=fault.allowed,
            code=fault.code,
        )


_FIELD_RULES: tuple[Callable[[ParamField], Iterable[Fault]], ...] = (
    _key,
    _unit,
    _kind,
    _shape,
    _bounds,
    _default,
)


def _priors(spec: ParamSpec) -> Iterable[Fault]:
    for field in spec.fields:
        yield from shift_faults(spec, field)
        if field.prior is not None:
            yield from prior_faults(spec, field.key, field, field.prior)
    for name, prior in spec.priors:
        field = spec[name]
        yield from prior_faults(spec, name, field, prior)


def _prior_cycle(spec: ParamSpec) -> Iterable[Fault]:
    """Keys whose priors refer to each other, transforms left aside."""
    graph: dict[str, set[str]] = {}
    chosen = dict(spec.priors)
    for field in spec.fields:
        prior = chosen.get(field.key, field.prior)
        deps = field.shift.deps if field.shift else ()
        references = (*(prior.references if prior else ()), *deps)
        named = [spec.look(r) for r in references]
        graph[field.key] = {a.key for a in named if not isinstance(a, Fault)}
    try:
        in_order(
            graph,
            circle="priors refer to each other in a circle",
            allowed="references that lead back to no key of theirs",
            fix="let one of them have numbers",
        )
    except CycleError as error:
        yield from error.faults
