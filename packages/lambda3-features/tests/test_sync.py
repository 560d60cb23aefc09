"""Synchronisation against the reference, definitions, and by chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from lambda3_features import (
    FeatureConfig,
    OptionError,
    SeriesError,
    conditional_sync,
    dynamic_sync,
    event_probability_matrix,
    extract_features,
    lagged_event_probability,
    structural_resonance,
    sync_matrix,
    sync_network,
    sync_profile,
    tension_correlation,
    threshold_network,
)
from lambda3_features._lags import events_of


@pytest.fixture(scope="module")
def features(reference):
    """Features of a reference input by the original definitions."""
    found = {}

    def get(name):
        if name not in found:
            x = reference.inputs[name]
            found[name] = extract_features(x, FeatureConfig.compatible())
        return found[name]

    return get


@pytest.fixture(scope="module")
def group(features):
    def get(entry):
        return {name: features(name) for name in entry["series"]}

    return get


def flags(features, reference, text):
    if ":" not in text:
        return reference.sync[text]
    name, field = text.split(":")
    return getattr(features(name), field)


def test_profiles_are_those_of_the_reference(reference, entries, features):
    for entry in entries("sync_profile"):
        a, b = (flags(features, reference, e) for e in entry["events"])
        found = sync_profile(
            a,
            b,
            entry["params"]["lag_window"],
            normalise="joint",
            test="none",
            ties="first",
        )
        (key,) = entry["outputs"]
        np.testing.assert_allclose(
            found.rate, reference.sync[key], rtol=0, atol=1e-12
        )
        told = entry["scalars"]
        assert found.max_rate == pytest.approx(told["max_sync_rate"], abs=1e-12)
        assert found.optimal_lag == told["optimal_lag"]


def test_dynamic_sync_is_that_of_the_reference(reference, entries, features):
    for entry in entries("dynamic_sync"):
        a, b = (flags(features, reference, e) for e in entry["events"])
        p = entry["params"]
        found = dynamic_sync(
            a, b, p["window"], p["lag_window"], normalise="joint", ties="first"
        )
        rate, lag = (reference.sync[key] for key in entry["outputs"])
        np.testing.assert_allclose(found.rate, rate, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(found.lag, lag)
        told = entry["scalars"]
        assert found.centre.size == told["n_windows"]
        ends = [found.centre[0], found.centre[-1]]
        assert ends == told["reference_time_points"]


def test_matrices_are_those_of_the_reference(reference, entries, group):
    for entry in entries("sync_matrix"):
        found = sync_matrix(
            group(entry),
            entry["params"]["lag_window"],
            events=entry["params"]["events"].removeprefix("delta_"),
            normalise="joint",
            unit_diagonal=True,
        )
        (key,) = entry["outputs"]
        np.testing.assert_allclose(
            found.rate, reference.sync[key], rtol=0, atol=1e-12
        )


def test_networks_are_those_of_the_reference(entries, group):
    for entry in entries("sync_network"):
        p = entry["params"]
        found = threshold_network(
            group(entry),
            p["lag_window"],
            sync_threshold=p["sync_threshold"],
            events=p["event_type"],
        )
        told = sorted(map(tuple, entry["edges"]))
        mine = sorted((e.source, e.target, e.rate, e.lag) for e in found)
        assert [(a, b, lag) for a, b, _, lag in mine] == [
            (a, b, lag) for a, b, _, lag in told
        ]
        np.testing.assert_allclose(
            [m[2] for m in mine], [t[2] for t in told], rtol=0, atol=1e-12
        )


def test_event_probabilities_are_those_of_the_reference(
    reference, entries, group, features
):
    for entry in entries("causality_matrix"):
        found = event_probability_matrix(group(entry), entry["params"]["lag"])
        (key,) = entry["outputs"]
        np.testing.assert_allclose(
            found, reference.sync[key], rtol=0, atol=1e-12
        )
    for entry in entries("lagged_event_causality"):
        p = entry["params"]
        for name, told in entry["patterns"].items():
            cause, effect = name.split("_to_")
            a, sign_a = cause.rsplit("_", 1)
            b, sign_b = effect.rsplit("_", 1)
            found = lagged_event_probability(
                features(a), features(b), p["lag_window"], epsilon=p["eps"]
            )
            np.testing.assert_allclose(
                found.of(sign_a, sign_b), told, rtol=0, atol=1e-12
            )


def test_resonance_is_that_of_the_reference(reference, entries, features):
    for entry in entries("structural_resonance"):
        a, b = map(features, entry["series"])
        found = structural_resonance(a, b, entry["params"]["lag_window"])
        (key,) = entry["outputs"]
        np.testing.assert_allclose(
            found.correlation, reference.sync[key], rtol=0, atol=1e-12
        )
        told = entry["scalars"]
        assert found.optimal_lag == told["optimal_lag"]
        assert found.max_resonance == pytest.approx(told["max_resonance"])


def test_conditional_sync_is_that_of_the_reference(entries, features):
    for entry in entries("conditional_sync"):
        a, b = map(features, entry["series"])
        found = conditional_sync(
            a.delta_pos, b.delta_pos, a.rho_T, entry["params"]["threshold"]
        )
        assert found.rate == entry["scalars"]["rate"]


# --- definitions -------------------------------------------------------------

marks = hnp.arrays(np.int8, st.integers(1, 60), elements=st.integers(0, 1))


@given(marks, st.integers(0, 70), st.data())
def test_rates_are_means_of_products(a, max_lag, data):
    b = data.draw(hnp.arrays(np.int8, a.size, elements=st.integers(0, 1)))
    found = {
        how: sync_profile(a, b, max_lag, normalise=how, test="none").rate
        for how in ("joint", "jaccard", "excess")
    }
    for k, lag in enumerate(range(-max_lag, max_lag + 1)):
        size = abs(lag)
        if size >= a.size:
            assert all(rate[k] == 0 for rate in found.values())
            continue
        head, tail = slice(0, a.size - size), slice(size, a.size)
        x, y = (a[head], b[tail]) if lag >= 0 else (a[tail], b[head])
        joint = np.mean(x * y)
        assert found["joint"][k] == pytest.approx(joint, abs=1e-15)
        either = np.mean(x | y)
        if either:
            assert found["jaccard"][k] == pytest.approx(joint / either)
        most = min(x.mean(), y.mean()) - x.mean() * y.mean()
        if most > 1e-9:
            excess = (joint - x.mean() * y.mean()) / most
            assert found["excess"][k] == pytest.approx(excess, abs=1e-12)


@given(marks, st.integers(1, 20), st.integers(0, 12), st.data())
def test_a_window_is_a_series_of_its_own(a, window, max_lag, data):
    b = data.draw(hnp.arrays(np.int8, a.size, elements=st.integers(0, 1)))
    window = min(window, a.size)
    how = data.draw(st.sampled_from(["joint", "jaccard", "excess"]))
    ties = data.draw(st.sampled_from(["nearest", "first"]))
    found = dynamic_sync(a, b, window, max_lag, normalise=how, ties=ties)
    assert found.rate.size == found.lag.size == a.size - window + 1
    for i in range(found.rate.size):
        part = slice(i, i + window)
        alone = sync_profile(
            a[part], b[part], max_lag, normalise=how, test="none", ties=ties
        )
        assert found.rate[i] == pytest.approx(alone.max_rate, abs=1e-12)
        if alone.rate[alone.rate == alone.max_rate].size == 1:
            assert found.lag[i] == alone.optimal_lag


def test_a_positive_lag_means_that_the_first_leads():
    rng = np.random.default_rng(0)
    lead = (rng.random(400) < 0.05).astype(np.int8)
    follow = np.roll(lead, 3)
    follow[:3] = 0
    ahead, behind = sync_profile(lead, follow), sync_profile(follow, lead)
    assert (ahead.optimal_lag, ahead.leader) == (3, "first")
    assert (behind.optimal_lag, behind.leader) == (-3, "second")
    np.testing.assert_array_equal(ahead.rate, behind.rate[::-1])
    matrix = sync_matrix({"lead": lead, "follow": follow})
    assert matrix.lag.tolist() == [[0, 3], [-3, 0]]
    (edge,) = sync_network({"x": follow, "y": lead}).edges
    assert (edge.source, edge.target, edge.lag) == ("y", "x", 3)


def test_a_series_is_in_step_with_itself():
    rng = np.random.default_rng(1)
    a = (rng.random(500) < 0.03).astype(np.int8)
    for how in ("jaccard", "excess"):
        found = sync_profile(a, a, normalise=how)
        assert (found.max_rate, found.optimal_lag) == (1.0, 0)
    assert found.p_value <= 21 / 500
    np.testing.assert_array_equal(
        np.diag(sync_matrix({"a": a, "b": a}).rate), 1
    )
    assert len(sync_network({"a": a, "b": a}).edges) == 1


def test_equal_rates_prefer_the_lag_nearest_to_zero():
    a = np.zeros(60, np.int8)
    a[[20, 40]] = 1
    b = np.roll(a, 2) | np.roll(a, -5)
    assert sync_profile(a, b, normalise="excess").optimal_lag in (2, -5)
    count = sync_profile(a, b, 20).count
    assert count[20 + 2] == count[20 - 5] == 2
    assert sync_profile(a, b, normalise="jaccard").optimal_lag == 2
    empty = np.zeros(60, np.int8)
    found = sync_profile(a, empty)
    assert (found.max_rate, found.optimal_lag, found.p_value) == (0, 0, 1)


@pytest.mark.parametrize("test", ["shift", "gaps", "exchangeable"])
def test_coupled_events_are_told_from_independent_ones(test):
    rng = np.random.default_rng(2)
    lead = (rng.random(2000) < 0.02).astype(np.int8)
    follow = np.roll(lead, 4) | (rng.random(2000) < 0.02)
    alone = (rng.random(2000) < 0.03).astype(np.int8)
    found = sync_profile(lead, follow.astype(np.int8), test=test)
    assert found.p_value <= 0.011 and found.optimal_lag == 4
    assert found.p_value >= found.p_floor or test == "shift"
    assert np.argmin(found.p_values) == 14
    assert sync_profile(lead, alone, test=test).p_value > 0.05


def test_clusters_do_not_look_like_coupling():
    """Bursts coincide by chance; only events that fall anywhere would not."""
    p = {"shift": [], "exchangeable": []}
    for seed in range(200):
        rng = np.random.default_rng(seed)
        a, b = (
            np.repeat(rng.random(60) < 0.06, 10).astype(np.int8)
            for _ in range(2)
        )
        for test, found in p.items():
            found.append(sync_profile(a, b, 3, test=test).p_value)
    assert np.mean(np.array(p["shift"]) <= 0.05) <= 0.05 + 3 * 0.0154
    assert np.mean(np.array(p["exchangeable"]) <= 0.05) > 0.1


def test_probabilities_come_with_baseline_lift_and_chance():
    rng = np.random.default_rng(3)
    x = rng.normal(size=1500).cumsum()
    y = rng.normal(size=1500).cumsum()
    jumps = rng.choice(np.arange(10, 1480), 30, replace=False)
    step = np.zeros(1500)
    step[jumps] = 20
    x, y = x + step.cumsum(), y - np.roll(step, 2).cumsum()
    a, b = extract_features(x), extract_features(y)
    for test in ("shift", "exchangeable"):
        found = lagged_event_probability(a, b, 4, test=test)
        best = np.unravel_index(np.argmin(found.q_values), (2, 2, 4))
        assert best == (0, 1, 1)  # up, then down, two steps later
        assert found.probability[best] > 0.9
        assert found.lift[best] > 30
        assert found.q_values[best] < 0.011
        others = np.delete(found.q_values.ravel(), 5)
        assert others.min() > 0.05
    back = lagged_event_probability(b, a, 4)
    assert back.q_values.min() > 0.05


def test_white_noise_has_a_base_rate_and_no_lift():
    rng = np.random.default_rng(4)
    a, b = (
        extract_features(rng.normal(size=1000), FeatureConfig.compatible())
        for _ in range(2)
    )
    found = lagged_event_probability(a, b)
    assert found.base_rate.max() < 0.03
    assert found.q_values.min() > 0.05
    with pytest.raises(OptionError, match="'lag'.*1 or more"):
        event_probability_matrix({"a": a, "b": b}, 0)


def test_coincidences_where_a_condition_holds():
    n = 400
    a = np.zeros(n, np.int8)
    a[[10, 50, 90, 210, 250]] = 1
    b = np.zeros(n, np.int8)
    b[[10, 50, 90, 310]] = 1
    condition = np.r_[np.ones(100), np.zeros(300)]
    found = conditional_sync(a, b, condition, 0.5)
    assert (found.n, found.n_a, found.n_b, found.count) == (100, 3, 3, 3)
    assert (found.rate, found.rate_elsewhere) == (0.03, 0.0)
    # Three of three among 100 points: 1 over (100 choose 3).
    assert found.p_value == pytest.approx(1 / 161700)
    other = conditional_sync(a, b, condition, 0.5, above=False)
    assert (other.count, other.p_value) == (0, 1.0)


def test_correlation_of_tensions_has_a_chance():
    rng = np.random.default_rng(5)
    shared = np.repeat(rng.gamma(2.0, size=40), 50)
    series = {
        "a": shared * rng.normal(size=2000),
        "b": np.roll(shared, 7) * rng.normal(size=2000),
        "c": np.repeat(rng.gamma(2.0, size=40), 50) * rng.normal(size=2000),
    }
    found = {name: extract_features(x) for name, x in series.items()}
    close = structural_resonance(found["a"], found["b"], 20)
    assert 3 < close.optimal_lag < 12 and close.p_value < 0.05
    assert structural_resonance(found["a"], found["c"], 20).p_value > 0.05
    matrix = tension_correlation(found)
    np.testing.assert_allclose(matrix.correlation, matrix.correlation.T)
    expected = np.corrcoef([f.rho_T for f in found.values()])
    np.testing.assert_allclose(matrix.correlation, expected, atol=1e-12)
    assert matrix.q_values[0, 1] < 0.05 < matrix.q_values[0, 2]


def test_few_false_edges_among_independent_series():
    false = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        flags = {
            str(k): (rng.random(500) < 0.04).astype(np.int8) for k in range(6)
        }
        false += bool(sync_network(flags, 5, n_permutations=399).edges)
    assert false <= 4  # 5 % each, four standard errors


def test_what_cannot_be_synchronised():
    a = np.zeros(50, np.int8)
    with pytest.raises(SeriesError, match="unequal lengths.*50 and 49"):
        sync_profile(a, a[1:])
    with pytest.raises(SeriesError, match="no.*flags.*2 at index 7"):
        sync_profile(a, np.where(np.arange(50) == 7, 2, 0))
    with pytest.raises(OptionError, match="did you mean 'jaccard'"):
        sync_profile(a, a, normalise="jacard")
    with pytest.raises(SeriesError, match="shorter than the window"):
        dynamic_sync(a, a, 51)
    with pytest.raises(SeriesError, match="'a' is constant"):
        structural_resonance(np.ones(50), np.arange(50.0))
    with pytest.raises(SeriesError, match="one length for all"):
        sync_matrix({"a": a, "b": a[1:]})


@given(
    hnp.arrays(np.int8, st.integers(1, 200), elements=st.integers(0, 1)),
    st.integers(0, 199),
    st.sampled_from([2, 3, 127, -1, -128]),
)
def test_flags_become_the_list_of_their_indices(flags, place, wrong):
    index, n = events_of(flags, "flags")
    assert n == flags.size
    np.testing.assert_array_equal(index, np.flatnonzero(flags))
    flags[place % n] = wrong
    with pytest.raises(SeriesError, match=f"{wrong} at index {place % n}"):
        events_of(flags, "flags")
