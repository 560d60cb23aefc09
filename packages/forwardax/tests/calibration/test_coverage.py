"""Coverage of central intervals."""

import numpy as np
import pytest
from forwardax.calibration import coverage
from forwardax.calibration._null import binomial_interval
from forwardax.errors import FitError


def test_exact_posteriors_cover(exact):
    result = coverage(*exact(seed=0, count=1000), levels=(0.68, 0.95))
    assert result.passed
    for values in result.observed.values():  # 4 binomial sd
        np.testing.assert_allclose(values, [0.68, 0.95], atol=0.06)


@pytest.mark.parametrize(
    ("scale", "words"), [(0.6, "too narrow"), (1.6, "too wide")]
)
def test_a_wrong_width_is_caught_and_named(exact, scale, words):
    result = coverage(*exact(seed=1, scale=scale))
    assert not result.passed
    assert words in result.verdict
    assert "theta[0]" in result.verdict


@pytest.mark.parametrize("n_draws", [7, 20, 63])
def test_coverage_is_exact_for_few_draws(exact, n_draws):
    """Intervals between quantiles of 7 draws would cover 60 % at 68 %."""
    truths, draws = exact(seed=3, count=20_000, n_draws=n_draws)
    found = coverage(truths, draws, (0.68, 0.95)).observed["theta[0]"]
    np.testing.assert_allclose(found, [0.68, 0.95], atol=0.0132)  # 4 sd


def test_false_alarms_are_no_more_than_stated(exact):
    alarms = sum(
        not coverage(*exact(seed, 100, 15), key=seed, alpha=0.1).passed
        for seed in range(500)
    )
    assert alarms <= binomial_interval(500, 0.1, 1e-4)[1]


def test_angles_are_covered_across_the_seam():
    rng = np.random.default_rng(4)
    centre = rng.uniform(-0.1, 0.1, size=1000)
    truth = np.mod(centre + 0.2 * rng.normal(size=1000), np.pi)
    noise = 0.2 * rng.normal(size=(1000, 63))
    for scale, passes in ((1.0, True), (0.5, False)):
        draws = np.mod(centre[:, None] + scale * noise, np.pi)
        result = coverage({"phi": truth}, {"phi": draws}, cyclic={"phi": np.pi})
        assert result.passed == passes
    assert "too narrow" in result.verdict
    assert "too wide" not in result.verdict


def test_the_table_shows_levels_and_limits(exact):
    text = str(coverage(*exact(seed=0), (0.68, 0.95)))
    assert text.splitlines()[0].split() == ["level", "0.680", "0.950"]
    assert "allowed from" in text


@pytest.mark.parametrize("levels", [(), (0.5, 1.0), (-0.1,)])
def test_levels_are_between_0_and_1(exact, levels):
    with pytest.raises(FitError, match="between 0 and 1"):
        coverage(*exact(seed=0), levels)
