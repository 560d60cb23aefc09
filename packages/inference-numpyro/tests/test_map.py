from dataclasses import replace

import forwardax as fx
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import ParamField, ParamSpec, Prior, Validity


def fit(problem, key=0, **settings):
    return fx.fit(problem, "optim.map", key=key, **settings)


def test_linear_gaussian_maximum_is_exact(toys):
    case = toys.line()
    found = fit(case.problem)
    assert found.converged, found.verdict
    np.testing.assert_allclose(found["slope"][0, 0], case.mean, rtol=1e-6)
    assert found["slope"].shape == (1, 1, 2)


def test_maximum_is_without_the_jacobian_and_says_so(toys):
    case = toys.rate()
    found = fit(case.problem)
    np.testing.assert_allclose(found["rate"][0, 0], case.mode, rtol=1e-6)
    assert abs(case.mode - case.mode_of_log) > 0.1
    assert "without the Jacobian" in " ".join(found.notes)


def test_improper_flat_prior(toys):
    case = toys.line(flat=True)
    found = fit(case.problem)
    assert found.converged, found.verdict
    np.testing.assert_allclose(found["slope"][0, 0], case.mean, rtol=1e-6)


def test_partly_fixed_vector(toys):
    case = toys.line(fixed={"slope[0]": 0.5})
    found = fit(case.problem)
    assert found.unconstrained.shape == (1, 1, 1)
    # The conditional mean of a Gaussian, given its other coordinate.
    c = case.covariance
    expected = case.mean[1] + c[0, 1] / c[0, 0] * (0.5 - case.mean[0])
    np.testing.assert_allclose(found["slope"][0, 0], [0.5, expected], rtol=1e-6)


@pytest.mark.parametrize("degrees", [0.0, 359.9, 180.0, 77.0])
def test_angle_at_the_seam(toys, degrees):
    found = fit(toys.direction(degrees).problem)
    assert found.converged, found.verdict
    error = (found["angle"][0, 0] - degrees + 180) % 360 - 180
    assert abs(error) < 1e-4


def test_all_starts_are_reported(toys):
    found = fit(toys.line().problem, starts=5)
    assert found.extras["starts_loss"].shape == (5,)
    assert found.extras["starts_unconstrained"].shape == (5, 2)
    assert np.ptp(found.extras["starts_loss"]) < 1e-8


def test_one_start_cannot_agree(toys):
    found = fit(toys.line().problem, starts=1)
    assert not found.converged
    assert "use more starts" in found.verdict


def _two_wells(known, store, data):
    del known, data
    # A narrow deep well, which most starts miss, and a wide one.
    x = store["x"]
    narrow = -0.5 * jnp.square((x - 4.0) / 0.02) + 3.0
    wide = -0.5 * jnp.square((x + 2.0) / 1.0)
    return jnp.logaddexp(narrow, wide)


def one_parameter(toys, density, prior, **field):
    spec = ParamSpec([ParamField("x", prior=prior, **field)])
    system = toys.Toy({}, spec, toys.series(1), density)
    return fx.Problem(system, {"y": np.zeros(1)})


def test_starts_that_disagree_are_not_converged(toys):
    prior = Prior("Normal", loc=0.0, scale=3.0)
    problem = one_parameter(toys, _two_wells, prior)
    verdicts = [fit(problem, key=k) for k in range(3)]
    # Which well is best is known; how many starts see it is not.
    best = [v for v in verdicts if v["x"][0, 0] > 3]
    assert all("other optima" in v.verdict or v.converged for v in best)
    wide = fit(problem, starts=2, first_order_steps=0, key=1)
    assert wide.check("agreement").threshold == 1.0


def _half_dead(known, store, data):
    del known, data
    x = store["x"]
    return jnp.where(x > 0, -0.5 * jnp.square(x - 1.0), jnp.nan)


def test_invalid_starts_are_passed_over_and_counted(toys):
    prior = Prior("Normal", loc=0.0, scale=3.0)
    found = fit(one_parameter(toys, _half_dead, prior))
    np.testing.assert_allclose(found["x"][0, 0], 0.9, rtol=1e-5)
    assert "starting points were passed over" in " ".join(found.notes)


def _nowhere(known, store, data):
    del known, data
    return jnp.where(store["x"] > 1e9, 0.0, -jnp.inf)


@pytest.mark.parametrize("name", ["optim.map", "numpyro.nuts"])
def test_nothing_valid_is_refused(toys, name):
    prior = Prior("Normal", loc=0.0, scale=1.0)
    problem = one_parameter(toys, _nowhere, prior)
    with pytest.raises(fx.errors.FitError, match="no point with a finite"):
        fx.fit(problem, name, key=0)


def _above_one(x):
    return x > 1.0


def _quiet(known, store, data):
    del known, data
    return -0.5 * jnp.square(store["x"] - 2.0)


@pytest.mark.slow
def test_validity_condition_keeps_searches_inside(toys):
    field = ParamField("x", prior=Prior("Normal", loc=0.0, scale=2.0))
    spec = ParamSpec(
        [field],
        validity=[Validity("x > 1", _above_one, ("x",))],
        reference={"x": 2.0},
    )
    system = toys.Toy({}, spec, toys.series(1), _quiet)
    found = fit(fx.Problem(system, {"y": np.zeros(1)}))
    assert found["x"][0, 0] > 1.0
    np.testing.assert_allclose(found["x"][0, 0], 1.6, rtol=1e-5)


def test_checkpoint_replaces_a_start(toys):
    prior = Prior("Normal", loc=0.0, scale=3.0)
    problem = one_parameter(toys, _two_wells, prior)
    u = jnp.array([4.0])
    near = fit(problem)
    near = replace(
        near,
        unconstrained=np.asarray(u)[None, None],
        log_density=np.zeros((1, 1)),
    )
    found = fx.fit(problem, "optim.map", key=0, starts=2, checkpoint=near)
    np.testing.assert_allclose(found["x"][0, 0], 4.0, atol=0.01)


def test_checkpoint_of_another_problem_is_refused(toys):
    other = fit(toys.rate().problem)
    with pytest.raises(fx.errors.FitError, match="another problem"):
        fx.fit(toys.line().problem, "optim.map", key=0, checkpoint=other)


def test_same_key_same_result_other_key_other_starts(toys):
    problem = toys.direction(30.0).problem
    a, b, c = fit(problem, 1), fit(problem, 1), fit(problem, 2)
    np.testing.assert_array_equal(a.unconstrained, b.unconstrained)
    ends = "starts_unconstrained"
    assert not np.array_equal(a.extras[ends], c.extras[ends])


def test_flat_direction_is_named(toys):
    # Nothing determines the angle: no likelihood, uniform prior.
    case = toys.direction(0.0, noise=1e6)
    notes = " ".join(fit(case.problem).notes)
    assert "flat" in notes and "angle" in notes


def test_another_problem_compiles_nothing(toys, compilations):
    fit(toys.line(seed=0).problem)
    compilations.clear()
    found = fit(toys.line(seed=1, prior_sd=3.0, noise=0.2).problem, key=7)
    assert compilations == []
    assert found.converged
