"""Segmentations against all there are, the Nile, and published scores."""

from itertools import combinations, pairwise
from math import exp, log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from lambda3_features import (
    LevelPrior,
    OnlineDetector,
    OptionError,
    SeriesError,
    binary_segmentation,
    bocpd,
    covering,
    f1_margin,
    pelt,
)
from scipy import stats

NILE = Path(__file__).parents[3] / "examples" / "nile" / "nile.csv"
# Three of the five annotators of the benchmark of van den Burg and Williams
# mark the dam at Aswan, two mark nothing.
MARKED = [[28], [28], [28], [], []]


@pytest.fixture(scope="module")
def nile():
    if not NILE.exists():
        pytest.skip("no examples beside the package")
    return np.loadtxt(NILE, delimiter=",", skiprows=1, unpack=True)


def every_segmentation(n, min_size):
    for k in range(n):
        for cuts in combinations(range(1, n), k):
            bounds = (0, *cuts, n)
            if min(b - a for a, b in pairwise(bounds)) >= min_size:
                yield bounds


def cost_of(x, bounds):
    return sum(((p - p.mean()) ** 2).sum() for p in np.split(x, bounds[1:-1]))


@given(
    hnp.arrays(np.float64, st.integers(6, 11), elements=st.integers(-9, 9)),
    st.floats(0, 60),
    st.integers(1, 3),
)
def test_pelt_is_the_cheapest_of_all(x, penalty, min_size):
    if np.ptp(x) == 0:
        return
    found = pelt(x, penalty, min_size=min_size)
    mine = found.cost + penalty * found.breakpoints.size
    least = min(
        cost_of(x, bounds) + penalty * (len(bounds) - 2)
        for bounds in every_segmentation(x.size, min_size)
    )
    assert mine == pytest.approx(least, abs=1e-9)
    assert np.diff(found.bounds).min() >= min_size


def plain(x, penalty, min_size):
    """The same without dropping any start."""
    n, best, last = x.size, [-penalty], [0]
    for t in range(1, n + 1):
        values = {
            s: best[s] + ((x[s:t] - x[s:t].mean()) ** 2).sum() + penalty
            for s in range(t - min_size + 1)
            if s == 0 or s >= min_size
        }
        where = min(values, key=lambda s: values[s], default=0)
        best.append(values.get(where, np.inf))
        last.append(where)
    return best[n]


@pytest.mark.parametrize("min_size", [1, 2, 5, 9])
def test_dropping_starts_drops_no_answer(min_size):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        x = np.repeat(rng.normal(size=6) * 3, 20) + rng.normal(size=120)
        penalty = [0.5, 3.0, 20.0][seed % 3]
        found = pelt(x, penalty, min_size=min_size)
        mine = found.cost + penalty * found.breakpoints.size
        assert mine == pytest.approx(plain(x, penalty, min_size), rel=1e-12)


@pytest.mark.parametrize("seed", [6910, 10358, 10476, *range(60)])
def test_a_start_may_still_win_before_its_successor_is_long_enough(seed):
    """The first three are wrong if a start is dropped at once."""
    rng = np.random.default_rng(seed)
    n, min_size = int(rng.integers(12, 60)), int(rng.integers(4, 12))
    if 2 * min_size > n:
        return
    x = rng.integers(-4, 5, size=n) * np.where(
        rng.random(n) < 0.3, rng.choice([3.0, 10.0, 40.0]), 1.0
    )
    penalty = 10 ** rng.uniform(-3, 2)
    found = pelt(x, penalty, min_size=min_size)
    mine = found.cost + penalty * found.breakpoints.size
    assert mine == pytest.approx(plain(x, penalty, min_size), rel=1e-9)


def test_levels_of_a_staircase_are_found():
    rng = np.random.default_rng(0)
    truth = [0.0, 6.0, 2.0, 7.0]
    x = np.repeat(truth, 50) + rng.normal(size=200) / 2
    for take in (pelt, binary_segmentation, lambda s: bocpd(s).segmentation):
        found = take(x)
        assert found.breakpoints.tolist() == [50, 100, 150]
        np.testing.assert_allclose(found.levels, truth, atol=0.3)
        expected = cost_of(x, found.bounds)
        assert found.cost == pytest.approx(expected, rel=1e-12)
        fitted = found.fitted()
        assert fitted.shape == x.shape and np.ptp(fitted[50:100]) == 0


def test_the_number_of_cuts_may_be_given():
    x = np.repeat([0.0, 6.0, 2.0, 7.0], 10)
    found = binary_segmentation(x, n_breakpoints=2)
    assert found.breakpoints.size == 2 and np.isnan(found.penalty)
    assert binary_segmentation(x, n_breakpoints=0).breakpoints.size == 0
    assert binary_segmentation(x, n_breakpoints=30).breakpoints.size == 3
    with pytest.raises(OptionError, match="both.*leave one of them out"):
        binary_segmentation(x, 3.0, n_breakpoints=2)


def test_the_nile_changed_after_1898(nile):
    year, volume = nile
    for take in (pelt, binary_segmentation, lambda x: bocpd(x).segmentation):
        found = take(volume)
        assert year[found.breakpoints].tolist() == [1899]
        assert covering(MARKED, found.breakpoints, 100) == pytest.approx(0.888)
        assert f1_margin(MARKED, found.breakpoints, 100) == 1.0


def test_scores_are_the_published_ones(nile):
    """Of no breakpoint at all, van den Burg and Williams, table of `zero`."""
    del nile
    assert covering(MARKED, [], 100) == pytest.approx(0.75808)
    assert f1_margin(MARKED, [], 100) == pytest.approx(0.82353, abs=5e-6)
    # Their binseg and pelt cut one point earlier.
    assert covering(MARKED, [27], 100) == pytest.approx(0.880, abs=5e-4)
    assert f1_margin(MARKED, [27], 100) == 1.0


def test_scores_by_hand():
    assert covering([50], [50], 100) == 1
    assert covering([50], [], 100) == 0.5
    assert covering([50], [25], 100) == pytest.approx((25 + 100 / 3) / 100)
    assert f1_margin([50], [50, 70], 100) == pytest.approx(4 / 5)
    assert f1_margin([50], [55], 100) == 1
    assert f1_margin([50], [56], 100) == 0.5
    assert f1_margin([50], [56], 100, margin=6) == 1
    # Two guesses near one mark: one of them is wrong. Two marks near one
    # guess: one of them is missed.
    assert f1_margin([50], [49, 51], 100) == pytest.approx(4 / 5)
    assert f1_margin([49, 52], [50], 100) == pytest.approx(4 / 5)
    for score in (covering, f1_margin):
        with pytest.raises(OptionError, match="100.*0 to 99.*at the end"):
            score([50], [50, 100], 100)
        with pytest.raises(OptionError, match="'truth'.*-3"):
            score([-3], [50], 100)


@given(st.integers(0, 2**32), st.integers(-20, 20), st.floats(-1e4, 1e4))
@settings(max_examples=40)
def test_units_and_level_move_no_breakpoint(seed, power, shift):
    rng = np.random.default_rng(seed)
    x = np.repeat(rng.normal(size=4) * 4, 15) + rng.normal(size=60)
    for take in (pelt, binary_segmentation, lambda s: bocpd(s).segmentation):
        plain = take(x).breakpoints
        np.testing.assert_array_equal(take(x * 2.0**power).breakpoints, plain)
        np.testing.assert_array_equal(take(-3 * x + shift).breakpoints, plain)
    # Backwards it is the same series: exact methods see it so.
    there, back = pelt(x), pelt(x[::-1])
    assert back.cost + back.penalty * back.breakpoints.size == pytest.approx(
        there.cost + there.penalty * there.breakpoints.size, rel=1e-9
    )


# --- one point at a time -----------------------------------------------------

PRIOR = LevelPrior(mean=0.5, weight=0.7, shape=1.5, scale=2.0)


def log_marginal(x):
    """Log density of a segment: the product of its predictive densities."""
    total, prior = 0.0, PRIOR
    for value in x:
        m, k, a, b = prior.mean, prior.weight, prior.shape, prior.scale
        spread = np.sqrt(b * (k + 1) / (k * a))
        total += stats.t.logpdf(value, 2 * a, m, spread)
        prior = LevelPrior(
            mean=(k * m + value) / (k + 1),
            weight=k + 1,
            shape=a + 0.5,
            scale=b + k * (value - m) ** 2 / (2 * (k + 1)),
        )
    return total


def test_evidence_and_best_segmentation_are_those_of_all():
    x = (
        np.random.default_rng(0).normal(size=9)
        + np.r_[np.zeros(5), 6 * np.ones(4)]
    )
    hazard = 0.1
    found = bocpd(x, hazard, PRIOR)
    weights = {}
    for bounds in every_segmentation(9, 1):
        cuts = len(bounds) - 2
        weights[bounds] = sum(
            log_marginal(x[a:b]) for a, b in pairwise(bounds)
        ) + (cuts * log(hazard) + (8 - cuts) * log(1 - hazard))
    largest = max(weights.values())
    total = sum(exp(w - largest) for w in weights.values())
    assert found.log_evidence == pytest.approx(largest + log(total), abs=1e-9)
    best = max(weights, key=lambda b: weights[b])
    assert found.segmentation.bounds.tolist() == list(best)
    runs = np.zeros(10)
    for bounds, weight in weights.items():
        runs[9 - bounds[-2]] += exp(weight - largest) / total
    assert found.run_length[-1] == np.argmax(runs)
    assert found.p_change[-1] == pytest.approx(runs[1], abs=1e-9)
    assert found.expected_run[-1] == pytest.approx(runs @ np.arange(10))


def test_one_point_at_a_time_is_the_same():
    rng = np.random.default_rng(1)
    x = np.repeat([0.0, 8.0, 3.0], 60) + rng.normal(size=180)
    whole = bocpd(x, 0.02, PRIOR)
    detector = OnlineDetector(0.02, PRIOR)
    run = []
    p_change = []
    for value in x:
        p_change.append(detector.update(value))
        run.append(detector.run_length)
    np.testing.assert_allclose(p_change, whole.p_change, atol=1e-9)
    np.testing.assert_array_equal(run, whole.run_length)
    assert detector.log_evidence == pytest.approx(whole.log_evidence)
    assert whole.run_length[65] == 6 and whole.run_length[119] == 60
    shorter = bocpd(x[:100], 0.02, PRIOR)
    np.testing.assert_array_equal(shorter.p_change, whole.p_change[:100])


def test_what_cannot_be_cut():
    x = np.arange(20.0) % 3
    with pytest.raises(SeriesError, match="'x' is constant"):
        pelt(np.ones(20))
    with pytest.raises(SeriesError, match="missing values"):
        bocpd(np.r_[x, np.nan])
    with pytest.raises(SeriesError, match="two segments.*20 points.*22"):
        pelt(x, min_size=11)
    for options in ({"penalty": -1}, {"penalty": np.inf}, {"min_size": 0}):
        with pytest.raises(OptionError):
            binary_segmentation(x, **options)
    with pytest.raises(OptionError, match="'hazard'"):
        bocpd(x, 1.0)
    with pytest.raises(OptionError, match="'scale'"):
        LevelPrior(scale=0.0)
    with pytest.raises(SeriesError, match="no finite number"):
        OnlineDetector().update(np.nan)
