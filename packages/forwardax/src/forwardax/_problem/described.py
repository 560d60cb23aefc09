"""Carrying something for people through JAX without affecting compilation."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Described(Generic[T]):
    """Static data that is never part of the compile key.

    All instances are equal, so that problems which differ in the numbers of
    their spec share one program. It is for printing and saving: traced code
    must not read it, since a program may be shared with other numbers.
    """

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Described)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return f"Described({type(self.value).__name__})"
