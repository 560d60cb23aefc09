"""Values of light and mass profiles."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lensing_kernels import profile
from lensing_kernels.geometry import Points
from lensing_kernels.light.sersic import (
    PIVOT,
    SLOPE,
    log_contrast,
    log_reach,
    sersic_image,
)
from scipy.integrate import quad

EAST = np.array([[0.0, 1.0]])
GRID = np.random.default_rng(3).uniform(-2, 2, (40, 2))
SERSIC = {
    "centre": jnp.asarray([0.1, -0.2]),
    "ell_comps": jnp.asarray([0.2, -0.1]),
    "intensity": jnp.asarray(1.5),
    "effective_radius": jnp.asarray(0.7),
    "sersic_index": jnp.asarray(2.5),
}
CORE = SERSIC | {
    "radius_break": jnp.asarray(0.05),
    "gamma": jnp.asarray(0.25),
    "alpha": jnp.asarray(3.0),
}
MASS = {
    "centre": jnp.asarray([0.1, -0.2]),
    "ell_comps": jnp.asarray([0.2, -0.1]),
    "einstein_radius": jnp.asarray(1.3),
}
SHEAR = {"gamma_1": jnp.asarray(0.05), "gamma_2": jnp.asarray(-0.03)}
CASES = [
    ("sersic", SERSIC),
    ("sersic_core", CORE),
    ("isothermal", MASS),
    ("external_shear", SHEAR),
]


def kernels(name):
    found = profile(name)
    return {what: getattr(found, what) for what in found.targets}


def test_every_profile_agrees_with_the_reference(profile_cases):
    assert len(profile_cases) > 40
    for key, case in profile_cases.items():
        if case.autolens == "mp.IsothermalSph":
            continue  # not softened, so it differs by 1e-9 near the centre
        functions = kernels(case.profile)
        assert set(case.outputs) == set(functions)
        for what, expected in case.outputs.items():
            keep = np.isfinite(expected).reshape(len(case.grid), -1).all(1)
            if what != "image" and case.centre_point is not None:
                keep[case.centre_point] = False  # by its limit, below
            found = np.asarray(functions[what](case.grid, case.params))
            assert np.isfinite(found).all(), key
            scale = np.abs(expected[keep]).max() + 1e-300
            error = np.abs(found - expected)[keep].max() / scale
            assert error < 1e-12, (key, what, error)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_pairs_and_arrays_are_one_grid(name, params):
    points = Points(*GRID.T)
    for what, function in kernels(name).items():
        array, pair = function(GRID, params), function(points, params)
        if what == "deflections":
            assert isinstance(pair, Points)
            pair = jnp.stack(pair, axis=-1)
        np.testing.assert_allclose(pair, array, rtol=1e-14, atol=1e-15)
        # Any shape of grid.
        again = function(GRID.reshape(5, 8, 2), params)
        np.testing.assert_allclose(again.reshape(array.shape), array)


def test_limits_at_the_centre():
    centre = jnp.asarray([[0.1, -0.2]])
    near = centre + jnp.asarray([0.0, 1e-12])
    sersic = profile("sersic").image(centre, SERSIC)
    # The cusp is reached as r^(1 / n).
    np.testing.assert_allclose(
        sersic, profile("sersic").image(near, SERSIC), rtol=1e-3
    )
    flat = CORE | {"gamma": jnp.asarray(0.0)}
    image = profile("sersic_core").image
    np.testing.assert_allclose(image(centre, flat), image(near, flat))
    at_8 = centre + jnp.asarray([0.0, 1e-8])
    np.testing.assert_allclose(image(centre, CORE), image(at_8, CORE), rtol=0.1)
    mass = profile("isothermal")
    np.testing.assert_array_equal(mass.deflections(centre, MASS), 0.0)
    np.testing.assert_array_equal(mass.potential(centre, MASS), 0.0)
    assert np.isfinite(mass.convergence(centre, MASS)).all()


@given(
    st.floats(0.0, 1.2),
    st.floats(-np.pi, np.pi),
    st.sampled_from(CASES[:3]),
)
def test_turning_everything_turns_the_result(length, angle, case):
    name, params = case
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, s], [-s, c]])  # of (y, x), counter-clockwise
    twice = np.array([[c * c - s * s, 2 * s * c], [-2 * s * c, c * c - s * s]])
    ell = length * np.array([0.6, 0.8])
    given = params | {"ell_comps": ell}
    turned = params | {
        "ell_comps": twice @ ell,
        "centre": turn @ params["centre"],
    }
    for what, function in kernels(name).items():
        before = np.asarray(function(GRID, given))
        if what == "deflections":
            before = before @ turn.T
        after = np.asarray(function(GRID @ turn.T, turned))
        # An ellipse of axis ratio 5e-4 magnifies rounding.
        scale = np.abs(before).max()
        tolerance = 1e-11 if length < 0.9 else 1e-8
        np.testing.assert_allclose(after, before, atol=tolerance * scale)


@pytest.mark.parametrize("e", [0.0, 1e-9, 3e-5, 4.9e-5, 5.1e-5, 1e-3, 0.3])
def test_potential_gives_deflections_and_convergence(e):
    params = MASS | {"ell_comps": jnp.asarray([0.6 * e, -0.8 * e])}
    mass = profile("isothermal")

    def potential(point):
        return mass.potential(point, params)

    slopes = jax.vmap(jax.grad(potential))(jnp.asarray(GRID))
    np.testing.assert_allclose(
        slopes, mass.deflections(GRID, params), rtol=1e-10, atol=1e-10
    )
    second = jax.vmap(jax.hessian(potential))(jnp.asarray(GRID))
    trace = second[:, 0, 0] + second[:, 1, 1]
    np.testing.assert_allclose(
        0.5 * trace, mass.convergence(GRID, params), rtol=1e-9
    )


def test_shear_is_the_gradient_of_its_potential():
    shear = profile("external_shear")
    slopes = jax.vmap(jax.grad(lambda p: shear.potential(p, SHEAR)))(
        jnp.asarray(GRID)
    )
    np.testing.assert_allclose(slopes, shear.deflections(GRID, SHEAR))
    np.testing.assert_array_equal(shear.convergence(GRID, SHEAR), 0.0)


def test_nothing_jumps_where_the_formula_changes():
    def at(length):
        params = MASS | {"ell_comps": length * jnp.asarray([0.6, -0.8])}
        return profile("isothermal").deflections(GRID, params)

    below, above = at(5e-5 * (1 - 1e-12)), at(5e-5 * (1 + 1e-12))
    np.testing.assert_allclose(below, above, rtol=1e-13, atol=1e-14)


def test_half_of_the_light_is_within_the_effective_radius():
    for n in (0.8, 1.0, 2.5, 4.0, 8.0):
        params = SERSIC | {
            "centre": (0.0, 0.0),
            "ell_comps": (0.0, 0.0),
            "sersic_index": n,
            "effective_radius": 1.0,
        }
        image = jax.jit(profile("sersic").image)

        def ring(log_r, image=image, params=params):
            r = np.exp(log_r)
            return float(image(np.array([[0.0, r]]), params)[0]) * r * r

        inside, _ = quad(ring, -12, 0, epsabs=0, epsrel=1e-9)
        outside, _ = quad(ring, 0, 14, epsabs=0, epsrel=1e-9, limit=200)
        # b_n is a series in 1 / n.
        assert abs(inside / (inside + outside) - 0.5) < 5e-5, n


def test_core_reaches_the_plain_profile_outside():
    # Equal slopes and no break: the two differ by a factor alone.
    params = CORE | {"radius_break": jnp.asarray(1e-7), "gamma": 0.0}
    ratio = profile("sersic_core").image(GRID, params) / profile(
        "sersic"
    ).image(GRID, SERSIC)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)


def test_long_ellipticities_are_cut():
    for name, params in CASES[:3]:
        for what, function in kernels(name).items():
            values = [
                function(GRID, params | {"ell_comps": k * jnp.asarray(e)})
                for e in ([0.6, 0.8], [-0.8, 0.6])
                for k in (0.9991, 1.0, 7.0)
            ]
            assert np.isfinite(values).all(), (name, what)
            np.testing.assert_allclose(values[0], values[2], rtol=1e-7)
            np.testing.assert_allclose(values[3], values[5], rtol=1e-7)


@pytest.mark.parametrize(("name", "params"), CASES)
@pytest.mark.parametrize("length", [0.0, 1e-5, 1e-3, 0.5, 0.9985, 0.999, 2.0])
def test_single_precision(name, params, length, in_float32):
    if "ell_comps" in params:
        params = params | {"ell_comps": length * jnp.asarray([0.6, 0.8])}
    grid = np.concatenate([GRID, [[0.1, -0.2]]])
    for what, function in kernels(name).items():
        single = function(*in_float32((grid, params)))
        assert single.dtype == jnp.float32
        assert np.isfinite(single).all(), what
        exact = np.asarray(function(GRID, params))
        if length < 0.9:
            scale = np.abs(exact).max()
            np.testing.assert_allclose(single[:-1], exact, atol=2e-5 * scale)


@pytest.mark.parametrize("radius", [0.1, 0.9, 8.0])
@pytest.mark.parametrize("index", [0.7, 2.0, 6.0])
def test_the_contrast_is_that_of_the_brightness_where_it_is_seen(radius, index):
    seen = radius * PIVOT / (radius**4 + PIVOT**4) ** 0.25
    params = {
        "centre": (0.0, 0.0),
        "ell_comps": (0.0, 0.0),
        "intensity": 0.3,
        "effective_radius": radius,
        "sersic_index": index,
    }
    brightness = sersic_image(np.array([[seen, 0.0]]), params)[0]
    found = log_contrast(radius, index)
    np.testing.assert_allclose(
        found, np.log(0.3 / brightness), rtol=1e-12, atol=1e-14
    )


@pytest.mark.parametrize("index", [0.4, 1.0, 4.0, 11.0])
def test_the_reach_is_the_radius_of_a_slope(index):
    radius = 0.8 / np.exp(float(log_reach(index)))
    params = {
        "centre": (0.0, 0.0),
        "ell_comps": (0.0, 0.0),
        "intensity": 0.3,
        "effective_radius": 0.8,
        "sersic_index": index,
    }

    def log_light(log_r):
        return jnp.log(sersic_image(jnp.exp(log_r) * EAST, params)[0])

    slope = jax.grad(log_light)(jnp.log(radius))
    np.testing.assert_allclose(slope, -SLOPE, rtol=1e-9)
