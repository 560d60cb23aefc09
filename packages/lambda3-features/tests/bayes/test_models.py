"""Models against truth, NUTS and their own simulations."""

import forwardax as fx
import jax
import numpy as np
import pytest
from forwardax.calibration import sbc
from lambda3_features import extract_features, fit_model

pytestmark = pytest.mark.slow  # each compiles samplers of its own


def agrees(problem, exact, **settings):
    """Exact moments within 4.5 Monte-Carlo errors of those of NUTS."""
    nuts = fx.fit(problem, "numpyro.nuts", key=1, **settings)
    assert nuts.converged, nuts.verdict
    extras = exact.extras
    names = [str(name) for name in extras["moment_names"]]
    pairs = zip(extras["moment_mean"], extras["moment_sd"], strict=True)
    moments = dict(zip(names, pairs, strict=True))
    for row in nuts.summary().rows:
        mean, sd = moments[row["name"]]
        error = sd / np.sqrt(row["ess_bulk"])
        assert abs(row["mean"] - mean) < 4.5 * error, row["name"]
        # Of a normal the relative error is 1 / sqrt(2 ess); tails add to it.
        assert abs(row["sd"] / sd - 1) < 5 / np.sqrt(row["ess_tail"]), row


def simulated(system, seed=0, **fixed):
    problem = fx.Problem(system, fixed=fixed)
    _, data = problem.simulate(jax.random.key(seed))
    return problem.with_data(data)


MODELS = {
    "base": {},
    "interaction": {},
    "dynamic": {"changes": 1, "change_points": [15]},
    "pair": {},
    "compat": {},
}


@pytest.mark.parametrize("model", MODELS)
def test_exact_agrees_with_nuts(make, model):
    problem = simulated(getattr(make, model)(40, **MODELS[model]))
    exact = fx.fit(problem, "exact.linear", key=0)
    assert exact.converged, exact.verdict
    agrees(problem, exact, draws=1000, target_accept=0.9)


def test_hierarchical_is_sampled_with_its_coefficients_integrated(make):
    system = make.hierarchical(30, count=2, terms=("trend", "positive"))
    problem = simulated(system)
    settings = {"draws": 600, "target_accept": 0.95}
    exact = fx.fit(problem, "exact.linear", key=0, **settings)
    assert exact.converged, exact.verdict
    nuts = fx.fit(problem, "numpyro.nuts", key=1, **settings)
    ours = {row["name"]: row for row in exact.summary().rows}
    for row in nuts.summary().rows:
        mine = ours[row["name"]]
        error = np.hypot(
            row["sd"] / np.sqrt(row["ess_bulk"]),
            mine["sd"] / np.sqrt(mine["ess_bulk"]),
        )
        assert abs(row["mean"] - mine["mean"]) < 4.5 * error, row["name"]


@pytest.mark.parametrize("model", ["interaction", "dynamic"])
def test_calibration_given_the_features(make, model):
    """Ranks of 128 truths are uniform: no p under 0.01 over their number."""
    n = 30
    more = {"terms": ("positive", "tension")}
    known = make.features(0, n)
    arrays = {k: known[k] for k in ("delta_pos", "tension")}
    arrays |= {"centre": 1.0, "spread": 2.0}
    if model == "interaction":
        more["lags"] = (1,)
        arrays |= make.other(1, n)
    problem = fx.Problem(fx.system(f"lambda3.{model}", **arrays, **more))

    def fit(problem, key):
        settings = {"draws": 1000, "tolerance": 1e-2}
        return fx.fit(problem, "exact.linear", key=key, **settings)

    found = sbc(problem, fit, jax.random.key(0), n=128, alpha=0.01)
    print(found)
    assert found.count == 128
    assert found.passed, str(found)


def test_a_break_and_a_moving_level_are_found():
    rng = np.random.default_rng(0)
    n = 150
    level = 50.0 + np.cumsum(0.3 * rng.normal(size=n))
    level[90:] += 8.0
    series = level + rng.normal(size=n)
    found = fit_model(
        extract_features(series),
        model="dynamic",
        change_points=[90],
        terms=(),
    )
    assert found.converged, found.verdict
    mean, sd = found.mean["jumps[0]"], found.sd["jumps[0]"]
    assert abs(mean - 8.0) < 4 * sd
    assert sd < 2.0
    path = found.level(400)
    low, high = np.quantile(path, [0.025, 0.975], axis=0)
    covered = np.mean((low < level) & (level < high))
    assert covered > 0.85
    assert np.abs(path.mean(axis=0) - level).mean() < 0.6


def test_directions_of_a_pair():
    rng = np.random.default_rng(3)
    n = 160
    cause = rng.normal(size=n)
    cause[rng.choice(np.arange(10, n - 10), 10, replace=False)] += 9.0
    ours = extract_features(cause)
    noise = rng.normal(size=n)
    effect = 0.6 * noise + 0.8 * rng.normal(size=n)
    effect[1:] += 3.0 * ours.delta_pos[:-1]
    found = fit_model(extract_features(effect), ours, model="pair")
    assert found.converged, found.verdict
    there = found.mean["other.positive[0]"]
    assert abs(there - 3.0) < 4 * found.sd["other.positive[0]"]
    back = found.mean["other.positive[1]"]
    assert abs(back) < 4 * found.sd["other.positive[1]"]
