"""Numbers with the digits that their uncertainty makes worthwhile."""

from __future__ import annotations

from math import floor, isfinite, log10

_WIDEST = 7
"""Digits before or behind the point, beyond which a power of ten is used."""


def with_error(
    mean: float, sd: float, *others: float, spread: float | None = None
) -> tuple[str, ...]:
    """Texts of a mean, its uncertainty, and other values at the same digits.

    The spread has two significant digits, and all end at the same decimal:
    `("1.234", "0.012")`, `("1.234e-9", "0.012e-9")`.

    Parameters
    ----------
    mean, others
        Values in one unit.
    sd
        Standard deviation of the mean's parameter, in that unit. Where it is
        zero or not finite, values have six digits.
    spread
        What the digits follow, where that is not `sd`.
    """
    values = (mean, sd, *others)
    spread = sd if spread is None else spread
    if not (isfinite(sd) and sd > 0 and isfinite(spread) and spread > 0):
        return tuple(plain(value) for value in values)
    last = floor(log10(float(f"{spread:.1e}"))) - 1
    first = floor(log10(max(abs(mean), sd))) if isfinite(mean) else last + 1
    shift = first if first >= _WIDEST or last < -_WIDEST else 0
    suffix = f"e{shift}" if shift else ""
    return tuple(_fixed(value, last - shift, shift, suffix) for value in values)


def _fixed(value: float, last: int, shift: int, suffix: str) -> str:
    """A number up to the decimal 10**last, in units of 10**shift."""
    if not isfinite(value):
        return plain(value)
    scaled = value / 10.0**shift
    if last > 0:  # digits before the point that mean nothing
        return f"{round(scaled, -last):.0f}{suffix}"
    text = f"{scaled:.{-last}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text + suffix


def plain(value: float) -> str:
    """A number with six digits; `-` where it is not defined."""
    return f"{value:.6g}" if isfinite(value) else "-"


def interval_text(low: str, high: str) -> str:
    """An interval of two texts."""
    return "-" if "-" in (low, high) else f"{low} to {high}"


def distance_text(distance: float | None) -> str:
    """A distance in standard deviations, with its sign."""
    if distance is None:
        return ""
    text = f"{distance:+.1f}"
    return f"{text if float(text) else '0.0'} sd"
