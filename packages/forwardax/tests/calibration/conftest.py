"""A problem whose posterior is known exactly."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest
from forwardax.errors import FitError

SLOPES = np.array([1.0, 0.5])
"""Measurement y_i ~ Normal(slope_i * theta, 1), theta ~ Normal(0, 1)."""


def generator(key):
    return np.random.default_rng(np.asarray(jax.random.key_data(key)))


class Conjugate:
    """Two independent normal means, and an angle that is not informed."""

    free_keys = ("theta",)

    def __init__(self, data=None):
        self.data = data

    def simulate(self, key):
        rng = generator(key)
        theta = rng.normal(size=2)
        return {"theta": theta}, SLOPES * theta + rng.normal(size=2)

    def with_data(self, data):
        return type(self)(data)


def make_fit(prior_sd=1.0, shape=(2, 100), fails=(), **extra):
    """An exact sampler of the posterior under a prior of that width."""
    calls = iter(range(10**6))

    def fit(problem, key):
        if next(calls) in fails:
            raise FitError("the sampler was eaten by a grue")
        precision = SLOPES**2 + 1 / prior_sd**2
        mean = SLOPES * problem.data / precision
        noise = generator(key).normal(size=(*shape, 2))
        draws = mean + noise / np.sqrt(precision)
        return SimpleNamespace(draws={"theta": draws}, **extra)

    return fit


@pytest.fixture
def problem():
    return Conjugate()


@pytest.fixture
def fit_with():
    return make_fit


@pytest.fixture
def exact():
    """Truths and independent exact draws of many data sets, by seed."""

    def make(seed, count=256, n_draws=63, scale=1.0):
        rng = np.random.default_rng(seed)
        theta = rng.normal(size=(count, 2))
        precision = SLOPES**2 + 1
        y = SLOPES * theta + rng.normal(size=(count, 2))
        noise = rng.normal(size=(count, n_draws, 2)) * scale
        draws = (SLOPES * y / precision)[:, None] + noise / np.sqrt(precision)
        return {"theta": theta}, {"theta": draws}

    return make
