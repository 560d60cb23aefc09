"""Static token layout of a problem."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._schema.address import bound_shape
from .._schema.spec import ParamSpec
from ..contracts import Compute, DataField, Layout, Slot
from ..errors import Fault, Faults, ProblemError

if TYPE_CHECKING:
    from .problem import Problem

_SUMMARISED = ("image", "series", "visibility")
"""Roles that are one node each, never thousands of tokens."""


def make_layout(problem: Problem) -> Layout:
    """Tokens of the free parameters in spec order, then of the data.

    Named dims make tokens; the other axes belong to one token's event. An
    image or a series is a single summary node.

    Raises
    ------
    ProblemError
        If the size of a data dim is not known.
    """
    spec = problem.spec
    slots: list[Slot] = []
    offset = 0
    for key in problem.free_keys:
        field = spec.by_key[key]
        shape, rank = bound_shape(field), len(field.dims)
        found = _sources(problem, _references(spec, key))
        slot = Slot(
            key,
            offset,
            shape[:rank],
            shape[rank:],
            len(slots),
            field.dims,
            parents=tuple(found),
            mixed=tuple(name for name, mixed in found.items() if mixed),
        )
        slots.append(slot)
        offset += slot.n_tokens
    faults = Faults()
    for field in problem.system.data.fields:
        slot = _data_slot(problem, field, offset, len(slots), faults)
        slots.append(slot)
        offset += slot.n_tokens
    faults.throw(ProblemError, "no layout")
    sizes = dict(problem.system.data.sizes) | dict(spec.sizes)
    return Layout(tuple(slots), tuple(sizes.items()))


def _references(spec: ParamSpec, key: str) -> list[str]:
    """Addresses that the priors of a key name."""
    priors = [spec.by_key[key].prior]
    priors += [p for name, p in spec.priors if spec.find(name).key == key]
    return [name for prior in priors if prior for name in prior.references]


def _sources(problem: Problem, addresses: Iterable[str]) -> dict[str, bool]:
    """Free keys behind some addresses, and whether as a whole.

    One element of a key, or a value that is computed or tied, says nothing
    about which of its elements go with which.
    """
    spec, resolver = problem.spec, problem.system.resolver
    computed = {
        step.key: step.deps
        for step in problem.plan.steps
        if isinstance(step, Compute)
    }
    ties = [(spec.find(a).key, spec.find(b).key) for a, b in spec.ties]
    at = [spec.find(address) for address in addresses]
    waiting = [(found.key, found.element is not None) for found in at]
    sources: dict[str, bool] = {}
    seen: set[tuple[str, bool]] = set()
    while waiting:
        key, mixed = step = waiting.pop(0)
        if step in seen:
            continue
        seen.add(step)
        if key in problem.free_keys:
            sources[key] = sources.get(key, False) or mixed
        else:
            transform = resolver.transform(key)
            deps = transform.deps if transform else computed.get(key, ())
            waiting += [(dep, True) for dep in deps]
        waiting += [(source, True) for target, source in ties if target == key]
    return sources


def _data_slot(
    problem: Problem, field: DataField, offset: int, label: int, faults: Faults
) -> Slot:
    if None in field.shape:
        faults.append(
            Fault(
                f"the size of the data field {field.key!r} is not known",
                key=field.key,
                value=f"dims {field.dims}, shape {field.shape}",
                allowed="sizes that are known",
                fix="bind its dims in the system: data.bind({...})",
                code="shape",
            )
        )
    shape = tuple(size or 1 for size in field.shape)
    rank = 0 if field.role in _SUMMARISED else len(field.dims)
    found = dict.fromkeys(problem.free_keys, True)
    if field.parents:
        found = _sources(problem, field.parents)
    return Slot(
        field.key,
        offset,
        shape[:rank],
        shape[rank:],
        label,
        field.dims[:rank],
        role=field.role,
        parents=tuple(found),
        summary=field.role in _SUMMARISED,
        mixed=tuple(name for name, mixed in found.items() if mixed),
    )
