"""Static token layout of a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._derived.resolver import Resolver
from .._schema.address import bound_shape
from .._schema.spec import ParamSpec
from ..contracts import DataField, Layout, Slot
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
        slot = Slot(
            key,
            offset,
            shape[:rank],
            shape[rank:],
            len(slots),
            field.dims,
            parents=_prior_parents(spec, problem.system.resolver, key),
        )
        slots.append(slot)
        offset += slot.n_tokens
    faults = Faults()
    for field in problem.system.data.fields:
        slot = _data_slot(problem, field, offset, len(slots), faults)
        slots.append(slot)
        offset += slot.n_tokens
    faults.throw(ProblemError, "no layout")
    return Layout(tuple(slots), spec.sizes)


def _prior_parents(
    spec: ParamSpec, resolver: Resolver, key: str
) -> tuple[str, ...]:
    priors = [spec.by_key[key].prior]
    priors += [p for name, p in spec.priors if spec.find(name).key == key]
    found: dict[str, None] = {}
    for prior in priors:
        for reference in prior.references if prior else ():
            source = spec.find(reference).key
            if resolver.transform(source) is not None:
                found |= dict.fromkeys(resolver.primitives_of(source))
            else:
                found[source] = None
    return tuple(found)


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
    return Slot(
        field.key,
        offset,
        shape[:rank],
        shape[rank:],
        label,
        field.dims[:rank],
        role=field.role,
        parents=field.parents or problem.free_keys,
        summary=field.role in _SUMMARISED,
    )
