"""From features to results in the units of the series."""

import json
from dataclasses import replace

import forwardax as fx
import numpy as np
import pytest
from lambda3_features import (
    FeatureConfig,
    SeriesError,
    compare_models,
    extract_features,
    fit_many,
    fit_model,
    leave_future_out,
    model_problem,
)

N = 120


def pulses(seed=0, n=N, count=8):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    at = rng.choice(np.arange(10, n - 10), count, replace=False)
    x[at] += np.where(rng.uniform(size=count) < 0.5, 9.0, -9.0)
    return x, np.sort(at)


def coupled(seed=0, strength=3.0, n=N):
    """A series that follows the events of another one step later."""
    cause, _ = pulses(seed, n)
    ours = extract_features(cause)
    effect = np.random.default_rng(seed + 100).normal(size=n)
    effect[1:] += strength * (ours.delta_pos - ours.delta_neg)[:-1]
    return extract_features(effect), ours


def table(found):
    return {name: (found.mean[name], found.sd[name]) for name in found.draws}


@pytest.mark.slow
def test_a_coupling_is_found_at_its_lag():
    effect, cause = coupled()
    found = fit_model(effect, cause)
    assert found.model == "interaction"
    assert found.converged, found.verdict
    mean, sd = table(found)["other.positive.lag1"]
    assert abs(mean - 3.0) < 4 * sd
    assert mean > 5 * sd
    assert found.mean["other.negative.lag1"] < -2.0
    here, spread = table(found)["other.positive.lag0"]
    assert abs(here) < 4 * spread
    assert found.probability_positive("other.positive.lag1") > 0.999
    low, high = found.interval("other.positive.lag1")
    assert low < mean < high


@pytest.mark.slow
def test_evidence_tells_a_coupling_from_none():
    for strength, sign in ((3.0, 1), (0.0, -1)):
        effect, cause = coupled(strength=strength)
        with_other = fit_model(effect, cause, skip=1, terms=("trend",))
        alone = fit_model(effect, skip=1, terms=("trend",))
        found = compare_models({"with": with_other, "alone": alone})
        best = "with" if sign > 0 else "alone"
        assert found.names[0] == best, str(found)
        assert found.probability.sum() == pytest.approx(1.0)
        assert found.log_bayes_factor[0] == 0.0


def test_models_of_different_points_are_not_compared():
    effect, cause = coupled()
    with pytest.raises(fx.errors.FitError, match="skip"):
        compare_models(
            {"with": fit_model(effect, cause), "alone": fit_model(effect)}
        )


@pytest.mark.slow
def test_future_is_a_ratio_of_evidences():
    effect, cause = coupled()
    found = fit_model(effect, cause, terms=("trend", "tension"))
    score = leave_future_out(found, first=60, block=20)
    assert score.ends.tolist() == [60, 80, 100, 120]
    assert score.notes == ()
    whole = leave_future_out(found, first=60, block=60)
    np.testing.assert_allclose(score.total, whole.total, atol=1e-6)
    flattered = fit_model(effect, cause)
    assert "look ahead" in leave_future_out(flattered, block=30).notes[0]
    with pytest.raises(fx.errors.FitError, match="blocks"):
        leave_future_out(found, first=500)


@pytest.mark.slow
def test_a_first_score_knows_nothing_of_what_comes_later():
    effect, cause = coupled(n=60)
    found = fit_model(effect, cause, terms=("trend",))
    score = leave_future_out(found, first=40, block=10).scores

    def with_another(place):
        series = np.array(found.problem.data["series"])
        series[place] += 5.0
        problem = found.problem.with_data({"series": series})
        other = replace(found, problem=problem)
        return leave_future_out(other, first=40, block=10).scores

    later, inside = with_another(50), with_another(49)
    np.testing.assert_allclose(later[0], score[0], rtol=1e-12)
    assert later[1] < score[1] - 1
    assert inside[0] < score[0] - 1


@pytest.mark.slow
def test_prediction_prefers_what_is_coupled():
    effect, cause = coupled(n=200)
    models = {
        "with": fit_model(effect, cause, skip=1, terms=()),
        "alone": fit_model(effect, skip=1, terms=()),
    }
    found = compare_models(models, future=True, first=100, block=25)
    assert found.future["with"] > found.future["alone"] + 2
    assert "future" in str(found)


@pytest.mark.slow
def test_predictive_check_is_of_the_model_that_was_fitted():
    effect, cause = coupled()
    found = fit_model(effect, cause)
    check = found.predictive_check(n=500)
    assert check.passed, str(check)
    replicas = found.replicas(100)
    assert replicas.shape == (100, N)
    # Without the coupling the tails are not made.
    walk = np.cumsum(np.random.default_rng(0).normal(size=N))
    wrong = fit_model(extract_features(walk), terms=())
    assert not wrong.predictive_check(n=500).passed


def test_noise_that_grows_is_in_the_predictive_check():
    # A homoscedastic stand-in would miss the size of the extremes.
    rng = np.random.default_rng(4)
    quiet = np.concatenate([0.2 * rng.normal(size=150), rng.normal(size=50)])
    found = fit_model(extract_features(quiet), terms=("tension",))
    spread = found.replicas(200).std(axis=0)
    assert spread[170:].mean() > 2 * spread[30:130].mean()


def test_missing_values_are_left_out():
    effect, cause = coupled()
    config = FeatureConfig(missing="mask")
    holes = effect.data.copy()
    holes[[20, 21, 70]] = np.nan
    masked = extract_features(holes, config)
    problem = model_problem(masked, cause, terms=())
    used = np.asarray(problem.system.used)
    assert not used[[0, 20, 21, 70]].any()
    found = fit_model(masked, cause)
    assert found.converged, found.verdict
    assert found.mean["other.positive.lag1"] > 1.5
    # What stands in the holes says nothing.
    changed = problem.with_data(
        {"series": np.where(used, problem.data["series"], 1e3)}
    )
    a, b = (fx.fit(p, "exact.linear", key=0) for p in (problem, changed))
    np.testing.assert_allclose(
        a.extras["moment_mean"], b.extras["moment_mean"], rtol=1e-8, atol=1e-9
    )
    np.testing.assert_allclose(
        a.extras["log_evidence"], b.extras["log_evidence"], rtol=1e-10
    )


@pytest.mark.slow
def test_other_estimators_take_the_models():
    effect, cause = coupled()
    found = fit_model(
        effect,
        cause,
        terms=(),
        estimator="laplace.fisher",
        settings={"draws": 4000},
    )
    exact = fit_model(effect, cause, terms=())
    assert np.isnan(found.log_evidence)
    for name, (mean, sd) in table(exact).items():
        assert abs(found.mean[name] - mean) < 0.15 * sd, name
        assert abs(found.sd[name] / sd - 1) < 0.1, name


def test_results_are_written():
    effect, cause = coupled()
    found = fit_model(effect, cause)
    text = json.dumps(found.to_dict())
    assert "other.positive.lag1" in text
    assert "log evidence" in str(found)
    with pytest.raises(fx.errors.UnknownKey, match=r"other\.positive\.lag1"):
        found["other.positive.lag2"]
    with pytest.raises(fx.errors.UnknownKey, match="dynamic"):
        found.level()


@pytest.mark.slow
def test_many_series_are_a_loop():
    series = [coupled(seed) for seed in range(4)]
    batch = fit_many([a for a, _ in series], [b for _, b in series])
    assert batch.sound.all()
    for i, (ours, theirs) in enumerate(series):
        one = fit_model(ours, theirs)
        for name in batch.names:
            mean, sd = batch[name]
            assert abs(mean[i] - one.mean[name]) < 1e-5 * one.sd[name], name
            np.testing.assert_allclose(sd[i], one.sd[name], rtol=1e-5)
        np.testing.assert_allclose(
            batch.log_evidence[i], one.log_evidence, atol=1e-5
        )


def test_everything_that_does_not_fit_is_named():
    effect, cause = coupled()
    with pytest.raises(SeriesError, match="extract_features"):
        fit_model(effect.data)
    with pytest.raises(SeriesError, match="to_numpy"):
        import jax.numpy as jnp

        fit_model(jnp.asarray(effect.data))
    with pytest.raises(SeriesError, match="interaction"):
        fit_model(effect, cause, model="interactoin")
    with pytest.raises(SeriesError, match="'other'"):
        fit_model(effect, model="pair")
    with pytest.raises(SeriesError, match="length"):
        fit_model(effect, coupled(n=90)[1])
    with pytest.raises(SeriesError, match="change points"):
        fit_model(effect, change_points=[3])
    with pytest.raises(SeriesError, match="hierarchical"):
        fit_model([effect, cause], model="base")
    with pytest.raises(fx.errors.StructureError, match="tension"):
        fit_model(effect, terms=("tensoin",))
    with pytest.raises(fx.errors.StructureError, match="lags"):
        fit_model(effect, cause, lags=(1, 1))
    with pytest.raises(fx.errors.StructureError, match="lgas"):
        fit_model(effect, cause, lgas=(1, 2))
