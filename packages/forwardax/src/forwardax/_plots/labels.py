# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# matplotlib leaves some of its types unknown.
"""How parameters are called on a plot, and how their axes are scaled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._run.scalars import Scalar

_LONGEST = 14
"""Characters of a name before it is broken at a dot."""
_WIDEST = 18
"""Characters of a name with its unit before the unit gets its own line."""
_DIGITS = 4
"""Digits an axis may need before its offset goes into the label."""


def labels_of(scalars: Iterable[Scalar]) -> tuple[str, ...]:
    """Symbols where they are declared, else names, for matplotlib.

    Where several parameters share a symbol, what they belong to is said
    above it.
    """
    chosen = tuple(scalars)
    symbols = [_symbol(one) for one in chosen]
    counts = Counter(symbols)
    return tuple(
        _broken(one.name)
        if not symbol
        else symbol
        if counts[symbol] == 1
        else f"{_broken(_owner(one.name))}\n{symbol}"
        for one, symbol in zip(chosen, symbols, strict=True)
    )


def _symbol(scalar: Scalar) -> str:
    """Mathematical symbol; empty where there is none that can be drawn."""
    label = scalar.field.label.strip().strip("$") if scalar.field else ""
    if not label:
        return ""
    if scalar.name != scalar.key:  # an entry of a vector
        label = _entry(label, scalar)
    return f"${label}$" if label and _drawable(f"${label}$") else ""


def _entry(label: str, scalar: Scalar) -> str:
    """Symbol of one entry: out of `(y, x)`, or with its name as an index."""
    inner = label.strip()
    if inner.startswith("(") and inner.endswith(")"):
        entries = inner[1:-1].split(",")
        if len(entries) == np.prod([n or 0 for n in scalar.field.shape]):  # pyright: ignore
            return entries[scalar.place].strip()
    tail = scalar.name.removeprefix(scalar.key).strip(".[]")
    index = tail.rpartition(".")[2].replace("_", r"\_")
    return (
        rf"{{{label}}}_{{\mathrm{{{index}}}}}"
        if "_" not in label
        else (rf"{{{label}}}^{{\,\mathrm{{({index})}}}}")
    )


def _owner(name: str) -> str:
    return name.rpartition(".")[0] or name


def _broken(name: str) -> str:
    """A name in lines of bearable length, broken before dots."""
    lines = [""]
    for i, part in enumerate(name.split(".")):
        piece = part if i == 0 else f".{part}"
        if lines[-1] and len(lines[-1]) + len(piece) > _LONGEST:
            lines.append(piece)
        else:
            lines[-1] += piece
    # A dollar sign would start mathematics.
    return "\n".join(lines).replace("$", r"\$")


def _drawable(text: str) -> bool:
    """Whether matplotlib understands the mathematics."""
    from matplotlib.mathtext import MathTextParser

    try:
        MathTextParser("path").parse(text)
    except (ValueError, RuntimeError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Scale:
    """What is subtracted from the numbers of an axis, and their unit.

    Numbers such as 5007.3412 or 2.3e-7 make ticks that nobody can read; the
    common part goes into the label.
    """

    offset: float
    power: int

    @classmethod
    def of(cls, low: float, high: float) -> Scale:
        """A scale under which the ticks between two numbers are short."""
        width, size = high - low, max(abs(low), abs(high))
        offset = 0.0
        if log10(size / width) > _DIGITS - 1:
            last = floor(log10(width)) + 1
            offset = round((low + high) / 2, -last)
            size = max(abs(low - offset), abs(high - offset))
        first = floor(log10(size))
        power = 0 if -2 <= first < _DIGITS else first
        return cls(offset, power)

    def shown(self, values: Any) -> NDArray[np.float64]:
        """Numbers as they stand on the axis."""
        return (np.asarray(values, np.float64) - self.offset) / 10.0**self.power

    def label(self, text: str, unit: str) -> str:
        """A label that says what was done to the numbers."""
        if self.offset:
            text += f" $-$ {self.offset:.12g}"
        power = rf"$10^{{{self.power}}}$" if self.power else ""
        inside = " ".join(part for part in (power, unit) if part)
        if not inside:
            return text
        last = text.rpartition("\n")[2]
        long = "$" not in last and len(last) + len(unit) + 3 > _WIDEST
        return f"{text}{chr(10) if long else ' '}[{inside}]"
