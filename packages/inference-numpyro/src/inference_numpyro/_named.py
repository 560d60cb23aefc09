"""Errors and degeneracies of a Laplace approximation, by parameter name."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.contracts import Gather
from forwardax.errors import Fault, FitError
from forwardax.estimation import Posterior, Problem, element_names
from jax import Array
from numpy.typing import NDArray

from ._coordinates import chart_of, lift
from ._locate import scaled_precision


class NamedCovariance(NamedTuple):
    """Covariance of the free parameters, in the units of the spec.

    Attributes
    ----------
    names
        Of every scalar that is free.
    matrix
        `(len(names), len(names))`.
    """

    names: tuple[str, ...]
    matrix: NDArray[Any]

    def sd(self) -> NDArray[Any]:
        """Standard deviations, in the units of the spec."""
        return np.sqrt(np.diagonal(self.matrix))

    def correlation(self) -> NDArray[Any]:
        """Correlation matrix; NaN for a parameter without an error."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.matrix / np.outer(self.sd(), self.sd())


class Direction(NamedTuple):
    """A combination of parameters that the data hardly determine.

    Attributes
    ----------
    information
        Of the data over that of the prior, along this direction.
    components
        Name and weight, heaviest first, in units of the prior's width; the
        squares of all the weights sum to one.
    """

    information: float
    components: tuple[tuple[str, float], ...]

    def __str__(self) -> str:
        terms = " ".join(f"{w:+.2f} {name}" for name, w in self.components)
        return f"{terms}: {self.information:.2g} of the prior's information"


def named_covariance(posterior: Posterior) -> NamedCovariance:
    """Covariance of the free scalars, by the delta method.

    Parameters
    ----------
    posterior
        From `laplace.fisher`.

    Returns
    -------
    NamedCovariance
        Angles are linearised, so their errors are right where they are small
        against the period, at the seam too.

    Raises
    ------
    FitError
        If the posterior is of another estimator.
    """
    extras = _extras(posterior)
    slopes = extras["named_jacobian"]
    names = tuple(str(name) for name in extras["named"])
    return NamedCovariance(names, slopes @ extras["covariance"] @ slopes.T)


def degenerate_directions(
    posterior: Posterior, threshold: float = 1.0
) -> tuple[Direction, ...]:
    """Directions along which the data say less than the prior, worst first.

    The data's part of the precision is put in units of the prior's width; an
    eigenvalue is then the information of the data over that of the prior.
    An improper prior counts as a thousand times as wide as the parameter's
    error would be if all others were known.

    Parameters
    ----------
    posterior
        From `laplace.fisher`.
    threshold
        Directions with an information below this are returned.

    Returns
    -------
    tuple of Direction
        Each names the parameters whose weight is at least a tenth of the
        heaviest.

    Raises
    ------
    FitError
        If the posterior is of another estimator.
    """
    extras = _extras(posterior)
    precision = np.asarray(extras["precision"], float)
    data = precision - extras["prior_precision"]
    values, vectors = np.linalg.eigh(scaled_precision(data, extras["scale"]))
    names = [str(name) for name in extras["coordinates"]]
    found: list[Direction] = []
    for value, vector in zip(values, vectors.T, strict=True):
        if value < threshold:
            found.append(Direction(float(value), components(names, vector)))
    return tuple(found)


def components(
    names: list[str], vector: NDArray[Any]
) -> tuple[tuple[str, float], ...]:
    """Names and weights of a direction, heaviest first."""
    order = np.argsort(-np.abs(vector))
    heaviest = vector[order[0]]
    # The sign of an eigenvector is arbitrary: the heaviest is positive.
    vector = vector * np.sign(heaviest)
    return tuple(
        (names[i], float(vector[i]))
        for i in order
        if abs(vector[i]) >= 0.1 * abs(heaviest)
    )


def _extras(posterior: Posterior) -> Any:
    if posterior.estimator != "laplace.fisher":
        raise FitError(
            Fault(
                "there is no covariance in this posterior",
                value=posterior.estimator,
                allowed="a posterior of 'laplace.fisher'",
                fix='forwardax.fit(problem, "laplace.fisher", key=...)',
                code="estimator",
            )
        )
    return posterior.extras


def named_jacobian(
    problem: Problem, point: Any
) -> tuple[tuple[str, ...], NDArray[Any], NDArray[Any]]:
    """Free scalars at a point, and their slopes.

    Returns
    -------
    names, values, slopes
        Slopes are `(name, chart)`.
    """
    where = free_places(problem)
    names: list[str] = []
    for key, places in where:
        own = element_names(problem.spec.by_key[key])
        names += [own[i] for i in places]
    values, slopes = _slopes(problem, jnp.asarray(point), where)
    return tuple(names), np.asarray(values), np.asarray(slopes)


def free_places(problem: Problem) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Free keys, each with the flat places of its elements that are free."""
    held = problem.hyper["held"].shape[0]
    found: dict[str, tuple[int, ...]] = {}
    for step in problem.plan.steps:
        if isinstance(step, Gather) and step.key in problem.free_keys:
            drawn = [i for i, p in enumerate(step.places) if p >= held]
            found[step.key] = tuple(drawn)
    return tuple((key, found[key]) for key in problem.free_keys)


@partial(jax.jit, static_argnames=("where",))
def _slopes(
    problem: Problem,
    point: Array,
    where: tuple[tuple[str, tuple[int, ...]], ...],
) -> tuple[Array, Array]:
    chart = chart_of(problem.plan)

    def scalars(w: Array) -> Array:
        values = problem.values(lift(chart, point, w))
        parts = [
            jnp.ravel(values[key])[jnp.asarray(places)] for key, places in where
        ]
        return jnp.concatenate(parts).astype(point.dtype)

    zero = jnp.zeros((len(chart.kept),), point.dtype)
    return scalars(zero), jax.jacfwd(scalars)(zero)
