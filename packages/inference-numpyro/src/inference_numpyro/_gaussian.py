"""The Gaussian of a peak: its covariance, its soundness, draws from it."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.contracts import Check
from forwardax.estimation import Problem
from jax import Array
from numpy.typing import NDArray

from ._coordinates import chart_of, lift
from ._locate import FLAT, Located, rounding_floor, scaled_precision


class Gaussian(NamedTuple):
    """Covariance of chart coordinates, from the precision at a peak.

    Parameters
    ----------
    covariance
        `(chart, chart)`.
    factor
        `F` with `covariance = F F'`.
    least, floor
        Smallest eigenvalue of the precision in units of the prior's scale,
        and the one below which it is taken for zero.
    notes
        What was done where it is not positive definite.
    """

    covariance: NDArray[Any]
    factor: NDArray[Any]
    least: float
    floor: float
    notes: tuple[str, ...]


def gaussian_of(found: Located) -> Gaussian:
    """The Gaussian of the best maximum.

    Directions whose precision is not positive are drawn as wide as the
    prior, so that there is something to look at.
    """
    scale = found.scale
    precision = scaled_precision(found.peak.precision, scale)
    size = len(scale)
    if not np.isfinite(precision).all():
        note = "the curvature is not finite: the prior's widths stand in"
        square = np.diag(scale**2)
        return Gaussian(square, np.diag(scale), -np.inf, FLAT, (note,))
    values, vectors = np.linalg.eigh(precision)
    floor = max(FLAT, rounding_floor(precision))
    wrong = int((values <= floor).sum())
    kept = np.where(values > floor, values, 1.0)
    factor = scale[:, None] * vectors / np.sqrt(kept)
    note = (
        f"{wrong} of {size} directions have no positive curvature and were "
        "drawn as wide as the prior"
    )
    return Gaussian(
        factor @ factor.T,
        factor,
        float(values[0]),
        floor,
        (note,) if wrong else (),
    )


def definite_check(gaussian: Gaussian) -> Check:
    """Whether the precision is positive definite."""
    passed = bool(gaussian.least > gaussian.floor)
    words = (
        f"the smallest eigenvalue of the precision is {gaussian.least:.2g} "
        f"in units of the prior's scale (above {gaussian.floor:.2g})"
    )
    return Check(
        "positive_definite", passed, gaussian.least, gaussian.floor, words
    )


@partial(jax.jit, static_argnames=("count",))
def draw_gaussian(
    problem: Problem, mode: Array, factor: Array, key: Array, count: int
) -> tuple[Array, Array]:
    """Draws and their log-density, up to a constant.

    The radius of an auxiliary pair is drawn from its own distribution, so it
    cancels from the importance weights. Turns beyond pi are another way to
    write an angle; they get density infinity, hence weight zero.

    Returns
    -------
    points
        `(count, size)`.
    log_density
        `(count,)`.
    """
    chart = chart_of(problem.plan)
    pairs = len(chart.first)
    key_z, key_radius = jax.random.split(key)
    z = jax.random.normal(key_z, (count, factor.shape[0]), factor.dtype)
    w = z @ factor.T
    points = jax.vmap(lambda one: lift(chart, mode, one))(w)
    log_q = -0.5 * jnp.square(z).sum(axis=1)
    if pairs:
        radius = jnp.sqrt(
            2 * jax.random.exponential(key_radius, (count, pairs), z.dtype)
        )
        points = points.at[:, chart.first].multiply(radius)
        points = points.at[:, chart.second].multiply(radius)
        log_q -= 0.5 * jnp.square(radius).sum(axis=1)
        beyond = (jnp.abs(w[:, chart.turns]) > jnp.pi).any(axis=1)
        log_q = jnp.where(beyond, jnp.inf, log_q)
    return points, log_q
