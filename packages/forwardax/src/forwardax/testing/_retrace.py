# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Contract on compilation: other numbers never make another program."""

from __future__ import annotations

from dataclasses import fields as dc_fields
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._problem.density import log_density
from .._problem.problem import Problem
from ..contracts import Prior
from ..errors import Fault
from ._case import Case


def retrace(case: Case) -> list[Fault]:
    """Other numbers never make another program.

    Numbers are the point, the data, what the system holds, and the
    arguments of priors.
    """
    system: Any = case.system
    found = [
        Fault(
            f"{field.name!r} is a number held as static data",
            key=field.name,
            value=repr(value),
            fix="hold it as an array: each static value is a new program",
        )
        for field in dc_fields(system)
        if field.metadata.get("static")
        and isinstance(value := getattr(system, field.name), float)
    ]
    count = 0

    def density(problem: Problem, u: Any) -> Any:
        nonlocal count
        count += 1
        if case.can("log_likelihood") and problem.data is not None:
            return log_density(problem, u)
        return case.objective(problem, problem.to_store(u))

    compiled = jax.jit(density)
    u = case.points[0]
    for name, problem in _variants(case):
        before = count
        compiled(problem, u)
        compiled(problem, u * 0.5)
        if before and count > before:
            found.append(
                Fault(
                    f"another program is compiled for {name}",
                    fix="keep numbers out of static fields, of equality and "
                    "of hashes",
                )
            )
    return found or _retraced_stores(case)


def _retraced_stores(case: Case) -> list[Fault]:
    """Stores of one system are alike, however they are made."""
    count = 0

    def predict(system: Any, store: Any) -> Any:
        nonlocal count
        count += 1
        return system.predict(store)

    compiled = jax.jit(predict)
    values = {key: np.asarray(v) for key, v in case.stores[0].items()}
    made = case.system.store(values)
    again = case.system.store({k: v.tolist() for k, v in values.items()})
    for store in (made, again, again.replace(values), case.stores[0]):
        compiled(case.system, store)
    if count > 1:
        return [
            Fault(
                "another program is compiled for another store",
                fix="make the transforms once, from functions with a name",
            )
        ]
    return []


def _variants(case: Case) -> list[tuple[str, Problem]]:
    first = case.problem
    system = case.system
    again = Problem(system, first.data, **case.decisions)
    nudged = jax.tree.map(_nudge, system)
    found = [
        ("the first problem", first),
        ("the same problem posed again", again),
        (
            "other numbers in the system",
            Problem(nudged, first.data, **case.decisions),
        ),
        (
            "other prior arguments",
            Problem(system, first.data, **_other_priors(case)),
        ),
    ]
    if first.data is not None:
        data = jax.tree.map(_nudge, first.data)
        found.append(("other data", first.with_data(data)))
    return found


def _nudge(leaf: Any) -> Any:
    inexact = jnp.issubdtype(leaf.dtype, jnp.inexact)
    return leaf * (1 + 2.0**-30) if inexact else leaf


def _other_priors(case: Case) -> dict[str, Any]:
    """The decisions, with priors moved inwards by a little."""
    spec = case.problem.spec
    priors: dict[str, Prior] = {}
    for key in case.problem.free_keys:
        prior = spec.prior_of(key)
        addressed = any(spec.find(name).key == key for name, _ in spec.priors)
        if prior is None or addressed or spec.by_key[key].cyclic is not None:
            continue  # a full turn is a form of its own
        moved = dict(prior.arguments)
        for name in ("loc", "scale"):
            value = moved.get(name)
            if isinstance(value, float):
                moved[name] = value * 1.01
        priors[key] = Prior(prior.family, centred=prior.centred, **moved)
    given = case.decisions.get("priors") or {}
    return {**case.decisions, "priors": {**priors, **given}}
