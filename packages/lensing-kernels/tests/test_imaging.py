"""Model images of whole lenses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from lensing_kernels import imaging
from lensing_kernels.imaging import Imaging
from lensing_kernels.sampling_grid import adaptive_sub_size, pixel_grid

PIXEL = 0.2
OPEN = np.zeros((21, 22), bool)


def masked(shape=(21, 22), radius=1.7):
    grid = pixel_grid(np.zeros(shape, bool), PIXEL)
    return (np.hypot(*grid.T) > radius).reshape(shape)


def log_likelihood(model, params, data, noise):
    residual = (data - model.model_image(params)) / noise
    return -0.5 * jnp.sum(residual**2 + jnp.log(2 * jnp.pi * noise**2))


def test_fits_agree_with_the_reference(fit_cases):
    assert set(fit_cases) == {"img_sie_shear_sub1_psf11", "img_nopsf_sub1"}
    for key, case in fit_cases.items():
        mask = case.mask.astype(bool)
        model = Imaging(
            case.galaxies, case.pixel_scale, mask, case.psf, case.sub_size
        )
        image = model.model_image(case.params)
        scale = np.abs(case.model_image).max()
        np.testing.assert_allclose(
            image, case.model_image, atol=1e-10 * scale, err_msg=key
        )
        before = sum(model.plane_images(case.params))
        np.testing.assert_allclose(
            before, case.image_before_psf, atol=1e-12 * scale
        )
        found = log_likelihood(
            model, case.params, case.data[~mask], case.noise[~mask]
        )
        assert abs(found / case.log_likelihood - 1) < 1e-9


def test_a_pixel_is_the_mean_of_its_points(lens):
    mask = masked()
    plain = Imaging(lens.galaxies, PIXEL, mask, None, 3)
    fine = Imaging(lens.galaxies, PIXEL / 3, np.kron(mask, np.ones((3, 3))))
    image = np.zeros((63, 66))
    image[np.kron(mask, np.ones((3, 3))) == 0] = fine.model_image(lens.params)
    expected = image.reshape(21, 3, 22, 3).mean((1, 3))[~mask]
    np.testing.assert_allclose(plain.model_image(lens.params), expected)


def test_each_pixel_has_its_own_sub_size(lens, kernel):
    mask = masked()
    grid = pixel_grid(mask, PIXEL)
    sub = adaptive_sub_size(grid, (0.0, 0.0), [0.4, 0.9], [4, 2, 1])
    assert set(sub) == {1, 2, 4}
    mixed = Imaging(lens.galaxies, PIXEL, mask, None, sub)
    found = np.asarray(mixed.model_image(lens.params))
    for s in (1, 2, 4):
        same = Imaging(lens.galaxies, PIXEL, mask, None, s)
        expected = np.asarray(same.model_image(lens.params))
        np.testing.assert_allclose(found[sub == s], expected[sub == s])
    # The PSF finds the pixels wherever they stand in the list.
    blurred = Imaging(lens.galaxies, PIXEL, mask, kernel, sub)
    delta = np.zeros_like(kernel)
    delta[2, 3] = 1.0
    sharp = Imaging(lens.galaxies, PIXEL, mask, delta, sub)
    np.testing.assert_allclose(sharp.model_image(lens.params), found)
    assert np.abs(blurred.model_image(lens.params) - found).max() > 0.01


def test_light_beyond_the_edge_is_not_lost(lens, kernel):
    # A larger image with a mask sees all that the kernel reaches.
    wide = np.ones((41, 42), bool)
    wide[10:31, 10:32] = False
    inner = Imaging(lens.galaxies, PIXEL, OPEN, kernel)
    outer = Imaging(lens.galaxies, PIXEL, wide, kernel)
    np.testing.assert_allclose(
        inner.model_image(lens.params), outer.model_image(lens.params)
    )


def test_planes_add_up(lens):
    model = Imaging(lens.galaxies, PIXEL, masked(), None, 2)
    planes = model.plane_images(lens.params)
    assert len(planes) == 2
    np.testing.assert_allclose(sum(planes), model.model_image(lens.params))
    dark = jax.tree.map(lambda a: a, lens.params)
    dark["lens"]["bulge"] = dark["lens"]["bulge"] | {"intensity": 0.0}
    np.testing.assert_array_equal(model.plane_images(dark)[0], 0.0)
    np.testing.assert_allclose(planes[1], model.model_image(dark))


def test_source_is_seen_without_the_lens(lens):
    model = Imaging(lens.galaxies, PIXEL, masked())
    grid = pixel_grid(OPEN, 0.05).reshape(21, 22, 2)
    image = model.source_image(lens.params, grid)
    assert image.shape == (21, 22)
    peak = grid.reshape(-1, 2)[np.argmax(image)]
    assert np.hypot(*(peak - lens.params["source"]["disk"]["centre"])) < 0.05


def test_only_what_shines_is_evaluated(lens):
    # A lens without light, and mass behind all light.
    galaxies = {
        "lens": {"redshift": 0.2, "mass": {"main": "isothermal"}},
        "source": {"redshift": 0.6, "light": {"disk": "sersic_core"}},
        "behind": {"redshift": 1.0, "mass": {"main": "isothermal"}},
    }
    params = {
        "lens": {"main": lens.params["lens"]["main"]},
        "source": lens.params["source"],
        "behind": {},  # never asked for
    }
    model = Imaging(galaxies, PIXEL, masked())
    planes = model.plane_images(params)
    assert len(planes) == 3
    np.testing.assert_array_equal(planes[0], 0.0)
    np.testing.assert_array_equal(planes[2], 0.0)
    np.testing.assert_allclose(planes[1], model.model_image(params))


@pytest.mark.parametrize(
    "sub_size", [pytest.param(1, marks=pytest.mark.slow), 2]
)
def test_gradient_of_a_likelihood(lens, kernel, differences, sub_size):
    # An even number of pixels along one axis: none sits on a centre.
    mask = masked((22, 22))
    model = Imaging(lens.galaxies, PIXEL, mask, kernel, sub_size)
    noise = np.full(model.n_pixels, 0.05)
    error = np.random.default_rng(0).normal(size=model.n_pixels) * noise
    data = model.model_image(lens.params) + error
    start, unravel = ravel_pytree(lens.params)
    start = start + 1e-3

    @jax.jit
    def density(vector):
        return log_likelihood(model, unravel(vector), data, noise)

    found = jax.grad(density)(start)
    expected = differences(density, start, 3e-5)
    scale = np.maximum(np.abs(expected), 1e-3 * np.abs(expected).max())
    assert (np.abs(found - expected) / scale).max() < 1e-6
    forward = jax.jacfwd(density)(start)
    np.testing.assert_allclose(forward, found, atol=1e-9 * scale.max())


@pytest.mark.parametrize("round_lens", [False, True])
@pytest.mark.parametrize("precision", ["f8", "f4"])
def test_gradients_on_a_pixel_centre(lens, kernel, round_lens, precision):
    # Odd by odd pixels and odd sub sizes: points fall on (0, 0).
    params = jax.tree.map(lambda a: a, lens.params)
    for galaxy, part in (
        ("lens", "bulge"),
        ("lens", "main"),
        ("source", "disk"),
    ):
        params[galaxy][part]["centre"] = jnp.zeros(2)
        if round_lens:
            params[galaxy][part]["ell_comps"] = jnp.zeros(2)
    params["lens"]["shear"] = {
        "gamma_1": jnp.zeros(()),
        "gamma_2": jnp.zeros(()),
    }
    model = Imaging(lens.galaxies, PIXEL, np.zeros((21, 21), bool), kernel, 3)
    assert (np.hypot(*model.points) == 0).any()

    def cast(tree):
        return jax.tree.map(
            lambda a: a.astype(precision) if a.dtype == "f8" else a, tree
        )

    @jax.jit
    @jax.value_and_grad
    def density(params):
        found = log_likelihood(cast(model), params, 1.0, 0.1)
        return found.astype(precision)

    value, slopes = density(cast(params))
    assert np.isfinite(value)
    for leaf in jax.tree.leaves(slopes):
        assert leaf.dtype == precision
        assert np.isfinite(leaf).all()


@pytest.mark.slow
def test_many_points_are_taken_in_parts(lens, kernel, monkeypatch):
    mask = masked()
    model = Imaging(lens.galaxies, PIXEL, mask, kernel, 2)

    def density(params):
        return jnp.sum(model.model_image(params) ** 2)

    whole, whole_slope = jax.jit(jax.value_and_grad(density))(lens.params)
    monkeypatch.setattr(imaging, "LARGEST", 101)
    assert model.points.y.size % 101
    # A new function, or the compiled one would be found again.
    value, slope = jax.jit(jax.value_and_grad(lambda p: density(p)))(
        lens.params
    )
    np.testing.assert_allclose(value, whole, rtol=1e-13)
    for a, b in zip(*map(jax.tree.leaves, (slope, whole_slope)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def test_batches_and_compilation_change_nothing(lens, kernel):
    model = Imaging(lens.galaxies, PIXEL, masked(), kernel)
    params = lens.params
    eager = model.model_image(params)
    jitted = jax.jit(lambda m, p: m.model_image(p))(model, params)
    np.testing.assert_allclose(jitted, eager, rtol=1e-12)
    brighter = jax.tree.map(lambda a: a * 1.01, params)
    both = jax.tree.map(lambda *a: jnp.stack(a), params, brighter)
    found = jax.vmap(model.model_image)(both)
    np.testing.assert_allclose(found[0], eager, rtol=1e-11)
    np.testing.assert_allclose(
        found[1], model.model_image(brighter), rtol=1e-11
    )
