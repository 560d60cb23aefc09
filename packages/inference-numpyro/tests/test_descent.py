"""Descents step by step."""

import forwardax as fx
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import ParamField, ParamSpec, Prior
from forwardax.errors import FitError
from inference_numpyro import eigenbasis, gradient_descent

ZERO = {"slope": [0.0, 0.0]}


@pytest.fixture
def line(toys):
    return toys.line()


def test_a_descent_ends_at_the_maximum_and_keeps_its_way(line):
    found = gradient_descent(line.problem, ZERO, steps=80)
    assert found.points.shape == (1, 81, 2)
    assert found.losses.shape == (1, 81)
    assert found.values["slope"].shape == (1, 81, 2)
    np.testing.assert_allclose(found.values["slope"][0, 0], 0.0, atol=1e-12)
    np.testing.assert_allclose(found.last()["slope"], line.mean, rtol=1e-6)
    assert (np.diff(found.losses) <= 0).all()
    best = fx.fit(line.problem, "optim.map", key=0)
    least = float(line.problem.loss(jnp.asarray(best.unconstrained[0, 0])))
    np.testing.assert_allclose(found.losses[0, -1], least, rtol=1e-9)


def test_a_step_is_the_rate_times_a_newton_step_along_each_coordinate(line):
    problem = line.problem
    found = gradient_descent(problem, ZERO, steps=1, rate=0.3)
    precision = np.linalg.inv(line.covariance)
    want = 0.3 * (precision @ line.mean) / np.diagonal(precision)
    np.testing.assert_allclose(found.last()["slope"], want, rtol=1e-9)


def test_each_parameter_has_its_rate(line):
    for name, held in (
        ("slope[1]", [False, True]),
        ("slope*", [True, True]),
        ("slope", [True, True]),
    ):
        found = gradient_descent(line.problem, ZERO, steps=3, rates={name: 0})
        moved = np.abs(found.last()["slope"]) > 1e-9
        np.testing.assert_array_equal(moved, ~np.array(held), err_msg=name)
    # Later ones win.
    rates = {"slope": 0.0, "slope[0]": 0.5}
    found = gradient_descent(line.problem, ZERO, steps=1, rate=0.6, rates=rates)
    want = gradient_descent(line.problem, ZERO, steps=1, rate=0.3)
    got = found.last()["slope"]
    np.testing.assert_allclose(got, want.last()["slope"] * [1, 0], rtol=1e-9)


def test_momentum_adds_what_the_last_step_was(line):
    problem = line.problem
    one = gradient_descent(problem, ZERO, steps=2, rate=0.1)
    two = gradient_descent(problem, ZERO, steps=2, rate=0.1, momentum=0.5)
    first = one.points[0, 1] - one.points[0, 0]
    gap = two.points[0, 2] - one.points[0, 2]
    np.testing.assert_allclose(gap, 0.5 * first, rtol=1e-9)


def test_a_rate_too_large_slows_down_and_still_arrives(line):
    found = gradient_descent(line.problem, ZERO, steps=200, rate=2.0)
    assert (np.diff(found.losses) <= 0).all()
    np.testing.assert_allclose(found.last()["slope"], line.mean, rtol=1e-4)


def test_several_starts_and_the_best_of_them(line):
    found = gradient_descent(line.problem, 3, steps=60, key=4)
    assert found.losses.shape == (3, 61)
    assert len(np.unique(found.losses[:, 0])) == 3
    assert np.ptp(found.losses[:, -1]) < 1e-6
    again = gradient_descent(line.problem, found.points[:, 0], steps=60, key=9)
    np.testing.assert_array_equal(again.points, found.points)
    # What is told of the best is of the best.
    few = gradient_descent(line.problem, 3, steps=1, key=4)
    assert few.best == int(np.argmin(few.losses[:, -1]))
    np.testing.assert_array_equal(
        few.last()["slope"], few.values["slope"][few.best, -1]
    )


def test_along_a_basis_the_rest_stays(line):
    system = line.problem.system
    alike = type(system)(
        np.ones((4, 2)), system.noise, line.problem.spec, system.data
    )
    problem = fx.Problem(alike, {"y": line.y})
    basis = eigenbasis(problem, {"slope": [0.7, -0.2]}).truncated(least=1.0)
    found = gradient_descent(
        problem, {"slope": [0.9, -0.2]}, steps=40, basis=basis
    )
    across = np.array([1.0, -1.0]) / np.asarray(basis.scale) ** 2
    moved = found.points[0] - np.asarray(basis.origin)
    # The unmeasured difference is that of the origin, not of the start.
    first = np.asarray(basis.directions[:, 0] * basis.scale)
    turned = np.array([-first[1], first[0]])
    np.testing.assert_allclose(moved @ turned, 0.0, atol=1e-12)
    assert abs(across @ first) < 1e-6
    total = line.y.sum() / 4
    assert found.last()["slope"].sum() == pytest.approx(total, abs=0.01)
    # One direction, half a Newton step at a time.
    gaps = found.losses[0, :6] - found.losses[0, -1]
    np.testing.assert_allclose(gaps[1:] / gaps[:-1], 0.25, rtol=1e-3)


def _dead(known, store, data):
    del known, data
    x = store["x"]
    return jnp.where(x > 0, -0.5 * jnp.square((x - 0.2) / 0.1), jnp.nan)


def test_what_is_not_finite_is_stepped_back_from(toys):
    prior = Prior("Normal", loc=0.0, scale=3.0)
    spec = ParamSpec([ParamField("x", prior=prior)])
    system = toys.Toy({}, spec, toys.series(1), _dead)
    problem = fx.Problem(system, {"y": np.zeros(1)})
    found = gradient_descent(problem, {"x": 2.0}, steps=60, rate=1.9)
    assert np.isfinite(found.losses).all()
    np.testing.assert_allclose(found.last()["x"], 0.2, atol=1e-3)


def test_wrong_arguments_are_told_together(line):
    with pytest.raises(FitError) as caught:
        gradient_descent(
            line.problem,
            ZERO,
            steps=0,
            rate=float("nan"),
            momentum="much",
            rates={"slop": 0.1, "slope": -1.0},
        )
    keys = [fault.key for fault in caught.value.faults]
    assert keys == ["steps", "rate", "momentum", "slop", "slope"]
    assert "slope" in caught.value.faults[3].nearest[0]
    basis = eigenbasis(line.problem, ZERO)
    with pytest.raises(FitError, match="no rates by name"):
        gradient_descent(line.problem, ZERO, basis=basis, rates={"slope": 0.1})
    with pytest.raises(FitError, match=r"shape \(3,\)"):
        gradient_descent(line.problem, np.zeros((4, 3)))
    with pytest.raises(FitError, match="no data"):
        gradient_descent(line.problem.with_data(None), 2)
    with pytest.raises(FitError, match="at least 1"):
        gradient_descent(line.problem, 0)


def test_a_basis_of_another_problem_is_refused(toys, line):
    basis = eigenbasis(toys.rate().problem, {"rate": 2.0})
    with pytest.raises(FitError, match="another problem"):
        gradient_descent(line.problem, ZERO, basis=basis)


def test_numbers_compile_nothing(toys, compilations):
    gradient_descent(toys.line(seed=0).problem, ZERO, steps=5)
    compilations.clear()
    gradient_descent(
        toys.line(seed=1, noise=0.2).problem,
        ZERO,
        steps=5,
        rate=0.2,
        rates={"slope": 0.5},
        momentum=0.3,
    )
    assert compilations == []
