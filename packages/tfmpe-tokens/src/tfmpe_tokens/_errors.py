"""What can be wrong with tokens, as errors of the forwardax tree."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from forwardax.errors import Fault, ForwardaxError, UnknownKey, nearest


class TokenError(ForwardaxError, ValueError):
    """Arrays, rules or key lists that do not fit a layout."""


class TokenWarning(UserWarning):
    """Tokens that work, but hardly as they were meant to."""


def unknown_keys(names: Iterable[str], known: Iterable[str]) -> UnknownKey:
    """Error for keys that are not among the tokens."""
    known = list(known)
    return UnknownKey(
        [
            Fault(
                f"Key {name!r} not found. Available keys: {known}",
                key=str(name),
                nearest=nearest(name, known),
                code="unknown",
            )
            for name in names
        ]
    )


def static_size(value: Any, name: str, *, least: int = 0) -> int:
    """A size as a Python integer.

    Raises
    ------
    TokenError
        If it is only known when the program runs, or is no size.
    """
    try:
        size = operator.index(value)
    except (TypeError, ValueError) as error:
        traced = "Tracer" in type(value).__name__
        what = (
            "Dynamic shape detected in JIT context. Ensure all shapes are "
            "statically known."
            if traced
            else f"{name!r} is no size"
        )
        fix = "pass it as a static argument" if traced else ""
        raise TokenError(
            Fault(
                what,
                key=name,
                value=f"{value!r:.60}",
                allowed="a Python integer",
                fix=fix,
                code="static" if traced else "type",
            )
        ) from error
    if size < least:
        raise TokenError(
            Fault(
                f"{name!r} is too small",
                key=name,
                value=str(size),
                allowed=f"{least} or more",
                code="range",
            )
        )
    return size
