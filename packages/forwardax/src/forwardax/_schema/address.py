"""Addresses: a key, an alias of it, or one element of a vector.

`m2.zernike.coefficients`, an alias of it, `m2.zernike.j4` (a declared element
name) and `m2.zernike.coefficients[2]` are all addresses; wherever a key may
stand, an address may.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from ..contracts import ParamField
from ..errors import Fault, listed, nearest, wrong_type

_INDEXED = re.compile(r"^(?P<key>[^\[\]]+)\[(?P<index>\s*\d+(\s*,\s*\d+)*)\]$")


@dataclass(frozen=True, slots=True)
class Address:
    """A canonical key and, for one element, its flat position."""

    key: str
    element: int | None = None


def element_names(field: ParamField) -> tuple[str, ...]:
    """Canonical names of a field's entries in C order.

    `("mu",)` for a scalar; declared element names where there are any;
    `theta[0]`, `theta[1,2]` otherwise. The shape must be bound.
    """
    shape = bound_shape(field)
    if not shape:
        return (field.key,)
    if field.elements:
        return field.elements
    return tuple(
        f"{field.key}[{','.join(map(str, unravel(i, shape)))}]"
        for i in range(prod(shape))
    )


def bound_shape(field: ParamField) -> tuple[int, ...]:
    """Shape whose sizes are all known (unbound sizes count as 0)."""
    return tuple(size or 0 for size in field.shape)


def unravel(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Index of a flat position in C order."""
    index: list[int] = []
    for size in reversed(shape):
        flat, position = divmod(flat, size)
        index.append(position)
    return tuple(reversed(index))


class AddressBook:
    """Finds what an address means in a set of fields."""

    def __init__(self, fields: Iterable[ParamField]) -> None:
        self._fields = {field.key: field for field in fields}
        self._names: dict[str, Address] = {}
        for field in self._fields.values():
            for alias in field.aliases:
                self._names[alias] = Address(field.key)
            for position, name in enumerate(field.elements):
                self._names[name] = Address(field.key, position)
            self._names[field.key] = Address(field.key)

    @property
    def names(self) -> Mapping[str, Address]:
        """All names but the indexed ones."""
        return self._names

    def find(self, name: str, *, owner: str) -> Address | Fault:
        """The address, or what is wrong with it."""
        if not isinstance(name, str):  # pyright: ignore
            return wrong_type(str(name), name, "a key, alias or element")
        known = self._names.get(name)
        if known is not None:
            return known
        match = _INDEXED.match(name)
        if match and match["key"] in self._names:
            return self._indexed(name, match)
        return Fault(
            f"{name!r} is not a parameter of {owner}",
            key=name,
            nearest=nearest(name, self._names),
            allowed=listed(self._fields),
            code="unknown",
        )

    def _indexed(self, name: str, match: re.Match[str]) -> Address | Fault:
        address = self._names[match["key"]]
        field = self._fields[address.key]
        index = tuple(int(part) for part in match["index"].split(","))
        if None in field.shape:
            return Fault(
                f"{name!r} addresses an element of a field whose dims "
                f"{field.dims} are not bound",
                key=name,
                allowed=f"{field.key!r} as a whole",
                fix="bind them first: spec.bind(dims={...})",
                code="shape",
            )
        shape = bound_shape(field)
        if len(index) != len(shape) or any(
            i >= size for i, size in zip(index, shape, strict=False)
        ):
            return Fault(
                f"{name!r} is outside the shape {shape} of {field.key!r}",
                key=name,
                allowed=f"indices below {shape}",
                code="shape",
            )
        flat = 0
        for i, size in zip(index, shape, strict=True):
            flat = flat * size + i
        return Address(address.key, flat)
