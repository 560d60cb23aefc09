"""Regimes, crises and levels of events."""

from itertools import permutations, product

import numpy as np
import pytest
from lambda3_features import (
    FeatureConfig,
    OptionError,
    SeriesError,
    crisis_score,
    extract_features,
    hierarchical_percentile_events,
    hierarchical_separation,
    hmm_regimes,
    kmeans_regimes,
)
from lambda3_features._hmm import best_path, forward_backward
from scipy.special import comb


def rand_index(a, b):
    """Adjusted Rand index of two labellings."""
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    pairs = comb(table, 2).sum()
    rows, columns = (comb(table.sum(axis=k), 2).sum() for k in (1, 0))
    expected = rows * columns / comb(a.size, 2)
    return (pairs - expected) / ((rows + columns) / 2 - expected)


def test_clusters_are_those_of_the_reference(reference, entries):
    for entry in entries("regimes_kmeans"):
        x = reference.inputs[entry["input"]]
        features = extract_features(x, FeatureConfig.compatible())
        p = entry["params"]
        names = [n.replace("LambdaC_", "") for n in p["features"]]
        # The original keeps its first run, which is not the tightest.
        found = kmeans_regimes(
            features, p["n_regimes"], using=names, n_starts=1, seed=0
        )
        (key,) = entry["outputs"]
        told = reference.regimes[key].astype(int)
        assert rand_index(found.labels, told) >= 0.98
        matrix = np.array(entry["transition_matrix"])
        assert found.n_transitions == entry["n_transitions"]
        # Labels are arbitrary there; here they go by tension.
        assert any(
            np.allclose(found.transition_matrix, matrix[np.ix_(o, o)])
            and np.allclose(
                found.durations, [entry["durations"][str(k)] for k in o]
            )
            for o in permutations(range(p["n_regimes"]))
        )
        assert (np.diff(found.tension) > 0).all()


def test_crises_are_those_of_the_reference(reference, entries):
    for entry in entries("structural_crisis"):
        config = FeatureConfig.compatible()
        features = {
            name: extract_features(reference.inputs[name], config)
            for name in entry["series"]
        }
        p = entry["params"]
        found = crisis_score(
            features,
            threshold=p["crisis_threshold"],
            tension_weight=p["tension_weight"],
            epsilon=1e-8,
        )
        (key,) = entry["outputs"]
        np.testing.assert_allclose(
            found.score, reference.sync[key], rtol=0, atol=1e-9
        )
        assert found.episodes == tuple(map(tuple, entry["episodes"]))


@pytest.mark.parametrize("states", [2, 3])
def test_hidden_states_against_every_path(states):
    rng = np.random.default_rng(states)
    n = 6
    density = rng.random((n, states))
    start = rng.dirichlet(np.ones(states))
    move = rng.dirichlet(np.ones(states), size=states)
    alpha, state = np.empty((2, n, states))
    pairs = np.empty((states, states))
    found = forward_backward(density, start, move, alpha, state, pairs)
    weights = {}
    for path in product(range(states), repeat=n):
        p = start[path[0]] * density[0, path[0]]
        for t in range(1, n):
            p *= move[path[t - 1], path[t]] * density[t, path[t]]
        weights[path] = p
    total = sum(weights.values())
    assert found == pytest.approx(np.log(total))
    expected, moved = np.zeros((n, states)), np.zeros((states, states))
    for path, p in weights.items():
        expected[np.arange(n), path] += p / total
        np.add.at(moved, (path[:-1], path[1:]), p / total)
    np.testing.assert_allclose(state, expected)
    np.testing.assert_allclose(pairs, moved)
    best = np.empty(n, np.int64)
    best_path(np.log(density), np.log(start), np.log(move), best)
    assert tuple(best) == max(weights, key=lambda path: weights[path])


@pytest.fixture
def regimes():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 0, 1], [250, 150, 300, 200])
    return rng.normal(size=900) * np.where(truth == 1, 4.0, 1.0), truth


def test_regimes_do_not_flicker(regimes):
    x, truth = regimes
    features = extract_features(x)
    found = hmm_regimes(features)
    assert found.converged and found.n_regimes == 2
    assert found.n_transitions == 3
    assert rand_index(found.labels, truth) > 0.9
    np.testing.assert_allclose(found.transitions(), [250, 400, 700], atol=12)
    np.testing.assert_allclose(found.transition_matrix.sum(axis=1), 1)
    np.testing.assert_allclose(found.tension, [1.0, 4.0], rtol=0.2)
    flicker = kmeans_regimes(features, 2, using=("rho_T",))
    assert flicker.n_transitions > found.n_transitions
    assert found.durations.sum() == pytest.approx((250 + 300) / 2 + 175, 0.05)


def test_regimes_have_no_unit(regimes):
    x, _ = regimes
    plain = hmm_regimes(extract_features(x))
    for other in (x * 2.0**-20, x * 2.0**30):
        found = hmm_regimes(extract_features(other))
        np.testing.assert_array_equal(found.labels, plain.labels)
    shifted = hmm_regimes(extract_features(x * 1e-3 + 50))
    np.testing.assert_array_equal(shifted.labels, plain.labels)


def test_points_without_tension_say_nothing():
    rng = np.random.default_rng(1)
    x = rng.normal(size=400) * np.repeat([1.0, 5.0], 200)
    x[100:140] = x[100]
    found = hmm_regimes(extract_features(x))
    assert (found.labels[:195] == 0).all() and (found.labels[220:] == 1).all()
    gaps = np.where(np.arange(400) % 37 == 5, np.nan, x)
    masked = hmm_regimes(extract_features(gaps, FeatureConfig(missing="mask")))
    assert np.mean(masked.labels == found.labels) > 0.97


def test_what_has_no_regimes():
    with pytest.raises(SeriesError, match="'rho_T' is constant"):
        hmm_regimes(np.ones(50))
    with pytest.raises(SeriesError, match="too few points.*10 or more"):
        hmm_regimes(np.r_[np.zeros(50), 1.0, 2.0])
    with pytest.raises(SeriesError, match="negative.*-1 at index 3"):
        hmm_regimes(np.where(np.arange(50) == 3, -1.0, 1.0))
    with pytest.raises(OptionError, match="'n_regimes'.*2 or more"):
        hmm_regimes(np.arange(50.0), 1)
    features = extract_features(np.arange(50.0) % 7)
    with pytest.raises(OptionError, match="did you mean 'rho_T'"):
        kmeans_regimes(features, using=("rho",))
    with pytest.raises(SeriesError, match="no series"):
        crisis_score({})


def test_a_crisis_is_where_series_jump_together():
    rng = np.random.default_rng(2)
    series = {str(k): rng.normal(size=600) for k in range(4)}
    for x in series.values():
        x[300:305] += rng.normal(size=5) * 12
    features = {name: extract_features(x) for name, x in series.items()}
    found = crisis_score(features)
    assert found.by_series.shape == (4, 600) and found.names == tuple(series)
    longest = max(found.episodes, key=lambda e: e[1] - e[0])
    assert 298 <= longest[0] <= 301 and 305 <= longest[1] < 320
    assert 299 <= np.argmax(found.score) <= 306
    scaled = {name: extract_features(x * 2.0**12) for name, x in series.items()}
    np.testing.assert_array_equal(crisis_score(scaled).score, found.score)


def test_local_events_that_grow_into_global_ones():
    rng = np.random.default_rng(3)
    calm = np.arange(3000) % 200 < 50
    x = (rng.normal(size=3000) * np.where(calm, 0.1, 1.0)).cumsum()
    foreshocks = np.arange(225, 2900, 200)
    steps = np.zeros(3000)
    steps[foreshocks] = 2.5  # large where it is calm, not overall
    steps[foreshocks + 35] = 40.0
    found = hierarchical_separation(x + steps.cumsum(), horizon=40)
    assert found.escalation.n_first == 14
    assert found.escalating[foreshocks].all()
    assert found.escalation.probability == 1.0
    assert found.escalation.lift == 1 / found.escalation.base_rate > 3.5
    assert found.escalation.p_value < 0.05
    assert found.tension_local < found.tension_global
    wide = found.events.global_pos + found.events.global_neg
    assert found.deescalation.n_first == wide.sum() < 25
    assert found.deescalation.n_followed <= 1
    quiet = hierarchical_separation(rng.normal(size=500))
    assert quiet.escalation.p_value > 0.05


def test_levels_of_the_original_can_be_separated(reference):
    x = reference.inputs["walk_jumps"]
    events = hierarchical_percentile_events(x)
    found = hierarchical_separation(x, events=events, horizon=5)
    pure = events.pure_local_pos | events.pure_local_neg
    wide = events.global_pos | events.global_neg
    slow = [
        i
        for i in np.flatnonzero(pure & (1 - wide))
        if wide[i + 1 : i + 6].any()
    ]
    assert np.flatnonzero(found.escalating).tolist() == slow
    local = pure & (1 - wide)
    calmed = [
        i
        for i in np.flatnonzero(wide)
        if local[i + 1 : i + 6].any()
        and not wide[i + 1 : i + 2 + np.argmax(local[i + 1 : i + 6])].any()
    ]
    assert np.flatnonzero(found.deescalating).tolist() == calmed
    assert found.deescalation.n_followed == len(calmed) > 5
