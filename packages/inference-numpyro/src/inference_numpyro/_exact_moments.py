"""What the free parameters are at a point, and the moments over points."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault, FitError
from forwardax.estimation import Posterior, Problem, element_names
from jax import Array
from jax.scipy.linalg import solve_triangular
from numpy.typing import NDArray

from ._exact_node import conditional, placer
from ._exact_split import split_of


class Local(NamedTuple):
    """A point of the other coordinates, and what follows there.

    Parameters
    ----------
    log_marginal
        As in `Conditional`.
    mean, variance
        Of every element of the free keys, coefficients integrated, `(p,)`.
    u
        A whole unconstrained point: a draw of the coefficients, `(size,)`.
    log_q
        Density of the coefficients it was drawn with.
    rank
        As in `Conditional`.
    """

    log_marginal: Any
    mean: Any
    variance: Any
    u: Any
    log_q: Any
    rank: Any


def local(problem: Problem, rest: Array, z: Array) -> Local:
    """Density, moments and a draw at one point; pure.

    Parameters
    ----------
    problem
        With data.
    rest
        The other coordinates, `(m,)`.
    z
        Standard normal numbers that make the draw, `(k,)`.
    """
    at = conditional(problem, rest)
    place = placer(problem, split_of(problem), rest)

    def values(c: Array) -> Array:
        store = problem.to_store(place(c))
        return jnp.concatenate([jnp.ravel(store[k]) for k in problem.free_keys])

    slopes = jax.jacfwd(values)(at.mean)
    # Each row of the inverse factor, and the step of the draw, in one solve.
    eye = jnp.eye(z.size, dtype=z.dtype)
    inverse = solve_triangular(at.factor, eye)
    variance = jnp.square(slopes @ inverse).sum(axis=1)
    log_q = jnp.log(jnp.abs(jnp.diagonal(at.factor))).sum()
    log_q -= 0.5 * jnp.square(z).sum() + 0.5 * z.size * jnp.log(2 * jnp.pi)
    return Local(
        at.log_marginal,
        values(at.mean),
        variance,
        place(at.mean + inverse @ z),
        log_q,
        at.rank,
    )


def combine(weights: Any, mean: Any, variance: Any) -> tuple[Any, Any]:
    """Mean and variance of a mixture.

    Parameters
    ----------
    weights
        `(node,)`, sum 1.
    mean, variance
        `(node, p)`.
    """
    whole = weights @ mean
    spread = weights @ (variance + (mean - whole) ** 2)
    return whole, spread


def free_names(problem: Problem) -> tuple[str, ...]:
    """Names of the elements of the free keys, in their order."""
    spec = problem.spec
    return tuple(
        name for key in problem.free_keys for name in element_names(spec[key])
    )


class ExactMoments(NamedTuple):
    """Moments and evidence of a fit, without Monte-Carlo error.

    Attributes
    ----------
    names
        Of every element of the free keys.
    mean, sd
        `(p,)`, in the units of the spec.
    log_evidence, error
        Log of the marginal likelihood, and the error that the quadrature
        makes in it; NaN where the prior is improper.
    """

    names: tuple[str, ...]
    mean: NDArray[Any]
    sd: NDArray[Any]
    log_evidence: float
    error: float

    def __getitem__(self, name: Any) -> Any:
        """Mean and standard deviation by name."""
        if not isinstance(name, str):
            return tuple(self)[name]
        place = self.names.index(name)
        return float(self.mean[place]), float(self.sd[place])


def exact_moments(posterior: Posterior) -> ExactMoments:
    """Moments and evidence of a fit with `exact.linear`.

    They come from the quadrature, or from the mean over the chains where more
    than three coordinates remain; either way the coefficients are integrated
    exactly.

    Parameters
    ----------
    posterior
        Of `exact.linear`; a saved one serves as well.

    Raises
    ------
    FitError
        If another estimator made it.
    """
    extras = posterior.extras
    if "moment_names" not in extras:
        raise FitError(
            Fault(
                f"a posterior of {posterior.estimator!r} has no exact moments",
                key=posterior.estimator,
                allowed="a posterior of exact.linear",
                code="estimator",
            )
        )
    return ExactMoments(
        tuple(str(name) for name in extras["moment_names"]),
        np.asarray(extras["moment_mean"]),
        np.asarray(extras["moment_sd"]),
        float(extras["log_evidence"]),
        float(extras["log_evidence_error"]),
    )
