"""Turning what users write into hashable numbers and tuples, without JAX."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast


class Frozen(Mapping[str, Any]):
    """An immutable, hashable mapping; its order counts.

    Parameters
    ----------
    values
        Lists in it become tuples, mappings become `Frozen` too.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._values = {k: freeze_value(v) for k, v in (values or {}).items()}

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(self._values.items()))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        pairs = cast("Mapping[Any, Any]", other).items()
        return list(self._values.items()) == list(pairs)

    def __repr__(self) -> str:
        return repr(self._values)


def freeze_value(value: Any) -> Any:
    """Lists and arrays become (nested) tuples, array scalars Python ones.

    Mappings become `Frozen`.
    """
    if isinstance(value, Mapping):
        return Frozen(cast("Mapping[str, Any]", value))
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
