"""Predictive checks."""

from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax.calibration import (
    posterior_predictive,
    predictive_check,
    prior_predictive,
)
from forwardax.calibration._null import binomial_interval
from forwardax.errors import FitError

KEY = jax.random.key(0)


class System(eqx.Module):
    """Fifty measurements of mu with noise of width 1."""

    def simulate(self, key, store):
        return {"y": store["mu"] + jax.random.normal(key, (50,))}


class Problem:
    free_keys = ("mu",)
    system = System()

    def __init__(self, data):
        self.data = data

    def simulate(self, key):
        one, two = jax.random.split(key)
        store = {"mu": jax.random.normal(one)}
        return store, self.system.simulate(two, store)


def posed(noise=1.0, seed=1):
    y = 0.3 + noise * np.random.default_rng(seed).normal(size=50)
    draws = y.mean() + np.random.default_rng(2).normal(size=(2, 300)) / 50**0.5
    return Problem({"y": jnp.asarray(y)}), SimpleNamespace(draws={"mu": draws})


def test_data_of_the_model_pass():
    problem, posterior = posed()
    result = posterior_predictive(problem, posterior, KEY)
    assert result.passed
    assert list(result.p_values) == [
        "mean of y",
        "sd of y",
        "least of y",
        "greatest of y",
    ]
    # The posterior knows the mean: its p-value is near the middle.
    assert result.p_values["mean of y"] > 0.5
    assert "look like the model's" in str(result)


def test_noise_that_is_too_large_is_seen():
    result = posterior_predictive(*posed(noise=2.0), KEY)
    assert not result.passed
    assert "sd of y" in result.rejected
    assert "sd of y is 1." in result.verdict or "2." in result.verdict


def test_a_statistic_of_ones_own():
    problem, posterior = posed()
    statistic = {"median": lambda data: jnp.median(data["y"])}
    result = posterior_predictive(problem, posterior, KEY, statistic, n=100)
    assert list(result.p_values) == ["median"]
    assert result.replicated["median"].shape == (100,)


def test_weights_choose_the_draws():
    problem, posterior = posed()
    far = np.full((1, 300), 40.0)
    posterior.draws["mu"] = np.concatenate([posterior.draws["mu"], far])
    plain = posterior_predictive(problem, posterior, KEY)
    assert plain.replicated["mean of y"].max() > 30
    posterior.weights = np.ones((3, 300))
    posterior.weights[2] = 0.0
    weighted = posterior_predictive(problem, posterior, KEY)
    assert weighted.replicated["mean of y"].max() < 2


def test_the_prior_predicts():
    problem, _ = posed()
    assert prior_predictive(problem, KEY).passed
    far = Problem({"y": problem.data["y"] + 10})
    result = prior_predictive(far, KEY)
    assert {"mean of y", "least of y"} <= set(result.rejected)


def test_false_alarms_are_no_more_than_stated():
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(2000):
        x = rng.normal(size=(2, 101))
        observed = {"a": x[0, 0], "b": x[1, 0]}
        made = {"a": x[0, 1:], "b": x[1, 1:]}
        alarms += not predictive_check(observed, made, alpha=0.1).passed
    low, high = binomial_interval(2000, 0.1, 1e-4)
    # 101 values: p-values are whole multiples of 2 / 101, so a little rarer.
    assert 0.5 * low <= alarms <= high


def test_too_few_simulations_say_how_many():
    problem, posterior = posed()
    with pytest.raises(FitError, match="n=160"):
        posterior_predictive(problem, posterior, KEY, n=50)


def test_no_data_and_bad_statistics_are_named():
    _, posterior = posed()
    with pytest.raises(FitError, match="no data"):
        posterior_predictive(Problem(None), posterior, KEY)
    problem, _ = posed()
    with pytest.raises(FitError, match="'odd' is not finite"):
        prior_predictive(problem, KEY, {"odd": lambda data: np.nan})
