"""Structure: what is fixed when a system is built."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any

from .._freeze import Frozen, freeze_value
from ..contracts import NO_DEFAULT, StructureField
from ..errors import Fault, Faults, StructureError, nearest, wrong_type


class Structure(Mapping[str, Any]):
    """Frozen, hashable values of structure fields.

    Make one with `Structure.of(fields, values)`.
    """

    __slots__ = ("_fields", "_hash", "_values")

    def __init__(
        self, fields: tuple[StructureField, ...], values: Mapping[str, Any]
    ) -> None:
        self._fields = fields
        self._values = dict(values)
        self._hash = hash(tuple(self._values.items()))

    @classmethod
    def of(
        cls,
        fields: Iterable[StructureField],
        values: Mapping[str, Any] | None = None,
    ) -> Structure:
        """Check values against fields and fill in the defaults.

        Raises
        ------
        StructureError
            With every fault: unknown, missing, of the wrong kind, not
            among the choices, outside the bounds.
        """
        fields = tuple(fields)
        if values is not None and not isinstance(values, Mapping):  # pyright: ignore
            raise StructureError(
                wrong_type("structure", values, "{field: value}")
            )
        given = dict(values or {})
        faults = Faults()
        known = [field.key for field in fields]
        faults.extend(
            unknown_field(key, known) for key in given if key not in known
        )
        found: dict[str, Any] = {}
        for field in fields:
            value = freeze_value(given.get(field.key, field.default))
            if value is NO_DEFAULT:
                faults.append(
                    Fault(
                        f"the structure lacks {field.key!r}",
                        key=field.key,
                        allowed=_allowed(field),
                        code="missing",
                    )
                )
                continue
            if field.kind == "float" and type(value) is int:
                value = float(value)
            faults.extend(_value_faults(field, value))
            found[field.key] = value
        faults.throw(StructureError)
        return cls(fields, found)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Structure) and (
            self._values == other._values and self._fields == other._fields
        )

    def __repr__(self) -> str:
        return f"Structure({self._values})"

    @property
    def fields(self) -> tuple[StructureField, ...]:
        """The schema."""
        return self._fields

    @property
    def digest(self) -> str:
        """SHA-256 of the values, equal across processes."""
        text = json.dumps(self._values, sort_keys=True, default=_plain)
        return hashlib.sha256(text.encode()).hexdigest()

    def replace(self, changes: Mapping[str, Any]) -> Structure:
        """Structure with some values changed, checked again.

        Raises
        ------
        StructureError
            With every fault of the changes.
        """
        return Structure.of(self._fields, {**self._values, **changes})


def unknown_field(key: Any, known: Iterable[str]) -> Fault:
    """Fault for something that is no structure field."""
    known = tuple(known)
    return Fault(
        f"{key!r} is not a structure field",
        key=str(key),
        allowed=", ".join(known) or "nothing",
        nearest=nearest(str(key), known),
        code="unknown",
    )


def _plain(value: Any) -> Any:
    """What JSON can write in place of a frozen mapping: its ordered pairs."""
    return list(value.items())


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


_TYPES: Mapping[str, type] = {
    "int": int,
    "str": str,
    "bool": bool,
    "float": float,
    "tuple": tuple,
    "mapping": Frozen,
}


def _allowed(field: StructureField) -> str:
    text = f"a value of kind {field.kind}"
    if field.choices:
        text += " among " + ", ".join(map(repr, field.choices))
    low, high = field.bounds
    if low is not None:
        text += f", at least {low:g}"
    if high is not None:
        text += f", at most {high:g}"
    return text


def _value_faults(field: StructureField, value: Any) -> Iterable[Fault]:
    def fault(what: str, code: str) -> Fault:
        near = [str(choice) for choice in field.choices]
        return Fault(
            f"{field.key!r} {what}",
            key=field.key,
            value=repr(value),
            allowed=_allowed(field),
            nearest=nearest(str(value), near),
            code=code,
        )

    if field.kind not in _TYPES:
        yield Fault(
            f"{field.key!r} is declared with the kind {field.kind!r}",
            key=field.key,
            value=repr(field.kind),
            allowed=", ".join(_TYPES),
            nearest=nearest(field.kind, _TYPES),
            code="kind",
        )
        return
    # Exact types: a bool is an int to isinstance, and means something else.
    if type(value) is not _TYPES[field.kind]:
        yield fault(f"is not of kind {field.kind}", "type")
        return
    if field.kind == "float" and not isfinite(value):
        yield fault("is not finite", "nonfinite")
    if field.kind in ("tuple", "mapping") and not _hashable(value):
        yield fault("has entries that no program can be keyed by", "type")
    if field.choices and value not in field.choices:
        yield fault("is not one of the choices", "choice")
    if field.kind in ("int", "float"):
        low, high = field.bounds
        below = low is not None and value < low
        if below or (high is not None and value > high):
            yield fault("is outside its bounds", "bounds")
