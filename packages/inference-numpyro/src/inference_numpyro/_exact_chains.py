"""More than three remaining coordinates: NUTS on the collapsed density."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import forwardax as fx
import jax
import numpy as np
from forwardax import DataSpec, ParameterStore, ParamField, ParamSpec, Prior
from forwardax.estimation import Posterior, Problem, Progress, ess_mean
from jax import Array
from numpy.typing import NDArray

from ._exact_lattice import Evaluate
from ._exact_mode import prior_widths
from ._exact_node import conditional
from ._nuts import Nuts, NutsConfig

_BRIDGE = 200
"""Iterations of the bridge; it needs a dozen."""


class Collapsed(fx.System):
    """A problem without its coefficients: what remains, in prior widths.

    The prior is part of the likelihood here, so that all of it is one
    function of one vector.

    Parameters
    ----------
    problem
        The whole problem.
    centre, scale
        Of the remaining coordinates under the prior, `(m,)`.
    """

    problem: Problem
    centre: Array
    scale: Array
    size: int = eqx.field(static=True)

    system_id = "exact.collapsed"  # pyright: ignore
    data = DataSpec()  # pyright: ignore
    transforms = fx.TransformRegistry()

    @property
    def spec(self) -> ParamSpec:
        """One vector with a flat prior."""
        flat = Prior("Flat")
        return ParamSpec([ParamField("rest", shape=(self.size,), prior=flat)])

    def place(self, store: ParameterStore) -> Array:
        """Unconstrained coordinates of the whole problem, `(m,)`."""
        return self.centre + self.scale * store["rest"]

    def predict(self, store: ParameterStore) -> Array:
        """The coordinates themselves."""
        return self.place(store)

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """Marginal density of the remaining coordinates."""
        del data
        return conditional(self.problem, self.place(store)).log_marginal


class Sampled(NamedTuple):
    """Chains over the remaining coordinates.

    Parameters
    ----------
    inner
        Posterior of the collapsed problem.
    rests
        Draws in the whole problem's coordinates, `(chain, draw, m)`.
    log_evidence, error
        By bridge sampling, and its relative standard error.
    """

    inner: Posterior
    rests: NDArray[Any]
    log_evidence: float
    error: float


def sample(
    problem: Problem,
    evaluate: Evaluate,
    size: int,
    key: Any,
    config: NutsConfig,
    progress: Progress | None,
) -> Sampled:
    """Run NUTS with the coefficients integrated.

    Parameters
    ----------
    problem
        The whole problem.
    evaluate
        Density of the remaining coordinates, for the evidence.
    size
        How many they are.
    key
        Random key.
    config
        Of `numpyro.nuts`.
    progress
        As in `Estimator.fit`.
    """
    first, second, third = jax.random.split(key, 3)
    _, centre, scale = prior_widths(problem, first, 256)
    system = Collapsed(problem, centre, scale, size)
    collapsed = fx.Problem(system, {})
    inner = Nuts().fit(collapsed, second, config=config, progress=progress)
    points = np.asarray(inner.unconstrained, float)
    middle, width = np.asarray(centre, float), np.asarray(scale, float)

    def density(v: NDArray[Any]) -> NDArray[Any]:
        return evaluate(middle + width * v)["log_density"]

    seed = np.asarray(jax.random.key_data(third)).ravel()
    log_evidence, error = bridge(
        points,
        np.asarray(inner.log_density, float),
        density,
        np.random.default_rng(seed),
    )
    rests = middle + width * points
    return Sampled(inner, rests, log_evidence + np.log(width).sum(), error)


def bridge(
    points: NDArray[Any],
    heights: NDArray[Any],
    density: Any,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Log of the integral of a density, from draws of it.

    The first half of each chain sets a normal proposal, the second half meets
    it.

    Parameters
    ----------
    points, heights
        Draws and their log-density, `(chain, draw, m)` and `(chain, draw)`.
    density
        Log-density of points `(n, m)`.
    rng
        For the proposal's draws.

    Returns
    -------
    log_integral, error
        With its relative standard error.

    References
    ----------
    Meng & Wong (1996), Statistica Sinica 6, 831, equation 4.1; Gronau et al.
    (2017), J. Math. Psych. 81, 80, appendix A for the error.
    """
    half = points.shape[1] // 2
    early = points[:, :half].reshape(-1, points.shape[2])
    mean, root = early.mean(axis=0), np.linalg.cholesky(np.cov(early.T))
    late = points[:, half:].reshape(-1, points.shape[2])
    size = late.shape[1]
    z = rng.normal(size=late.shape)

    def proposal(white: NDArray[Any]) -> NDArray[Any]:
        volume = np.log(np.diagonal(root)).sum()
        volume += 0.5 * size * np.log(2 * np.pi)
        return -0.5 * np.square(white).sum(axis=1) - volume

    white = np.linalg.solve(root, (late - mean).T).T
    ours = heights[:, half:].ravel() - proposal(white)
    theirs = density(mean + z @ root.T) - proposal(z)
    level = np.median(ours)
    r, s = np.exp(ours - level), np.exp(theirs - level)
    # Correlated draws count as fewer.
    worth = float(np.min(ess_mean(points[:, half:])))
    share = worth / (worth + len(s))
    value = 1.0
    for _ in range(_BRIDGE):
        up = (s / (share * s + (1 - share) * value)).mean()
        down = (1 / (share * r + (1 - share) * value)).mean()
        before, value = value, up / down
        if abs(value / before - 1) < 1e-10:
            break
    f = s / (share * s + (1 - share) * value)
    g = 1 / (share * r + (1 - share) * value)
    error = f.var() / f.mean() ** 2 / len(s) + g.var() / g.mean() ** 2 / worth
    return float(level + np.log(value)), float(np.sqrt(error))
