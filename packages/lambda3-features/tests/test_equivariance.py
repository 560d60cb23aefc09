"""Units and levels change nothing but the numbers that carry them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from lambda3_features import (
    FeatureConfig,
    analyze_many,
    analyze_pair,
    analyze_series,
    binary_segmentation,
    bocpd,
    crisis_score,
    extract_features,
    hierarchical_events,
    hierarchical_percentile_events,
    robust_events,
    scale_breaks,
    structural_drift,
    structural_resonance,
    tension_correlation,
)

seeds = st.integers(0, 2**32)


def make(seed, n=160):
    """A series with jumps, spells of large steps and a drift."""
    rng = np.random.default_rng(seed)
    spell = np.where(np.arange(n) // 40 % 2, 3.0, 1.0)
    steps = rng.standard_t(4, size=n) * spell + 0.1
    steps[rng.choice(n, 4)] += 25
    return steps.cumsum()


def of_unit(x):
    """Results in the unit of the series, then those without one."""
    one, events = analyze_series(x), robust_events(x)
    online = bocpd(x)
    units = {
        "level": one.segmentation.levels,
        "fitted": binary_segmentation(x).fitted(),
        "bocpd": online.segmentation.levels,
        "size": events.size,
        "threshold": np.array([events.threshold]),
        "tension": one.tension,
        "regimes": one.regimes.tension,
        "mean": np.array([one.features.mean_tension]),
    }
    levels = hierarchical_events(x)
    old = hierarchical_percentile_events(x)
    drift = structural_drift(x)
    plain = {
        "index": events.index,
        "sign": events.sign,
        "z": events.z,
        "pelt": one.segmentation.breakpoints,
        "binseg": binary_segmentation(x).breakpoints,
        "run": online.run_length,
        "p_change": online.p_change,
        "regime": one.regimes.labels,
        "moves": one.regimes.transition_matrix,
        "escalating": one.separation.escalating,
        "lift": np.array([one.separation.escalation.lift]),
        "score": one.features.local_score,
        "local": levels.local_pos - levels.local_neg,
        "global": levels.global_pos - levels.global_neg,
        "old": old.mixed_pos - old.mixed_neg,
        "drift": drift.score,
        "breaks": np.concatenate(list(scale_breaks(x).values())),
    }
    return units, plain


@given(seeds, st.integers(-40, 40))
@settings(max_examples=25)
def test_powers_of_two_change_the_unit_exactly(seed, power):
    x = make(seed)
    units, plain = of_unit(x)
    scaled_units, scaled = of_unit(x * 2.0**power)
    for name, value in units.items():
        np.testing.assert_array_equal(
            scaled_units[name], value * 2.0**power, err_msg=name
        )
    for name, value in plain.items():
        if name in ("run", "p_change", "bocpd", "regime", "moves", "tension"):
            # Logarithms of the unit come in, and go out to rounding.
            np.testing.assert_allclose(
                scaled[name], value, atol=1e-9, err_msg=name
            )
        else:
            np.testing.assert_array_equal(scaled[name], value, err_msg=name)


@given(seeds, st.floats(-1e5, 1e5), st.floats(1e-3, 1e3))
@settings(max_examples=25)
def test_levels_and_units_move_nothing(seed, shift, scale):
    x = make(seed)
    units, plain = of_unit(x)
    moved_units, moved = of_unit(scale * x + shift)
    size = abs(shift) + scale * np.abs(x).max()
    for name, value in units.items():
        level = shift if name in ("level", "fitted", "bocpd") else 0.0
        np.testing.assert_allclose(
            moved_units[name],
            scale * value + level,
            rtol=1e-7,
            atol=1e-9 * size,
            err_msg=name,
        )
    # Rounding of the level, in units of the noise, is what is left.
    noise = 1e-9 * size / scale
    for name, value in plain.items():
        np.testing.assert_allclose(
            moved[name], value, rtol=1e-6, atol=1e-9 + noise, err_msg=name
        )


@given(seeds, st.floats(-1e4, 1e4), st.floats(1e-2, 1e2))
@settings(max_examples=10)
def test_series_of_different_units_can_be_compared(seed, shift, scale):
    a, b = make(seed), make(seed + 1)
    c = scale * b + shift
    pair, moved = analyze_pair(a, b), analyze_pair(a, c)
    for kind, profile in pair.sync.items():
        np.testing.assert_array_equal(profile.count, moved.sync[kind].count)
        assert profile.p_value == moved.sync[kind].p_value
    np.testing.assert_array_equal(pair.dynamic.rate, moved.dynamic.rate)
    for name in ("probability", "lift", "p_values"):
        np.testing.assert_array_equal(
            getattr(pair.forward, name), getattr(moved.forward, name)
        )
    one, other = (
        {k: extract_features(x) for k, x in {"a": a, "b": y}.items()}
        for y in (b, c)
    )
    np.testing.assert_allclose(
        structural_resonance(*one.values()).correlation,
        structural_resonance(*other.values()).correlation,
        atol=1e-7,
    )
    np.testing.assert_allclose(
        tension_correlation(one).correlation,
        tension_correlation(other).correlation,
        atol=1e-7,
    )
    np.testing.assert_allclose(
        crisis_score(one).score, crisis_score(other).score, atol=1e-7
    )


def test_the_sign_of_a_series_is_a_matter_of_names():
    x = make(0)
    up, down = extract_features(x), extract_features(-x)
    np.testing.assert_array_equal(up.delta_pos, down.delta_neg)
    np.testing.assert_array_equal(up.local_jump, down.local_jump)
    np.testing.assert_array_equal(up.rho_T, down.rho_T)


def test_the_order_of_series_is_a_matter_of_names():
    series = {str(k): make(k) for k in range(4)}
    turned = dict(reversed(series.items()))
    config = FeatureConfig(alpha=0.2)
    one, other = (
        analyze_many(s, config, n_permutations=199) for s in (series, turned)
    )
    np.testing.assert_array_equal(
        one.matrix.rate, other.matrix.rate[::-1, ::-1]
    )
    np.testing.assert_allclose(
        one.correlation.correlation, other.correlation.correlation[::-1, ::-1]
    )
    np.testing.assert_allclose(one.crises.score, other.crises.score)
