"""The facade: round trips to the bit, older names and units, shims."""

import warnings

import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import yaml
from forwardax.errors import SpecError, StoreError, StructureError
from hypothesis import given, settings
from hypothesis import strategies as st
from optics_dlux import (
    EigenParams,
    LegacyKeyMap,
    ModelParams,
    ParamsProxy,
    SheraThreePlane_Model,
)
from optics_dlux._facade import STARS
from optics_dlux._legacy import LEGACY

SCALE, PITCH = "imaging.psf_pixel_scale", "detector.pixel_pitch"
SMALL = {
    "system.sampling.pupil_npix": 24,
    "detector.n_pix": 16,
    "source.spectrum.n_wavelengths": 1,
    "m1.zernike.noll": (4, 7),
    "m2.zernike.noll": (5,),
}
SHERA = ("shera_testbed", "shera_flight")
SCOPES = {
    "shera_testbed": "three_plane",
    "shera_flight": "three_plane",
    "toliman": "two_plane",
    "lab_bench": "four_plane_relay",
}
assert set(SCOPES) == set(STARS)


@pytest.fixture(autouse=True)
def _older_names_are_fine():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def made(params=None, **options):
    small = SMALL
    if options.get("preset") == "toliman":
        small = {k: v for k, v in SMALL.items() if not k.startswith("m2")}
    return SheraThreePlane_Model({**small, **(params or {})}, **options)


def same(one, other):
    np.testing.assert_array_equal(one.model(), other.model())


numbers = st.floats(-1, 1)
ALL = {
    "m1_zernike_amp": st.lists(st.floats(-30, 30), min_size=2, max_size=2),
    "wavelength": st.floats(500, 650),
    "source.spectrum.bandwidth": st.floats(0, 100),
    "detector.jitter": st.floats(0, 0.3),
    "detector.background": st.floats(0, 5),
}
TWO_STARS = {
    "separation": st.floats(0.5, 3),
    "binary.astrometry.position_angle": st.floats(0, 359),
    "contrast": st.floats(0.1, 5),
    "x_position": numbers,
    "binary.photometry.log_flux": st.floats(5, 7),
}
ONE_STAR = {
    "star.astrometry.x_position": numbers,
    "star.photometry.log_flux": st.floats(5, 7),
}
MIRRORS = {
    "m2.zernike.j5": st.floats(-30, 30),
    "m1_calibrated_amplitude": st.floats(0, 1e-8),
    "m2.wfe_uncalibrated.amplitude": st.floats(0, 20),
    "m1.optics.focal_length": st.floats(0.358, 0.3585),
}
FLIGHT = {"m1.optics.focal_length": st.floats(0.6043, 0.6048)}
RELAY = {
    "relay.zernike.j4": st.floats(-30, 30),
    "relay.optics.focal_length": st.floats(0.24, 0.26),
}
DIFFERENT = {
    "shera_testbed": {**TWO_STARS, **MIRRORS},
    "shera_flight": {**TWO_STARS, **MIRRORS, **FLIGHT},
    "toliman": {**TWO_STARS, "m1.diversity.j4": st.floats(60, 90)},
    "lab_bench": {**ONE_STAR, **MIRRORS, **RELAY},
}


@st.composite
def parameters(draw):
    """A preset, and values of its parameters by old and new names."""
    preset = draw(st.sampled_from(list(SCOPES)))
    every = {**ALL, **DIFFERENT[preset]}
    return preset, draw(st.fixed_dictionaries(every))


@jax.jit
def chi2(system, store, v):
    """Of the scale's logarithm and two coefficients, for a fixed image."""
    data = system.predict(store)["image"]
    change = {
        "m1.zernike.coefficients": v[1:],
        PITCH: store[PITCH] * jnp.exp(v[0]),
    }
    image = system.predict(store.replace(change))["image"]
    return jnp.sum((image - data) ** 2 / (data + 100))


slope = jax.jit(jax.value_and_grad(chi2, 2))
curvature = jax.jit(jax.hessian(chi2, 2))


def three_steps(model, start):
    """Three damped Newton steps with the plate scale free."""
    v = start
    matrix = curvature(model.system, model.store, v)
    matrix = jnp.diag(2 * jnp.abs(jnp.diag(matrix)) + 1e-9)
    values = []
    for _ in range(3):
        value, g = slope(model.system, model.store, v)
        v, _ = v - jnp.linalg.solve(matrix, g), values.append(float(value))
    return v, values


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    parameters(),
    st.sampled_from([SCALE, "psf_pixel_scale", "pixel_size"]),
    st.floats(0.9, 1.1),
)
def test_what_is_extracted_builds_the_same(drawn, changed, factor):
    preset, params = drawn
    model = made(params, preset=preset, system_id=SCOPES[preset])
    for name, value in params.items():
        # Older units come back to one unit in the last place.
        np.testing.assert_allclose(
            model.get(name), value, rtol=3e-16, atol=0, err_msg=name
        )
    model = model.set(changed, factor * model.get(changed))
    model = model.with_params({"m1.zernike.j7": 3.0})
    coefficients = model.store["m1.zernike.coefficients"]
    start = jnp.concatenate([jnp.array([1e-3]), coefficients + 1.0])
    v, _ = three_steps(model, start)
    pitch = float(model.store[PITCH] * jnp.exp(v[0]))
    scale = float(model.store.replace({PITCH: pitch}).derived()[SCALE])
    assert np.isfinite(scale)
    plate = {PITCH: pitch} if changed == "pixel_size" else {SCALE: scale}
    model = model.with_params({**plate, "m1.zernike.coefficients": v[1:]})
    assert model.get(SCALE) == pytest.approx(scale, rel=1e-15)
    found = model.extract_params()
    again = SheraThreePlane_Model(found, SCOPES[preset], None)
    assert again.extract_params().keys() == found.keys()
    for key, value in again.extract_params().items():
        np.testing.assert_array_equal(value, found[key], err_msg=key)
    assert again.get(SCALE) == model.get(SCALE)
    same(model, again)


@pytest.mark.slow
@pytest.mark.parametrize("preset", STARS)
def test_an_optimised_scale_survives(preset):
    scope = SCOPES[preset]
    model = made(preset=preset, system_id=scope)
    start = jnp.concatenate(
        [jnp.array([0.01]), model.store["m1.zernike.coefficients"] + 4.0]
    )
    v, values = three_steps(model, start)
    assert values[-1] < values[0]
    pitch = model.store[PITCH] * jnp.exp(v[0])
    scale = float(model.store.replace({PITCH: pitch}).derived()[SCALE])
    fitted = model.with_params({SCALE: scale, "m1.zernike.coefficients": v[1:]})
    assert fitted.get(SCALE) == pytest.approx(scale, rel=1e-15)
    again = SheraThreePlane_Model(fitted.extract_params(), scope, None)
    assert again.get(SCALE) == fitted.get(SCALE)
    same(fitted, again)


def test_structure_goes_the_same_way():
    model = made()
    finer = model.set("psf_npix", 20)
    assert finer.model().shape == (20, 20)
    assert finer.get("m1.zernike.noll") == (4, 7)
    same(SheraThreePlane_Model(finer.extract_params(), preset=None), finer)
    same(finer.set("detector.n_pix", 16), model)
    wide = model.set("p2_diameter", 0.02)
    assert wide.get("m1.aperture.obscuration") == 0.02 / 0.09
    plain = model.set("m2.aperture.diameter", 0.02)
    assert plain.get("m1.aperture.obscuration") == 0.025 / 0.09


def test_arrays_go_the_same_way():
    opd = np.random.default_rng(0).normal(0, 1e-8, (24, 24))
    model = made({"m1_opd": opd})
    again = SheraThreePlane_Model(model.extract_params(), preset=None)
    np.testing.assert_array_equal(again.get("m1_opd"), opd)
    same(model, again)
    assert np.abs(model.model() - made().model()).max() > 1


def test_other_geometries_are_read_back_as_they_are():
    model = made({"m1_focal_length": 0.36})
    assert model.extract_params()["m1.focal_length"] == 0.36
    assert model.get("m1_focal_length") == 0.36
    focal = float(model.get("telescope.eff_focal"))
    moved = model.set("telescope.eff_focal", 3.0, solve_for="m2.focal_length")
    assert moved.get("telescope.eff_focal") == pytest.approx(3.0, rel=1e-12)
    back = moved.set("telescope.eff_focal", focal, solve_for="m2.focal_length")
    assert back.get("m2_focal_length") == pytest.approx(-0.041935, rel=1e-9)


@pytest.mark.parametrize("preset", SHERA)
def test_a_preset_is_the_instrument(preset):
    model = SheraThreePlane_Model(
        {"pupil_npix": 16, "psf_npix": 8}, preset=preset
    )
    want = {
        "shera_testbed": (0.09, 0.355029529, 6.78, 110.0),
        "shera_flight": (0.22, 0.123206900, 7.13, 41.0),
    }[preset]
    names = ("p1_diameter", SCALE, "log_flux", "bandwidth")
    got = [float(model.get(name)) for name in names]
    np.testing.assert_allclose(got, want, rtol=1e-8)
    assert model.get("contrast") == 0.3
    assert model.get("separation") == 10.0
    assert not np.any(model.get("m1_zernike_amp"))


@pytest.mark.parametrize(
    "name", ["shera_testbed", "shera_flight", "toliman", "lab_bench"]
)
def test_every_preset_is_a_run(tmp_path, name):
    pytest.importorskip("inference_numpyro", reason="has the estimator")
    registry = fx.Registry.default()
    entry = registry.get("presets", f"optics.{name}")
    run = {
        "preset": f"optics.{name}",
        "system": {
            "name": entry.system,
            "system.sampling.pupil_npix": 32,
            "detector.n_pix": 8,
        },
        "estimator": "optim.map",
    }
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump(run))
    found = fx.load_run(path)

    def values(section):
        return {k: one.value for k, one in getattr(found, section).items()}

    problem = fx.Problem(
        fx.system(entry.system, **values("structure")),
        fixed=values("fixed"),
        priors=values("priors"),
    )
    assert problem.size > 0


def test_each_older_name_warns_once():
    names = LegacyKeyMap()
    assert set(names) == set(LEGACY)
    with pytest.warns(DeprecationWarning, match=r"'m1\.focal_length'"):
        assert names.canonical("m1_focal_length") == "m1.focal_length"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert names.canonical("m1_focal_length") == "m1.focal_length"
        assert names.canonical("m1.focal_length") == "m1.focal_length"
    with pytest.warns(DeprecationWarning, match="it was in m"):
        names.canonical("m2_calibrated_amplitude")


def test_older_units():
    model = made(
        {"m1_calibrated_amplitude": 2e-9, "m1_zernike_amp": [3.0, 4.0]}
    )
    assert model.store["m1.wfe_calibrated.amplitude"] == pytest.approx(2.0)
    assert model.store["m1.zernike.j7"] == 4.0
    # Contrast is the flux of A, the one at the position angle, over B's.
    model = made({"contrast": 4.0, "position_angle": 90.0})
    found = model.system.stations(model.store, "light")["light"]
    assert found.positions[0, 0] > found.positions[1, 0]
    assert found.photons[0, 0] == pytest.approx(4 * found.photons[0, 1])


def test_wrong_names_and_values_are_refused():
    with pytest.raises(SpecError, match="m1.focal_length"):
        made({"m1.focal_lenght": 0.36})
    with pytest.raises(SpecError, match="three_plane"):
        made(system_id="three_planes")
    with pytest.raises(SpecError, match="shera_testbed"):
        made(preset="shera_testbet")
    with pytest.raises(SpecError, match="another kind of telescope"):
        made(preset="toliman")
    with pytest.raises(SpecError, match="one with mirrors"):
        made(system_id="two_plane", preset="shera_flight")
    with pytest.raises(SpecError, match="given twice"):
        made({"contrast": 0.3, "binary.photometry.contrast": 0.3})
    with pytest.raises(StoreError, match="follows from the structure"):
        made({"m1.geometry.diameter": 0.1})
    with pytest.raises(StoreError, match="no image behind"):
        made({"plane_separation": 0.3})
    with pytest.raises(StructureError, match="wfe.noise.seed"):
        made({"rng_seed": -1})
    with pytest.raises(SpecError, match="neither a parameter nor structure"):
        made().get("m3.focal_length")


def test_the_proxy_reads_derived_values_and_refuses_to_write_them():
    proxy = ParamsProxy(made())
    before = float(proxy[SCALE])
    proxy["pixel_size"] = 13e-6
    assert proxy[SCALE] == pytest.approx(2 * before)
    with pytest.raises(StoreError, match=r"detector\.pixel_pitch"):
        proxy[SCALE] = 0.4
    assert "contrast" in proxy and SCALE in proxy and "nobody" not in proxy
    assert len(list(proxy)) == len(proxy)


def test_a_set_of_parameters_keeps_what_is_not_replaced():
    params = ModelParams({**SMALL, "separation": 2.0})
    other = params.replace({"contrast": 0.9})
    assert other["separation"] == 2.0 and other["contrast"] == 0.9
    assert params["contrast"] == 0.3
    params["contrast"] = 0.5
    assert params.extract_params()["binary.photometry.contrast"] == 0.5
    same(params.model, made({"separation": 2.0, "contrast": 0.5}))


@pytest.mark.parametrize("whiten", [False, True])
def test_eigen_coefficients_follow_the_best_known_directions(whiten):
    model = made()
    keys = ("m1.zernike.coefficients", "m2.zernike.coefficients")
    rng = np.random.default_rng(0)
    root = rng.normal(size=(3, 3))
    fisher = root @ root.T
    reference = np.array([1.0, 2.0, 3.0])
    eigen = EigenParams.from_fisher(
        fisher, reference, keys, number=2, whiten=whiten
    )
    assert eigen.basis.shape == (3, 2)
    np.testing.assert_array_equal(eigen.vector(), reference)
    diagonal = eigen.basis.T @ fisher @ eigen.basis
    want = np.eye(2) if whiten else np.diag(np.linalg.eigvalsh(fisher)[:0:-1])
    np.testing.assert_allclose(diagonal, want, atol=1e-10)
    moved = eigen.project(reference + eigen.basis @ np.array([0.3, -0.2]))
    np.testing.assert_allclose(moved.eigen_coefficients, [0.3, -0.2])
    got = moved.inject(model)
    np.testing.assert_allclose(
        got.store.to_vector(keys), moved.vector(), rtol=1e-14
    )
    with pytest.raises(SpecError, match=r"shape \(3, 3\)"):
        EigenParams.from_fisher(np.eye(2), reference, keys)
    with pytest.raises(SpecError, match="no eigenvalue"):
        EigenParams.from_fisher(fisher, reference, keys, least=1e9)


def test_the_other_presets_are_their_instruments():
    small = {"pupil_npix": 16, "psf_npix": 8, "wavelength": 600.0}
    toliman = SheraThreePlane_Model(small, "optics.two_plane", "toliman")
    assert toliman.get(SCALE) == pytest.approx(0.375, rel=1e-7)
    np.testing.assert_array_equal(toliman.get("m1.diversity.j4"), 80.0)
    assert toliman.get("zernike_noll") == tuple(range(4, 12))
    plain = SheraThreePlane_Model(
        {**small, "m1.diversity.coefficients": [70.0]}, "two_plane", "toliman"
    )
    assert plain.get("m1.diversity.j4") == 70.0
    finer = toliman.set("psf_npix", 10)
    assert finer.model().shape == (10, 10)
    opd = np.random.default_rng(0).normal(0, 1e-8, (16, 16))
    known = toliman.set("pupil_opd", opd)
    again = SheraThreePlane_Model(known.extract_params(), "two_plane", None)
    same(known, again)
    assert np.abs(known.model() - toliman.model()).max() > 1
    bench = SheraThreePlane_Model(small, "four_plane_relay", "lab_bench")
    assert bench.get("relay.focal_length") == 0.25
    assert bench.get("relay.eff_focal") == pytest.approx(3.776365433962261)
    assert bench.get("source.kind") == "point"
