# pyright: reportMissingTypeStubs=false
# astropy ships no type stubs.
"""Unit strings, checked and converted with astropy at the boundary only."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..errors import Fault


@lru_cache(maxsize=256)
def parse_unit(unit: str) -> Any:
    """Astropy unit of a string.

    Raises
    ------
    ValueError
        If astropy does not know the unit; its message has suggestions.
    """
    from astropy import units

    return units.Unit(unit)


def unit_fault(key: str, unit: str) -> Fault | None:
    """What is wrong with a unit string, or None."""
    try:
        parse_unit(unit)
    except ValueError as error:
        hint = str(error).partition("Did you mean")[2]
        return Fault(
            f"{key!r} has the unit {unit!r}, which astropy.units cannot read",
            key=key,
            value=repr(unit),
            allowed="an astropy unit string such as 'arcsec' or 'N / m'",
            nearest=tuple(
                word.strip(" ?.")
                for word in hint.partition("?")[0].split(" or ")
                if word.strip(" ?.")
            ),
            fix="" if hint else f"astropy.units.Unit({unit!r}) must work",
            code="unit",
        )
    return None


def strip_unit(key: str, value: Any, unit: str) -> tuple[Any, Fault | None]:
    """Value in `unit` as plain numbers; a fault where it does not convert.

    Anything with a `unit` attribute counts as a quantity; the rest is
    taken to be in `unit` already.
    """
    theirs = getattr(value, "unit", None)
    if theirs is None or not hasattr(value, "to_value"):
        return value, None
    try:
        return value.to_value(parse_unit(unit)), None
    except ValueError:  # units that do not convert, or no unit at all
        return value.value, Fault(
            f"{key!r} was given in {theirs}, which does not convert to "
            f"{unit or 'a dimensionless number'}",
            key=key,
            value=str(theirs),
            allowed=f"a unit convertible to {unit!r}"
            if unit
            else "a dimensionless number",
            code="unit",
        )
