"""Checking numbers against a field, before JAX sees them."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any, cast

from .._freeze import shape_of
from ..contracts import DataField, Numbers, ParamField
from ..errors import Fault


def filled(value: Numbers, shape: tuple[int, ...]) -> Numbers:
    """A nest of tuples of one value."""
    for size in reversed(shape):
        value = (value,) * size
    return value


def flatten(value: Numbers) -> tuple[float, ...]:
    """Entries of a nest of tuples in C order."""
    if not isinstance(value, tuple):
        return (value,)
    return tuple(entry for item in value for entry in flatten(item))


def matches(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    """Whether a shape fits one whose unknown sizes are None."""
    return len(shape) == len(expected) and all(
        want is None or have == want
        for have, want in zip(shape, expected, strict=True)
    )


def named_sizes(field: DataField) -> list[str]:
    """Each axis by its dim and size, `y=100`; a size not known yet is `?`."""
    return [
        f"{field.dims[i]}={n or '?'}" if i < len(field.dims) else str(n or "?")
        for i, n in enumerate(field.shape)
    ]


def number_faults(
    name: str,
    value: Any,
    field: ParamField,
    shape: tuple[int | None, ...],
) -> Iterable[Fault]:
    """What is wrong with numbers given for a field or one element of it."""
    entries = flatten(value)
    odd = [e for e in entries if not isinstance(e, float)]  # pyright: ignore
    if odd:
        yield Fault(
            f"{name!r} needs real numbers",
            key=name,
            value=repr(odd[0]),
            allowed="floats"
            + (f" of shape {shape}" if shape else "")
            + (f" in {field.unit}" if field.unit else ""),
            code="type",
        )
        return
    have = shape_of(value)
    regular = is_regular(value)
    if not regular or not matches(have, shape):
        yield Fault(
            f"{name!r} has the wrong shape",
            key=name,
            value=f"shape {have}" if regular else "rows of unequal length",
            allowed=f"shape {shape}"
            + (f" with dims {field.dims}" if field.dims else ""),
            code="shape",
        )
        return
    bad = [e for e in entries if not isfinite(e)]
    if bad:
        yield Fault(
            f"{name!r} is not finite",
            key=name,
            value=repr(bad[0]),
            allowed="finite numbers",
            code="nonfinite",
        )
        return
    yield from bounds_faults(name, entries, field)


def bounds_faults(
    name: str, entries: tuple[float, ...], field: ParamField
) -> Iterable[Fault]:
    """A fault where an entry lies outside the field's bounds."""
    low, high = (spread(bound, len(entries)) for bound in field.bounds)
    for entry, least, most in zip(entries, low, high, strict=True):
        if (least is not None and entry < least) or (
            most is not None and entry > most
        ):
            yield Fault(
                f"{name!r} is outside its bounds",
                key=name,
                value=repr(entry),
                allowed=interval(least, most, field.unit),
                code="bounds",
            )
            return


def spread(bound: Numbers | None, count: int) -> tuple[float | None, ...]:
    """One bound for each entry."""
    if bound is None or not isinstance(bound, tuple):
        return (bound,) * count
    entries = flatten(bound)
    return entries if len(entries) == count else (None,) * count


def interval(low: float | None, high: float | None, unit: str = "") -> str:
    """Text of an interval."""
    ends = ["-inf" if low is None else f"{low:g}"]
    ends += ["inf" if high is None else f"{high:g}"]
    return f"[{', '.join(ends)}]" + (f" {unit}" if unit else "")


def is_regular(value: Any) -> bool:
    """Whether all rows of a nest of tuples have one shape."""
    if not isinstance(value, tuple):
        return True
    rows = cast("tuple[Any, ...]", value)
    return len({shape_of(row) for row in rows}) < 2 and all(
        map(is_regular, rows)
    )
