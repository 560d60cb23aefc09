"""Propagation through planes, against stored images and plain transforms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from optics_dlux import four_plane, three_plane
from optics_dlux._declare.mirror_structure import repeats_after
from optics_dlux._parity import on_both_axes
from optics_dlux._propagation import Light, Plane, free, propagate
from optics_dlux._zernike import coefficients, surface

CASES = range(4)
ERRORS = {"compat": 1e-8, "fast": 1e-5}
"""Of the peak; see `system.propagation.mode`."""


def middle(array, n):
    cut = (array.shape[0] - n) // 2
    return jnp.asarray(array[cut : cut + n, cut : cut + n])


@pytest.fixture(scope="module")
def engine(three_plane_cases):
    """A function of a case and a mode that gives an image of an OPD."""

    def of(number, mode, light):
        case = three_plane_cases[number]
        n = case.pupil_npix
        compat = mode == "compat"
        m = case.pad_factor * n if compat else n + 2 * round(0.15 * n)
        plane = Plane(
            middle(case.transmission_m2_scaled, m),
            middle(case.opd_m2_scaled, m) * 1e9,
            jnp.array(case.distance),
        )
        amplitude = case.transmission_m1
        amplitude = jnp.array(amplitude / np.sqrt((amplitude**2).sum()))

        @jax.jit
        def image(opd, m2=1.0):
            return propagate(
                amplitude,
                opd,
                [plane._replace(opd=m2 * plane.opd)],
                light,
                case.psf_npix,
                jnp.array(case.pitch),
                jnp.array(case.scale),
                m if compat else max(case.pad_factor * n, n + m),
            )

        return image

    return of


def one_star(case, tilted=True):
    tilt = case.mono_source_tilt_rad if tilted else [0.0, 0.0]
    return Light(
        jnp.array([case.mono_wavelength_m * 1e9]),
        jnp.array([tilt]),
        jnp.ones((1, 1)),
    )


def two_stars(case):
    waves = jnp.array(case.wavelengths_m) * 1e9
    fluxes = jnp.array(case.binary_star_fluxes) / waves.size
    return Light(
        waves,
        jnp.array(case.binary_star_tilts_rad),
        jnp.ones((waves.size, 1)) * fluxes,
    )


def opd_of(case):
    return jnp.array(case.opd_m1 + case.dp_opd) * 1e9


@pytest.mark.parametrize("mode", ERRORS)
@pytest.mark.parametrize("number", CASES)
def test_three_planes_equal_the_stored_images(
    three_plane_cases, engine, number, mode
):
    case = three_plane_cases[number]
    opd = opd_of(case)
    for want, light, surface_ in (
        (case.psf_mono, one_star(case), opd),
        (case.psf_mono_no_dp, one_star(case, False), opd - case.dp_opd * 1e9),
        (case.image_binary, two_stars(case), opd),
    ):
        got = engine(number, mode, light)(surface_)
        limit = ERRORS[mode] * want.max()
        np.testing.assert_allclose(got, want, rtol=0, atol=limit)
    got = engine(number, mode, one_star(case))(opd)
    # Their light differs by what the edge of the fast grid cuts off.
    assert got.sum() == pytest.approx(case.psf_mono_sum, rel=1e-6)


@pytest.mark.parametrize("mode", ERRORS)
@pytest.mark.parametrize(
    "number", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in CASES[1:])]
)
def test_gradient_and_fisher_equal_the_stored_ones(
    three_plane_cases, engine, number, mode
):
    case = three_plane_cases[number]
    image = engine(number, mode, two_stars(case))
    n = case.pupil_npix
    shapes = jnp.array(coefficients(tuple(case.noll)))
    x = (jnp.arange(n) - (n - 1) / 2) / (n / 2)
    inside = jnp.hypot(x[:, None], x) <= 1
    coefs = jnp.array(case.m1_coefficients_nm)
    variance = case.image_binary + 100

    def of(c, m2=1.0):
        change = surface(shapes, c - coefs, x) * inside
        return image(opd_of(case) + change, m2)

    def loss(c):
        # The stored slope is where both mirrors have 1.2 times their errors.
        return 0.5 * jnp.sum((of(c, 1.2) - case.image_binary) ** 2 / variance)

    jacobian = jax.jacfwd(of)(coefs)
    fisher = jnp.einsum("yxa,yxb,yx->ab", jacobian, jacobian, 1 / variance)
    want = case.fisher_per_nm2[:8, :8]
    np.testing.assert_allclose(fisher, want, atol=1e-6 * np.abs(want).max())
    slope, want = jax.grad(loss)(1.2 * coefs), case.chi2_grad_per_nm[:8]
    np.testing.assert_allclose(slope, want, atol=1e-6 * np.abs(want).max())


@pytest.mark.parametrize("number", range(2))
def test_free_space_equals_the_stored_images(fresnel_cases, number):
    case = fresnel_cases[number]
    n = case.npix
    u = case.amplitude * np.exp(1j * case.phase)
    pitch = case.array_width_m / n
    waves = case.wavelength_m
    step = free(
        jnp.array(case.distance_m),
        jnp.array(waves),
        n,
        n,
        jnp.array(pitch),
        4 * n,
    )
    got = on_both_axes(step, jnp.stack([u.real, u.imag], 1))
    intensity = (got**2).sum(1)
    # The stored one is paraxial: the next term of the phase is
    # k z (lambda f)^4 / 8 at the highest frequency, for each axis.
    next_term = (
        2 * 2 * np.pi * case.distance_m / waves * (waves / (2 * pitch)) ** 4 / 8
    )
    limit = next_term * case.intensity.max()
    assert next_term < 1e-5
    np.testing.assert_allclose(intensity, case.intensity, atol=limit)


def plain(amplitude, opd, planes, wave, n_out, pitch, scale, pad):
    """The same by two-dimensional Fourier transforms of a padded grid."""
    n, m = amplitude.shape[0], pad * amplitude.shape[0]
    cut = slice((m - n) // 2, (m + n) // 2)

    def wide(array):
        found = np.zeros((m, m), complex)
        w = array.shape[0]
        at = slice((m - w) // 2, (m + w) // 2)
        found[at, at] = array
        return found

    frequency = np.fft.fftfreq(m, pitch)
    root = np.sqrt(1 - (wave * frequency) ** 2)

    def go(u, z):
        kernel = np.exp(2j * np.pi * z / wave * (root - 1))
        both = kernel[:, None] * kernel
        return np.fft.ifft2(np.fft.fft2(u) * both)

    u = wide(amplitude * np.exp(2j * np.pi * opd * 1e-9 / wave))
    whole = 0.0
    for transmission, surface_, z in planes:
        u = go(u, z) * wide(
            transmission * np.exp(2j * np.pi * surface_ * 1e-9 / wave)
        )
        whole += z
    if planes:
        u = u / np.sqrt((abs(u) ** 2).sum())
    u = go(u, -whole)[cut, cut]
    a = np.arange(n_out) - (n_out - 1) / 2
    x = np.arange(n) - (n - 1) / 2
    step = pitch * scale / wave
    kernel = np.exp(-2j * np.pi * step * a[:, None] * x)
    return abs(kernel @ u @ kernel.T * step) ** 2


@pytest.mark.parametrize(
    "n, n_out, stars", [(16, 12, 1), (15, 9, 2), (16, 9, 4)]
)
def test_four_planes_equal_plain_transforms(n, n_out, stars):
    rng = np.random.default_rng(3)
    pad, pitch, wave, scale = 3, 1e-3, 600e-9, 1e-5
    m = pad * n
    amplitude = rng.uniform(0.5, 1, (n, n))
    opd = rng.normal(0, 60, (n, n))
    planes = [
        (rng.uniform(0.5, 1, (m, m)), rng.normal(0, 60, (m, m)), z)
        for z in (3.0, -7.0)
    ]
    want = plain(amplitude, opd, planes, wave, n_out, pitch, scale, pad)
    tilts = rng.normal(0, 2e-5, (stars, 2)) * (stars > 1)
    photons = rng.uniform(1, 2, stars)

    def image(tilts, photons):
        return propagate(
            jnp.array(amplitude),
            jnp.array(opd),
            [Plane(*map(jnp.array, plane)) for plane in planes],
            Light(jnp.array([wave * 1e9]), jnp.array(tilts), photons[None]),
            n_out,
            jnp.array(pitch),
            jnp.array(scale),
            m,
        )

    got = image(np.zeros((1, 2)), jnp.ones(1))
    np.testing.assert_allclose(got, want, atol=1e-10 * want.max())
    # Stars add up, whether there are few or many.
    every = image(tilts, jnp.array(photons))
    each = [image(tilts[i : i + 1], photons[i : i + 1]) for i in range(stars)]
    np.testing.assert_allclose(every, sum(each), rtol=1e-10)


def test_what_is_not_there_changes_nothing():
    """An open plane: the field comes back from it as it was."""
    n = 24
    rng = np.random.default_rng(0)
    x = (np.arange(n) - (n - 1) / 2) / (n / 2)
    soft = np.exp(-6 * (x[:, None] ** 2 + x**2))  # little light at the edge
    soft /= np.sqrt((soft**2).sum())
    opd = 40 * rng.normal() * (x[:, None] ** 2 + x)
    args = (12, jnp.array(1e-3), jnp.array(6e-6))
    light = Light(
        jnp.array([550.0]), jnp.array([[1e-5, 2e-5]]), jnp.ones((1, 1))
    )
    m = 3 * n
    planes = [
        Plane(jnp.ones((m, m)), jnp.zeros((m, m)), jnp.array(z))
        for z in (4.0, 2.0)
    ]
    want = propagate(jnp.array(soft), jnp.array(opd), (), light, *args)
    got = propagate(jnp.array(soft), jnp.array(opd), planes, light, *args)
    np.testing.assert_allclose(got, want, atol=1e-6 * want.max())


def test_single_precision_is_enough_for_images(three_plane_cases):
    case = three_plane_cases[0]
    n = case.pupil_npix
    m = n + 2 * round(0.15 * n)
    amplitude = case.transmission_m1 / np.sqrt((case.transmission_m1**2).sum())

    def image(dtype):
        def a(value):
            return jnp.asarray(value, dtype)

        plane = Plane(
            a(middle(case.transmission_m2_scaled, m)),
            a(middle(case.opd_m2_scaled, m) * 1e9),
            a(case.distance),
        )
        light = Light(*map(a, two_stars(case)))
        return propagate(
            a(amplitude),
            a(opd_of(case)),
            [plane],
            light,
            case.psf_npix,
            a(case.pitch),
            a(case.scale),
        )

    single, double = image(jnp.float32), image(jnp.float64)
    assert single.dtype == jnp.float32
    np.testing.assert_allclose(single, double, atol=5e-6 * double.max())


def test_a_telescope_repeats_as_the_stored_images_do(three_plane_cases):
    def repeats(make, **changes):
        return repeats_after(make(**changes).structure)

    for case in three_plane_cases[:2]:
        about, n = vars(case), case.pupil_npix
        keys = ("m1.optics.focal_length_m", "m2.optics.focal_length_m")
        lengths = [*keys, "system.geometry.plane_separation_m"]
        changes = {
            "system.geometry.reference": tuple(about[k] for k in lengths),
            "m1.aperture.diameter": about["m1.aperture.diameter_m"],
            "m2.aperture.diameter": about["m2.aperture.diameter_m"],
            "system.sampling.pupil_npix": n,
        }
        least = n + n + 2 * round(0.15 * n)
        assert repeats(three_plane, **changes) == max(
            case.pad_factor * n, least
        )
        compat = {
            "system.propagation.mode": "compat",
            "system.propagation.padding": 3.0,
        }
        assert repeats(three_plane, **changes, **compat) == 3 * n
    small = {"system.sampling.pupil_npix": 16}
    assert repeats(four_plane, **small) == 2 * 32
    assert repeats(three_plane, **small, **{"m2.aperture.diameter": 5.0}) == 128
