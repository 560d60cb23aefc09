"""Scores of local jumps against their definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lambda3_features import FeatureConfig, extract_features
from scipy import stats


def definition(x, half, alpha):
    """Student's t of each difference against those around it."""
    d = np.r_[np.nan, np.diff(x)]
    n = x.size
    limits = {
        m: stats.t.isf(alpha / (2 * (n - 1)), max((m - 1) / 1.5, 1))
        for m in range(3, 2 * half + 1)
    }
    most = min(2 * (half - 1), n)
    scores = np.full(n, np.nan)
    for i in range(1, n):
        around = [
            d[j]
            for j in range(max(i - half, 1), min(i + half + 1, n))
            if abs(j - i) > 1 and not np.isnan(d[j])
        ]
        m = len(around)
        if m < 3 or np.isnan(d[i]):
            continue
        spread = np.std(around, ddof=1) * np.sqrt(1 + 1 / m)
        score = abs(d[i] - np.mean(around)) / spread
        scores[i] = score * limits[most] / limits[m]
    return scores, limits[most]


@given(
    st.integers(0, 2**32),
    st.integers(3, 15),
    st.integers(30, 80),
    st.booleans(),
)
def test_scores_are_those_of_the_definition(seed, half, n, holes):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n).cumsum()
    if holes:
        x[rng.choice(n, 4, replace=False)] = np.nan
    config = FeatureConfig(local_window=half, alpha=0.02, missing="mask")
    found = extract_features(x, config)
    scores, limit = definition(x, half, 0.02)
    np.testing.assert_allclose(found.local_score, scores, rtol=1e-9)
    assert found.score_threshold == pytest.approx(limit)
    known = np.where(np.isnan(scores), 0, scores)
    np.testing.assert_array_equal(found.local_jump, known > limit)


@pytest.mark.parametrize("size", [20.0, 50.0, 1000.0])
def test_a_jump_does_not_hide_itself(size):
    """The score grows with the jump, in noise and in a random walk."""
    hits = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        for x in (rng.normal(size=400), rng.normal(size=400).cumsum()):
            x[200:] += size
            found = extract_features(x)
            hits.append(found.local_jump[200])
            assert np.nanargmax(found.local_score) == 200
    assert np.mean(hits) > 0.9


def test_rounding_is_no_jump():
    ramp = 0.1 * np.arange(200) + 1e4
    found = extract_features(ramp)
    assert found.n_local == found.n_pos == found.n_neg == 0
    stairs = np.repeat([0.0, 1.0], 100)
    found = extract_features(stairs)
    assert np.flatnonzero(found.local_jump).tolist() == [100]
    assert np.flatnonzero(found.delta_pos).tolist() == [100]
