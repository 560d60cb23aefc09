"""Compiling a spec to a static `PriorPlan` and its numbers.

Every element that is drawn from a prior without references joins one vector
draw per family, so that the size of the traced program depends on the number
of families and not on the number of parameters. Draws whose prior refers to
other keys follow in topological order.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from .._derived.resolver import Resolver
from .._order import in_order
from .._schema.address import bound_shape
from .._schema.spec import ParamSpec
from ..contracts import Compute, Gather, PriorPlan, Step
from ..errors import Fault, Faults, ProblemError
from .align import aligned_places
from .draws import Grouped, group_draws
from .sources import Sources, find_sources

Hyper = dict[str, Any]


def compile_plan(
    spec: ParamSpec, resolver: Resolver, solve_for: Mapping[str, str]
) -> tuple[PriorPlan, Hyper]:
    """Plan and numbers of a bound spec that has no lint.

    Parameters
    ----------
    spec
        With fixed values, ties and priors decided.
    resolver
        Of the same spec.
    solve_for
        Primitive by derived key that is free.

    Returns
    -------
    PriorPlan
        Static; one object for equal plans.
    dict
        `"held"`, `"arguments"` and `"reference"`, as NumPy arrays.

    Raises
    ------
    ProblemError
        If something has neither a value nor a prior.
    CycleError
        If priors and derived values depend on each other.
    """
    faults = Faults()
    sources = find_sources(spec, solve_for, faults)
    faults.throw(ProblemError)
    compiler = _Compiler(spec, resolver, sources)
    steps, checks = compiler.steps()
    grouped = compiler.grouped
    plan = PriorPlan(
        steps=steps,
        keys=spec.primitives,
        free=tuple(
            key
            for key, elements in sources.elements.items()
            if any(s.kind == "drawn" for s in elements)
        ),
        names=grouped.names,
        validity=spec.validity,
        checks=checks,
        proper=all(d.family != "Flat" for d in grouped.draws),
        conditioned=any(d.form == "given" for d in grouped.draws),
    )
    hyper: Hyper = {
        "held": grouped.held,
        "arguments": grouped.arguments,
        "reference": _reference(spec, resolver, sources)
        if spec.validity
        else {},
    }
    return _intern(plan), hyper


@lru_cache(maxsize=256)
def _intern(plan: PriorPlan) -> PriorPlan:
    # One object for equal plans: comparing compile keys is then immediate.
    return plan


class _Compiler:
    """Orders what is computed: a graph over keys, then steps."""

    def __init__(
        self, spec: ParamSpec, resolver: Resolver, sources: Sources
    ) -> None:
        self._spec = spec
        self._resolver = resolver
        self._sources = sources
        sizes = dict(spec.sizes)

        def align(name: str, key: str) -> Any:
            at = spec.find(name)
            if at.element is not None:
                shape = bound_shape(spec.by_key[key])
                return at.key, np.full(shape, at.element)
            fields = spec.by_key[at.key], spec.by_key[key]
            return at.key, aligned_places(*fields, sizes)

        self.grouped: Grouped = group_draws(spec, sources, align)
        self._solved = {
            primitive: resolver.inverse(derived, primitive)[1]
            for primitive, derived in sources.solved.items()
        }

    def _needs(self, key: str) -> set[str]:
        if key in self._solved:
            return set(self._solved[key].deps)
        if key in self._sources.elements:
            return self.grouped.needs(key)
        transform = self._resolver.transform(key)
        return set(transform.deps) if transform else set()

    def _order(self) -> tuple[str, ...]:
        graph: dict[str, list[str]] = {}
        given = {
            reference.key
            for draw in self.grouped.draws
            for _, reference in draw.arguments
            if reference
        }
        stack = [
            *self._spec.primitives,
            *self._sources.elements,
            *sorted(given),
        ]
        while stack:
            key = stack.pop()
            if key not in graph:
                # Sorted: the plan must not depend on the hash seed.
                graph[key] = sorted(self._needs(key))
                stack += graph[key]
        return in_order(
            graph,
            circle="priors and derived values depend on each other",
            allowed="references that lead back to no key of theirs",
        )

    def steps(self) -> tuple[tuple[Step, ...], tuple[Compute, ...]]:
        """Steps in order, and those needed by validity conditions."""
        grouped = self.grouped
        first = [d for d in grouped.draws if not grouped.owner(d)]
        steps: list[Step] = list(first)
        done: set[str] = set()
        start = int(grouped.held.size) + sum(d.count for d in first)
        places = dict(grouped.places)
        for key in self._order():
            done.add(key)
            if key in self._solved:
                steps.append(self._solved[key])
            elif key not in self._sources.elements:
                steps += self._resolver_step(key)
            else:
                for draw, slots in grouped.own(key):
                    moved = grouped.placed(draw, start)
                    for offset, slot in enumerate(slots):
                        places[slot] = start + offset
                    start += draw.count
                    steps.append(moved)
                steps.append(self._gather(key, places))
        steps += grouped.conditions(places)
        checks = tuple(
            step
            for condition in self._spec.validity
            for step in self._resolver.plan(condition.deps)
            if step.key not in done
        )
        return tuple(steps), tuple(dict.fromkeys(checks))

    def _resolver_step(self, key: str) -> list[Step]:
        transform = self._resolver.transform(key)
        if transform is None:
            return []
        return [Compute(key, transform.target, transform.deps)]

    def _gather(
        self, key: str, places: Mapping[tuple[str, int], int]
    ) -> Gather:
        field = self._spec.by_key[key]
        found: list[int] = []
        for place, source in enumerate(self._sources.elements[key]):
            at = (key, place)
            while source.kind == "tied" and source.tied_to is not None:
                at = (source.tied_to.key, source.tied_to.element or 0)
                source = self._tie_end(at)
            found.append(places[at])
        return Gather(key, tuple(found), bound_shape(field), field.dtype)

    def _tie_end(self, at: tuple[str, int]) -> Any:
        elements = self._sources.elements.get(at[0])
        if elements is None:
            raise ProblemError(
                Fault(
                    f"something is tied to {at[0]!r}, which is solved for",
                    key=at[0],
                    allowed="a key that is drawn or held",
                    fix="tie the other way round",
                    code="tie",
                )
            )
        return elements[at[1]]


def _reference(
    spec: ParamSpec, resolver: Resolver, sources: Sources
) -> dict[str, Any]:
    """A valid point: references, else held values, else defaults."""
    from .reference import reference_values

    return reference_values(spec, resolver, sources)
