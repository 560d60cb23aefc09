"""Ranks: uniform where posteriors are exact, and only there."""

import jax
import numpy as np
import pytest
from forwardax.calibration import chi_square, ecdf_band, rank_test, ranks
from forwardax.calibration._null import binomial_interval
from forwardax.errors import FitError


def test_ranks_count_smaller_draws():
    truths = {"a": np.array([0.5, 9.0]), "b": np.zeros((2, 2))}
    draws = {
        "a": np.array([[0.0, 1.0, 0.2], [0.0, 1.0, 0.2]]),
        "b": np.ones((2, 3, 2)) * [1.0, -1.0],
    }
    found = ranks(truths, draws)
    assert list(found) == ["a", "b[0]", "b[1]"]
    assert found["a"].tolist() == [2, 3]
    assert found["b[0]"].tolist() == [0, 0]
    assert found["b[1]"].tolist() == [3, 3]


def test_ties_are_broken_at_random_by_key():
    truths, draws = {"a": np.zeros(4000)}, {"a": np.zeros((4000, 3))}
    key = jax.random.key(3)
    found = ranks(truths, draws, key)["a"]
    np.testing.assert_array_equal(found, ranks(truths, draws, key)["a"])
    raw = jax.random.key_data(key)
    np.testing.assert_array_equal(found, ranks(truths, draws, raw)["a"])
    other = ranks(truths, draws, jax.random.key(4))["a"]
    assert (found != other).any()
    assert chi_square(found, 3) > 1e-3


def test_exact_posteriors_pass(exact):
    result = rank_test(*exact(seed=0), alpha=1e-3)
    assert result.passed
    assert min(result.p_values.values()) > 1e-3
    assert "agree with uniform" in result.verdict


@pytest.mark.parametrize(
    ("scale", "words"), [(0.6, "too narrow"), (1.6, "too wide")]
)
def test_a_wrong_width_is_caught_and_named(exact, scale, words):
    result = rank_test(*exact(seed=1, scale=scale))
    assert not result.passed
    assert result.rejected == ("theta[0]", "theta[1]")
    assert words in result.verdict


@pytest.mark.parametrize(
    ("shift", "words"), [(0.5, "too high"), (-0.5, "too low")]
)
def test_a_shift_is_caught_and_named(exact, shift, words):
    truths, draws = exact(seed=2)
    result = rank_test(truths, {"theta": draws["theta"] + shift})
    assert not result.passed
    assert words in result.verdict


def test_false_alarms_are_as_rare_as_stated(exact):
    """1000 calibrated tests at 5 %: within the 1e-4 binomial limits."""
    alarms = sum(
        not rank_test(*exact(seed, 100, 15), alpha=0.05).passed
        for seed in range(1000)
    )
    low, high = binomial_interval(1000, 0.05, 1e-4)
    assert low <= alarms <= high


@pytest.mark.parametrize("origin", [0.0, -np.pi / 2])
def test_angles_are_ranked_on_the_circle(origin):
    """Posteriors across the seam, whose ordinary ranks are also uniform
    only if the truth is treated like a draw."""
    rng = np.random.default_rng(4)
    centre = rng.uniform(0, np.pi, size=400)
    truth = centre + 0.2 * rng.normal(size=400)
    draws = centre[:, None] + 0.2 * rng.normal(size=(400, 63))

    def stored(x):
        return np.mod(x - origin, np.pi) + origin

    period = {"phi": np.pi}
    good = rank_test(
        {"phi": stored(truth)}, {"phi": stored(draws)}, cyclic=period
    )
    assert good.p_values["phi"] > 1e-3
    narrow = centre[:, None] + 0.5 * (draws - centre[:, None])
    bad = rank_test(
        {"phi": stored(truth)}, {"phi": stored(narrow)}, cyclic=period
    )
    assert not bad.passed


def test_bins_of_unequal_size_are_fair():
    rng = np.random.default_rng(0)
    p_values = [
        chi_square(rng.integers(0, 51, size=400), 50, bins=20)
        for _ in range(2000)
    ]
    low, high = binomial_interval(2000, 0.1, 1e-4)
    assert low <= (np.array(p_values) < 0.1).sum() <= high


def test_the_band_holds_as_often_as_stated():
    fraction, half = ecdf_band(200, 63, alpha=0.1, key=1)
    rng = np.random.default_rng(9)
    inside = 0
    for _ in range(2000):
        counts = np.bincount(rng.integers(0, 64, size=200), minlength=64)
        ecdf = counts.cumsum()[:-1] / 200
        inside += (np.abs(ecdf - fraction) <= half).all()
    # 2000 sets in the band's own simulation and 2000 here: 4 sd of both.
    assert inside / 2000 == pytest.approx(0.9, abs=0.038)


def test_what_a_plot_needs(exact):
    result = rank_test(*exact(seed=0))
    fraction, difference, half = result.ecdf_difference("theta[0]")
    assert fraction.shape == difference.shape == half.shape == (63,)
    assert (np.abs(difference) < half).all()
    assert "theta[1]" in str(result)


def test_all_faults_at_once():
    truths = {"a": np.zeros(20), "b": np.zeros(20), "c": np.full(20, np.nan)}
    draws = {"b": np.zeros((20, 7, 2)), "c": np.zeros((20, 7))}
    with pytest.raises(FitError, match="3 faults") as caught:
        rank_test(truths, draws)
    for words in ("no draws of 'a'", "'b' do not fit", "20 values of 'c'"):
        assert words in str(caught.value)
    with pytest.raises(FitError, match="no parameter"):
        rank_test({}, {})
    with pytest.raises(FitError, match="at least ten ranks"):
        chi_square([0, 1, 2], 3)
    with pytest.raises(FitError, match="from 0 to 3"):
        chi_square([4] * 20, 3)
