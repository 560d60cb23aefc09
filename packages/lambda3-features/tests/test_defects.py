"""What the original definitions get wrong, and that the sound ones do not.

The original definitions are kept for comparison: each test shows both.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
from lambda3_features import (
    FeatureConfig,
    OptionError,
    analyze_many,
    dynamic_sync,
    event_probability_matrix,
    extract_features,
    hmm_regimes,
    kmeans_regimes,
    lagged_event_probability,
    load,
    pelt,
    rolling_change_points,
    save,
    sync_matrix,
    sync_network,
    sync_profile,
    threshold_network,
)

ORIGINAL = FeatureConfig.compatible()


def test_percentiles_flag_a_fixed_share_of_pure_noise():
    for seed in range(20):
        x = np.random.default_rng(seed).normal(size=1000)
        old, new = extract_features(x, ORIGINAL), extract_features(x)
        assert old.n_pos + old.n_neg == old.n_local == 30
        assert new.n_pos + new.n_neg <= 1


def test_percentiles_miss_jumps_beyond_their_share(walk):
    x, where = walk(1000, 100, 8.0)
    old, new = (extract_features(x, c).events() for c in (ORIGINAL, None))
    assert len(old) == 30
    assert np.isin(where, new.index).mean() > 0.95


@pytest.mark.parametrize("size", [10.0, 50.0, 1000.0])
def test_a_jump_in_its_own_window_hides_itself(size):
    """At most 2 for a step whatever its size; the sound score grows."""
    old_hits, new_hits = 0, 0
    for seed in range(40):
        x = np.random.default_rng(seed).normal(size=400)
        x[200:] += size
        old, new = extract_features(x, ORIGINAL), extract_features(x)
        old_hits += old.local_jump[200]
        new_hits += new.local_jump[200] + (size < 20)  # 7 sigma: too near
        assert old.local_score[200] < 2.6
    assert old_hits == 0 and new_hits >= 39


def test_a_series_is_not_in_step_with_itself():
    x = np.random.default_rng(0).normal(size=1000).cumsum()
    features = extract_features(x, ORIGINAL)
    pair = {"a": features, "b": features}
    old = sync_profile(
        features.delta_pos, features.delta_pos, normalise="joint"
    )
    assert old.max_rate < 0.03
    assert threshold_network(pair) == ()
    assert sync_matrix(pair, normalise="joint").rate.max() <= 0.03
    (edge,) = sync_network(pair).edges
    assert edge.rate == 1.0 and edge.q_value < 0.01
    np.testing.assert_array_equal(sync_matrix(pair).rate, 1.0)


def test_positive_lags_are_those_of_a_leader(reference):
    lead, follow = (
        extract_features(reference.inputs[name], ORIGINAL).delta_pos
        for name in ("lead", "lag3")
    )
    found = sync_profile(lead, follow)
    assert (found.optimal_lag, found.leader) == (3, "first")


def test_change_points_of_noise_are_one_for_each_window():
    old, new = [], []
    for n in (200, 500, 1000, 2000):
        x = np.random.default_rng(n).normal(size=n)
        old.append(len(rolling_change_points(x)))
        new.append(len(pelt(x).breakpoints))
    assert old[-1] > 25 and old == sorted(old)
    assert new == [0, 0, 0, 0]


def test_one_step_is_one_change_point():
    old, new = [], []
    for seed in range(40):
        x = np.random.default_rng(seed).normal(size=400)
        x[200:] += 5
        old.append(rolling_change_points(x).tolist())
        new.append(pelt(x).breakpoints.tolist())
    assert not any(len(found) == 1 for found in old)
    exact = [len(one) == 1 and abs(one[0] - 200) <= 1 for one in new]
    assert np.mean(exact) >= 0.97


def test_following_events_are_set_against_a_baseline():
    """Runs of noise give chances of 0.2 and more; their lift is no evidence."""
    largest, certain = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        a, b = (
            extract_features(rng.normal(size=500), ORIGINAL) for _ in range(2)
        )
        old = event_probability_matrix({"a": a, "b": b}, 1)
        found = lagged_event_probability(a, b, 5)
        largest.append(max(old[0, 1], old[1, 0]))
        certain.append(found.q_values.min())
    assert np.mean(np.array(largest) > 0.1) > 0.15
    # Once in 20 by design; three standard errors of 60 trials.
    assert np.mean(np.array(certain) <= 0.05) <= 0.05 + 3 * 0.028


def test_missing_values_never_pass_as_numbers():
    x = np.random.default_rng(0).normal(size=100)
    x[40] = np.nan
    for config in (ORIGINAL, FeatureConfig()):
        with pytest.raises(ValueError, match="missing values.*index 40"):
            extract_features(x, config)
    masked = extract_features(x, FeatureConfig.compatible(missing="mask"))
    assert masked.n_pos + masked.n_neg == 3
    assert np.isfinite(masked.rho_T).all()


@pytest.mark.parametrize("window", [20, 21])
def test_there_is_one_time_for_each_window(window):
    flags = (np.random.default_rng(0).random(50) < 0.2).astype(np.int8)
    found = dynamic_sync(flags, flags, window)
    assert found.centre.size == found.rate.size == 51 - window
    assert found.centre[-1] + (window - 1) // 2 == 49


def test_lag_zero_has_no_direction():
    features = {"a": extract_features(np.arange(50.0) % 7)}
    with pytest.raises(OptionError, match="'lag'.*1 or more"):
        event_probability_matrix(features, 0)


def test_what_the_caller_has_is_left_alone(tmp_path):
    rng = np.random.default_rng(0)
    series = {str(k): rng.normal(size=200).cumsum() for k in range(3)}
    before = {name: x.copy() for name, x in series.items()}
    found = analyze_many(series, n_permutations=99)
    rate = found.matrix.rate.copy()
    save(found, tmp_path / "many")
    for name, x in series.items():
        np.testing.assert_array_equal(x, before[name])
        x[:] = 0  # nor do the features change with what they came from
        np.testing.assert_array_equal(found.features[name].data, before[name])
    np.testing.assert_array_equal(found.matrix.rate, rate)
    assert load(tmp_path / "many").names == ("0", "1", "2")


def test_a_configuration_makes_no_folders_and_flips_no_switch(tmp_path):
    code = (
        "import jax, numpy, lambda3_features as l;"
        "l.extract_features(numpy.arange(40.0) % 7, l.FeatureConfig());"
        "import lambda3_features.boundary;"
        "print(jax.config.jax_enable_x64)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "JAX_ENABLE_X64"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.strip() == "False"
    assert not list(tmp_path.iterdir())


def test_clusters_flicker_and_hidden_states_do_not(reference):
    features = extract_features(reference.inputs["variance_regimes"], ORIGINAL)
    old = kmeans_regimes(features)
    new = hmm_regimes(features)
    assert old.n_transitions >= 20
    assert new.n_transitions == 2
    np.testing.assert_allclose(new.transitions(), [200, 400], atol=12)
    quiet = extract_features(np.random.default_rng(0).normal(size=600))
    assert kmeans_regimes(quiet, 2, using=["rho_T"]).n_transitions > 20
    assert hmm_regimes(quiet).n_transitions <= 3
