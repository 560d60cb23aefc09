"""`tfmpe.flow` on problems: coordinates, posteriors, checks, files."""

import equinox as eqx
import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import DataField, DataSpec, ParamField, ParamSpec, Prior
from forwardax.errors import CapabilityError
from forwardax.testing.toys.blobs import make_blobs
from forwardax.testing.toys.groups import Groups
from tfmpe_tokens import TokenError
from tfmpe_tokens.flow import Flow, FlowConfig, TrainedFlow, simulate_tokens
from tfmpe_tokens.flow._coordinates import Coordinates

SMALL = FlowConfig(
    simulations=2000,
    steps=300,
    batch_size=128,
    learning_rate=5e-3,
    width=16,
    layers=1,
    heads=2,
    draws=400,
    held=100,
)


class Silent(fx.System):
    """An angle and a length, seen as a point with noise; no likelihood."""

    spec: ParamSpec = eqx.field(static=True)
    data: DataSpec = eqx.field(static=True)
    noise: float = eqx.field(static=True)
    system_id = "silent"
    transforms = fx.TransformRegistry()

    def predict(self, store):
        turn = jnp.deg2rad(store["angle"])
        size = store["length"]
        point = jnp.stack([size * jnp.cos(turn), size * jnp.sin(turn)])
        return {"point": point}

    def simulate(self, key, store):
        point = self.predict(store)["point"]
        return {"point": point + self.noise * jax.random.normal(key, (2,))}


class Direction(Silent):
    """The same with its likelihood."""

    system_id = "direction"

    def log_likelihood(self, store, data):
        gap = (data["point"] - self.predict(store)["point"]) / self.noise
        return -0.5 * jnp.square(gap).sum() - 2 * jnp.log(self.noise)


def direction(kind=Direction, low=1.0, high=3.0, **decisions):
    spec = ParamSpec(
        [
            ParamField(
                "angle",
                unit="deg",
                cyclic=360.0,
                prior=Prior("Uniform", low=0.0, high=360.0),
            ),
            ParamField(
                "length",
                bounds=(low, high),
                prior=Prior("Uniform", low=1.0, high=3.0),
            ),
        ]
    )
    data = DataSpec([DataField("point", shape=(2,))])
    system = kind(spec, data, 0.3)
    point = {"point": np.array([2.0, 0.0])}
    return fx.Problem(system, point, **decisions)


@pytest.fixture(scope="module")
def trained():
    return Flow().train(direction(), jax.random.key(0), config=SMALL)


def test_an_angle_has_two_columns_and_comes_back():
    problem = direction()
    found = Coordinates.of(problem)
    assert found.layout["angle"].width == 2
    u = np.random.default_rng(0).normal(size=(5, problem.size))
    data = found.data(u)
    np.testing.assert_array_equal(found.coordinates(data), u)
    assert (data[:, found.layout.slice("point")] == 0).all()


def test_simulated_coordinates_have_the_density_of_the_prior():
    """An angle's two coordinates are normal, not on a circle."""
    problem = direction()
    made = simulate_tokens(
        problem, Coordinates.of(problem), jax.random.key(0), 4000
    )
    pair = made.u[:, np.array(Coordinates.of(problem).circular[0])]
    np.testing.assert_allclose(pair.mean(0), 0, atol=0.06)
    np.testing.assert_allclose(np.cov(pair.T), np.eye(2), atol=0.08)
    values = jax.vmap(problem.to_store)(jnp.asarray(made.u))
    turn = jnp.deg2rad(values["angle"])
    seen = np.asarray(made.tokens.select_tokens(["point"]).data)[:, 0]
    want = values["length"] * jnp.cos(turn)
    gap = seen[:, 0] - np.asarray(want)
    assert gap.std() == pytest.approx(0.3, rel=0.05)


def test_elements_that_are_held_have_no_coordinate():
    spec = ParamSpec(
        [
            ParamField(
                "slope",
                dims=("which",),
                prior=Prior("Normal", loc=0.0, scale=1.0),
                elements=("slope.a", "slope.b", "slope.c"),
            )
        ]
    ).bind({"which": 3})

    class Slopes(Direction):
        def predict(self, store):
            return {"point": store["slope"]}

    data = DataSpec([DataField("point", shape=(3,))])
    problem = fx.Problem(
        Slopes(spec, data, 0.3), {"point": np.zeros(3)}, fixed={"slope.b": 1.0}
    )
    found = Coordinates.of(problem)
    u = np.array([[1.0, 2.0]])
    block = found.data(u)[0, found.layout.slice("slope"), 0]
    np.testing.assert_array_equal(block, [1.0, 0.0, 2.0])


@pytest.mark.slow
def test_the_posterior_is_that_of_the_density(trained):
    posterior = trained.condition({"point": np.array([1.5, 1.5])})
    assert posterior.estimator == "tfmpe.flow"
    assert posterior.converged, posterior.verdict
    assert posterior.declared == ("importance_ess", "k_hat")
    size = np.linspace(1, 3, 301)[:, None]
    turn = np.linspace(0, 90, 301)
    rad = np.deg2rad(turn)
    gap = (size * np.cos(rad) - 1.5) ** 2 + (size * np.sin(rad) - 1.5) ** 2
    weight = np.exp(-0.5 * gap / 0.09)
    weight /= weight.sum()
    for name, grid in (("length", size), ("angle", turn)):
        mean = (weight * grid).sum()
        sd = np.sqrt((weight * (grid - mean) ** 2).sum())
        draws = posterior[name].ravel()
        share = posterior.weights.ravel()
        own = (share * draws).sum()
        assert own == pytest.approx(mean, abs=0.25 * sd)
        spread = np.sqrt((share * (draws - own) ** 2).sum())
        assert spread == pytest.approx(sd, rel=0.2)


def test_bounds_hold_and_derived_names_are_there(trained):
    posterior = trained.condition(
        {"point": np.array([3.5, 0.0])}, draws=50, importance=False
    )
    assert posterior["length"].shape == (1, 50)
    assert ((posterior["length"] > 1) & (posterior["length"] < 3)).all()
    assert posterior.declared == ("calibration",)
    assert posterior.weights is None


def test_conditioning_again_compiles_nothing(trained, compilations):
    data = {"point": np.array([1.0, 1.0])}
    trained.condition(data, importance=False)
    before = len(compilations)
    trained.condition({"point": np.array([2.0, 1.0])}, importance=False)
    assert len(compilations) == before


def test_data_unlike_any_simulation_are_noted(trained):
    far = {"point": np.array([50.0, 0.0])}
    posterior = trained.condition(far, draws=20, importance=False)
    assert any("far outside" in note for note in posterior.notes)
    near = trained.condition(
        {"point": np.array([1.0, 1.0])}, draws=20, importance=False
    )
    assert not any("far outside" in note for note in near.notes)


@pytest.mark.slow
def test_through_fit_by_name():
    posterior = fx.fit(
        direction(Silent),
        "tfmpe.flow",
        key=0,
        simulations=2000,
        steps=300,
        width=16,
        layers=1,
        heads=2,
        draws=200,
        learning_rate=5e-3,
    )
    assert posterior.declared == ("calibration",)
    assert np.isnan(posterior.log_density).all()
    assert posterior["angle"].shape == (1, 200)
    assert set(posterior.timings) >= {"simulations", "training", "draws"}


def test_what_it_needs():
    flat = direction(high=None, priors={"length": Prior("Flat")})
    with pytest.raises(CapabilityError, match="prior"):
        fx.fit(flat, "tfmpe.flow", key=0)


@pytest.mark.slow
def test_saved_for_its_problem_and_no_other(trained, tmp_path):
    path = trained.save(tmp_path / "flow")
    again = TrainedFlow.load(path, direction())
    data = {"point": np.array([1.0, 1.0])}
    one = trained.condition(data, importance=False).unconstrained
    two = again.condition(data, importance=False).unconstrained
    np.testing.assert_array_equal(one, two)
    with pytest.raises(TokenError, match="'length' are not those"):
        TrainedFlow.load(path, direction(fixed={"length": 2.0}))


@pytest.mark.slow
def test_later_rounds_look_where_the_posterior_is():
    config = FlowConfig(
        **{**SMALL.__dict__, "rounds": 2, "simulations": 1500, "steps": 600}
    )
    posterior = Flow().fit(direction(), jax.random.key(0), config=config)
    note = next(n for n in posterior.notes if n.startswith("round 2"))
    share = float(note.split(" ")[4])
    # A sixth of the circle and half of the lengths, or thereabouts.
    assert 0.01 < share < 0.6
    assert posterior["length"].mean() == pytest.approx(2.0, abs=0.2)


@pytest.mark.slow
def test_sites_in_groups_without_a_likelihood():
    """Three levels, ragged; the ranks of the held-aside are uniform."""
    problem = fx.Problem(Groups((2, 3)))
    config = FlowConfig(
        simulations=3000,
        steps=600,
        width=16,
        layers=1,
        heads=2,
        learning_rate=3e-3,
        exchangeable="group, site",
    )
    trained = Flow().train(problem, jax.random.key(0), config=config)
    # Site to group to mean, and back to a site of the other group.
    assert trained.estimator.trained.form.layers > 1
    assert trained.calibration.passed, trained.calibration.words


@pytest.mark.slow
def test_an_image_is_read_by_the_summary_network():
    problem = fx.Problem(make_blobs(16))
    config = FlowConfig(
        simulations=2000, steps=300, width=16, layers=1, heads=2, held=50
    )
    trained = Flow().train(problem, jax.random.key(0), config=config)
    _, data = problem.simulate(jax.random.key(9))
    found = trained.condition(data, importance=False, draws=100)
    assert set(found.draws) >= {"blob.x", "blob.flux"}
    assert trained.estimator.trained.logs[0].validation[-1] < 1.9
