"""Null distributions against SciPy."""

import pytest
from forwardax.calibration._null import binomial_interval, chi_square_survival

stats = pytest.importorskip("scipy.stats", reason="SciPy is the reference")


@pytest.mark.parametrize("dof", [1, 2, 3, 15, 20, 63])
@pytest.mark.parametrize("statistic", [1e-6, 0.5, 10.0, 63.0, 150.0])
def test_chi_square_survival(dof, statistic):
    expected = stats.chi2.sf(statistic, dof)
    found = chi_square_survival(statistic, dof)
    assert found == pytest.approx(expected, rel=1e-10)


def test_no_deviation_is_certain():
    assert chi_square_survival(0.0, 5) == 1.0


@pytest.mark.parametrize("count", [1, 10, 256, 5000])
@pytest.mark.parametrize("probability", [0.01, 0.5, 0.95])
@pytest.mark.parametrize("alpha", [0.5, 0.05, 1e-4])
def test_binomial_interval_is_the_narrowest(count, probability, alpha):
    low, high = binomial_interval(count, probability, alpha)
    binomial = stats.binom(count, probability)
    assert binomial.cdf(low - 1) <= alpha / 2 < binomial.cdf(low)
    assert binomial.sf(high) <= alpha / 2 < binomial.sf(high - 1)
