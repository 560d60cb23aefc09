"""The loop over simulated data sets, and what comes out of it."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest
from forwardax.calibration import (
    calibrate,
    check_coverage,
    check_tarp,
    sbc,
    simulate_and_fit,
    thin,
)
from forwardax.errors import FitError

KEY = jax.random.key(0)


def test_an_exact_fit_is_calibrated(problem, fit_with):
    seen = []
    result = calibrate(
        problem, fit_with(), KEY, n=200, progress=lambda *a: seen.append(a)
    )
    assert result.passed
    assert min(result.sbc.p_values.values()) > 1e-3
    assert seen[-1] == ("calibration", 200, 200)
    assert len(str(result).splitlines()) == 3
    assert result.simulations.draws["theta"].shape == (200, 63, 2)


def test_a_wrong_prior_is_caught(problem, fit_with):
    result = calibrate(problem, fit_with(prior_sd=0.5), KEY, n=200)
    assert not result.sbc.passed
    assert not result.coverage.passed
    assert "NOT calibrated" in result.verdict


def test_drivers_agree_with_the_one_loop(problem, fit_with):
    whole = calibrate(problem, fit_with(), KEY, n=50)
    one = sbc(problem, fit_with(), KEY, n=50)
    assert one.p_values == whole.sbc.p_values
    two = check_coverage(problem, fit_with(), KEY, n=50, levels=(0.68,))
    assert two.levels == (0.68,)
    three = check_tarp(problem, fit_with(), KEY, n=50)
    assert three.p_value == whole.tarp.p_value


def test_data_sets_depend_on_their_number_alone(problem, fit_with):
    few = simulate_and_fit(problem, fit_with(), KEY, n=3)
    many = simulate_and_fit(problem, fit_with(), KEY, n=6)
    for found in ("truths", "draws"):
        np.testing.assert_array_equal(
            getattr(few, found)["theta"], getattr(many, found)["theta"][:3]
        )


def test_a_failed_fit_is_not_calibrated(problem, fit_with):
    result = sbc(problem, fit_with(fails={3, 7}), KEY, n=100)
    assert result.count == 98
    assert not result.passed
    assert "2 of 100 fits failed" in result.verdict
    assert "data set 3: the sampler was eaten" in result.verdict


def test_other_errors_are_not_swallowed(problem):
    def fit(problem, key):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sbc(problem, fit, KEY)


def test_all_failed_is_an_error(problem, fit_with):
    with pytest.raises(FitError, match="data set 0: the sampler was eaten"):
        sbc(problem, fit_with(fails=range(20)), KEY, n=20)


@pytest.mark.parametrize(
    ("shape", "words"), [((1, 20), "too few draws"), ((1, 0), "few")]
)
def test_too_few_draws_is_a_failure(problem, fit_with, shape, words):
    with pytest.raises(FitError, match=words):
        sbc(problem, fit_with(shape=shape), KEY, n=10)


def test_draws_that_are_not_finite_or_missing_are_failures(problem, fit_with):
    good = fit_with()

    def fit(problem, key):
        posterior = good(problem, key)
        posterior.draws["theta"][0, 0, 0] = np.nan
        return posterior

    with pytest.raises(FitError, match="'theta' are not finite"):
        sbc(problem, fit, KEY, n=10)
    problem.free_keys = ("theta", "phi")
    problem.simulate = lambda key: ({"theta": np.zeros(2), "phi": 0.0}, 0.0)
    with pytest.raises(FitError, match="no draws of 'phi'"):
        sbc(problem, good, KEY, n=10)


def test_short_and_unconverged_chains_are_said(problem, fit_with):
    exact = fit_with(converged=False)

    def slow(problem, key):
        posterior = exact(problem, key)
        few = posterior.draws["theta"][:, :10]
        posterior.draws["theta"] = np.repeat(few, 10, axis=1)
        return posterior

    result = sbc(problem, slow, KEY, n=50)
    assert "50 fits had under 31.5 effective draws" in result.verdict
    assert "50 fits did not converge" in result.verdict
    good = sbc(problem, fit_with(), KEY, n=50)
    assert good.caveats == ()


def test_weighted_draws_are_resampled(problem, fit_with):
    """Draws under a narrow prior, weighted to the right one."""
    narrow = fit_with(prior_sd=0.6, shape=(1, 4000))

    def fit(problem, key):
        posterior = narrow(problem, key)
        squares = (posterior.draws["theta"] ** 2).sum(axis=-1)
        posterior.weights = np.exp(squares / 2 * (1 / 0.6**2 - 1))
        return posterior

    assert min(sbc(problem, fit, KEY, n=200).p_values.values()) > 1e-3
    assert not sbc(problem, narrow, KEY, n=200).passed


def test_a_derived_key_may_be_free(problem, fit_with):
    class Store(dict):
        def derived(self, key):
            return {key: self["theta"][0] * 2}

    class Doubled(type(problem)):
        free_keys = ("double",)

        def simulate(self, key):
            store, data = super().simulate(key)
            return Store(store), data

    exact = fit_with()

    def fit(problem, key):
        posterior = exact(problem, key)
        double = posterior.draws["theta"][..., 0] * 2
        return SimpleNamespace(
            draws=posterior.draws, derived={"double": double}
        )

    result = sbc(Doubled(), fit, KEY, n=100)
    assert list(result.p_values) == ["double"]
    assert result.p_values["double"] > 1e-3


def test_thinning_spaces_draws_evenly_over_chains():
    draws = {"a": np.arange(400.0).reshape(4, 100)}
    kept, ess = thin(draws, 40)
    np.testing.assert_allclose(np.diff(kept["a"]), 10)
    assert kept["a"][0] < 10
    assert ess < 10  # four chains that never meet


def test_thinning_judges_angles_across_the_seam():
    rng = np.random.default_rng(0)
    angle = np.repeat(0.1 * rng.normal(size=(2, 50)), 10, axis=1)
    stored = {"phi": np.mod(angle, np.pi)}
    _, turned = thin(stored, 63, cyclic={"phi": np.pi})
    _, plain = thin({"phi": angle}, 63)
    assert turned == pytest.approx(plain)


def test_constants_do_not_count_as_stuck():
    draws = {"a": np.random.default_rng(0).normal(size=(2, 200))}
    _, alone = thin(draws, 63)
    _, with_constant = thin({**draws, "b": np.ones((2, 200))}, 63)
    assert alone == with_constant
