"""Targets about the best fit: frames, training, files."""

from dataclasses import replace

import equinox as eqx
import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import DataField, DataSpec, ParamField, ParamSpec, Prior
from forwardax.errors import CapabilityError, FitError
from scipy.special import logsumexp
from tfmpe_tokens.flow import Flow, FlowConfig, TrainedFlow, simulate_tokens
from tfmpe_tokens.flow import _best_fit as best_fit
from tfmpe_tokens.flow._best_fit import BestFit
from tfmpe_tokens.flow._coordinates import Coordinates

N, NOISE = 40, 0.02
T = np.linspace(0.0, 1.0, N)
SMALL = FlowConfig(
    simulations=1500,
    steps=300,
    batch_size=128,
    learning_rate=5e-3,
    width=16,
    layers=1,
    heads=2,
    draws=500,
    held=200,
    around="fit",
)


class Silent(fx.System):
    """A line with noise, and no likelihood."""

    spec: ParamSpec = eqx.field(static=True)
    data: DataSpec = eqx.field(static=True)
    system_id = "silent"
    transforms = fx.TransformRegistry()

    def curve(self, store):
        return store["height"] + store["rate"] * T

    def predict(self, store):
        return {"y": self.curve(store)}

    def simulate(self, key, store):
        return {"y": self.curve(store) + NOISE * jax.random.normal(key, (N,))}


class Line(Silent):
    """The same with its likelihood."""

    system_id = "line"

    def residuals(self, store, data):
        return (data["y"] - self.curve(store)) / NOISE

    def log_likelihood(self, store, data):
        square = jnp.square(self.residuals(store, data)).sum()
        return -0.5 * square - N * jnp.log(NOISE * jnp.sqrt(2 * jnp.pi))


class Wave(Line):
    """Its phase has a fit beside each other one."""

    system_id = "wave"

    def curve(self, store):
        return store["height"] * jnp.sin(12 * store["rate"] * T)


PRIORS = {
    Line: {
        "height": Prior("Normal", loc=0.0, scale=1.0),
        "rate": Prior("Normal", loc=1.0, scale=2.0),
    },
    Wave: {
        "height": Prior("Uniform", low=0.5, high=2.0),
        "rate": Prior("Uniform", low=0.5, high=4.0),
    },
}
TRUTH = {Line: {"height": 0.4, "rate": -1.2}, Wave: {"height": 1.1, "rate": 2}}


def problem(kind, seed=3):
    spec = ParamSpec(
        [
            ParamField(name, bounds=_bounds(prior), prior=prior)
            for name, prior in PRIORS[kind].items()
        ]
    )
    system = kind(spec, DataSpec([DataField("y", shape=(N,))]))
    clean = np.asarray(system.predict(TRUTH[kind])["y"])
    noise = NOISE * np.random.default_rng(seed).normal(size=N)
    return fx.Problem(system, {"y": clean + noise})


def _bounds(prior):
    arguments = dict(prior.arguments)
    return arguments.get("low"), arguments.get("high")


def frames(kind):
    posed = problem(kind)
    data = {"y": np.asarray(posed.data["y"])[None]}
    return posed, BestFit.of(posed).frames(data)


def test_the_frame_of_a_line_is_its_posterior():
    posed, found = frames(Line)
    design = np.stack([np.ones(N), T], 1) / NOISE
    precision = design.T @ design + np.diag([1.0, 0.25])
    right = design.T @ (posed.data["y"] / NOISE) + np.array([0.0, 0.25])
    store = posed.to_store(jnp.asarray(found.centre[0]))
    centre = np.array([store["height"], store["rate"]])
    np.testing.assert_allclose(
        centre, np.linalg.solve(precision, right), rtol=1e-6
    )
    # The prior's width is that of draws: it is 1e-4 of the curvature.
    jacobian = np.diag(np.asarray(_slopes(posed, found.centre[0])))
    want = jacobian @ precision @ jacobian
    np.testing.assert_allclose(found.root[0] @ found.root[0].T, want, rtol=1e-4)


def _slopes(posed, u):
    def values(u):
        store = posed.to_store(u)
        return jnp.stack([store["height"], store["rate"]])

    return jnp.diagonal(jax.jacfwd(values)(jnp.asarray(u)))


def test_units_come_back_and_have_a_volume():
    _, found = frames(Wave)
    u = found.centre[:, None] + np.random.default_rng(0).normal(size=(1, 5, 2))
    np.testing.assert_allclose(found.coordinates(found.units(u)), u, rtol=1e-12)

    def units(u):
        return jnp.asarray(found.root[0]).T @ (u - found.centre[0])

    slope = jax.jacfwd(units)(jnp.asarray(u[0, 0]))
    volume = -np.linalg.slogdet(slope)[1]
    np.testing.assert_allclose(found.log_volume[0], volume, rtol=1e-12)
    np.testing.assert_allclose(
        found.units(u)[0, 0], units(jnp.asarray(u[0, 0])), rtol=1e-12
    )


def test_truths_are_of_unit_size_about_the_fits():
    """Fits of a wave lie side by side: descents start at the nearest one."""
    posed = problem(Wave)
    around = BestFit.of(posed)
    made = simulate_tokens(
        posed, Coordinates.of(posed), jax.random.key(2), 300, around=around
    )
    assert made.dropped <= 3
    units = made.frames.units(made.u[:, None])[:, 0]
    # The mean of 600 squares of normals is uncertain by 0.06: five of them.
    assert np.square(units).mean() == pytest.approx(1.0, abs=0.3)
    values = Coordinates.of(posed).coordinates(made.tokens.data)
    np.testing.assert_allclose(values, units, rtol=1e-5, atol=1e-5)


def test_bad_fits_are_tried_again(monkeypatch):
    posed = problem(Wave)
    around = BestFit.of(posed)
    few = BestFit(posed, around.u[:16], around.mean[:16])
    keys = jax.random.split(jax.random.key(4), 200)
    data = jax.vmap(lambda k: posed.simulate(k)[1])(keys)

    def good():
        return (few.frames(data).chi_square < few.limit).mean()

    assert good() > 0.97
    monkeypatch.setattr(best_fit, "_MORE", ())
    assert good() < 0.9


@pytest.fixture(scope="module")
def trained():
    return Flow().train(problem(Wave), jax.random.key(0), config=SMALL)


@pytest.mark.slow
def test_draws_are_of_the_posterior(trained):
    posed = problem(Wave, seed=7)
    found = trained.condition(posed.data, key=jax.random.key(1))
    assert found.converged, found.verdict
    value = {c.name: c.value for c in found.checks}
    assert value["importance_ess"] > 0.5 * SMALL.draws
    # A posterior a hundred times narrower than the prior, by brute force.
    height, rate = np.meshgrid(
        np.linspace(1.05, 1.15, 201), np.linspace(1.96, 2.04, 201)
    )
    wave = height[..., None] * np.sin(12 * rate[..., None] * T)
    square = np.square((posed.data["y"] - wave) / NOISE).sum(-1)
    weight = np.exp(-0.5 * (square - square.min()))
    cell = (0.1 / 200) * (0.08 / 200) / (1.5 * 3.5)
    evidence = np.log(weight.sum() * cell) - 0.5 * square.min()
    evidence -= N * np.log(NOISE * np.sqrt(2 * np.pi))
    ratio = np.asarray(found.stats["log_weight"])[0]
    assert logsumexp(ratio, b=1 / ratio.size) == pytest.approx(
        evidence, abs=0.15
    )
    weight /= weight.sum()
    for name, grid in (("height", height), ("rate", rate)):
        mean = (weight * grid).sum()
        spread = np.sqrt((weight * (grid - mean) ** 2).sum())
        own = np.asarray(found[name])[0]
        assert own.mean() == pytest.approx(mean, abs=0.25 * spread)
        assert own.std() == pytest.approx(spread, rel=0.2)


@pytest.mark.slow
def test_held_simulations_are_ranked_in_the_problems_coordinates(trained):
    truths, draws = trained.simulated_draws(trained.held, 31)
    for i, name in enumerate(trained.problem.plan.names):
        np.testing.assert_array_equal(truths[name], trained.held.u[:, i])
        off = np.abs(draws[name].mean(1) - truths[name])
        assert np.median(off / draws[name].std(1)) < 2
    assert trained.calibration.passed, trained.calibration.words


@pytest.mark.slow
def test_a_saved_network_finds_the_same_fits(trained, tmp_path):
    path = trained.save(tmp_path / "wave.safetensors")
    again = TrainedFlow.load(path, problem(Wave))
    data = problem(Wave, seed=9).data
    one, other = (t.condition(data) for t in (trained, again))
    np.testing.assert_array_equal(one.unconstrained, other.unconstrained)


@pytest.mark.slow
def test_data_of_another_model_are_said_to_be(trained):
    found = trained.condition({"y": np.asarray(2.0 * T**2)})
    assert any("best fit has chi-square" in note for note in found.notes)


def test_a_fit_needs_residuals():
    posed = problem(Line)
    silent = fx.Problem(Silent(posed.system.spec, posed.system.data))
    with pytest.raises(CapabilityError, match="around='prior'"):
        Flow().train(silent, jax.random.key(0), config=SMALL)


@pytest.mark.slow
def test_residuals_in_wrong_units_are_noticed_at_once():
    class Loud(Line):
        def residuals(self, store, data):
            return 10 * super().residuals(store, data)

    posed = problem(Line)
    loud = fx.Problem(Loud(posed.system.spec, posed.system.data))
    with pytest.raises(FitError, match="16 of 16.*units of the noise"):
        Flow().train(loud, jax.random.key(0), config=SMALL)


def test_rounds_do_not_go_with_fits():
    config = FlowConfig(around="fit", rounds=2)
    with pytest.raises(FitError, match="rounds=1"):
        Flow().train(problem(Line), jax.random.key(0), config=config)


@pytest.mark.slow
def test_without_fits_a_narrow_posterior_is_advised_to_have_them():
    config = replace(SMALL, around="prior", steps=50)
    rough = Flow().train(problem(Wave), jax.random.key(0), config=config)
    found = rough.condition(problem(Wave, seed=7).data)
    assert not found.converged
    assert any("around='fit'" in note for note in found.notes)
