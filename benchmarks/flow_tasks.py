"""Problems with known posteriors, for `flow_accuracy.py`.

Four of the simulation-based inference benchmark (Lueckmann et al. 2021,
arXiv:2101.04653, appendix T), and Gaussians in two levels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri
from tfmpe_tokens import Tokens
from tfmpe_tokens.flow import NetworkConfig, TrainConfig

Rng = np.random.Generator


@dataclass(frozen=True)
class Flat:
    """One vector of parameters, with independent bounds or none.

    `simulate(rng, n)` returns parameters `(n, d)` and data `(n, tokens,
    width)`; with bounds, tokens hold normal scores of the uniform prior, or,
    if what is outside is left out, the parameters themselves.
    """

    simulate: Callable[[Rng, int], tuple[np.ndarray, np.ndarray]]
    bounds: tuple[float, float] | None
    training: TrainConfig
    leave_out: bool = False
    network: NetworkConfig = NetworkConfig(exchangeable=True)

    def tokens(self, rng: Rng, n: int) -> Tokens:
        theta, x = self.simulate(rng, n)
        return Tokens.from_pytree({"theta": self.free(theta)[:, None], "x": x})

    def observed(self, x: np.ndarray, d: int) -> Tokens:
        return Tokens.from_pytree({"theta": np.zeros((1, 1, d)), "x": x})

    def free(self, theta: np.ndarray) -> np.ndarray:
        if self.bounds is None or self.leave_out:
            return theta
        low, high = self.bounds
        return ndtri((theta - low) / (high - low))

    def bounded(self, u: np.ndarray) -> np.ndarray:
        if self.bounds is None:
            return u
        if self.leave_out:
            low, high = self.bounds
            return u[((u > low) & (u < high)).all(-1)]
        low, high = self.bounds
        return low + (high - low) * ndtr(u)


def two_moons(rng: Rng, n: int) -> tuple[np.ndarray, np.ndarray]:
    theta = rng.uniform(-1, 1, (n, 2))
    turn, radius = (
        rng.uniform(-np.pi / 2, np.pi / 2, n),
        rng.normal(0.1, 0.01, n),
    )
    moon = np.stack([radius * np.cos(turn) + 0.25, radius * np.sin(turn)], 1)
    a, b = theta.T
    shift = np.stack([-np.abs(a + b), b - a], 1) / np.sqrt(2)
    return theta, (moon + shift)[:, None]


def gaussian_linear(rng: Rng, n: int) -> tuple[np.ndarray, np.ndarray]:
    theta = np.sqrt(0.1) * rng.normal(size=(n, 10))
    return theta, (theta + np.sqrt(0.1) * rng.normal(size=(n, 10)))[:, None]


def gaussian_mixture(rng: Rng, n: int) -> tuple[np.ndarray, np.ndarray]:
    theta = rng.uniform(-10, 10, (n, 2))
    scale = np.where(rng.random((n, 1)) < 0.5, 1.0, 0.1)
    return theta, (theta + scale * rng.normal(size=(n, 2)))[:, None]


def slcp(rng: Rng, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Four points of a normal distribution in the plane, alike."""
    theta = rng.uniform(-3, 3, (n, 5))
    s1, s2, rho = theta[:, 2] ** 2, theta[:, 3] ** 2, np.tanh(theta[:, 4])
    a = np.sqrt(s1**2 + 1e-6)
    b = rho * s1 * s2 / a
    c = np.sqrt(np.maximum(s2**2 + 1e-6 - b**2, 1e-12))
    z, w = np.moveaxis(rng.normal(size=(n, 4, 2)), -1, 0)
    noise = np.stack([a[:, None] * z, b[:, None] * z + c[:, None] * w], -1)
    return theta, theta[:, None, :2] + noise


FLAT: Mapping[str, Flat] = {
    "two_moons": Flat(two_moons, (-1, 1), TrainConfig(steps=5000)),
    "gaussian_linear": Flat(gaussian_linear, None, TrainConfig(steps=1000)),
    "gaussian_mixture": Flat(
        gaussian_mixture, (-10, 10), TrainConfig(steps=2500), leave_out=True
    ),
    "slcp": Flat(slcp, (-3, 3), TrainConfig(steps=4000)),
}


@dataclass(frozen=True)
class Gaussians:
    """Sites about a mean, each seen a few times; all normal.

    `mu ~ Normal(mean, sd_mu)`, `theta_j ~ Normal(mu, sd_theta)`, `y_jk ~
    Normal(theta_j, sd_obs)`.
    """

    mean: float = 0.0
    sd_mu: float = 1.0
    sd_theta: float = 0.5
    sd_obs: float = 1.0
    rules: Mapping[str, Any] = field(
        default_factory=lambda: {
            "local": ["theta", "y"],
            "cross": [("mu", "y"), ("y", "mu")],
            "cross_local": [("theta", "y", "site")],
        }
    )

    def simulate(
        self, rng: Rng, n: int, sites: int, visits: int
    ) -> dict[str, np.ndarray]:
        """Parameters `(n, 1, 1)` and `(n, sites, 1)`, and what is seen."""
        mu = self.mean + self.sd_mu * rng.normal(size=(n, 1, 1))
        theta = mu + self.sd_theta * rng.normal(size=(n, sites, 1))
        noise = rng.normal(size=(n, sites, visits))
        return {"mu": mu, "theta": theta, "y": theta + self.sd_obs * noise}

    def posterior(
        self, y: np.ndarray, counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance of `(mu, theta)` given `y`, `(sites, visits)`."""
        sites = len(y)
        between, within = self.sd_theta**-2, self.sd_obs**-2
        precision = np.zeros((sites + 1, sites + 1))
        precision[0, 0] = self.sd_mu**-2 + sites * between
        precision[0, 1:] = precision[1:, 0] = -between
        at = np.arange(1, sites + 1)
        precision[at, at] = between + counts * within
        seen = np.arange(y.shape[1]) < counts[:, None]
        total = np.where(seen, y, 0.0).sum(1)
        push = np.concatenate([[self.mean * self.sd_mu**-2], within * total])
        covariance = np.linalg.inv(precision)
        return covariance @ push, covariance

    def tokens(
        self, arrays: Mapping[str, np.ndarray], counts: Any = None
    ) -> Tokens:
        """A token for all visits of a site, or one each where counts differ.

        Counts are of sites, `(n,)`, or of sites and of their visits.
        """
        dims = {"theta": ["site"], "y": ["site"]}
        wide = dict(arrays)
        if counts is not None and "visit" in counts:
            dims["y"] = ["site", "visit"]
            wide["y"] = arrays["y"][..., None]
        return Tokens.from_pytree(wide, self.rules, dims=dims, counts=counts)
