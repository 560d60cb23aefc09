# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# JAX and NumPyro leave many of their types unknown.
"""The density that estimators use: pure functions of a problem and `u`.

`u` is the flat unconstrained vector, `(size,)`. Outside the validity
conditions the density is minus infinity, and everything is evaluated at the
spec's reference point instead: the gradient stays finite.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from .._derived.resolver import compute
from .._system.store import ParameterStore
from .._targets import load_target
from ..contracts import PriorPlan
from ..errors import CapabilityError, Fault, ProblemError, listed
from .walk import Unfolded, Values, draw_prior, fold, unfold

if TYPE_CHECKING:
    from .problem import Problem

_TRIES = 10_000
"""Prior draws before the validity conditions are called unsatisfiable."""


def log_density(problem: Problem, u: Array) -> Array:
    """Log of prior times likelihood, with the Jacobian of `u`.

    Parameters
    ----------
    problem
        With data.
    u
        Unconstrained point, `(size,)`.

    Returns
    -------
    Array
        Scalar; minus infinity outside the validity conditions.

    Raises
    ------
    CapabilityError
        If the system has no log-likelihood.
    ProblemError
        If the problem has no data.
    """
    _require_data(problem)
    found, valid = _unfold_valid(problem, u)
    total = found.log_prior + found.log_jacobian
    total += _log_likelihood(problem, found)
    return jnp.where(valid, total, -jnp.inf)


def log_prior(problem: Problem, u: Array) -> Array:
    """Log of the prior with the Jacobian of `u`; scalar."""
    found, valid = _unfold_valid(problem, u)
    total = found.log_prior + found.log_jacobian
    return jnp.where(valid, total, -jnp.inf)


def log_likelihood(problem: Problem, u: Array) -> Array:
    """Log-likelihood at `u`; scalar."""
    _require_data(problem)
    found, valid = _unfold_valid(problem, u)
    return jnp.where(valid, _log_likelihood(problem, found), -jnp.inf)


def loss(problem: Problem, u: Array, *, jacobian: bool = False) -> Array:
    """Minus the log-density, for optimisers; infinite where invalid.

    Without the Jacobian its minimum is the maximum a posteriori of the
    parameters as they are sampled (the standard variates of non-centred
    ones); the radii of cyclic pairs are held near one, which leaves the
    angles alone.

    Parameters
    ----------
    problem, u
        As in `log_density`.
    jacobian
        Whether the density is one of `u`.
    """
    _require_data(problem)
    found, valid = _unfold_valid(problem, u)
    total = found.log_prior + _log_likelihood(problem, found)
    if jacobian:
        total += found.log_jacobian
    else:
        total += found.gauge - found.log_aux
    return jnp.where(valid, -total, jnp.inf)


def residuals(problem: Problem, u: Array) -> Array:
    """Residuals in units of their standard deviation, `(n,)`.

    Raises
    ------
    CapabilityError
        If the system has none.
    """
    require(problem, "residuals")
    found, _ = _unfold_valid(problem, u)
    store = _store(problem, found.values)
    return jnp.ravel(problem.system.residuals(store, problem.data))  # pyright: ignore


def to_store(problem: Problem, u: Array) -> ParameterStore:
    """Constrained primitives at `u`."""
    found = _unfold(problem, u)
    return _store(problem, found.values)


def is_valid(problem: Problem, u: Array) -> Array:
    """Whether the validity conditions hold at `u`; scalar bool."""
    found = _unfold(problem, u)
    return valid_values(problem.plan, found.values)


def valid_values(plan: PriorPlan, values: Mapping[str, Any]) -> Array:
    """Whether the validity conditions hold; scalar bool."""
    env = dict(values)
    for step in plan.checks:
        compute(step, env)
    held = jnp.ones((), bool)
    for condition in plan.validity:
        holds = load_target(condition.target)(
            *(env[dep] for dep in condition.deps)
        )
        held &= jnp.all(holds)
    return held


def _unfold(problem: Problem, u: Array) -> Unfolded:
    if jnp.shape(u) != (problem.plan.size,):
        raise ProblemError(
            Fault(
                "the unconstrained point has the wrong shape",
                key="u",
                value=f"shape {jnp.shape(u)}",
                allowed=f"shape ({problem.plan.size},)",
                fix="for several points, jax.vmap the function",
                code="shape",
            )
        )
    return unfold(problem.plan, problem.hyper, u)


def _unfold_valid(problem: Problem, u: Array) -> tuple[Unfolded, Array]:
    plan, hyper = problem.plan, problem.hyper
    found = _unfold(problem, u)
    if not plan.validity:
        return found, jnp.ones((), bool)
    # The point is swapped, not the result: the gradient of a bad branch
    # would be NaN times zero.
    valid = jax.lax.stop_gradient(valid_values(plan, found.values))
    safe = fold(plan, hyper, hyper["reference"])
    return unfold(plan, hyper, jnp.where(valid, u, safe)), valid


def _store(problem: Problem, values: Mapping[str, Any]) -> ParameterStore:
    primitives = {key: values[key] for key in problem.plan.keys}
    cuts = values.cuts if isinstance(values, Values) else None
    return ParameterStore(primitives, problem.system.resolver, cuts)


def _require_data(problem: Problem) -> None:
    require(problem, "log_likelihood")
    if problem.data is None:
        raise ProblemError(no_data(problem))


def no_data(problem: Problem, needed_by: str = "") -> Fault:
    """The fault of a problem without data."""
    return Fault(
        "the problem has no data",
        key="data",
        allowed=", ".join(problem.system.data) or "nothing is measured",
        needed_by=needed_by,
        fix="Problem(system, data=...) or problem.with_data(data)",
        code="missing",
    )


def _log_likelihood(problem: Problem, found: Unfolded) -> Array:
    store = _store(problem, found.values)
    return problem.system.log_likelihood(store, problem.data)  # pyright: ignore


def require(problem: Problem, *needs: str) -> None:
    """Refuse a problem that lacks a capability.

    Raises
    ------
    CapabilityError
        Naming each that is missing, and why.
    """
    missing = [need for need in needs if need not in problem.capabilities]
    if missing:
        raise CapabilityError([lack(problem, need) for need in missing])


def lack(problem: Problem, need: str) -> Fault:
    """The fault of a capability that a problem does not have."""
    name = problem.system.system_id
    reason = f"the system {name!r} does not offer {need!r}"
    fix = f"define it in {type(problem.system).__name__}"
    if need == "proper_prior":
        reason = "the prior cannot be drawn from"
        fix = (
            "fix fewer keys: a fixed value has a prior that refers to others"
            if problem.plan.conditioned
            else "replace the flat priors by proper ones"
        )
    return Fault(
        reason,
        key=need,
        allowed=listed(sorted(problem.capabilities)),
        fix=fix,
        code="capability",
    )


def prior_sample(problem: Problem, key: Array) -> ParameterStore:
    """See `Problem.prior_sample`."""
    require(problem, "proper_prior")
    return _prior_sample(problem, key)


# Compiled, so that a loop over keys does not compile its inner loops anew.
@eqx.filter_jit
def _prior_sample(problem: Problem, key: Array) -> ParameterStore:
    plan, hyper = problem.plan, problem.hyper
    if not plan.validity:
        return _store(problem, draw_prior(plan, hyper, key))

    def again(state: tuple[Array, Any]) -> Array:
        count, values = state
        return ~valid_values(plan, values) & (count < _TRIES)

    def draw(state: tuple[Array, Any]) -> tuple[Array, Any]:
        count, _ = state
        fresh = jax.random.fold_in(key, count)
        return count + 1, dict(draw_prior(plan, hyper, fresh))

    # The stream 0 is the first draw's: none is used twice.
    first = draw_prior(plan, hyper, jax.random.fold_in(key, 0))
    start = (jnp.ones((), int), dict(first))
    _, values = jax.lax.while_loop(again, draw, start)
    values = eqx.error_if(
        values,
        ~valid_values(plan, values),
        f"no valid point among {_TRIES} draws from the prior: the validity "
        "conditions and the priors hardly overlap",
    )
    return _store(problem, values)


def simulate(problem: Problem, key: Array) -> tuple[ParameterStore, Any]:
    """See `Problem.simulate`."""
    require(problem, "proper_prior", "simulate")
    return _simulate(problem, key)


@eqx.filter_jit
def _simulate(problem: Problem, key: Array) -> tuple[ParameterStore, Any]:
    first, second = jax.random.split(key)
    store = _prior_sample(problem, first)
    return store, problem.system.simulate(second, store)  # pyright: ignore
