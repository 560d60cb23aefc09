"""The propagation against stored images, dLux and analytic limits."""

import dLux as dl
import dLux.layers as dll
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from optics_dlux._focus import focus
from optics_dlux._pupil import normalised, transmission, zernike_modes

CASES = range(3)


def propagate(case, coefficients, positions=None, photons=(1.0,)):
    """Image of a reference case; coefficients in m."""
    basis = zernike_modes(tuple(case.noll), case.pupil_npix, case.diameter_m)
    if positions is None:
        positions = [case.source_offset_rad]
    return focus(
        normalised(case.transmission),
        jnp.tensordot(jnp.asarray(coefficients) * 1e9, basis, 1),
        jnp.array(case.wavelengths_m) * 1e9,
        jnp.array(case.weights),
        case.psf_npix,
        jnp.array(case.diameter_m / case.pupil_npix),
        jnp.array(case.pixel_scale_rad),
        jnp.array(positions),
        jnp.array(photons),
    )


@pytest.mark.parametrize("number", CASES)
def test_images_equal_the_stored_ones(cases, number):
    case = cases("two_plane_psf")[number]
    got = propagate(case, case.coefficients_m)
    np.testing.assert_allclose(got, case.psf, atol=1e-12 * case.psf.max())
    assert got.sum() == pytest.approx(case.psf_sum, rel=1e-12)


@pytest.mark.parametrize(
    "number",
    [pytest.param(k, marks=[pytest.mark.slow] * (k < 2)) for k in CASES],
)
def test_gradients_and_fisher_equal_the_stored_ones(cases, number):
    case = cases("two_plane_psf")[number]
    z = jnp.array(case.coefficients_m)
    reference = propagate(case, z)

    def loss(z):
        gap = propagate(case, z) - reference
        return 0.5 * jnp.sum(gap**2 / (reference + 1e-6))

    slope = jax.grad(loss)(1.1 * z)
    scale = np.abs(case.grad).max()
    np.testing.assert_allclose(slope, case.grad, atol=1e-8 * scale)
    jacobian = jax.jacfwd(lambda z: propagate(case, z))(z) * 1e-9
    fisher = jnp.einsum(
        "yxa,yxb,yx->ab", jacobian, jacobian, 1 / (reference + 1e-6)
    )
    scale = case.fisher_nm.max()
    np.testing.assert_allclose(fisher, case.fisher_nm, atol=1e-10 * scale)


@pytest.mark.parametrize("number", CASES)
def test_it_equals_the_dlux_system(cases, number):
    case = cases("two_plane_psf")[number]
    basis = zernike_modes(tuple(case.noll), case.pupil_npix, case.diameter_m)
    optics = dl.AngularOpticalSystem(
        case.pupil_npix,
        case.diameter_m,
        [
            dll.BasisOptic(
                basis=basis,
                transmission=jnp.array(case.transmission),
                coefficients=jnp.array(case.coefficients_m),
                normalise=True,
            )
        ],
        case.psf_npix,
        np.rad2deg(case.pixel_scale_rad) * 3600,
    )
    want = optics.propagate(
        jnp.array(case.wavelengths_m),
        offset=jnp.array(case.source_offset_rad),
        weights=jnp.array(case.weights),
    )
    got = propagate(case, case.coefficients_m)
    np.testing.assert_allclose(got, want, atol=1e-12 * want.max())


@pytest.mark.parametrize("number", CASES)
def test_an_unaberrated_pupil_makes_the_airy_pattern(cases, number):
    case = cases("airy")[number]
    n_pix = 256
    structure = {
        "m1.aperture.diameter": case.diameter_m,
        "m1.aperture.obscuration": case.obscuration_ratio,
        "m1.struts.number": 0,
        "m1.struts.width": 0.0,
        "m1.struts.rotation": 0.0,
        "system.sampling.pupil_npix": n_pix,
        "system.sampling.pupil_oversample": 5,
    }
    amplitude = normalised(transmission(structure))
    pitch = case.diameter_m / n_pix
    image = focus(
        amplitude,
        jnp.zeros((n_pix, n_pix)),
        jnp.array([case.wavelength_m * 1e9]),
        jnp.ones(1),
        case.npix,
        jnp.array(pitch),
        jnp.array(case.pixel_scale_rad),
        jnp.zeros((1, 2)),
        jnp.ones(1),
    )
    step = pitch * case.pixel_scale_rad / case.wavelength_m
    peak = (amplitude.sum() * step) ** 2
    limit = case.sampled_pupil_256_max_abs_err
    np.testing.assert_allclose(image / peak, case.psf, atol=1.5 * limit)


@pytest.fixture(scope="module")
def round_pupil():
    coords = np.linspace(-1, 1, 32)
    disc = np.hypot(*np.meshgrid(coords, coords)) < 1
    return normalised(disc)


def image_of(amplitude, opd, position=(0.0, 0.0), n_out=32, fraction=1.0):
    """500 nm, a pupil pixel of 1 cm, and `fraction` of the full field."""
    scale = fraction * 500e-9 / (0.01 * n_out)
    position = jnp.array([position]) * scale
    return focus(
        amplitude,
        opd,
        jnp.array([500.0]),
        jnp.ones(1),
        n_out,
        jnp.array(0.01),
        jnp.array(scale),
        position,
        jnp.ones(1),
    )


def centroid(image):
    axis = np.arange(len(image)) - (len(image) - 1) / 2
    return image.sum(0) @ axis / image.sum(), image.sum(1) @ axis / image.sum()


def test_a_full_field_holds_all_the_light(round_pupil):
    opd = 50.0 * zernike_modes((6,), 32, 0.32)[0]
    image = image_of(round_pupil, opd, (0.3, -2.2), n_out=48)
    assert image.sum() == pytest.approx(1, rel=1e-12)


def test_light_lands_where_it_comes_from(round_pupil):
    flat = jnp.zeros((32, 32))
    centre = image_of(round_pupil, flat, fraction=0.5)
    moved = image_of(round_pupil, flat, (3.0, -5.0), fraction=0.5)
    np.testing.assert_allclose(
        np.asarray(centre)[5:, :-3], np.asarray(moved)[:-5, 3:], atol=1e-15
    )
    x, y = centroid(np.asarray(moved))
    assert x > 2 and y < -4


@pytest.mark.parametrize("noll, axis", [(2, 0), (3, 1)])
def test_a_tilt_moves_the_image_to_the_positive_side(round_pupil, noll, axis):
    opd = 100.0 * zernike_modes((noll,), 32, 0.32)[0]
    image = np.asarray(image_of(round_pupil, opd, fraction=0.2))
    # 100 nm RMS is a wavefront of 400 nm over the diameter.
    want = 400e-9 / 0.32 / (0.2 * 500e-9 / 0.32)
    place = np.array(centroid(image))
    assert place[axis] == pytest.approx(want, rel=0.05)
    assert place[1 - axis] == pytest.approx(0, abs=1e-9)


def test_even_aberrations_of_a_symmetric_pupil_have_no_sign(round_pupil):
    # The trap that diversity, or an odd number of struts, removes.
    modes = zernike_modes((4, 5, 6, 11), 32, 0.32)

    def image(c, known=0.0):
        opd = jnp.tensordot(c, modes, 1) + known * modes[0]
        return image_of(round_pupil, opd, fraction=0.5)

    zero = jnp.zeros(4)
    peak = image(zero).max()
    assert jnp.abs(jax.jacfwd(image)(zero)).max() < 1e-15 * peak
    c = jnp.array([20.0, -10.0, 5.0, 8.0])
    np.testing.assert_allclose(image(c), image(-c), atol=1e-14 * peak)
    assert jnp.abs(image(c, 60.0) - image(-c, 60.0)).max() > 0.05 * peak


def test_gradients_are_finite_at_the_zeros_of_the_pattern():
    # A square pupil has exact zeros at whole multiples of lambda / D.
    square = normalised(np.ones((16, 16)))

    def image(tilt):
        opd = tilt * zernike_modes((2,), 16, 0.16)[0]
        return image_of(square, opd, (0.5, 0.5), n_out=16)

    dark = image(0.0)
    assert dark.min() < 1e-30
    slope = jax.jacfwd(image)(0.0)
    assert np.isfinite(slope).all()
