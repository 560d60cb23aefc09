"""Columns of the regressions, by hand."""

import numpy as np
import pytest
from lambda3_features import FeatureConfig, extract_features, model_problem
from lambda3_features.bayes import _columns


def test_a_lag_is_a_step_later():
    x = np.arange(1.0, 6.0)
    np.testing.assert_array_equal(_columns.lagged(x, 0), x)
    np.testing.assert_array_equal(_columns.lagged(x, 2), [0, 0, 1, 2, 3])


def test_time_is_standardised():
    t = np.asarray(_columns.trend(7))
    np.testing.assert_allclose([t.mean(), t.std()], [0, 1], atol=1e-15)
    np.testing.assert_allclose(np.diff(t), 1 / np.arange(7).std())


def test_rows_begin_where_every_lag_is_known():
    hidden = np.array([0, 0, 0, 1, 0], bool)
    np.testing.assert_array_equal(_columns.rows(4, 2, None), [0, 0, 1, 1])
    np.testing.assert_array_equal(_columns.rows(5, 1, hidden), [0, 1, 1, 0, 1])


def test_tension_is_above_its_mean_over_the_rows_that_count():
    column = np.array([5.0, 1.0, 3.0, 8.0])
    used = np.array([False, True, True, False])
    found = _columns.above_mean(column, used)
    np.testing.assert_array_equal(found, [0.0, -1.0, 1.0, 0.0])


def test_the_order_and_units_of_columns(make):
    n = 30
    system = make.interaction(n, lags=(0, 2), own_lag=1, spread=2.0)
    own, other = make.features(0, n), make.other(1, n)
    used = np.arange(n) >= 2
    np.testing.assert_array_equal(system.used, used)

    def later(x, lag):
        return np.concatenate([np.zeros(lag), x[: n - lag]])

    def centred(x):
        return np.where(used, x - x[used].mean(), 0.0)

    names = ("delta_pos", "delta_neg", "local_jump")
    t = np.arange(n)
    want = [np.ones(n), (t - t.mean()) / t.std()]
    want += [later(own[name], 1) for name in names]
    want += [centred(later(own["tension"] / 2.0, 1))]
    for name in ("other_pos", "other_neg"):
        want += [later(other[name], lag) for lag in (0, 2)]
    theirs = other["other_tension"] / other["other_spread"]
    want += [centred(later(theirs, lag)) for lag in (0, 2)]
    np.testing.assert_allclose(system.columns, np.stack(want, 1), atol=1e-12)
    # A spread for each event; a slope for each step; tension over tension.
    units = [2.0, 2.0 / t.std(), 2.0, 2.0, 2.0, 1.0, *[2.0] * 4]
    units += [2.0 / other["other_spread"]] * 2
    np.testing.assert_allclose(system.per_unit, units)


def test_what_a_term_would_need_of_a_missing_value_is_left_out():
    rng = np.random.default_rng(0)
    config = FeatureConfig(missing="mask", window=1, local_window=3)
    x, y = rng.normal(size=(2, 40))
    x[9:11], y[19:21] = np.nan, np.nan
    ours, theirs = (extract_features(s, config) for s in (x, y))
    # Where both points of a window are missing there is no tension.
    gone = ~np.isfinite([ours.rho_T, theirs.rho_T])
    assert [np.flatnonzero(row).tolist() for row in gone] == [[10], [20]]
    problem = model_problem(ours, theirs, lags=(0, 2), own_lag=1)
    used = np.asarray(problem.system.used)
    want = np.ones(40, bool)
    want[[0, 1, 9, 10, 11, 20, 22]] = False
    np.testing.assert_array_equal(used, want)


def test_a_slope_is_one_per_step():
    pytest.importorskip("inference_numpyro", reason="has the estimators")
    from lambda3_features import fit_model

    rng = np.random.default_rng(0)
    line = 7.0 + 0.3 * np.arange(50) + 0.1 * rng.normal(size=50)
    found = fit_model(extract_features(line), terms=("trend",))
    slope, level = np.polyfit(np.arange(50) - 24.5, line, 1)
    # Points weigh by their tension here, and the prior shrinks a little.
    assert abs(found.mean["trend"] / slope - 1) < 0.01
    assert abs(found.mean["level"] - level) < found.sd["level"]
