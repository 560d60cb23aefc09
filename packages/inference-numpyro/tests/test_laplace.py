import forwardax as fx
import numpy as np
import pytest
from inference_numpyro import degenerate_directions, named_covariance


def fit(problem, key=0, **settings):
    return fx.fit(problem, "laplace.fisher", key=key, **settings)


def moments(posterior, key):
    weights = posterior.weights.ravel()
    flat = posterior[key].reshape(weights.size, -1)
    mean = weights @ flat
    centred = flat - mean
    return mean, (weights[:, None] * centred).T @ centred


@pytest.mark.parametrize("flat", [False, True])
def test_linear_gaussian_is_exact(toys, flat):
    case = toys.line(flat=flat)
    found = fit(case.problem)
    assert found.converged, found.verdict
    named = named_covariance(found)
    assert named.names == ("slope[0]", "slope[1]")
    np.testing.assert_allclose(named.matrix, case.covariance, rtol=1e-6)
    np.testing.assert_allclose(found.extras["named_mode"], case.mean, rtol=1e-6)
    # The Gaussian is the posterior: all weights are equal.
    np.testing.assert_allclose(found.weights * 2000, 1.0, rtol=1e-6)
    c = case.covariance
    expected = c[0, 1] / np.sqrt(c[0, 0] * c[1, 1])
    np.testing.assert_allclose(named.correlation()[0, 1], expected, rtol=1e-6)


def test_draws_have_the_moments(toys):
    case = toys.line()
    mean, covariance = moments(fit(case.problem), "slope")
    sd = np.sqrt(np.diagonal(case.covariance))
    assert (np.abs(mean - case.mean) < 4 * sd / np.sqrt(2000)).all()
    ratio = np.sqrt(np.diagonal(covariance)) / sd
    assert (np.abs(ratio - 1) < 4 / np.sqrt(2 * 2000)).all()


def test_bounded_parameter_stands_on_the_maximum_of_u(toys):
    case = toys.rate()
    found = fit(case.problem, draws=20_000)
    assert found.converged, found.verdict
    np.testing.assert_allclose(
        found.extras["named_mode"], [case.mode_of_log], rtol=1e-6
    )
    own = case.problem.values(found.extras["map_unconstrained"])["rate"]
    np.testing.assert_allclose(own, case.mode, rtol=1e-6)
    # Importance weights make up for what is not Gaussian.
    mean, variance = moments(found, "rate")
    ess = 1 / np.square(found.weights).sum()
    assert abs(mean[0] - case.mean) < 4 * case.sd / np.sqrt(ess)
    assert abs(np.sqrt(variance[0, 0]) / case.sd - 1) < 0.05
    # And they are needed: the log-normal alone is too wide.
    assert found["rate"].std() / case.sd > 1.02


@pytest.mark.parametrize("degrees", [0.0, 359.99, 120.0])
def test_angle_at_the_seam(toys, degrees):
    case = toys.direction(degrees)
    found = fit(case.problem, draws=20_000)
    assert found.converged, found.verdict
    named = named_covariance(found)
    np.testing.assert_allclose(named.sd(), case.curvature_sd, rtol=1e-5)
    error = np.deg2rad(found["angle"] - degrees).ravel()
    weights = found.weights.ravel()
    length = weights @ np.cos(error)
    ess = 1 / np.square(weights).sum()
    spread = np.sqrt(weights @ (np.cos(error) - length) ** 2)
    assert abs(length - case.length) < 4 * spread / np.sqrt(ess)
    assert abs(weights @ np.sin(error)) < 4 * 0.2 / np.sqrt(ess)
    # The radii of the pair are free of the angle and carry no weight.
    square = np.square(found.unconstrained[0]).sum(axis=1)
    related = np.corrcoef(square, found.stats["log_weight"][0])[0, 1]
    assert abs(related) < 4 / np.sqrt(weights.size)


def test_partly_fixed_vector_names_what_is_free(toys):
    found = fit(toys.line(fixed={"slope[0]": 0.5}).problem)
    assert named_covariance(found).names == ("slope[1]",)


def test_degenerate_direction_is_named(toys):
    # Only the sum of the two slopes is measured.
    case = toys.line()
    problem = case.problem
    alike = type(problem.system)(
        np.ones((4, 2)) * 1.0,
        problem.system.noise,
        problem.spec,
        problem.system.data,
    )
    found = fit(fx.Problem(alike, {"y": case.y}))
    assert found.converged, found.verdict
    (direction,) = degenerate_directions(found)
    assert {name for name, _ in direction.components} == {
        "slope[0]",
        "slope[1]",
    }
    weights = [w for _, w in direction.components]
    np.testing.assert_allclose(np.prod(weights), -0.5, rtol=0.02)
    assert direction.information < 1e-6
    assert "slope[0]" in str(direction)
    assert degenerate_directions(fit(case.problem)) == ()


def test_singular_flat_posterior_is_not_converged(toys):
    case = toys.line(flat=True)
    system = case.problem.system
    alike = type(system)(
        np.ones((4, 2)) * 1.0, system.noise, case.problem.spec, system.data
    )
    found = fit(fx.Problem(alike, {"y": case.y}))
    assert not found.converged
    assert not found.check("positive_definite").passed
    assert "no positive curvature" in " ".join(found.notes)
    assert np.isfinite(found["slope"]).all()
    (direction,) = degenerate_directions(found)
    assert len(direction.components) == 2


def test_undetermined_angle_is_not_converged(toys):
    found = fit(toys.direction(0.0, noise=1e6).problem)
    assert not found.converged


@pytest.mark.slow
def test_heavy_tails_fail_the_k_hat(toys):
    # Eight schools: log tau has a long tail that no Gaussian covers.
    found = fit(toys.schools(**toys.SCHOOLS))
    assert not found.check("k_hat").passed
    assert "k-hat" in found.verdict


def test_other_estimators_have_no_covariance(toys):
    other = fx.fit(toys.line().problem, "optim.map", key=0)
    with pytest.raises(fx.errors.FitError, match=r"laplace\.fisher"):
        named_covariance(other)


def test_survives_saving(toys, tmp_path):
    found = fit(toys.line().problem)
    again = fx.Posterior.load(found.save(tmp_path / "laplace"))
    assert again.converged
    ours, theirs = named_covariance(found), named_covariance(again)
    assert ours.names == theirs.names
    np.testing.assert_array_equal(ours.matrix, theirs.matrix)


def test_deterministic_by_key(toys):
    problem = toys.rate().problem
    a, b, c = fit(problem, 1), fit(problem, 1), fit(problem, 2)
    np.testing.assert_array_equal(a["rate"], b["rate"])
    assert not np.array_equal(a["rate"], c["rate"])


def test_another_problem_compiles_nothing(toys, compilations):
    fit(toys.direction(0.0).problem)
    compilations.clear()
    fit(toys.direction(50.0, noise=0.1).problem, key=3)
    assert compilations == []


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_flat_prior_in_any_unit(toys, unit):
    # What is flat is judged by the parameter's own error, not by its unit.
    case = toys.line(flat=True)
    system = case.problem.system
    other = type(system)(
        system.design / unit, system.noise, case.problem.spec, system.data
    )
    found = fit(fx.Problem(other, {"y": case.y}))
    assert found.converged, found.verdict
    assert degenerate_directions(found) == ()
    np.testing.assert_allclose(
        named_covariance(found).matrix, case.covariance * unit**2, rtol=1e-6
    )
