# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Contracts on gradients: exact in both modes, and finite everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .._problem.density import log_density, valid_values
from .._problem.problem import Problem
from .._schema.families import FAMILIES
from .._schema.values import flatten, spread
from .._system.store import ParameterStore
from ..contracts import ParamField, Prior
from ..errors import Fault
from ._case import Case
from ._compare import is_finite

TOLERANCE = 1e-6
"""Of the gradient's norm, in units of the prior's spread."""
_STEPS = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5)
_STENCIL = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))
_DIRECTIONS = 12


def reverse_gradients(case: Case) -> list[Fault]:
    """`jax.grad` agrees with finite differences."""
    grad = jax.jit(jax.grad(_at(case), argnums=1))

    def along(problem: Problem, u: Array, directions: Array) -> Array:
        return directions @ grad(problem, u)

    return _against_stencil(case, along, "reverse")


def forward_gradients(case: Case) -> list[Fault]:
    """`jax.jvp` agrees with finite differences: Fisher matrices need it."""
    value = _at(case)

    @jax.jit
    def along(problem: Problem, u: Array, directions: Array) -> Array:
        return jax.vmap(
            lambda v: jax.jvp(lambda x: value(problem, x), (u,), (v,))[1]
        )(directions)

    return _against_stencil(case, along, "forward")


def _at(case: Case) -> Any:
    def value(problem: Problem, u: Array) -> Array:
        return case.objective(problem, problem.to_store(u))

    return value


def _against_stencil(case: Case, along: Any, mode: str) -> list[Fault]:
    problem = case.problem
    points = [u for u in case.points[:4] if case.valid(u)][:2]
    directions = _directions(case)
    found: list[Fault] = []
    for u in points:
        try:
            got = np.asarray(along(problem, u, directions))
        except Exception as error:
            return [
                Fault(
                    f"the {mode}-mode gradient cannot be taken",
                    value=f"{type(error).__name__}: {error}"[:200],
                    fix=_FIXES[mode],
                )
            ]
        want = _stencil(case, u, directions)
        norm = max(float(np.linalg.norm(want)), 1e-300)
        gap = float(np.linalg.norm(got - want)) / norm
        if not gap <= TOLERANCE:
            worst = int(np.argmax(np.abs(got - want)))
            found.append(
                Fault(
                    f"the {mode}-mode gradient differs from finite differences",
                    value=f"{gap:.1e} of its norm; {got[worst]:.8g} for "
                    f"{want[worst]:.8g} along {_named(case, worst)}",
                    allowed=f"{TOLERANCE:.0e}",
                    fix="look for a stopped gradient, a kink or a wrong "
                    "custom rule",
                )
            )
    return found


_FIXES = {
    "reverse": "use lax.scan or a fixed number of steps in place of "
    "while_loop, or the implicit derivative of the root",
    "forward": "custom_vjp breaks forward mode: use custom_jvp",
}


def _directions(case: Case) -> Array:
    """Coordinates, or random directions, in units of the prior's spread."""
    size = case.problem.size
    if size <= _DIRECTIONS:
        return jnp.diag(case.scales)
    random = jax.random.normal(jax.random.key(3), (_DIRECTIONS, size))
    unit = random / jnp.linalg.norm(random, axis=1, keepdims=True)
    return unit * case.scales


def _named(case: Case, index: int) -> str:
    if case.problem.size <= _DIRECTIONS:
        return repr(case.problem.plan.names[index])
    return "a random direction"


def _stencil(case: Case, u: Array, directions: Array) -> Any:
    """Fourth-order differences, each at the step where it is steadiest."""
    offsets = np.array([h * k for h in _STEPS for k, _ in _STENCIL])
    moved = u + offsets[None, :, None] * np.asarray(directions)[:, None, :]
    value = _at(case)

    @jax.jit
    def evaluate(problem: Problem, points: Array) -> Array:
        return jax.lax.map(lambda x: value(problem, x), points)

    values = np.asarray(evaluate(case.problem, moved.reshape(-1, u.size)))
    shaped = values.reshape(len(directions), len(_STEPS), len(_STENCIL))
    weights = np.array([weight for _, weight in _STENCIL])
    with np.errstate(all="ignore"):
        slopes = shaped @ weights / np.array(_STEPS)
        change = np.nan_to_num(np.abs(np.diff(slopes, axis=1)), nan=np.inf)
    best = np.argmin(change, axis=1) + 1
    return slopes[np.arange(len(directions)), best]


def finite_gradients(case: Case) -> list[Fault]:
    """The gradient is finite over the prior, its far corners included.

    Outside the validity conditions, where the density is minus infinity,
    the gradient is finite as well.
    """

    def value(problem: Problem, u: Array) -> Array:
        if case.can("log_likelihood") and problem.data is not None:
            return log_density(problem, u)
        return case.objective(problem, problem.to_store(u))

    gradient = jax.jit(jax.grad(value, argnums=1))
    try:
        jax.eval_shape(gradient, case.problem, case.corners[0])
    except Exception:  # the contract on reverse gradients tells
        return []
    lowered = jax.jit(
        lambda problem, points: jax.lax.map(
            lambda u: gradient(problem, u), points
        )
    )
    rows = np.asarray(lowered(case.problem, case.corners))
    for u, row in zip(case.corners, rows, strict=True):
        bad = np.flatnonzero(~np.isfinite(row))
        if len(bad):
            names = [case.problem.plan.names[i] for i in bad[:4]]
            return [
                Fault(
                    "the gradient is not finite within the prior",
                    key=names[0],
                    value=f"{', '.join(names)} at {case.problem.to_store(u)!r}",
                    fix="choose a safe argument before the function, and "
                    "the result after it (double where)",
                )
            ]
    return []


def special_points(case: Case) -> list[Fault]:
    """Prediction and gradient are finite at zeros and ends of the support.

    These are the round limits and centres that random draws never meet.
    """
    found: list[Fault] = []
    if not is_finite(case.predict(case.system, case.stores[0])):
        return []  # the contract on finite values tells
    for name, store in _specials(case):
        values = case.system.resolve(store)
        if not valid_values(case.problem.plan, values):
            continue
        if not is_finite(case.predict(case.system, store)):
            found.append(
                Fault(f"predict is not finite at {name}", value=repr(store))
            )
            continue
        try:
            gradient: Mapping[str, Any] = case.gradient(case.problem, store)
        except Exception:  # the contract on reverse gradients tells
            return found
        bad = [k for k, g in gradient.items() if not np.isfinite(g).all()]
        if bad:
            found.append(
                Fault(
                    f"the gradient is not finite at {name}",
                    key=bad[0],
                    value=", ".join(bad),
                    fix="choose a safe argument before the function, and "
                    "the result after it (double where)",
                )
            )
    return found[:4]


def _specials(case: Case) -> Iterator[tuple[str, ParameterStore]]:
    base = case.stores[0]
    every: dict[str, dict[str, Any]] = {"zero": {}, "low": {}, "high": {}}
    for key in case.problem.free_keys:
        if key not in base:
            continue  # a derived key that is free
        field = case.problem.spec.by_key[key]
        prior = case.problem.spec.prior_of(key)
        for what, value in _ends(field, prior, base[key].size).items():
            full = np.broadcast_to(value, (base[key].size,))
            array = jnp.asarray(full.reshape(base[key].shape))
            every[what][key] = array
            yield f"{what} {key!r}", base.replace({key: array})
    for what in ("low", "high"):
        joined = {**every[what], **every["zero"]}
        yield f"all at zero or {what}", base.replace(joined)
        yield f"all at their {what} ends", base.replace(every[what])


def _ends(field: ParamField, prior: Prior | None, size: int) -> dict[str, Any]:
    """Special values within the support; open ends are left out."""
    family = FAMILIES.get(prior.family) if prior else None
    if prior is None or family is None:
        return {}
    numbers = dict(prior.arguments)
    if any(isinstance(numbers.get(str(end)), str) for end in family.support):
        return {}  # another key sets the end
    found: dict[str, Any] = {}
    low, high = (spread(bound, size) for bound in field.bounds)
    for what, bound in zip(("low", "high"), family.support, strict=True):
        end = numbers.get(bound) if isinstance(bound, str) else None
        if end is not None:
            found[what] = np.asarray(flatten(end))  # pyright: ignore
    least = found.get("low", -np.inf if family.support[0] != 0.0 else np.inf)
    most = found.get("high", np.inf)
    least = np.maximum(least, [-np.inf if b is None else b for b in low])
    most = np.minimum(most, [np.inf if b is None else b for b in high])
    if np.all((least < 0) & (most > 0)):
        found["zero"] = 0.0
    return found
