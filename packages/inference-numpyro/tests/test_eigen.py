"""Directions by what the data know of them."""

import forwardax as fx
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax.errors import FitError
from inference_numpyro import degenerate_directions, eigenbasis


@pytest.fixture
def line(toys):
    return toys.line()


def alike(case, **decisions):
    """Only the sum of the two slopes is measured."""
    system = case.problem.system
    other = type(system)(
        np.ones((4, 2)), system.noise, case.problem.spec, system.data
    )
    return fx.Problem(other, {"y": case.y}, **decisions)


def test_information_is_that_of_the_data_over_that_of_the_prior(line):
    found = eigenbasis(line.problem, {"slope": [0.0, 0.0]})
    data = np.linalg.inv(line.covariance) - np.eye(2) / 2.0**2
    # Half the central 68 % of a normal prior of 2, from 512 draws.
    width = np.asarray(found.scale)
    np.testing.assert_allclose(width, 2.0, rtol=0.15)
    want = np.linalg.eigvalsh(data * np.outer(width, width))[::-1]
    np.testing.assert_allclose(found.information, want, rtol=1e-9)
    along = found.information + np.einsum(
        "ik,i->k", np.square(found.directions), width**2 / 4
    )
    np.testing.assert_allclose(found.curvature, along, rtol=1e-9)
    unit = found.directions.T @ found.directions
    np.testing.assert_allclose(unit, np.eye(2), atol=1e-12)


def test_the_worst_direction_is_that_of_the_laplace_approximation(line):
    problem = alike(line)
    basis = eigenbasis(problem, {"slope": [0.3, 0.1]})
    laplace = fx.fit(problem, "laplace.fisher", key=0)
    (want,) = degenerate_directions(laplace)
    got = basis.named()[-1]
    assert got.information == pytest.approx(want.information, abs=1e-6)
    assert {n for n, _ in got.components} == {"slope[0]", "slope[1]"}
    best = basis.named()[0]
    weights = [w for _, w in best.components]
    np.testing.assert_allclose(weights, np.sqrt(0.5), rtol=0.1)


def test_coefficients_and_points_are_inverse(line):
    basis = eigenbasis(line.problem, {"slope": [0.3, 0.1]})
    point = basis.point(line.problem, [0.4, -1.1])
    got = basis.coefficients(line.problem, point)
    np.testing.assert_allclose(got, [0.4, -1.1], rtol=1e-9)
    # Along one direction alone, the nearest point is a projection.
    one = basis.truncated(1)
    np.testing.assert_allclose(
        one.coefficients(line.problem, point), [0.4], rtol=1e-9
    )
    away = np.asarray(one.point(line.problem, [0.4]) - basis.origin)
    across = np.asarray(basis.directions[:, 1]) / np.asarray(basis.scale)
    assert abs(away @ across) < 1e-12


def test_truncation_keeps_what_the_data_know(line):
    basis = eigenbasis(alike(line), {"slope": [0.0, 0.0]})
    assert basis.truncated(least=1.0).number == 1
    assert basis.truncated(2).number == 2
    assert basis.truncated(2, least=1.0).number == 1
    kept = basis.truncated(1)
    np.testing.assert_array_equal(kept.information, basis.information[:1])
    np.testing.assert_array_equal(kept.directions, basis.directions[:, :1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((), {}), "where to cut"),
        (((3,), {}), "1 to 2"),
        (((0,), {}), "1 to 2"),
        (((1.0,), {}), "1 to 2"),
        (((), {"least": 1e30}), "no direction has so much"),
    ],
)
def test_wrong_truncations_are_refused(line, arguments, message):
    basis = eigenbasis(line.problem, {"slope": [0.0, 0.0]})
    with pytest.raises(FitError, match=message):
        basis.truncated(*arguments[0], **arguments[1])


@pytest.mark.parametrize("degrees", [0.0, 359.9])
def test_an_angle_has_one_coordinate_across_the_seam(toys, degrees):
    case = toys.direction(degrees)
    basis = eigenbasis(case.problem, {"angle": degrees})
    assert basis.names == ("angle",)
    point = basis.point(case.problem, [0.2])
    turned = float(case.problem.values(point)["angle"]) - degrees
    assert (turned + 180) % 360 - 180 == pytest.approx(np.rad2deg(0.2))
    # Without residuals it is the observed curvature: 1 / noise^2.
    np.testing.assert_allclose(basis.information, 1 / 0.2**2, rtol=1e-6)


def test_a_posterior_and_a_point_are_places_too(line):
    found = fx.fit(line.problem, "optim.map", key=0)
    point = jnp.asarray(found.unconstrained[0, 0])
    one, other = (eigenbasis(line.problem, at) for at in (found, point))
    np.testing.assert_allclose(one.origin, point)
    np.testing.assert_array_equal(one.information, other.information)


def test_an_improper_prior_is_wide(toys):
    case = toys.line(flat=True)
    basis = eigenbasis(case.problem, {"slope": [0.0, 0.0]})
    own = np.sqrt(np.diagonal(np.linalg.inv(case.covariance)))
    np.testing.assert_allclose(basis.scale, 1000 / own, rtol=1e-9)
    assert (np.asarray(basis.information) > 1).all()


def test_wrong_places_are_refused(line):
    with pytest.raises(FitError, match=r"shape \(3,\).*shape \(2,\)"):
        eigenbasis(line.problem, np.zeros(3))
    with pytest.raises(FitError, match="wrong type"):
        eigenbasis(line.problem, 1.0)
    with pytest.raises(FitError, match="no data"):
        eigenbasis(line.problem.with_data(None), {"slope": [0.0, 0.0]})
    with pytest.raises(fx.errors.StoreError):
        eigenbasis(line.problem, {})


def test_another_problem_compiles_nothing(toys, compilations):
    zero = {"slope": [0.0, 0.0]}
    eigenbasis(toys.line(seed=0).problem, zero)
    compilations.clear()
    eigenbasis(toys.line(seed=1, noise=0.2).problem, zero)
    assert compilations == []
