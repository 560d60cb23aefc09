from collections import namedtuple

import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import ParamField, ParamSpec, Prior, Validity
from inference_numpyro._chains import pooled


def fit(problem, key=0, **settings):
    return fx.fit(problem, "numpyro.nuts", key=key, **settings)


def sd_agrees(posterior, key, sd):
    draws = posterior[key]
    ratio = draws.std(axis=(0, 1)) / sd
    # The error of a standard deviation, at a quarter of the draws.
    return (np.abs(ratio - 1) < 4 / np.sqrt(draws[..., 0].size / 2)).all()


@pytest.mark.parametrize(
    "flat", [False, pytest.param(True, marks=pytest.mark.slow)]
)
def test_linear_gaussian(toys, flat):
    case = toys.line(flat=flat)
    found = fit(case.problem)
    assert found.converged, found.verdict
    assert found.stats["whitened"].all()
    assert (toys.z_scores(found, "slope", case.mean) < 4).all()
    assert sd_agrees(found, "slope", np.sqrt(np.diagonal(case.covariance)))


def test_chains_share_a_mass_of_what_all_have_drawn(toys):
    found = fit(toys.line().problem, warmup=150, draws=100)
    mass = found.state["kernel.adapt_state.inverse_mass_matrix"]
    assert (mass == mass[0]).all()
    # Whitened, the variances are one: 280 draws, about as many effective.
    assert (np.abs(mass[0] - 1) < 5 * np.sqrt(2 / 280)).all()
    assert (mass[0] != 1).all()


def test_a_pooled_mass_holds_variances():
    generator = np.random.default_rng(0)
    z = generator.normal(0.3, [0.5, 2.0], (4, 100, 2))
    sums = np.stack([z.sum(axis=1), (z**2).sum(axis=1)], axis=1)
    one = jnp.ones((4, 2))
    names = ["inverse_mass_matrix", "mass_matrix_sqrt", "mass_matrix_sqrt_inv"]
    adapt = namedtuple("Adapt", names)(one, one, one)
    state = namedtuple("State", ["z", "adapt_state"])(one, adapt)
    inverse, root, inverse_root = pooled(state, sums, 100).adapt_state
    wanted = (400 * z.reshape(-1, 2).var(axis=0) + 20) / 420
    np.testing.assert_allclose(inverse, np.broadcast_to(wanted, (4, 2)))
    np.testing.assert_allclose(root * inverse_root, one)
    np.testing.assert_allclose(inverse_root**2, inverse)


@pytest.mark.slow
def test_bounded_parameter(toys):
    case = toys.rate()
    found = fit(case.problem)
    assert found.converged, found.verdict
    assert toys.z_scores(found, "rate", case.mean) < 4
    assert abs(found["rate"].std() / case.sd - 1) < 0.1


@pytest.mark.slow
def test_partly_fixed_vector(toys):
    case = toys.line(fixed={"slope[0]": 0.5})
    found = fit(case.problem)
    assert found.converged, found.verdict
    c = case.covariance
    mean = case.mean[1] + c[0, 1] / c[0, 0] * (0.5 - case.mean[0])
    sd = np.sqrt(c[1, 1] - c[0, 1] ** 2 / c[0, 0])
    free = found["slope"][..., 1]
    assert abs(free.mean() - mean) < 4 * sd / np.sqrt(400)
    assert abs(free.std() / sd - 1) < 0.1
    assert (found["slope"][..., 0] == 0.5).all()


@pytest.mark.parametrize("noise", [0.2, 0.01])
def test_angle_at_the_seam(toys, noise):
    case = toys.direction(0.0, noise)
    found = fit(case.problem)
    assert found.converged, found.verdict
    angle = found["angle"]
    # Both sides of the seam are visited, in every chain.
    assert ((angle < 180).any(axis=1) & (angle > 180).any(axis=1)).all()
    error = (angle + 180) % 360 - 180
    ess = found.summary()["angle"]["ess_bulk"]
    assert abs(error.mean()) < 4 * case.sd / np.sqrt(ess)
    assert abs(error.std() / case.sd - 1) < 0.1


def test_pairs_of_an_angle_are_draws_of_the_density(toys):
    problem = toys.direction(0.0).problem
    found = fit(problem)
    flat = jnp.asarray(found.unconstrained.reshape(-1, 2))
    own = jax.vmap(fx.log_density, (None, 0))(problem, flat)
    np.testing.assert_allclose(found.log_density.ravel(), own, rtol=1e-9)
    # Half the squared radius of two normals is exponential.
    half = np.square(found.unconstrained).sum(axis=-1) / 2
    assert abs(half.mean() - 1) < 4 / np.sqrt(half.size)
    assert abs(half.std() - 1) < 8 / np.sqrt(half.size)


def test_undetermined_angle_covers_the_circle(toys):
    found = fit(toys.direction(0.0, noise=1e6).problem)
    assert found.converged, found.verdict
    turn = np.deg2rad(found["angle"])
    for part in (np.cos(turn), np.sin(turn)):
        assert abs(part.mean()) < 4 * np.sqrt(0.5 / 1000)


def test_stats_notes_and_shapes(toys):
    found = fit(toys.line().problem, draws=120, chains=3, warmup=60)
    assert found["slope"].shape == (3, 120, 2)
    names = ("diverging", "accept_prob", "num_steps", "tree_depth", "energy")
    for name in names:
        assert found.stats[name].shape == (3, 120), name
    depth = found.stats["tree_depth"]
    steps = found.stats["num_steps"]
    assert ((steps < 2.0**depth) & (steps >= 2.0 ** (depth - 1))).all()
    assert 0.6 < found.stats["accept_prob"].mean() <= 1.0
    assert {"search", "warmup", "sampling"} <= set(found.timings)
    # Too short for the effective sample size, and it says so.
    assert not found.converged
    assert "ESS" in found.verdict


def test_progress_is_told_in_chunks(toys):
    seen = []
    fit(
        toys.line().problem,
        draws=250,
        warmup=100,
        progress=lambda *report: seen.append(report),
    )
    assert ("warmup", 0, 100) in seen and ("warmup", 100, 100) in seen
    sampling = [done for stage, done, _ in seen if stage == "sampling"]
    assert sampling == [0, 100, 200, 250]


def test_one_chain_is_not_converged(toys):
    found = fit(toys.line().problem, chains=1)
    assert "at least two chains" in found.verdict


@pytest.mark.slow
def test_small_trees_are_reported(toys):
    found = fit(toys.line().problem, whiten=False, max_tree_depth=1, draws=100)
    assert not found.check("tree_depth").passed
    assert not found.converged


def test_without_whitening(toys):
    case = toys.line()
    found = fit(case.problem, whiten=False)
    assert found.converged, found.verdict
    assert not found.stats["whitened"].any()
    assert found.notes == ()
    assert (toys.z_scores(found, "slope", case.mean) < 4).all()


def test_thinning_keeps_every_third_step(toys):
    problem = toys.line().problem
    every = fit(problem, draws=60)
    third = fit(problem, draws=20, thin=3)
    np.testing.assert_array_equal(
        every.unconstrained[:, 2::3], third.unconstrained
    )


@pytest.mark.slow
def test_vectorized_chains(toys):
    case = toys.line()
    found = fit(case.problem, chain_method="vectorized", draws=500)
    assert found.converged, found.verdict
    assert (toys.z_scores(found, "slope", case.mean) < 4).all()


def _saddle(known, store, data):
    del known, data
    # Two modes of equal weight: whichever is found, its note names the other.
    x = store["x"]
    return jnp.logaddexp(
        -0.5 * jnp.square((x - 4.0) / 0.3), -0.5 * jnp.square((x + 4.0) / 0.3)
    )


@pytest.mark.slow
def test_second_mode_is_noted(toys):
    field = ParamField("x", prior=Prior("Normal", loc=0.0, scale=4.0))
    spec = ParamSpec([field])
    system = toys.Toy({}, spec, toys.series(1), _saddle)
    found = fit(fx.Problem(system, {"y": np.zeros(1)}), draws=50)
    assert "another optimum" in " ".join(found.notes)


def _pinned(known, store, data):
    del known, store, data
    return jnp.zeros(())


@pytest.mark.slow
def test_fall_back_is_recorded(toys):
    # The density grows without bound where tau goes to zero.
    fields = [
        ParamField(
            "tau", bounds=(0, None), prior=Prior("HalfCauchy", scale=1.0)
        ),
        ParamField(
            "x", shape=(3,), prior=Prior("Normal", loc=0.0, scale="tau")
        ),
    ]
    system = toys.Toy({}, ParamSpec(fields), toys.series(1), _pinned)
    problem = fx.Problem(system, {"y": np.zeros(1)})
    found = fit(problem, warmup=50, draws=50, max_tree_depth=4)
    assert not found.stats["whitened"].any()
    assert "not whitened, a dense mass" in " ".join(found.notes)
    assert not found.converged


def _rising(known, store, data):
    del known, data
    return 30 * jnp.log(store["x"])


@pytest.mark.slow
def test_search_that_does_not_end_is_not_trusted(toys):
    # Curved everywhere, and rising for ever.
    spec = ParamSpec([ParamField("x", prior=Prior("Flat"))])
    system = toys.Toy({}, spec, toys.series(1), _rising)
    problem = fx.Problem(system, {"y": np.zeros(1)})
    found = fit(problem, warmup=50, draws=50, max_tree_depth=4)
    assert not found.stats["whitened"].any()
    assert "spent its budget" in " ".join(found.notes)
    assert found.stats["invalid_starts"] > 0


def _above(x):
    return x > 0.5


def _quiet(known, store, data):
    del known, data
    return -0.5 * jnp.square(store["x"] - 2.0)


def test_validity_walls_are_counted(toys):
    field = ParamField("x", prior=Prior("Normal", loc=0.0, scale=2.0))
    spec = ParamSpec(
        [field],
        validity=[Validity("x > 0.5", _above, ("x",))],
        reference={"x": 2.0},
    )
    system = toys.Toy({}, spec, toys.series(1), _quiet)
    found = fit(fx.Problem(system, {"y": np.zeros(1)}))
    assert found["x"].min() > 0.5
    assert np.isfinite(found.log_density).all()
    assert found.stats["diverging"].sum() > 0
    assert "validity condition" in found.verdict


def test_deterministic_by_key(toys):
    problem = toys.rate().problem
    a, b, c = (fit(problem, key, draws=50) for key in (1, 1, 2))
    np.testing.assert_array_equal(a.unconstrained, b.unconstrained)
    assert not np.array_equal(a.unconstrained, c.unconstrained)


def test_arviz_round_trip(toys, arviz):
    found = fit(toys.line().problem, draws=50)
    made = found.to_arviz()
    group = made["posterior"]
    np.testing.assert_array_equal(group["slope"].values, found["slope"])
    assert group["slope"].attrs["units"] == "m"
    stats = made["sample_stats"]
    np.testing.assert_array_equal(stats["lp"].values, found.log_density)
    for name in ("diverging", "tree_depth", "energy"):
        np.testing.assert_array_equal(stats[name].values, found.stats[name])


def test_saved_and_loaded(toys, tmp_path):
    found = fit(toys.line().problem, draws=50)
    again = fx.Posterior.load(found.save(tmp_path / "nuts"))
    np.testing.assert_array_equal(again["slope"], found["slope"])
    assert again.verdict == found.verdict
    for name, value in found.state.items():
        np.testing.assert_array_equal(again.state[name], value)
