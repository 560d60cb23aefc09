"""The system: keys, units and conventions, against stored images."""

import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
from forwardax import Prior, Problem
from forwardax.errors import SpecError, StoreError, StructureError
from optics_dlux import two_plane
from optics_dlux._declare.formulas import ARCSEC

SCALE = "imaging.psf_pixel_scale"
BINARY = {"source.kind": "binary"}
GAUSSIAN = {"likelihood": "gaussian"}


def point(**changes):
    return {
        "m1.zernike.coefficients": [25.0, -12.0, 9.0],
        "m1.diversity.j4": 60.0,
        "star.astrometry.x_position": 0.2,
        "star.astrometry.y_position": -0.3,
        "star.photometry.log_flux": 5.0,
    } | changes


def of_case(case, noll, **changes):
    """A telescope that has seen a reference case."""
    structure = {
        "m1.aperture.diameter": case.diameter_m,
        "m1.struts.number": 0,
        "m1.zernike.noll": noll,
        "source.spectrum.n_wavelengths": len(case.wavelengths_m),
        "system.sampling.pupil_npix": case.pupil_npix,
        "detector.n_pix": case.psf_npix,
        **changes,
    }
    return two_plane(**structure, pupil_transmission=case.transmission)


def optics_of_case(case, focal_length=3.0):
    nm = np.array(case.wavelengths_m) * 1e9
    return {
        "m1.focal_length": focal_length,
        "detector.pixel_pitch": case.pixel_scale_rad * focal_length,
        "source.spectrum.wavelength": (nm[0] + nm[-1]) / 2,
        "source.spectrum.bandwidth": nm[-1] - nm[0],
        "detector.background": 0.0,
    }


@pytest.mark.parametrize("number", [0, 2])
def test_a_star_equals_the_stored_image(cases, number):
    case = cases("two_plane_psf")[number]
    telescope = of_case(case, case.noll)
    x, y = np.array(case.source_offset_rad) * ARCSEC
    store = telescope.store(
        {
            **optics_of_case(case),
            "m1.zernike.coefficients": np.array(case.coefficients_m) * 1e9,
            "star.astrometry.x_position": x,
            "star.astrometry.y_position": y,
            "star.photometry.log_flux": 6.0,
        }
    )
    got = telescope.predict(store)["image"] / 1e6
    np.testing.assert_allclose(got, case.psf, atol=1e-11 * case.psf.max())


@pytest.mark.parametrize("number", range(3))
def test_a_binary_equals_the_stored_image(cases, number):
    case = cases("binary")[number]
    telescope = of_case(case, [], **BINARY)
    x, y = case.position_xy_arcsec
    store = telescope.store(
        {
            **optics_of_case(case),
            "binary.astrometry.x_position": x,
            "binary.astrometry.y_position": y,
            "binary.astrometry.separation": case.separation_arcsec,
            "binary.astrometry.position_angle": case.position_angle_deg,
            "binary.photometry.log_flux": case.log10_total_flux,
            "binary.photometry.contrast": case.contrast_A_over_B,
        }
    )
    positions, photons = telescope.stations(store, "stars")["stars"]
    np.testing.assert_allclose(positions, case.star_positions_rad, rtol=1e-9)
    np.testing.assert_allclose(photons, case.star_fluxes, rtol=1e-9)
    got = telescope.predict(store)["image"]
    np.testing.assert_allclose(got, case.image, atol=1e-11 * case.image.max())


def test_the_pixel_scale_follows_from_pitch_and_focal_length(small):
    telescope = small()
    store = telescope.store(point())
    scale = store.derived(SCALE)[SCALE]
    assert scale == pytest.approx(206264.80624709636 * 6.5e-6 / 3.776)
    for primitive in ("detector.pixel_pitch", "m1.focal_length"):
        other = store.assign(SCALE, 0.5, solve_for=primitive)
        assert other.derived(SCALE)[SCALE] == pytest.approx(0.5, rel=1e-12)
        back = other.assign(SCALE, scale, solve_for=primitive)
        want = float(store[primitive])
        assert back[primitive] == pytest.approx(want, rel=1e-12)
    with pytest.raises(StoreError, match="is derived and cannot be written"):
        store.replace({SCALE: 0.5})
    text = telescope.resolver.explain(SCALE)
    assert "detector.pixel_pitch" in text and "m1.focal_length" in text


def test_only_the_pixel_scale_counts(small):
    telescope = small()
    store = telescope.store(point())
    twice = store.replace(
        {"detector.pixel_pitch": 13e-6, "m1.focal_length": 2 * 3.776}
    )
    one, other = (telescope.predict(s)["image"] for s in (store, twice))
    np.testing.assert_allclose(one, other, rtol=1e-10)


@pytest.mark.slow
def test_the_pixel_scale_may_be_free(small):
    telescope = small()
    problem = Problem(
        telescope,
        priors={SCALE: Prior("LogNormal", loc=np.log(0.355), scale=0.01)},
        solve_for={SCALE: "m1.focal_length"},
    )
    truth, data = problem.simulate(jax.random.key(0))
    problem = problem.with_data(data)
    assert SCALE in problem.free_keys
    u = problem.to_unconstrained(truth)
    both = jax.jit(jax.value_and_grad(fx.log_density, 1))
    value, slope = both(problem, u)
    assert np.isfinite(value) and np.isfinite(slope).all()


def test_a_field_that_repeats_is_refused(small):
    with pytest.raises(SpecError, match="else the field repeats"):
        Problem(small(), fixed={"m1.focal_length": 0.3})
    with pytest.raises(SpecError, match=r"bandwidth < 2 source"):
        Problem(small(), fixed={"source.spectrum.bandwidth": 1200.0})
    # It really repeats: at twice the period the star is seen again.
    telescope = small({"detector.n_pix": 64, "m1.struts.number": 0})
    limit = telescope.store(point())["system.sampling.largest_scale"]
    pitch = 2 * limit * 550.0 * 3.776 / ARCSEC
    store = telescope.store(
        point(
            **{
                "detector.pixel_pitch": pitch,
                "source.spectrum.bandwidth": 0.0,
                "star.astrometry.x_position": 0.0,
                "star.astrometry.y_position": 0.0,
            }
        )
    )
    image = np.asarray(telescope.predict(store)["image"])
    assert image[31, 0] == pytest.approx(image[31, 32], rel=1e-6)
    with pytest.raises(StoreError, match="else the field repeats"):
        store.validate(telescope.spec)


def test_the_sampling_limit_is_not_for_setting(small):
    with pytest.raises(SpecError, match="largest_scale"):
        Problem(small(), fixed={"system.sampling.largest_scale": 1.0})


def test_phase_maps_and_coefficients_say_the_same(small):
    telescope = small()
    modes = telescope.pupil.zernikes
    store = telescope.store(point(**{"m1.diversity.j4": 0.0}))
    by_map = small(pupil_opd=1e-9 * (60.0 * modes[0] + 3.0 * modes[2]))
    got = by_map.predict(store)["image"]
    moved = store.replace({"m1.diversity.j4": 60.0})
    moved = moved.replace({"m1.zernike.j7": 12.0})
    np.testing.assert_allclose(
        got, telescope.predict(moved)["image"], rtol=1e-9
    )


def test_a_wide_band_is_the_mean_of_its_wavelengths(small):
    wide = small({"source.spectrum.n_wavelengths": 3})
    band = {"source.spectrum.bandwidth": 100.0}
    narrow = {"source.spectrum.bandwidth": 0.0}
    store = wide.store(point(**band))
    (wavelengths,) = wide.stations(store, "wavelengths").values()
    np.testing.assert_allclose(wavelengths, [500, 550, 600], rtol=1e-14)
    single = small({"source.spectrum.n_wavelengths": 1})
    images = [
        single.predict(
            single.store(point(**narrow, **{"source.spectrum.wavelength": w}))
        )["image"]
        for w in (500.0, 550.0, 600.0)
    ]
    want = sum(images) / 3
    np.testing.assert_allclose(wide.predict(store)["image"], want, rtol=1e-11)


def test_finer_samples_converge(small):
    images = []
    for fine in (1, 4, 8):
        telescope = small({"system.sampling.oversample": fine})
        images.append(telescope.predict(telescope.store(point()))["image"])
    gaps = [jnp.abs(image - images[-1]).max() for image in images]
    # The middle rule: the error falls with the square of the step.
    assert gaps[0] > 15 * gaps[1]


@pytest.mark.parametrize("fine", [1, 2])
def test_jitter_is_a_gaussian_in_angle(small, fine):
    telescope = small({"system.sampling.oversample": fine})
    store = telescope.store(point(**{"detector.jitter": 0.8}))
    samples, image = telescope.stations(store, "focus", "image").values()
    width = 0.8 / (ARCSEC * 6.5e-6 / 3.776) * fine
    blurred = scipy.ndimage.gaussian_filter(
        np.asarray(samples), width, mode="constant", truncate=9
    )
    want = 1.0 + blurred.reshape(16, fine, 16, fine).sum((1, 3))
    np.testing.assert_allclose(image, want, atol=1e-7 * want.max())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["point", "binary"])
def test_special_points_have_finite_gradients(small, kind):
    telescope = small({"source.kind": kind})
    values = point()
    if kind == "binary":
        values = {
            **{k: v for k, v in values.items() if not k.startswith("star")},
            "binary.astrometry.x_position": 0.0,
            "binary.astrometry.y_position": 0.0,
            "binary.astrometry.separation": 0.0,
            "binary.astrometry.position_angle": 0.0,
            "binary.photometry.log_flux": 5.0,
            "binary.photometry.contrast": 1.0,
        }
    values |= {
        "m1.zernike.coefficients": [0.0] * 3,
        "m1.diversity.j4": 0.0,
        "detector.background": 0.0,
        "detector.jitter": 0.0,
    }
    store = telescope.store(values)
    data = telescope.simulate(jax.random.key(0), store)
    slope = jax.jit(jax.grad(telescope.log_likelihood))(store, data)
    assert all(np.isfinite(g).all() for g in slope.values())
    forward = jax.jit(jax.jacfwd(telescope.log_likelihood))(store, data)
    for key, value in slope.items():
        # The likelihood and its rounding are of the size 1e6.
        np.testing.assert_allclose(
            value, forward[key], rtol=1e-7, atol=1e-6, err_msg=key
        )


def test_likelihoods_equal_scipy(small):
    data = {"image": np.random.default_rng(0).poisson(30.0, (16, 16)) * 1.0}
    values = point()
    poisson = small()
    mean = np.asarray(poisson.predict(poisson.store(values))["image"])
    want = scipy.stats.poisson(mean).logpmf(data["image"]).sum()
    got = poisson.log_likelihood(poisson.store(values), data)
    assert got == pytest.approx(want, rel=1e-10)
    assert "residuals" not in poisson.capabilities

    gaussian = small(GAUSSIAN)
    store = gaussian.store({**values, "detector.read_noise": 3.0})
    sigma = np.sqrt(mean + 9.0)
    want = scipy.stats.norm(mean, sigma).logpdf(data["image"]).sum()
    got = gaussian.log_likelihood(store, data)
    assert got == pytest.approx(want, rel=1e-10)
    assert "residuals" not in gaussian.capabilities

    noise = np.full((16, 16), 7.0)
    mapped = small(GAUSSIAN, noise_map=noise)
    want = scipy.stats.norm(mean, noise).logpdf(data["image"]).sum()
    got = mapped.log_likelihood(store, data)
    assert got == pytest.approx(want, rel=1e-10)
    assert "residuals" in mapped.capabilities
    np.testing.assert_allclose(
        mapped.residuals(store, data), (data["image"] - mean) / 7.0, rtol=1e-9
    )


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, GAUSSIAN])
def test_simulations_have_the_predicted_moments(small, changes):
    telescope = small(changes)
    store = telescope.store(point())
    mean = telescope.predict(store)["image"]
    variance = telescope.variance(store, mean)
    keys = jax.random.split(jax.random.key(1), 4000)
    draw = jax.jit(jax.vmap(telescope.simulate, (0, None)))
    images = draw(keys, store)["image"]
    z = (images.mean(0) - mean) / jnp.sqrt(variance / 4000)
    assert jnp.abs(z).max() < 5
    assert z.std() == pytest.approx(1, abs=0.2)
    np.testing.assert_allclose(images.var(0) / variance, 1, atol=0.2)


def test_a_telescope_is_rebuilt_from_structure(small):
    telescope = small(GAUSSIAN, noise_map=np.ones((16, 16)))
    finer = telescope.rebuild({"system.sampling.pupil_npix": 64})
    assert finer.pupil.amplitude.shape == (64, 64)
    assert finer.noise_map is telescope.noise_map or np.array_equal(
        finer.noise_map, telescope.noise_map
    )
    again = finer.rebuild({"system.sampling.pupil_npix": 32})
    assert again.pupil.amplitude is telescope.pupil.amplitude
    with pytest.raises(StructureError, match="'noise_map' does not fit"):
        telescope.rebuild({"detector.n_pix": 20})
    with pytest.raises(StructureError, match=r"did you mean 'detector.n_pix'"):
        telescope.rebuild({"detector.npix": 20})


def test_entries_of_the_coefficients_have_names(small):
    telescope = small()
    store = telescope.store(point())
    assert store["m1.zernike.j6"] == -12.0
    field = telescope.spec["m1.zernike.coefficients"]
    assert field.elements == ("m1.zernike.j4", "m1.zernike.j6", "m1.zernike.j7")
    assert telescope.spec["m1.optics.focal_length"].key == "m1.focal_length"
