"""What can be wrong with a series or an option, as forwardax errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from forwardax.errors import DataError, Fault, ForwardaxError, listed, nearest


class SeriesError(DataError, ValueError):
    """A series, or a pair of them, that cannot be used as it is."""


class OptionError(ForwardaxError, ValueError):
    """An argument beside the series that is not allowed."""


def require_choice(name: str, value: object, choices: Iterable[str]) -> None:
    """Refuse a word that is none of the choices.

    Raises
    ------
    OptionError
        With the nearest right word.
    """
    choices = tuple(choices)
    if value not in choices:
        raise OptionError(
            Fault(
                f"{name!r} has an unknown value",
                key=name,
                value=repr(value),
                allowed=listed(choices),
                nearest=nearest(str(value), choices),
                code="unknown",
            )
        )


def require_integer(name: str, value: object, *, least: int) -> None:
    """Refuse what is no integer, or one that is too small.

    Raises
    ------
    OptionError
        With what came and what is allowed.
    """
    import operator

    try:
        number = operator.index(value)  # pyright: ignore[reportArgumentType]
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < least:
        refuse_option(name, value, f"an integer, {least} or more")


def require_number(
    name: str,
    value: object,
    low: float,
    high: float,
    *,
    closed: bool = False,
) -> None:
    """Refuse what is no number between two others.

    Raises
    ------
    OptionError
        With what came and what is allowed.
    """
    try:
        number = float(value)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        number = float("nan")
    inside = low <= number <= high if closed else low < number < high
    if isinstance(value, bool) or not inside:
        brackets = "[]" if closed else "()"
        refuse_option(
            name,
            value,
            f"a number in {brackets[0]}{low:g}, {high:g}{brackets[1]}",
        )


def refuse_option(name: str, value: object, allowed: str) -> NoReturn:
    """Refuse the value of an option.

    Raises
    ------
    OptionError
        Always.
    """
    raise OptionError(
        Fault(
            f"{name!r} is not allowed",
            key=name,
            value=f"{value!r:.60}",
            allowed=allowed,
            code="range",
        )
    )
