"""Features against the reference, and what they may and may not depend on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lambda3_features import (
    FeatureConfig,
    FeatureSet,
    extract_features,
    extract_many,
    hierarchical_events,
    hierarchical_percentile_events,
    rolling_change_points,
    scale_breaks,
    structural_drift,
)

FLAGS = ("delta_pos", "delta_neg", "local_jump")


def equal_off_ties(found, expected, ties):
    assert found.dtype == np.int8
    differ = np.flatnonzero(found != expected)
    assert set(differ) <= set(ties), differ


def test_features_are_those_of_the_reference(reference, entries):
    for entry in entries("extract_features"):
        x = reference.inputs[entry["input"]]
        found = extract_features(x, FeatureConfig.compatible(**entry["params"]))
        scale = max(1.0, np.abs(x).max())
        ties = entry["ties"]
        exact = entry["input"] == "integers"  # of whole numbers no rounding
        for key in entry["outputs"]:
            name = key.rpartition("/")[2]
            expected = reference.features[key]
            if name in FLAGS:
                kind = "local_jump" if name == "local_jump" else "delta"
                allowed = [] if exact and kind == "delta" else ties[kind]
                equal_off_ties(getattr(found, name), expected, allowed)
            else:
                np.testing.assert_allclose(
                    getattr(found, name), expected, rtol=0, atol=1e-9 * scale
                )
        told = entry["scalars"]
        for name in ("diff_threshold", "score_threshold"):
            assert getattr(found, name) == pytest.approx(told[name], rel=1e-12)
        for name in ("n_pos", "n_neg", "jump_asymmetry"):
            assert getattr(found, name) == told[name]
        if not ties["local_jump"]:
            assert found.n_local == told["n_local"]
        for name in ("mean_tension", "max_tension", "tension_variability"):
            # A mean over the level of the series, hence its rounding.
            assert getattr(found, name) == pytest.approx(
                told[name], rel=1e-9, abs=1e-9 * scale
            )
        assert found.high_tension(90).size == told["n_high_tension_p90"]


def test_hierarchical_events_are_those_of_the_reference(reference, entries):
    for entry in entries("hierarchical_events"):
        p = dict(entry["params"])
        assert p.pop("score_local_window") == p["local_window"]
        found = hierarchical_percentile_events(
            reference.inputs[entry["input"]], **p
        )
        names = {
            "delta_LambdaC_pos": "delta_pos",
            "delta_LambdaC_neg": "delta_neg",
            "local_jump_detect": "local_jump",
        }
        for key in entry["outputs"]:
            name = key.rpartition("/")[2]
            np.testing.assert_array_equal(
                getattr(found, names.get(name, name)), reference.hierarchy[key]
            )
        for name, value in found.summary().items():
            assert value == pytest.approx(entry["scalars"][name], rel=1e-12)


def test_drift_is_that_of_the_reference(reference, entries):
    for entry in entries("structural_drift"):
        found = structural_drift(
            reference.inputs[entry["input"]], **entry["params"], epsilon=1e-8
        )
        score, events = (reference.hierarchy[key] for key in entry["outputs"])
        np.testing.assert_allclose(found.score, score, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(found.events, events)
        told = {int(k): v for k, v in entry["scale_breaks"].items()}
        assert found.break_counts == told


def test_scale_breaks_are_those_of_the_reference(reference, entries):
    for entry in entries("scale_breaks"):
        found = scale_breaks(
            reference.inputs[entry["input"]], **entry["params"]
        )
        told = {int(k): v for k, v in entry["breaks"].items()}
        assert {k: v.tolist() for k, v in found.items()} == told


def test_rolling_change_points_are_those_of_the_reference(reference, entries):
    for entry in entries("change_points_rolling"):
        params = entry["params"]
        found = rolling_change_points(
            reference.inputs[entry["input"]],
            window=params["window_size"],
            factor=params["threshold_factor"],
        )
        assert found.tolist() == entry["change_points"]


def arrays_of(features):
    return {name: getattr(features, name) for name in FeatureSet.causality()}


@given(
    st.integers(0, 2**32),
    st.integers(-30, 30),
    st.sampled_from([FeatureConfig(), FeatureConfig.compatible()]),
)
def test_a_power_of_two_changes_units_and_nothing_else(seed, power, config):
    rng = np.random.default_rng(seed)
    x = rng.standard_t(3, size=120).cumsum()
    plain, scaled = (extract_features(s, config) for s in (x, x * 2.0**power))
    units = {"data", "rho_T", "local_std"}
    for name, array in arrays_of(plain).items():
        other = getattr(scaled, name)
        if name in units:
            array = array * 2.0**power
        if config.events == "percentile" and name.startswith("local_"):
            continue  # the original adds a fixed number to a scale
        np.testing.assert_array_equal(other, array)
    assert scaled.diff_threshold == plain.diff_threshold * 2.0**power


@given(
    st.integers(0, 2**32),
    st.floats(-1e6, 1e6),
    st.floats(1e-3, 1e3),
    st.sampled_from([-1.0, 1.0]),
)
def test_shifts_and_scales_move_no_event(seed, shift, scale, sign):
    rng = np.random.default_rng(seed)
    x = rng.standard_t(2, size=150).cumsum()
    plain = extract_features(x)
    moved = extract_features(sign * scale * x + shift)
    off = np.abs(plain.local_score / plain.score_threshold - 1)
    assert not np.any(off < 1e-6)  # no tie
    names = ("delta_pos", "delta_neg")
    if sign < 0:
        names = names[::-1]
    np.testing.assert_array_equal(moved.delta_pos, getattr(plain, names[0]))
    np.testing.assert_array_equal(moved.delta_neg, getattr(plain, names[1]))
    np.testing.assert_array_equal(moved.local_jump, plain.local_jump)
    size = abs(shift) + scale * np.abs(x).max()
    np.testing.assert_allclose(
        moved.rho_T, scale * plain.rho_T, rtol=1e-9, atol=1e-14 * size
    )
    one, other = hierarchical_events(x), hierarchical_events(scale * x + shift)
    np.testing.assert_array_equal(one.delta_pos, other.delta_pos)
    np.testing.assert_array_equal(one.mixed_neg, other.mixed_neg)


def test_causal_fields_do_not_look_ahead_and_the_others_do():
    rng = np.random.default_rng(0)
    x = rng.normal(size=300).cumsum()
    x[100:] += 9.0
    x[80:] -= 9.0
    changed = np.r_[x[:101], rng.normal(size=199) * 40]
    before, after = extract_features(x), extract_features(changed)
    told = FeatureSet.causality()
    assert set(told) == set(arrays_of(before))
    for name, kind in told.items():
        same = np.array_equal(
            getattr(before, name)[:101],
            getattr(after, name)[:101],
            equal_nan=True,
        )
        assert same == (kind == "causal"), name


def test_a_missing_value_costs_only_what_depends_on_it(walk):
    x, where = walk(400, jumps=4, size=30, seed=3)
    holes = [50, 51, 200]
    gaps = x.copy()
    gaps[holes] = np.nan
    config = FeatureConfig(missing="mask")
    full, found = extract_features(x), extract_features(gaps, config)
    assert not set(where) & {50, 51, 52, 200, 201}
    np.testing.assert_array_equal(found.delta_pos, full.delta_pos)
    np.testing.assert_array_equal(found.delta_neg, full.delta_neg)
    np.testing.assert_array_equal(np.flatnonzero(~found.observed), holes)
    clear = np.ones(400, bool)
    clear[50:62] = clear[200:211] = False
    np.testing.assert_allclose(
        found.rho_T[clear], full.rho_T[clear], rtol=1e-12
    )
    assert np.isfinite(found.rho_T).all()
    assert found.summary()["n_missing"] == 3


def test_many_series_are_each_as_alone(walk):
    many = {str(k): walk(100 + k, jumps=2, seed=k)[0] for k in range(6)}
    for parallel in (1, 3, None):
        found = extract_many(many, parallel=parallel)
        assert list(found) == list(many)
        for name, x in many.items():
            alone = extract_features(x)
            for key, array in arrays_of(alone).items():
                np.testing.assert_array_equal(getattr(found[name], key), array)
    table = np.stack([x[:100] for x in many.values()])
    rows = extract_many(table, FeatureConfig.compatible())
    assert list(rows) == ["0", "1", "2", "3", "4", "5"]


def test_events_as_lists(walk):
    x, where = walk(500, jumps=5, size=20, seed=1)
    features = extract_features(x)
    events = features.events()
    assert events.index.tolist() == where.tolist()
    np.testing.assert_array_equal(events.flags(1), features.delta_pos)
    np.testing.assert_array_equal(events.flags(-1), features.delta_neg)
    np.testing.assert_array_equal(events.size, np.diff(x)[where - 1])
    assert (np.sign(events.z) == events.sign).all()
    assert np.abs(events.z).min() > 4
    assert len(events) == 5 and events.alpha == 0.05
    old = extract_features(x, FeatureConfig.compatible()).events()
    assert len(old) == 15 and np.isnan(old.alpha)
