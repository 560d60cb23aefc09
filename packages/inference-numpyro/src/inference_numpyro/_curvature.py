"""The curvature at a point, and the last Newton steps towards a maximum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from forwardax.estimation import Problem
from jax import Array

from ._coordinates import Chart, chart_of, lift
from ._search import objective, prior_loss
from ._starts import BATCH

_NEWTON = 3
"""Curvatures computed: two Newton steps, and the one that is returned."""


class Peak(NamedTuple):
    """A point and what the density looks like around it.

    Parameters
    ----------
    point
        Unconstrained, `(size,)`; auxiliary pairs have radius one.
    loss
        Of `objective` there.
    gradient, precision
        Of it, in chart coordinates: `(chart,)` and `(chart, chart)`.
    prior_precision
        The prior's part of the precision.
    """

    point: Any
    loss: Any
    gradient: Any
    precision: Any
    prior_precision: Any


@jax.jit
def climb(problem: Problem, point: Array, jacobian: Array) -> Peak:
    """Polish a maximum by Newton steps and return the curvature there.

    The precision is the Fisher matrix plus the prior's curvature where the
    problem has residuals, the observed curvature otherwise. A step is taken
    only where it lowers the loss.

    Parameters
    ----------
    problem
        With data.
    point
        Unconstrained, `(size,)`.
    jacobian
        As in `objective`.
    """
    chart = chart_of(problem.plan)
    zero = jnp.zeros((len(chart.kept),), point.dtype)

    def step(i: Array, carry: Peak) -> Peak:
        u = carry.point

        def value(w: Array) -> Array:
            return objective(problem, lift(chart, u, w), jacobian)

        now, gradient = jax.value_and_grad(value)(zero)
        whole, prior = around(problem, u, jacobian)
        move = -solve_scaled(whole, gradient)
        better = jnp.isfinite(move).all() & (value(move) < now)
        better &= i < _NEWTON - 1
        u = jnp.where(better, lift(chart, u, move), lift(chart, u, zero))
        return Peak(u, now, gradient, whole, prior)

    square = jnp.zeros((zero.size, zero.size), point.dtype)
    first = Peak(point, jnp.zeros((), point.dtype), zero, square, square)
    return jax.lax.fori_loop(0, _NEWTON, step, first)


def around(problem: Problem, u: Array, jacobian: Array) -> tuple[Array, Array]:
    """Precision of chart coordinates at a point, and the prior's part of it.

    The Fisher matrix of the data plus the prior's curvature where the problem
    has residuals, the observed curvature of `objective` otherwise; both
    `(chart, chart)`.
    """
    chart = chart_of(problem.plan)
    prior = _prior_precision(problem, chart, u, jacobian)
    if "residuals" in problem.capabilities:
        return _fisher(problem, chart, u) + prior, prior

    def value(w: Array) -> Array:
        return objective(problem, lift(chart, u, w), jacobian)

    return hessian(value, jnp.zeros((len(chart.kept),), u.dtype)), prior


def solve_scaled(matrix: Array, vector: Array) -> Array:
    """Solve a positive definite system; NaN where it is not definite."""
    scale = jnp.sqrt(jnp.abs(jnp.diagonal(matrix)))
    scale = jnp.where(scale > 0, scale, 1.0)
    factor = jax.scipy.linalg.cho_factor(matrix / jnp.outer(scale, scale))
    return jax.scipy.linalg.cho_solve(factor, vector / scale) / scale


def hessian(value: Callable[[Array], Array], w: Array) -> Array:
    """Second derivatives, a few columns at a time to bound the memory."""
    slope = jax.grad(value)

    def column(direction: Array) -> Array:
        return jax.jvp(slope, (w,), (direction,))[1]

    axes = jnp.eye(w.size, dtype=w.dtype)
    columns = jax.lax.map(column, axes, batch_size=BATCH)
    return (columns + columns.T) / 2


def _fisher(problem: Problem, chart: Chart, u: Array) -> Array:
    def of_chart(w: Array) -> Array:
        return problem.residuals(lift(chart, u, w))

    zero = jnp.zeros((len(chart.kept),), u.dtype)
    jacobian = jax.jacfwd(of_chart)(zero)
    return jacobian.T @ jacobian


def _prior_precision(
    problem: Problem, chart: Chart, u: Array, jacobian: Array
) -> Array:
    def value(w: Array) -> Array:
        return prior_loss(problem, lift(chart, u, w), jacobian)

    return hessian(value, jnp.zeros((len(chart.kept),), u.dtype))
