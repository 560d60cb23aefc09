"""Telescopes of several mirrors: physics of the relay, parts and promises."""

import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax.errors import StructureError
from optics_dlux import four_plane, four_plane_relay, three_plane
from optics_dlux._declare.formulas import ARCSEC
from optics_dlux._mirrors import bind
from optics_dlux._parity import on_both_axes
from optics_dlux._propagation import free

SCALE = "imaging.psf_pixel_scale"
SMALL = {
    "system.sampling.pupil_npix": 32,
    "detector.n_pix": 24,
    "m1.zernike.noll": (4, 7),
    "m2.zernike.noll": (5, 8),
    "source.kind": "point",
    "source.spectrum.n_wavelengths": 1,
}
STAR = {
    "m1.zernike.coefficients": [20.0, -12.0],
    "m2.zernike.coefficients": [15.0, 10.0],
    "star.astrometry.x_position": 0.3,
    "star.astrometry.y_position": -0.2,
    "star.photometry.log_flux": 5.0,
}
WIDE = {"system.propagation.padding": 4.0}


def made(make, changes=None, **known):
    return make(**{**SMALL, **(changes or {})}, **known)


def image(system, values=None, station="image"):
    store = system.store({**STAR, **(values or {})})
    return np.asarray(system.stations(store, station)[station])


def gap(one, other):
    return np.abs(one - other).max() / np.abs(other).max()


# --- the relay ----------------------------------------------------------------


@pytest.mark.parametrize(
    "mode, limit",
    [
        ("compat", 1e-12),
        pytest.param("fast", 1e-5, marks=pytest.mark.slow),
    ],
)
def test_a_relay_without_errors_makes_the_image_of_three_planes(mode, limit):
    wide = {**WIDE, "system.propagation.mode": mode}
    three = made(three_plane, wide)
    wide["relay.aperture.diameter"] = 5.0
    focal = float(three.store(STAR).derived()["telescope.eff_focal"])
    four = made(four_plane, wide)
    got = image(four, {"relay.eff_focal": focal, "relay.distance": 0.5})
    assert gap(got, image(three)) < limit
    # Twice its focal length away a relay images one to one.
    own = made(four_plane_relay, wide)
    got = image(own, {"relay.focal_length": 0.25, "relay.distance": 0.5})
    assert gap(got, image(three)) < limit


def conjugate_relay(noll):
    """A relay in the image of the pupil, with the pupil's footprint."""
    probe = made(four_plane)
    values = {k: float(v) for k, v in probe.store(STAR).derived().items()}
    f2, separation = -0.041935, 0.32
    length = -separation / (1 - separation / f2)  # B = 0
    distance = length - values["imaging.geometry.back_focal_distance"]
    magnification = -values["telescope.eff_focal"] / distance
    structure = {
        **WIDE,
        "relay.aperture.diameter": 0.09 / magnification,
        "relay.zernike.noll": noll,
        "m1.zernike.noll": noll,
        "m2.aperture.diameter": 0.2,
    }
    # Open well within the circle: beyond it, the modes of M1 are zero.
    x = (np.arange(32) - 15.5) / 16
    disc = np.hypot(x[:, None], x) < 0.85
    system = made(four_plane, structure, m1_transmission=disc)
    return system, {"relay.distance": distance}


@pytest.mark.parametrize("noll", [4, 6, 7, 8, 11])
def test_a_conjugate_relay_is_like_the_first_mirror(noll):
    system, values = conjugate_relay((noll,))
    store = system.store(
        {
            **STAR,
            **values,
            "m1.zernike.coefficients": [0.0],
            "m2.zernike.coefficients": [0.0, 0.0],
            "relay.zernike.coefficients": [0.0],
        }
    )
    far = store.derived()["relay.geometry.equivalent_distance"]
    assert far == pytest.approx(0.0, abs=1e-12)
    plain = system.predict(store)["image"]
    by = [
        system.predict(store.replace({f"{optic}.zernike.coefficients": [30.0]}))
        for optic in ("m1", "relay")
    ]
    first, relay = (np.asarray(one["image"] - plain) for one in by)
    # What differs is light that M2 and the relay's edge let pass or stop.
    assert gap(relay, first) < 3e-3
    assert np.abs(first).max() > 0.03 * plain.max()


@pytest.mark.parametrize(
    "noll, sign", [(4, 1), (6, 1), (7, -1), (8, -1), (11, 1)]
)
def test_behind_a_focus_an_optic_is_seen_upside_down(noll, sign):
    system = made(four_plane, {"relay.zernike.noll": (noll,)})
    store = system.store({**STAR, "relay.zernike.coefficients": [30.0]})
    values = dict(system.resolve(store))
    key = "relay.geometry.magnification"
    assert values[key] < 0
    turned = bind(system.engine, system.known, system.built, values)
    values[key] = -values[key]
    upright = bind(system.engine, system.known, system.built, values)
    one, other = turned.planes[1].opd, upright.planes[1].opd
    np.testing.assert_allclose(one, other[::-1, ::-1], atol=1e-10)
    np.testing.assert_allclose(one, sign * other, atol=1e-10)


def test_power_is_conserved_where_nothing_stops_it():
    n, m, pitch = 32, 128, jnp.array(0.09 / 32)
    x = (np.arange(n) - 15.5) / 16
    soft = np.exp(-4 * (x[:, None] ** 2 + x**2))
    u = jnp.stack([soft, 0.3 * soft * x], 1)
    power = [float(jnp.sum(u**2))]
    for distance, size in ((3.0, m), (-64.0, m), (61.0, m)):
        wave = jnp.array(550e-9)
        u = on_both_axes(
            free(jnp.array(distance), wave, size, u.shape[0], pitch, 0), u
        )
        power.append(float(jnp.sum(u**2)))
    np.testing.assert_allclose(power, power[0], rtol=1e-9)


@pytest.mark.parametrize("make", [three_plane, four_plane, four_plane_relay])
def test_a_pixel_is_as_wide_as_the_plate_scale_says(make):
    system = made(make, {"m2.aperture.diameter": 0.2})
    still = {
        "m2.zernike.coefficients": [0.0, 0.0],
        "star.astrometry.x_position": 0.0,
        "star.astrometry.y_position": 0.0,
        "detector.background": 0.0,
    }
    scale = float(system.store(STAR).derived()[SCALE])
    here = image(system, still)
    moved = image(
        system,
        {
            **still,
            "star.astrometry.x_position": 3 * scale,
            "star.astrometry.y_position": -2 * scale,
        },
    )
    shifted = here[2:, :-3]
    assert gap(moved[:-2, 3:], shifted) < 1e-4


# --- parts --------------------------------------------------------------------


@pytest.mark.slow
def test_a_diffractive_pupil_removes_the_blindness_to_even_aberrations():
    def slope(pattern):
        system = made(
            three_plane,
            {"dp.mask.pattern": pattern, "m1.zernike.noll": (4, 5, 6, 11)},
        )
        centre = {
            "m1.zernike.coefficients": [0.0] * 4,
            "m2.zernike.coefficients": [0.0] * 2,
            "star.astrometry.x_position": 0.0,
            "star.astrometry.y_position": 0.0,
        }
        store = system.store({**STAR, **centre})

        def of(c):
            moved = store.replace({"m1.zernike.coefficients": c})
            return system.predict(moved)["image"]

        found = jax.jacfwd(of)(jnp.zeros(4))
        return np.abs(found).max((0, 1)) / system.predict(store)["image"].max()

    # Of the peak, for a nm.
    assert slope("asymmetric").min() > 1e-4
    assert slope("none").max() < 1e-6


@pytest.mark.slow
def test_zero_gradients_are_named():
    inference = pytest.importorskip("inference_numpyro")
    system = made(
        three_plane,
        {
            "dp.mask.pattern": "none",
            "m1.zernike.noll": (4,),
            "m2.zernike.noll": (),
            "likelihood": "gaussian",
        },
        noise_map=np.full((24, 24), 30.0),
    )
    problem = fx.Problem(
        system, priors={"m1.zernike.j4": fx.Prior("Normal", loc=0, scale=1e-3)}
    )
    values = {k: v for k, v in STAR.items() if k.startswith("star")}
    store = system.store({**values, "m1.zernike.coefficients": [0.0]})
    problem = problem.with_data(system.predict(store))
    posterior = fx.fit(problem, "laplace.fisher", key=0)
    found = [str(one) for one in inference.degenerate_directions(posterior)]
    assert any("m1.zernike.j4" in one for one in found), found


def test_wavefront_errors_have_the_stated_rms_and_are_told_apart():
    system = made(three_plane)
    key = "m1.wfe_uncalibrated.amplitude"
    open_ = np.asarray(system.engine.pupil.amplitude) > 0

    def opd(amplitude):
        values = system.resolve(system.store({**STAR, key: amplitude}))
        path = bind(system.engine, system.known, system.built, values)
        return np.asarray(path.opd)

    change = opd(7.0) - opd(0.0)
    assert np.sqrt((change[open_] ** 2).mean()) == pytest.approx(7.0)
    y, x = np.indices(change.shape) - 15.5
    for tilt in (np.ones_like(x), x, y):
        assert abs((change * tilt)[open_].sum()) < 1e-9 * np.abs(tilt).sum()
    maps = np.asarray(system.engine.maps)
    other = np.asarray(system.rebuild({"wfe.noise.seed": 1}).engine.maps)
    assert abs((maps[0] * maps[1])[open_].mean()) < 0.7
    assert np.abs(maps - other).max() > 0.5
    assert gap(image(system, {key: 7.0}), image(system)) > 1e-3


def test_the_spectrum_of_polishing_errors_falls_with_its_power():
    from optics_dlux import power_law_map

    inside = np.ones((128, 128), bool)
    maps = [power_law_map(128, 2.5, (k,), inside) for k in range(40)]
    power = np.mean([np.abs(np.fft.fft2(one)) ** 2 for one in maps], 0)
    frequency = np.hypot(*np.meshgrid(*2 * (np.fft.fftfreq(128),)))
    chosen = (frequency > 0.1) & (frequency < 0.4)
    slope = np.polyfit(np.log(frequency[chosen]), np.log(power[chosen]), 1)[0]
    assert slope == pytest.approx(-2.5, abs=0.1)


def test_maps_and_modes_of_your_own_say_the_same_as_coefficients():
    rng = np.random.default_rng(0)
    system = made(three_plane)
    modes = np.asarray(system.engine.pupil.zernikes)
    own = made(three_plane, {"m1.modes.number": 2}, m1_modes=modes)
    moved = image(
        own,
        {
            "m1.zernike.coefficients": [0.0, 0.0],
            "m1.modes.coefficients": STAR["m1.zernike.coefficients"],
        },
    )
    assert gap(moved, image(system)) < 1e-12
    opd = 1e-9 * rng.normal(0, 5, (32, 32))
    by_map = made(three_plane, m1_opd=opd + 20e-9 * modes[0])
    other = made(three_plane, m1_opd=opd)
    zero = {"m1.zernike.coefficients": [0.0, -12.0]}
    assert gap(image(by_map, zero), image(other)) < 1e-12


def test_an_optic_with_a_map_is_like_one_with_coefficients():
    n = 32
    x = (np.arange(n) - (n - 1) / 2) / (n / 2)
    defocus = np.sqrt(3) * (2 * (x[:, None] ** 2 + x**2) - 1)
    system = made(three_plane, {"m2.zernike.noll": (4,)})
    by_map = made(
        three_plane, {"m2.zernike.noll": (4,)}, m2_opd=15e-9 * defocus
    )
    none = {"m2.zernike.coefficients": [0.0]}
    want = image(system, {"m2.zernike.coefficients": [15.0]})
    # Linear between its samples, of which the beam sees a third.
    assert gap(image(by_map, none), want) < 2e-3
    assert gap(image(system, none), want) > 1e-2


def test_a_mask_of_your_own_takes_the_place_of_the_default():
    mask = np.zeros((32, 32))
    plain = made(three_plane, {"dp.mask.pattern": "none"})
    own = made(three_plane, dp_mask=mask)
    np.testing.assert_array_equal(image(own), image(plain))
    assert gap(image(made(three_plane)), image(plain)) > 0.1


def stars(values):
    return {k: v for k, v in STAR.items() if k.startswith("m")} | values


def test_a_disc_spreads_light_and_a_small_one_is_a_point():
    system = made(three_plane, {"source.kind": "resolved"})
    point = made(three_plane)

    def of(diameter):
        return image(system, {"star.shape.diameter": diameter})

    np.testing.assert_allclose(of(0.0), image(point), rtol=1e-9)
    # A disc's variance on an axis is a quarter of its radius squared: to
    # second order it adds an eighth of that of the image's curvature.
    diameter, step = 0.6, 0.02
    curvature = 0.0
    for axis in "xy":
        key = f"star.astrometry.{axis}_position"
        three = [image(point, {key: STAR[key] + k * step}) for k in (-1, 0, 1)]
        curvature = curvature + (three[0] - 2 * three[1] + three[2]) / step**2
    want = image(point) + curvature * (diameter / 2) ** 2 / 8
    assert gap(of(diameter), want) < 0.1 * gap(of(diameter), image(point))
    assert gap(of(diameter), image(point)) > 1e-2


def test_several_stars_add_up():
    system = made(three_plane, {"source.kind": "multi", "source.number": 3})
    x, y, flux = [0.3, -1.0, 2.0], [-0.2, 0.5, 1.0], [5.0, 4.5, 4.0]
    store = system.store(
        stars(
            {
                "stars.astrometry.x_position": x,
                "stars.astrometry.y_position": y,
                "stars.photometry.log_flux": flux,
                "detector.background": 0.0,
            }
        )
    )
    one = made(three_plane)
    each = [
        image(
            one,
            {
                "star.astrometry.x_position": a,
                "star.astrometry.y_position": b,
                "star.photometry.log_flux": f,
                "detector.background": 0.0,
            },
        )
        for a, b, f in zip(x, y, flux, strict=True)
    ]
    np.testing.assert_allclose(
        system.predict(store)["image"], sum(each), rtol=1e-9
    )


def test_given_wavelengths_have_no_default_and_their_weights():
    changes = {
        "source.spectrum.kind": "given",
        "source.spectrum.n_wavelengths": 2,
    }
    system = made(three_plane, changes)
    with pytest.raises(fx.errors.StoreError, match=r"source\.wavelengths"):
        system.store(STAR)
    got = image(
        system,
        {"source.wavelengths": [500.0, 620.0], "source.weights": [3.0, 1.0]},
    )
    one = made(three_plane)
    want = sum(
        share * image(one, {"source.spectrum.wavelength": wave})
        for share, wave in ((0.75, 500.0), (0.25, 620.0))
    )
    np.testing.assert_allclose(got, want, rtol=1e-9)
    sloped = system.stations(
        system.store(
            {
                **STAR,
                "source.wavelengths": [500.0, 620.0],
                "source.spectrum.slope": [2.0],
            }
        ),
        "light",
    )["light"].photons[:, 0]
    assert sloped[1] / sloped[0] == pytest.approx((620 / 500) ** 2)
    assert sloped.sum() == pytest.approx(1e5)


def test_the_detector_diffuses_responds_and_saturates():
    response = np.random.default_rng(0).uniform(0.9, 1.1, (24, 24))
    plain = made(three_plane)
    flat = made(three_plane, pixel_response=response)
    np.testing.assert_allclose(image(flat), response * image(plain), rtol=1e-12)
    # Jitter in arcsec and diffusion in pixels are one blur.
    scale = float(plain.store(STAR).derived()[SCALE])
    one = image(plain, {"detector.charge_diffusion": 0.5})
    other = image(plain, {"detector.jitter": 0.5 * scale})
    np.testing.assert_allclose(one, other, rtol=1e-9)
    both = image(
        plain,
        {"detector.charge_diffusion": 0.3, "detector.jitter": 0.4 * scale},
    )
    np.testing.assert_allclose(both, one, rtol=1e-9)
    full = made(three_plane, {"detector.saturation": True})
    most = 0.5 * image(plain).max()
    got = image(full, {"detector.full_well": most})
    np.testing.assert_allclose(got, np.minimum(image(plain), most))


# --- promises -----------------------------------------------------------------


def test_the_plate_scale_is_one_whether_computed_or_free():
    system = made(three_plane)
    problem = fx.Problem(
        system,
        priors={SCALE: fx.Prior("LogNormal", loc=np.log(0.355), scale=0.01)},
        solve_for={SCALE: "detector.pixel_pitch"},
    )
    assert SCALE in problem.free_keys
    store = problem.prior_sample(jax.random.key(3))
    scale = store.derived()[SCALE]
    pitch = store["detector.pixel_pitch"]
    focal = store.derived()["telescope.eff_focal"]
    assert scale == pytest.approx(float(ARCSEC * pitch / focal), rel=1e-12)
    again = system.store(dict(store))
    np.testing.assert_array_equal(
        system.predict(again)["image"], system.predict(store)["image"]
    )


@pytest.mark.slow
def test_numbers_never_recompile_and_structure_does_once():
    system = made(three_plane)
    store = system.store(STAR)
    compiled = jax.jit(lambda system, store: system.predict(store)["image"])
    rng = np.random.default_rng(0)
    engine = system.engine
    for k in range(100):
        store = store.replace(
            {
                "m1.zernike.coefficients": rng.normal(0, 10, 2),
                "m1.focal_length": 0.358 + 1e-5 * rng.normal(),
                "star.photometry.log_flux": float(k % 7),
            }
        )
        compiled(system, store)
    assert compiled._cache_size() == 1
    again = system.rebuild({"system.sampling.pupil_npix": 32})
    assert again.engine.pupil.amplitude is engine.pupil.amplitude
    compiled(again, store)
    assert compiled._cache_size() == 1
    finer = system.rebuild({"system.sampling.pupil_npix": 36})
    assert finer.engine is not engine
    compiled(finer, finer.store(dict(STAR)))
    assert compiled._cache_size() == 2


def test_the_modes_of_propagation_agree():
    fast = made(three_plane)
    compat = made(
        three_plane,
        {
            "system.propagation.mode": "compat",
            "system.propagation.padding": 3.0,
        },
    )
    assert gap(image(fast), image(compat)) < 1e-5
    assert gap(image(fast), image(compat)) > 0
    with pytest.raises(StructureError, match="whole number of pupils"):
        made(three_plane, {"system.propagation.mode": "compat"})


def test_a_telescope_is_rebuilt_with_its_arrays():
    opd = np.zeros((32, 32))
    system = made(three_plane, m1_opd=opd)
    other = system.rebuild({"m1.zernike.noll": (4,)})
    assert other.known["m1_opd"].shape == (32, 32)
    with pytest.raises(StructureError, match="'m1_opd' does not fit"):
        system.rebuild({"system.sampling.pupil_npix": 16})
    with pytest.raises(StructureError, match="m1_modes"):
        made(three_plane, m1_modes=np.zeros((1, 32, 32)))
    with pytest.raises(StructureError, match="'m1_modes' is missing"):
        made(three_plane, {"m1.modes.number": 1})
