"""Grouping elements by prior into vector draws, with their numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .._schema.address import element_names
from .._schema.families import FLAT
from .._schema.spec import ParamSpec
from .._schema.values import flatten, spread
from ..contracts import Draw, ParamField, Prior, Reference, Shift
from .sources import Sources

Slot = tuple[str, int]
"""One element: key and flat position."""
Align = Callable[[str, str], tuple[str, Any]]
"""From an argument's address and a key: the source key and flat places."""


@dataclass(slots=True)
class Grouped:
    """Draws and everything that belongs to them.

    `places` are the pool positions of held elements and of elements drawn
    without references; the others are placed when the order is known.
    """

    held: Any
    names: tuple[str, ...] = ()
    draws: list[Draw] = field(default_factory=list[Draw])
    arguments: dict[str, dict[str, Any]] = field(
        default_factory=dict[str, dict[str, Any]]
    )
    places: dict[Slot, int] = field(default_factory=dict[Slot, int])
    slots: dict[str, list[Slot]] = field(default_factory=dict[str, list[Slot]])
    ties: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def owner(self, draw: Draw) -> str:
        """Key of a draw that must wait for others; "" for the rest."""
        waits = any(reference for _, reference in draw.arguments)
        return self.slots[draw.name][0][0] if waits else ""

    def own(self, key: str) -> list[tuple[Draw, list[Slot]]]:
        """Draws of one key's elements that have references."""
        return [
            (draw, self.slots[draw.name])
            for draw in self.draws
            if draw.form != "given" and self.owner(draw) == key
        ]

    def needs(self, key: str) -> set[str]:
        """Keys that must be known before this one can be gathered."""
        found = set(self.ties.get(key, ()))
        for draw, _ in self.own(key):
            found |= {r.key for _, r in draw.arguments if r}
        # A tie within one key asks for nothing else to be known.
        return found - (self.ties.get(key, set()) & {key})

    def placed(self, draw: Draw, start: int) -> Draw:
        """A draw at its place in the pool."""
        return replace(draw, start=start)

    def conditions(self, places: dict[Slot, int]) -> list[Draw]:
        """Held elements whose priors have references."""
        return [
            replace(d, places=tuple(places[s] for s in self.slots[d.name]))
            for d in self.draws
            if d.form == "given"
        ]


@dataclass(slots=True)
class _Group:
    form: str
    prior: Prior
    transform: str | None
    bounded: tuple[bool, bool]
    shift: Shift | None = None
    slots: list[Slot] = field(default_factory=list[Slot])
    numbers: dict[str, list[float]] = field(
        default_factory=dict[str, list[float]]
    )

    @property
    def references(self) -> list[tuple[str, str]]:
        """Arguments that name other keys."""
        named = [(n, v) for n, v in self.prior.arguments if isinstance(v, str)]
        deps = self.shift.deps if self.shift else ()
        return named + [(f"shift:{i}", dep) for i, dep in enumerate(deps)]


def group_draws(spec: ParamSpec, sources: Sources, align: Align) -> Grouped:
    """Group all the drawn elements, and lay out coordinates and pool."""
    groups: dict[Any, _Group] = {}
    held: list[float] = []
    found = Grouped(held=None)
    coordinates: dict[Slot, tuple[int, ...]] = {}
    names: list[str] = []
    for key, elements in sources.elements.items():
        f = spec.by_key[key]
        for place, source in enumerate(elements):
            slot = (key, place)
            prior = source.prior
            if source.kind == "tied" and source.tied_to is not None:
                found.ties.setdefault(key, set()).add(source.tied_to.key)
            elif source.kind == "held":
                found.places[slot] = len(held)
                held.append(source.value)
                if prior is not None and prior.references:
                    _join(groups, f, slot, prior, "given")
            elif prior is not None:
                form = _form(f, prior, place)
                _join(groups, f, slot, prior, form)
                own = element_names(f)[place]
                added = (
                    [own] if form != "circular" else [f"{own}:x", f"{own}:y"]
                )
                coordinates[slot] = tuple(
                    range(len(names), len(names) + len(added))
                )
                names += added
    found.held = np.asarray(held, dtype=float)
    found.names = tuple(names)
    _lay_out(found, groups, coordinates, align)
    return found


def _form(f: ParamField, prior: Prior, place: int) -> str:
    if not prior.centred:
        return "noncentred"
    numbers = dict(prior.arguments)
    low, high = numbers.get("low"), numbers.get("high")
    if prior.family != "Uniform" or f.cyclic is None:
        return "plain"
    if isinstance(low, str) or isinstance(high, str):
        return "plain"
    width = _entry(high, place) - _entry(low, place)
    # To rounding: 2 pi and 360 deg are written in many ways.
    return "circular" if abs(width - f.cyclic) < 1e-9 * width else "plain"


def _entry(value: Any, place: int) -> float:
    entries = flatten(value)
    return entries[0] if len(entries) == 1 else entries[place]


def _join(
    groups: dict[Any, _Group],
    f: ParamField,
    slot: Slot,
    prior: Prior,
    form: str,
) -> None:
    low, high = f.bounds
    flat = prior.family == FLAT
    bounded = (low is not None, high is not None) if flat else (False, False)
    names = tuple(name for name, _ in prior.arguments)
    transform = f.transform if form == "plain" else None
    shift = f.shift if form == "plain" else None
    signature: Any = (prior.family, form, names, transform, bounded)
    if prior.references or shift:
        signature = (*signature, f.key, prior)
    group = groups.setdefault(
        signature, _Group(form, prior, transform, bounded, shift)
    )
    group.slots.append(slot)
    place = slot[1]
    numbers = [(n, v) for n, v in prior.arguments if not isinstance(v, str)]
    if flat:
        count = len(element_names(f))
        ends = zip(("low", "high"), (low, high), strict=True)
        numbers = [
            (name, spread(end, count)[place] or 0.0)
            for name, end in ends
            if end is not None
        ]
    for name, value in numbers:
        group.numbers.setdefault(name, []).append(_entry(value, place))


def _lay_out(
    found: Grouped,
    groups: dict[Any, _Group],
    coordinates: dict[Slot, tuple[int, ...]],
    align: Align,
) -> None:
    start = len(found.held)
    for group in groups.values():
        name = _name(group, found)
        waits = bool(group.references)
        arguments: list[tuple[str, Reference | None]] = [
            (argument, None) for argument in group.numbers
        ]
        for argument, value in group.references:
            key, places = align(value, group.slots[0][0])
            flat = places.ravel()[[place for _, place in group.slots]]
            distinct = np.unique(flat)
            used = distinct if len(distinct) == 1 else flat
            reference = Reference(key, tuple(int(p) for p in used))
            arguments.append((argument, reference))
        given = group.form == "given"
        axes = [] if given else [coordinates[slot] for slot in group.slots]
        draw = Draw(
            name=name,
            family=group.prior.family,
            form=group.form,  # pyright: ignore
            count=len(group.slots),
            coordinates=tuple(
                c for axis in zip(*axes, strict=True) for c in axis
            ),
            start=0 if waits else start,
            arguments=tuple(arguments),
            transform=group.transform,
            bounded=group.bounded,
            shift=group.shift and group.shift.target,
        )
        found.draws.append(draw)
        found.slots[name] = group.slots
        found.arguments[name] = {
            k: np.asarray(v, dtype=float) for k, v in group.numbers.items()
        }
        if not waits:
            for offset, slot in enumerate(group.slots):
                found.places[slot] = start + offset
            start += draw.count


def _name(group: _Group, found: Grouped) -> str:
    key = group.slots[0][0]
    base = key if group.references else group.prior.family
    if group.form != "plain":
        base = f"{base}:{group.form}"
    name, count = base, 2
    while name in found.slots:
        name, count = f"{base}:{count}", count + 1
    return name
