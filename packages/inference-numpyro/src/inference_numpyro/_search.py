"""Searching for a maximum from many starts.

Problems with residuals are least squares; the others take Adam steps, then
quasi-Newton ones. All of it runs in chart coordinates divided by the prior's
scale, so that a step means the same for a pixel offset and for a photon count.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
import optimistix
from forwardax import log_prior, loss
from forwardax.estimation import Problem, unfold
from jax import Array

from ._coordinates import chart_of, lift
from ._devices import over_devices
from ._squares import Slopes, descend
from ._starts import has_prior

_LARGEST_JACOBIAN = 256
"""Coordinates beyond which a dense Jacobian costs more than it saves."""
STEPS = 200
"""Quasi-Newton steps: the budget of a search that does not settle."""


class Ends(NamedTuple):
    """Where the searches ended.

    Parameters
    ----------
    points
        Unconstrained, `(start, size)`.
    losses
        `(start,)`; infinite where a search found no valid point.
    settled
        `(start,)`: whether the search met its tolerance.
    slopes
        Around the ends, in units of the prior's scale; None but for least
        squares.
    """

    points: Any
    losses: Any
    settled: Any
    slopes: Slopes | None


def objective(problem: Problem, u: Array, jacobian: Array) -> Array:
    """Minus the log-density, without its Jacobian or with it.

    The choice is a number: one program serves both searches.

    Parameters
    ----------
    problem
        With data.
    u
        Unconstrained, with auxiliary pairs of radius one.
    jacobian
        0 for the density of the parameters, 1 for that of `u`.
    """
    own = unfold(problem.plan, problem.hyper, u).log_jacobian
    found = loss(problem, u) - jnp.where(jacobian > 0, own, 0.0)
    return jnp.where(jnp.isnan(found), jnp.inf, found)


@jax.jit
def _value(
    problem: Problem, start: Array, scale: Array, jacobian: Array, v: Array
) -> Array:
    """`objective` at a distance from a start, in units of the scale.

    These three are programs within a program: each is traced once, however
    often it is used, and that is where most of the time of tracing went.
    """
    u = lift(chart_of(problem.plan), start, v * scale)
    return objective(problem, u, jacobian)


@jax.jit
def _residuals(problem: Problem, start: Array, scale: Array, v: Array) -> Array:
    u = lift(chart_of(problem.plan), start, v * scale)
    return problem.residuals(u)


@jax.jit
def _rest(
    problem: Problem, start: Array, scale: Array, jacobian: Array, v: Array
) -> Array:
    u = lift(chart_of(problem.plan), start, v * scale)
    return prior_loss(problem, u, jacobian)


def prior_loss(problem: Problem, u: Array, jacobian: Array) -> Array:
    """The prior's part of `objective`."""
    own = unfold(problem.plan, problem.hyper, u).log_jacobian
    return -log_prior(problem, u) + jnp.where(jacobian > 0, 0.0, own)


@partial(jax.jit, static_argnames=("together",))
def search(
    problem: Problem,
    points: Array,
    scale: Array,
    jacobian: Array,
    steps: Array,
    rate: Array,
    *,
    together: bool,
) -> Ends:
    """Minimise from every point.

    Parameters
    ----------
    problem
        With data.
    points
        Unconstrained, `(start, size)`.
    scale
        `(chart,)`.
    jacobian
        As in `objective`.
    steps, rate
        First-order steps and the first of their sizes, in units of `scale`.
    together
        All starts in one batch; one after the other otherwise.
    """
    shared = (problem, scale, jacobian, steps, rate)
    if together:
        return jax.vmap(partial(_one, shared))(points)
    if not is_squares(problem):
        # The quasi-Newton solver takes no arrays that are spread.
        return jax.lax.map(partial(_one, shared), points)
    return over_devices(_one, shared, points)


def _one(shared: Any, start: Array) -> Ends:
    """One search."""
    problem, scale, jacobian, steps, rate = shared
    chart = chart_of(problem.plan)

    def place(v: Array) -> Array:
        return lift(chart, start, v * scale)

    value = partial(_value, problem, start, scale, jacobian)

    if not is_squares(problem):
        v, least, settled = _quasi_newton(value, scale, steps, rate)
        return Ends(place(v), least, settled, None)

    residuals = partial(_residuals, problem, start, scale)
    rest = partial(_rest, problem, start, scale, jacobian)
    # Where the prior has no width, a step may be of any length.
    longest = 1.0 if has_prior(problem) else inf
    zero = jnp.zeros_like(scale)
    found = descend(residuals, rest, zero, longest=longest)
    least = jnp.where(jnp.isfinite(found.half), value(found.v), jnp.inf)
    return Ends(place(found.v), least, found.settled, found.slopes)


def is_squares(problem: Problem) -> bool:
    """Whether the search is one of least squares."""
    few = len(chart_of(problem.plan).kept) <= _LARGEST_JACOBIAN
    return few and "residuals" in problem.capabilities


def _quasi_newton(
    value: Callable[[Array], Array], scale: Array, steps: Array, rate: Array
) -> tuple[Array, Array, Array]:
    tolerance = 1e-8 if scale.dtype == jnp.float64 else 1e-5
    solver = optimistix.BFGS(rtol=tolerance, atol=tolerance)
    v, before = _adam(value, scale, steps, rate)
    solution = optimistix.minimise(
        lambda v, _: value(v), solver, v, max_steps=STEPS, throw=False
    )
    after = value(solution.value)
    # A search that ran out of its budget may have stopped anywhere.
    better = after <= before
    v = jnp.where(better, solution.value, v)
    settled = better & (solution.result == optimistix.RESULTS.successful)
    return v, jnp.where(better, after, before), settled


def _adam(
    value: Callable[[Array], Array], scale: Array, steps: Array, rate: Array
) -> tuple[Array, Array]:
    """Best point of a fixed number of Adam steps, and its value."""
    adam = optax.scale_by_adam()
    start = jnp.zeros_like(scale)
    slope = jax.value_and_grad(value)

    def step(i: Array, carry: Any) -> Any:
        v, best, least, state = carry
        now, gradient = slope(v)
        usable = jnp.isfinite(now) & jnp.isfinite(gradient).all()
        better = usable & (now < least)
        best, least = jnp.where(better, v, best), jnp.where(better, now, least)
        gradient = jnp.where(usable, gradient, 0.0)
        update: Any
        update, state = adam.update(gradient, state)
        size = rate * 0.5 * (1 + jnp.cos(jnp.pi * i / steps))
        # Out of the valid region there is no slope: back to the best point,
        # where the fading momentum gives shorter and shorter steps.
        v = jnp.where(usable, v, best) - size * update
        return v, best, least, state

    carry = (start, start, jnp.asarray(jnp.inf, scale.dtype), adam.init(start))
    v, best, least, _ = jax.lax.fori_loop(0, steps, step, carry)
    last = value(v)
    better = last < least
    return jnp.where(better, v, best), jnp.where(better, last, least)
