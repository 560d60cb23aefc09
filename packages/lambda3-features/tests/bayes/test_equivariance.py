"""Shift and scale: only what should change does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lambda3_features import extract_features, fit_model

N = 80
RNG = np.random.default_rng(0)
CAUSE = RNG.normal(size=N)
CAUSE[[20, 33, 51, 60]] += 9.0
EFFECT = RNG.normal(size=N)
EFFECT[[21, 34, 52, 61]] += 3.0

PER_UNIT = {"tension", "other.tension.lag1", "noise.tension"}
"""Ratios: the same in any units."""


def interaction(shift=0.0, factor=1.0):
    ours = extract_features(shift + factor * EFFECT)
    return fit_model(ours, extract_features(CAUSE), lags=(1,))


@pytest.fixture(scope="module")
def reference():
    return interaction()


def assert_moved(found, reference, shift, factor, rtol):
    for name, mean in reference.mean.items():
        own = factor
        if name in PER_UNIT:
            own = 1.0
        if name == "other.tension.lag1":
            own = factor
        want = own * mean + (shift if name == "level" else 0.0)
        sd = abs(own) * reference.sd[name]
        assert abs(found.mean[name] - want) < rtol * sd + 1e-12, name
        np.testing.assert_allclose(found.sd[name], sd, rtol=rtol)
    # A density of the series: its units enter with the number of points.
    points = np.asarray(reference.problem.system.used).sum()
    want = reference.log_evidence - points * np.log(factor)
    np.testing.assert_allclose(found.log_evidence, want, atol=1e-4)


def test_adding_1000_changes_the_level_alone(reference):
    assert_moved(interaction(shift=1000.0), reference, 1000.0, 1.0, 1e-6)


@settings(max_examples=8)
@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e3))
def test_shift_and_scale(reference, shift, factor):
    found = interaction(shift, factor)
    assert_moved(found, reference, shift, factor, 1e-4)


def test_a_power_of_two_changes_nothing_but_rounding(reference):
    assert_moved(interaction(factor=8.0), reference, 0.0, 8.0, 1e-10)


@pytest.mark.slow
def test_the_moving_level_moves_along():
    walk = np.cumsum(RNG.normal(size=N))
    a = fit_model(extract_features(walk), model="dynamic", terms=())
    b = fit_model(extract_features(walk + 1000.0), model="dynamic", terms=())
    assert a.converged, a.verdict
    for name, mean in a.mean.items():
        shift = 1000.0 if name == "level" else 0.0
        assert abs(b.mean[name] - mean - shift) < 1e-4 * a.sd[name], name
    gap = b.level(400) - a.level(400)
    np.testing.assert_allclose(gap.mean(axis=0), 1000.0, atol=0.3)


def test_the_other_series_may_have_any_units(reference):
    ours = extract_features(EFFECT)
    found = fit_model(ours, extract_features(50.0 + 4.0 * CAUSE), lags=(1,))
    for name, mean in reference.mean.items():
        own = 0.25 if name == "other.tension.lag1" else 1.0
        want = own * mean
        assert abs(found.mean[name] - want) < 1e-6 * reference.sd[name], name
    np.testing.assert_allclose(
        found.log_evidence, reference.log_evidence, atol=1e-6
    )
