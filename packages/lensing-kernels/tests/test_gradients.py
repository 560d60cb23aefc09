"""Derivatives of profiles: right, and finite everywhere."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from lensing_kernels import profile

GRID = jnp.asarray(np.random.default_rng(5).uniform(-2, 2, (12, 2)))
CENTRE = jnp.asarray([0.1, -0.2])
SERSIC = {
    "centre": CENTRE,
    "ell_comps": jnp.asarray([0.2, -0.1]),
    "intensity": jnp.asarray(1.5),
    "effective_radius": jnp.asarray(0.7),
    "sersic_index": jnp.asarray(2.5),
}
KERNELS = {
    "sersic": ("image", SERSIC),
    "sersic_core": (
        "image",
        SERSIC
        | {
            "radius_break": jnp.asarray(0.05),
            "gamma": jnp.asarray(0.25),
            "alpha": jnp.asarray(3.0),
        },
    ),
    "isothermal": (
        "deflections",
        {
            "centre": CENTRE,
            "ell_comps": jnp.asarray([0.2, -0.1]),
            "einstein_radius": jnp.asarray(1.3),
        },
    ),
    "external_shear": (
        "deflections",
        {"gamma_1": jnp.asarray(0.05), "gamma_2": jnp.asarray(-0.03)},
    ),
}
LENGTHS = [0.0, 1e-12, 1e-6, 4.9e-5, 5.1e-5, 1e-3, 0.1, 0.6, 0.99]


def case_of(name, length, angle=0.7):
    what, params = KERNELS[name]
    if "ell_comps" in params:
        e = length * jnp.asarray([np.sin(angle), np.cos(angle)])
        params = params | {"ell_comps": e}
    return getattr(profile(name), what), params


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("length", LENGTHS)
def test_derivatives_are_those_of_the_function(name, length, differences):
    function, params = case_of(name, length)
    start, unravel = ravel_pytree(params)

    @jax.jit
    def values(vector):
        return function(GRID, unravel(vector)).ravel()

    # Near the longest ellipse the function bends sharply.
    step = 1e-3 if length < 0.9 else 1e-5
    expected = differences(values, start, step)
    if length < 0.9:
        expected = (16 * differences(values, start, step / 2) - expected) / 15
    scale = np.abs(expected).max(axis=0) + 1e-3
    for found in (jax.jacfwd(values)(start), jax.jacrev(values)(start)):
        error = np.abs(found - expected) / scale
        assert error.max() < 1e-6, (name, error.max(axis=0))


@pytest.mark.parametrize("axis", [0, 1])
def test_round_lens_feels_each_component_of_ellipticity(axis, differences):
    function, params = case_of("isothermal", 0.0)

    def values(e):
        ell = jnp.zeros(2).at[axis].set(e[0])
        return function(GRID, params | {"ell_comps": ell}).ravel()

    zero = jnp.zeros(1)
    expected = differences(values, zero, 1e-2)[:, 0]
    closer = differences(values, zero, 5e-3)[:, 0]
    expected = (16 * closer - expected) / 15
    found = jax.jacrev(values)(zero)[:, 0]
    assert np.abs(found).max() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-8)
    # Curvature, too: the density of a sampler is smooth there.
    second = jax.jacfwd(jax.jacfwd(values))(zero)[:, 0, 0]
    step = 1e-3
    numeric = (
        values(zero + step) - 2 * values(zero) + values(zero - step)
    ) / step**2
    np.testing.assert_allclose(second, numeric, atol=1e-5)


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("length", [*LENGTHS, 0.999, 1.0, 3.0])
@pytest.mark.parametrize("precision", ["f8", "f4"])
def test_derivatives_are_finite_on_the_centre(name, length, precision):
    function, params = case_of(name, length)
    offsets = np.array(
        [[0, 0], [1e-12, 0], [0, 1e-9], [1e-7, 1e-7], [0.5, 0], [0, 1e3]]
    )
    grid = jnp.asarray(CENTRE + offsets, precision)
    params = jax.tree.map(lambda a: jnp.asarray(a, precision), params)

    def total(grid, params):
        return function(grid, params).sum()

    value, found = jax.value_and_grad(total, (0, 1))(grid, params)
    assert value.dtype == precision
    assert np.isfinite(value)
    for leaf in jax.tree.leaves(found):
        assert leaf.dtype == precision
        assert np.isfinite(leaf).all(), found
    forward = jax.jacfwd(function, (0, 1))(grid, params)
    for leaf in jax.tree.leaves(forward):
        assert np.isfinite(leaf).all(), forward


@pytest.mark.parametrize("name", ["sersic", "sersic_core", "isothermal"])
def test_a_point_on_the_centre_pulls_nowhere(name):
    function, params = case_of(name, 0.3)

    def total(centre, grid):
        return function(grid, params | {"centre": centre}).sum()

    here = CENTRE[None]
    np.testing.assert_array_equal(jax.grad(total)(CENTRE, here), 0.0)
    aside = here + 0.1
    assert np.abs(jax.grad(total)(CENTRE, aside)).max() > 0
