"""Turning what users write into hashable numbers and tuples, without JAX."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast


def freeze_value(value: Any) -> Any:
    """Lists and arrays become (nested) tuples, array scalars Python ones."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        items = cast("Iterable[Any]", value)
        return tuple(freeze_value(item) for item in items)
    return value


def freeze_number(value: Any) -> Any:
    """A number or a nest of tuples of numbers.

    Anything else is returned as it came: the spec's lint says so with the
    key, which is not known here.
    """
    value = freeze_value(value)
    if isinstance(value, tuple):
        items = cast("tuple[Any, ...]", value)
        return tuple(freeze_number(item) for item in items)
    if isinstance(value, bool | int | float):
        return float(value)
    return value


def shape_of(value: Any) -> tuple[int, ...]:
    """Shape of a nest of tuples; its entries are taken to be regular."""
    shape: list[int] = []
    while isinstance(value, tuple):
        items = cast("tuple[Any, ...]", value)
        shape.append(len(items))
        if not items:
            break
        value = items[0]
    return tuple(shape)
