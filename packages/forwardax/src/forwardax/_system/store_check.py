"""Checking the values of a store, with NumPy and before JAX compiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .._derived.resolver import Resolver, compute
from .._freeze import freeze_number, shape_of
from .._schema.spec import ParamSpec
from .._schema.units import strip_unit
from .._schema.values import filled, flatten, number_faults
from .._targets import load_target
from ..contracts import NO_DEFAULT, Numbers, ParamField
from ..errors import (
    Fault,
    Faults,
    ResolveError,
    StoreError,
    listed,
    nearest,
    wrong_type,
)


def gather_values(
    spec: ParamSpec,
    values: Mapping[str, Any],
    resolver: Resolver,
    faults: Faults,
) -> dict[str, Any]:
    """One NumPy array a primitive: given, fixed, tied, default."""
    held: dict[str, dict[int | None, Numbers]] = {}
    if not isinstance(values, Mapping):  # pyright: ignore
        raise StoreError(wrong_type("values", values, "{key: value}"))
    for name, value in spec.fixed:
        at = spec.find(name)
        held.setdefault(at.key, {})[at.element] = value
    for name, value in values.items():
        at = spec.look(name)
        if isinstance(at, Fault):
            faults.append(at)
            continue
        field = spec.by_key[at.key]
        if field.kind == "derived":
            faults.append(resolver.written(at.key))
            continue
        value, fault = strip_unit(name, value, field.unit)
        faults.extend([fault] if fault else [])
        number = freeze_number(value)
        shape = field.shape if at.element is None else ()
        if shape_of(number) == () and None not in shape:
            number = filled(number, tuple(size or 0 for size in shape))
        wrong = list(number_faults(name, number, field, shape))
        faults.extend(wrong)
        if not wrong:
            held.setdefault(at.key, {})[at.element] = number
    found: dict[str, Any] = {}
    for key in spec.primitives:
        found[key] = _assemble(spec, key, held.get(key, {}), faults)
    for target, source in spec.ties:
        to, from_ = spec.find(target), spec.find(source)
        if to.element is None and from_.element is None:
            found[to.key] = found[from_.key]
        else:
            entry = found[from_.key].ravel()[from_.element or 0]
            array = found[to.key].copy()
            array.reshape(-1)[to.element or 0] = entry
            found[to.key] = array
    return found


def _assemble(
    spec: ParamSpec,
    key: str,
    held: Mapping[int | None, Numbers],
    faults: Faults,
) -> Any:
    field = spec.by_key[key]
    shape = tuple(size or 0 for size in field.shape)
    array = np.full(shape, np.nan)
    if field.default is not NO_DEFAULT:
        array[...] = np.asarray(field.default)
    if None in held:
        array[...] = np.asarray(held[None])
    for element, value in held.items():
        if element is not None:
            array.reshape(-1)[element] = value
    tied = {spec.find(target) for target, _ in spec.ties}
    missing = np.isnan(array)
    given = {f.key for f in faults}
    if missing.any() and not any(at.key == key for at in tied):
        if key not in given:
            some = "" if missing.all() else " for every element"
            faults.append(_lacking(field, f"has no value{some}"))
    return array


def _lacking(field: ParamField, what: str) -> Fault:
    allowed = f"an array of shape {field.shape}" if field.shape else "a number"
    return Fault(
        f"{field.key!r} {what}",
        key=field.key,
        allowed=allowed + (f" in {field.unit}" if field.unit else ""),
        fix="give it, or a default in a preset or in the spec",
        code="missing",
    )


def store_faults(
    spec: ParamSpec, values: Mapping[str, Any], resolver: Resolver
) -> Iterable[Fault]:
    """What is wrong with concrete values of primitives."""
    for key in values:
        if key not in spec.primitives:
            yield Fault(
                f"{key!r} is not a primitive of this spec",
                key=key,
                allowed=listed(spec.primitives),
                nearest=nearest(key, spec.primitives),
                code="unknown",
            )
    wrong = False
    for key in spec.primitives:
        if key not in values:
            wrong = True
            yield _lacking(spec.by_key[key], "is missing")
            continue
        field = spec.by_key[key]
        number = freeze_number(np.asarray(values[key]))
        for fault in number_faults(key, number, field, field.shape):
            wrong = True
            yield fault
    if not wrong:
        yield from validity_faults(spec, values, resolver)


def validity_faults(
    spec: ParamSpec, values: Mapping[str, Any], resolver: Resolver
) -> Iterable[Fault]:
    """A fault for each validity condition that does not hold."""
    env = {key: np.asarray(value) for key, value in values.items()}
    for condition in spec.validity:
        try:
            for step in resolver.plan(condition.deps):
                compute(step, env)
        except ResolveError as error:
            yield from error.faults
            continue
        args = [env[spec.find(dep).key] for dep in condition.deps]
        if not np.all(load_target(condition.target)(*args)):
            shown = ", ".join(
                f"{dep} = {flatten(freeze_number(np.asarray(arg)))[0]:g}"
                for dep, arg in zip(condition.deps, args, strict=True)
            )
            yield Fault(
                f"the condition {condition.text!r} does not hold",
                key=condition.text,
                value=shown,
                allowed="values at which it holds",
                code="validity",
            )


def plain_value(
    name: str,
    value: Any,
    unit: str,
    shape: tuple[int, ...] | None,
    faults: Faults,
) -> Any:
    """Numbers of a shape (any, where None), or a single one for all of it."""
    value, fault = strip_unit(name, value, unit)
    faults.extend([fault] if fault else [])
    try:
        plain = value if hasattr(value, "dtype") else np.asarray(value)
    except ValueError:  # rows of unequal length
        plain = np.asarray(None)
    if plain.dtype.kind not in "fiu":
        faults.append(
            Fault(
                f"{name!r} needs real numbers",
                key=name,
                value=f"{value!r:.80}",
                allowed=f"floats of shape {shape or ()}",
                code="type",
            )
        )
    elif shape is not None and plain.shape not in (shape, ()):
        faults.append(
            Fault(
                f"{name!r} has the wrong shape",
                key=name,
                value=f"shape {plain.shape}",
                allowed=f"shape {shape}",
                code="shape",
            )
        )
    return plain
