"""Mean and spread of angles."""

import numpy as np
import pytest
from forwardax._diagnostics.circular import circular_mean, circular_sd, wrap
from forwardax.errors import FitError
from hypothesis import given, settings
from hypothesis import strategies as st

ANGLES = np.random.default_rng(0).normal(0.1, 0.2, size=1000)


def test_equals_ordinary_moments_of_a_narrow_posterior():
    x = ANGLES / 50
    assert circular_mean(x, np.pi) == pytest.approx(x.mean(), abs=1e-7)
    assert circular_sd(x, np.pi) == pytest.approx(x.std(), rel=1e-4)


@settings(deadline=None)
@given(turn=st.floats(-10, 10), period=st.sampled_from([np.pi, 360.0, 1.0]))
def test_turning_turns_the_mean_only(turn, period):
    x = ANGLES / np.pi * period
    turned = wrap(x + turn, period)
    difference = circular_mean(turned, period) - circular_mean(x, period) - turn
    assert wrap(difference, period) == pytest.approx(0, abs=1e-9 * period)
    sds = circular_sd(turned, period), circular_sd(x, period)
    assert sds[0] == pytest.approx(sds[1], rel=1e-9)


def test_weights_are_repetitions():
    x, n = np.array([0.1, 0.5, 3.0]), np.array([3, 2, 1])
    repeated = np.repeat(x, n)
    assert circular_mean(x, 6.0, weights=n) == pytest.approx(
        circular_mean(repeated, 6.0)
    )
    assert circular_sd(x, 6.0, weights=n) == pytest.approx(
        circular_sd(repeated, 6.0)
    )


def test_equal_angles_have_no_spread():
    assert circular_sd(np.full(7, 2.9), np.pi) == pytest.approx(0, abs=1e-7)


def test_wrap_stays_below_the_end():
    assert wrap(-1e-20, 1.0, centre=0.5) == 0.0
    assert wrap(0.5, 1.0) == -0.5
    assert wrap(359.0, 360.0, centre=1.0) == pytest.approx(-1.0)


@pytest.mark.parametrize("period", [0.0, -1.0, np.nan, np.inf])
def test_periods_are_positive(period):
    with pytest.raises(FitError, match="period"):
        circular_mean(ANGLES, period)
