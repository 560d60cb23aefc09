"""Derived values of each scope, and what cannot be an instrument."""

import json

import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import Problem
from forwardax.errors import SpecError, StoreError
from hypothesis import given, settings
from hypothesis import strategies as st
from optics_dlux import four_plane, four_plane_relay, three_plane

SCALE, FOCAL = "imaging.psf_pixel_scale", "telescope.eff_focal"
F1, F2, GAP = "m1.focal_length", "m2.focal_length", "system.plane_separation"
PITCH = "detector.pixel_pitch"
TINY = {"system.sampling.pupil_npix": 8, "detector.n_pix": 4}
SIZES = {"m1.zernike.noll": (), "m2.zernike.noll": (), "source.kind": "point"}
STAR = {
    "star.astrometry.x_position": 0.0,
    "star.astrometry.y_position": 0.0,
    "star.photometry.log_flux": 5.0,
}


@pytest.fixture(scope="module")
def derived_cases(golden):
    text = (golden / "optics" / "derived_values.json").read_text()
    return json.loads(text)["cases"]


def telescope(make, **structure):
    return make(**{**TINY, **SIZES, **structure})


def test_derived_values_equal_the_stored_ones(derived_cases):
    spelt = {
        "imaging.optics.eff_focal",
        "imaging.sampling.psf_pixel_scale",
        "m2.geometry.magnification",
        "m2.geometry.equivalent_distance",
        "m2.geometry.beam_diameter",
        "m2.geometry.pad_factor",
        "imaging.geometry.back_focal_distance",
    }
    seen = 0
    for case in derived_cases:
        three = case["system"] == "three_plane"
        sizes = {k: v for k, v in case.items() if k.endswith("diameter")}
        sizes.pop("m2.geometry.beam_diameter", None)
        system = telescope(three_plane if three else four_plane, **sizes)
        # Under the long names of the stored values, which are aliases.
        values = {
            k: v
            for k, v in case.items()
            if k in system.spec and system.spec[k].kind == "primitive"
        }
        found = system.store({**STAR, **values}).derived()
        for key in spelt & set(case):
            got = float(found[system.spec[key].key])
            assert got == pytest.approx(case[key], rel=1e-12), key
            seen += 1
    assert seen == 8 * 7 + 4


def test_the_pixel_scale_has_a_definition_a_scope():
    direct, relayed = telescope(three_plane), telescope(four_plane)
    text = direct.resolver.explain(SCALE)
    assert F1 in text and "relay" not in text
    text = relayed.resolver.explain(SCALE)
    assert F1 not in text and "relay.eff_focal [m]: primitive" in text
    own = telescope(four_plane_relay)
    text = own.resolver.explain(SCALE)
    assert F1 in text and "relay.focal_length [m]: primitive" in text
    assert direct.system_id == "three_plane"
    names = {e.name for e in fx.Registry.default().entries("systems")}
    assert {"optics.three_plane", "optics.four_plane_relay"} <= names


lengths = st.floats(0.2, 2.0)


@settings(max_examples=30)
@given(lengths, st.floats(0.05, 0.3), st.floats(0.05, 0.9))
def test_values_are_solved_for_and_come_back(f1, ratio, place):
    system = telescope(three_plane)
    f2 = -ratio * f1
    gap = f1 + f2 + place * -f2
    store = system.store({**STAR, F1: f1, F2: f2, GAP: gap})
    values = store.derived()
    for key, gives in (
        (SCALE, PITCH),
        (FOCAL, GAP),
        (FOCAL, F2),
        (FOCAL, F1),
    ):
        other = store.assign(key, 1.01 * values[key], solve_for=gives)
        found = other.derived()[key]
        assert found == pytest.approx(float(1.01 * values[key]), rel=1e-9)
        back = other.assign(key, values[key], solve_for=gives)
        assert back[gives] == pytest.approx(float(store[gives]), rel=1e-9)


def test_the_focal_length_of_a_relay_is_solved_for():
    own = telescope(four_plane_relay)
    store = own.store({**STAR, "relay.distance": 0.6})
    moved = store.assign("relay.eff_focal", 3.0)
    got = moved.derived()["relay.eff_focal"]
    assert got == pytest.approx(3.0, rel=1e-12)


def test_slopes_of_derived_values_equal_finite_differences():
    system = telescope(four_plane_relay)
    store = system.store(STAR)
    keys = (F1, F2, GAP, PITCH, "relay.focal_length", "relay.distance")
    for key in store.derived():
        if key.endswith("pad_factor"):
            continue

        def of(v, key=key):
            return store.from_vector(v, keys).derived()[key]

        v = store.to_vector(keys)
        slope = jax.grad(of)(v)
        for i in range(len(keys)):
            step = 1e-6 * v[i]
            e = jnp.zeros_like(v).at[i].set(step)
            want = (of(v + e) - of(v - e)) / (2 * step)
            scale = abs(float(of(v) / v[i]))
            assert slope[i] == pytest.approx(
                float(want), rel=1e-5, abs=1e-6 * scale
            ), (key, keys[i])


@pytest.mark.parametrize(
    "values, text",
    [
        ({GAP: 0.3}, "no image behind"),
        ({GAP: 0.36}, "no image behind"),
        ({F1: 0.3651, GAP: 0.3168}, "no image behind"),
        ({PITCH: 1e-3}, "the field repeats"),
        ({"source.spectrum.wavelength": 4e6}, "raise system.propagation"),
        ({"source.spectrum.bandwidth": 1200.0}, "bandwidth < 2 source"),
    ],
)
def test_what_makes_no_image_is_refused(values, text):
    system = telescope(three_plane)
    with pytest.raises(SpecError, match=text):
        Problem(system, fixed=values)
    store = system.store({**STAR, **values})
    with pytest.raises(StoreError, match=text):
        store.validate(system.spec)


@pytest.mark.parametrize(
    "values, text",
    [
        ({"relay.distance": 0.0}, "at the focus has no beam"),
        ({"relay.distance": 1e-5}, "move the relay away"),
        ({GAP: 0.3}, "no image behind"),
    ],
)
def test_a_relay_at_the_focus_is_refused(values, text):
    system = telescope(four_plane)
    store = system.store({**STAR, **values})
    with pytest.raises(StoreError, match=text):
        store.validate(system.spec)


def test_a_relay_that_makes_no_real_image_is_refused():
    system = telescope(four_plane_relay)
    with pytest.raises(SpecError, match="image is not real"):
        Problem(system, fixed={"relay.distance": 0.2})


@pytest.mark.slow
def test_an_impossible_geometry_in_a_fit_has_no_density_and_finite_slopes():
    system = telescope(three_plane)
    priors = {
        GAP: fx.Prior("LogNormal", loc=np.log(0.32), scale=0.01),
        PITCH: fx.Prior("LogNormal", loc=np.log(6.5e-6), scale=0.01),
    }
    problem = Problem(system, priors=priors)
    store = system.store(STAR)
    problem = problem.with_data(system.simulate(jax.random.key(0), store))
    u = problem.to_unconstrained(store)
    bad = problem.to_unconstrained(store.replace({GAP: 0.4}))
    both = jax.jit(jax.value_and_grad(fx.log_density, 1))
    value, slope = both(problem, u)
    assert np.isfinite(value) and np.isfinite(slope).all()
    value, slope = both(problem, bad)
    assert value == -np.inf and np.isfinite(slope).all()


@pytest.mark.parametrize("make", [three_plane, four_plane, four_plane_relay])
def test_nothing_is_wrong_with_the_specs(make):
    for kind in ("point", "binary", "resolved", "multi"):
        for spectrum in ("band", "given"):
            changes = {"source.kind": kind, "source.spectrum.kind": spectrum}
            assert telescope(make, **changes).spec.lint() == []
    found = fx.Registry.default().check()
    assert [f for f in found if "optics" in str(f)] == []
