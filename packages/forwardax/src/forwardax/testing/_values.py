# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Contracts on values: order, round trips, derived values, structure."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from .._derived.resolver import compute
from .._freeze import freeze_number
from .._problem.problem import Problem
from .._schema.address import bound_shape
from .._schema.values import number_faults
from .._targets import load_target
from ..errors import Fault
from ._case import Case
from ._compare import differences, distance, is_finite


def order(case: Case) -> list[Fault]:
    """The order in which values and data are given does not matter."""
    system: Any = case.system
    # Off the ends of the support, where rounding would trip the bounds.
    values = {key: np.asarray(v) for key, v in case.stores[0].items()}
    one = system.store(values)
    other = system.store(dict(reversed(values.items())))
    what = "a store of values in another order"
    found = differences(what, other.to_vector(), one.to_vector(), 0.0)
    found += differences(
        "predict with values in another order",
        system.predict(other),
        system.predict(one),
        0.0,
        fix="take values by key, never by position",
    )
    if case.can("log_likelihood") and case.data is not None:
        turned = dict(reversed(case.data.items()))
        found += differences(
            "log_likelihood with data in another order",
            system.log_likelihood(one, turned),
            system.log_likelihood(one, dict(case.data)),
            1e-13,
            fix="take data by key, never by position",
        )
    return found


def round_trip(case: Case) -> list[Fault]:
    """Values come back from the unconstrained space as they went in."""
    problem = case.problem
    fold = jax.jit(Problem.to_unconstrained)
    found: list[Fault] = []
    for store in case.stores:
        back = problem.to_store(fold(problem, store))
        found += [
            Fault(
                f"{key!r} does not come back from the unconstrained space",
                key=key,
                value=f"{back[key]}",
                allowed=f"{store[key]}",
                fix="correct the inverse of its transform",
            )
            for key in store
            if distance(back[key], store[key]) > 1e-9
        ]
    return found[:3]


def derived(case: Case) -> list[Fault]:
    """Derived values are finite, of the shape declared, within bounds."""
    spec = case.system.spec
    found: list[Fault] = []
    resolve = jax.jit(lambda system, store: system.resolver.resolve(store))
    for store in case.stores:
        if not _is_valid(case, store):
            continue
        for key, value in resolve(case.system, store).items():
            if key in spec.by_key:
                field = spec.by_key[key]
                number = freeze_number(np.asarray(value))
                shape = bound_shape(field)
                found += number_faults(key, number, field, shape)
            elif not is_finite(value):
                found.append(Fault(f"{key!r} is not finite", key=key))
        if found:
            break
    return found[:4]


def _is_valid(case: Case, store: Any) -> bool:
    return case.valid(case.problem.to_unconstrained(store))


def inverses(case: Case) -> list[Fault]:
    """A derived value put back through its inverse is the same, to 1e-12."""
    resolver = case.system.resolver
    found: list[Fault] = []
    for transform in resolver.transforms:
        for dep, _ in transform.inverse:
            for store in case.stores[:3]:
                if not _is_valid(case, store):
                    continue
                values = case.system.resolve(store)
                _, step = resolver.inverse(transform.key, dep)
                solved = {**values, dep: compute(step, dict(values))}
                again = load_target(transform.target)(
                    *(solved[d] for d in transform.deps)
                )
                gap = distance(again, values[transform.key])
                if gap > 1e-12:
                    found.append(
                        Fault(
                            f"the inverse of {transform.key!r} for {dep!r} "
                            "does not invert it",
                            key=transform.key,
                            value=f"{gap:.1e} away",
                            allowed="1e-12",
                        )
                    )
                    break
    return found


def structure(case: Case) -> list[Fault]:
    """Built again for its own structure, the system is the same."""
    system = case.system
    again = system.with_structure(system.structure)
    if again.structure != system.structure:
        return [
            Fault(
                "with_structure gives a system of another structure",
                value=repr(again.structure),
                allowed=repr(system.structure),
            )
        ]
    if jax.tree.structure(again) != jax.tree.structure(system):
        return [
            Fault(
                "built again for its own structure, the system is another "
                "program",
                fix="let static parts compare equal; build engines with "
                "Builder.get_or_build",
            )
        ]
    store = case.stores[0]
    return differences(
        "predict of the system built again",
        case.predict(again, store),
        case.predict(system, store),
        case.rtol,
        fix="pass every array on in with_structure",
    )


def layout(case: Case) -> list[Fault]:
    """The token layout hashes, and its sizes add up."""
    problem = case.problem
    found: list[Fault] = []
    made, again = problem.layout(), problem.layout()
    if hash(made) != hash(again) or made != again:
        found.append(Fault("two layouts of one problem differ"))
    offset = 0
    for slot in made.slots:
        if slot.offset != offset:
            found.append(
                Fault(
                    f"the tokens of {slot.key!r} begin at the wrong place",
                    key=slot.key,
                    value=str(slot.offset),
                    allowed=str(offset),
                )
            )
        offset += slot.n_tokens
    if offset != made.n_tokens:
        found.append(Fault("the number of tokens is not the sum of the slots"))
    wanted = (*problem.free_keys, *case.system.data)
    if made.keys != wanted:
        found.append(
            Fault(
                "the layout has other keys than the problem",
                value=", ".join(made.keys),
                allowed=", ".join(wanted),
            )
        )
        return found
    sizes = {k: np.size(v) for k, v in (case.data or {}).items()}
    sizes |= {k: v.size for k, v in case.stores[0].items()}
    for slot in made.slots:
        size = slot.n_tokens * int(np.prod(slot.event_shape))
        if slot.key in sizes and size != sizes[slot.key]:
            found.append(
                Fault(
                    f"the tokens of {slot.key!r} do not hold its values",
                    key=slot.key,
                    value=f"{size} numbers",
                    allowed=f"{sizes[slot.key]}",
                )
            )
    return found
