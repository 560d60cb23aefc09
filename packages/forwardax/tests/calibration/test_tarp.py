"""Expected coverage with random points."""

import numpy as np
import pytest
from forwardax.calibration import rank_test, tarp
from forwardax.calibration._null import binomial_interval
from forwardax.errors import FitError


def test_exact_posteriors_pass(exact):
    result = tarp(*exact(seed=0))
    assert result.passed
    assert result.curve[0] == 0
    assert result.curve[-1] == 1
    # The curve is on a grid, the deviation over all levels.
    assert np.abs(result.curve - result.levels).max() <= result.deviation
    assert "256 data sets" in str(result)


def test_false_alarms_are_as_rare_as_stated(exact):
    """1000 calibrated tests at 5 %: within the 1e-4 binomial limits."""
    alarms = sum(
        not tarp(*exact(seed, 50, 15), seed, alpha=0.05, simulations=999).passed
        for seed in range(1000)
    )
    low, high = binomial_interval(1000, 0.05, 1e-4)
    assert low <= alarms <= high


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_a_wrong_width_is_caught(exact, scale):
    result = tarp(*exact(seed=1, count=512, scale=scale))
    assert not result.passed
    assert "NOT calibrated" in result.verdict


def correlated(count=1000):
    """Truths correlated within each data set, draws with equal margins."""
    rng = np.random.default_rng(5)
    mix = np.linalg.cholesky([[1.0, 0.95], [0.95, 1.0]])
    centre = rng.normal(size=(count, 2))
    truth = centre + rng.normal(size=(count, 2)) @ mix.T
    return centre, truth, rng.normal(size=(count, 63, 2)), mix


def test_sees_a_dependence_that_margins_hide():
    """References depend on the data, as they may: on a diagonal of it."""
    centre, truth, noise, mix = correlated()
    references = centre + np.array([3.0, 3.0])
    right = {"theta": centre[:, None] + noise @ mix.T}
    wrong = {"theta": centre[:, None] + noise}
    truths = {"theta": truth}
    assert rank_test(truths, wrong).passed
    assert tarp(truths, right, references=references).passed
    assert not tarp(truths, wrong, references=references).passed


def test_units_do_not_matter(exact):
    truths, draws = exact(seed=0)
    scale = np.array([1e-6, 1e3])
    moved = tarp(
        {"theta": truths["theta"] * scale},
        {"theta": draws["theta"] * scale},
    )
    assert moved.deviation == pytest.approx(tarp(truths, draws).deviation)


def test_angles_across_the_seam():
    rng = np.random.default_rng(4)
    centre = rng.uniform(0, np.pi, size=1000)
    truth = np.mod(centre + 0.2 * rng.normal(size=1000), np.pi)
    noise = 0.2 * rng.normal(size=(1000, 63))
    references = np.mod(centre + 0.3, np.pi)[:, None]
    for scale, passes in ((1.0, True), (0.5, False)):
        draws = np.mod(centre[:, None] + scale * noise, np.pi)
        result = tarp(
            {"phi": truth},
            {"phi": draws},
            references=references,
            cyclic={"phi": np.pi},
        )
        assert result.passed == passes


def test_a_constant_parameter_changes_nothing(exact):
    truths, draws = exact(seed=0)
    truths["fixed"], draws["fixed"] = np.ones(256), np.ones((256, 63))
    assert tarp(truths, draws).passed


def test_references_must_fit(exact):
    with pytest.raises(FitError, match=r"\(256, 2\)"):
        tarp(*exact(seed=0), references=np.zeros((256, 3)))
