"""The system `lensing.imaging`."""

import json
import re

import forwardax as fx
import jax
import numpy as np
import pytest
from forwardax.errors import DataError, ForwardaxError, StructureError
from forwardax.testing import SystemConformance
from lensing_kernels import LensImaging, circle, from_autolens
from lensing_kernels._declare.imaging import DATA, STRUCTURE
from scipy.stats import norm

GALAXIES = {
    "lens": {
        "redshift": 0.5,
        "light": {"bulge": "sersic"},
        "mass": {"main": "isothermal", "shear": "external_shear"},
    },
    "source": {"redshift": 1.0, "light": {"disk": "sersic_core"}},
}
STAR = {"star": {"redshift": 0.1, "light": {"disk": "sersic"}}}
VALUES = {
    "lens.bulge.centre": (0.02, -0.03),
    "lens.bulge.ell_comps": (0.1, -0.05),
    "lens.main.einstein_radius": 1.2,
    "lens.main.ell_comps": (0.1, 0.05),
    "lens.shear.gamma_1": 0.04,
    "source.disk.centre": (0.1, 0.05),
}
SIZE, SCALE = 25, 0.2
KERNEL = np.exp(-0.5 * (np.arange(-2, 3)[:, None] ** 2 + np.arange(-1, 2) ** 2))
NOISE = np.linspace(0.01, 0.03, SIZE * SIZE).reshape(SIZE, SIZE)
MASK = circle((SIZE, SIZE), SCALE, 2.2)


def make(**changes):
    given = {
        "galaxies": GALAXIES,
        "pixel_scale": SCALE,
        "noise_map": NOISE,
        "psf": KERNEL,
        "mask": MASK,
        "over_sampling": {"sub_size": 2},
    }
    return LensImaging(**{**given, **changes})


@pytest.fixture(scope="module")
def lens():
    return make()


class TestLensImaging(SystemConformance):
    """The image has an odd number of pixels: one is on every centre."""

    pytestmark = pytest.mark.slow

    def system(self):
        return make(over_sampling={"sub_size": [3, 1], "radii": [0.5]})

    def options(self):
        entry = fx.Registry.default().get("systems", "lensing.imaging")
        return {"values": [{}, VALUES], "entry": entry}


@pytest.mark.parametrize("name", ["img_sie_shear_sub1_psf11", "img_nopsf_sub1"])
def test_values_are_those_of_the_reference(golden, name):
    cases = json.loads((golden / "lensing/fits_dev.json").read_text())["cases"]
    case = next(case for case in cases if case["id"] == name)
    galaxies, values = {}, {}
    for i, galaxy in enumerate(case["galaxies"]):
        parts = galaxies[f"g{i}"] = {"redshift": galaxy["redshift"]}
        for j, one in enumerate(galaxy["profiles"]):
            profile = from_autolens(one["class"])
            parts.setdefault(profile.kind, {})[f"p{j}"] = profile.name
            values |= {f"g{i}.p{j}.{k}": v for k, v in one["params"].items()}
    with np.load(golden / "lensing/fits_dev.npz") as arrays:
        data, noise, psf, mask, want = (
            arrays[f"{name}__{key}"]
            for key in ("data", "noise", "psf", "mask", "model_image")
        )
    lens = LensImaging(
        galaxies,
        case["pixel_scale"],
        noise,
        psf,
        mask.astype(bool),
        over_sampling={"sub_size": case["sub_size"]},
    )
    store = lens.store(values)
    # The hints of the reference page: FFT against direct convolution.
    np.testing.assert_allclose(
        lens.model_image(store), want, rtol=0, atol=1e-8 * want.max()
    )
    found = lens.log_likelihood(store, lens.check_data({"image": data}))
    assert found == pytest.approx(case["outputs"]["log_likelihood"], rel=1e-9)


def test_the_frame_is_zero_where_it_is_left_out(lens):
    store = lens.store(VALUES)
    image = np.asarray(lens.predict(store)["image"])
    assert image.shape == MASK.shape
    assert (image[MASK] == 0).all() and (image[~MASK] > 0).all()
    np.testing.assert_array_equal(image[~MASK], lens.model_image(store))


def test_the_likelihood_is_normal_noise_in_each_pixel(lens):
    store = lens.store(VALUES)
    model = np.asarray(lens.predict(store)["image"])
    image = model + np.random.default_rng(0).normal(0, NOISE)
    data = lens.check_data({"image": image})
    want = norm.logpdf(image, model, NOISE)[~MASK]
    found = lens.pointwise_log_likelihood(store, data)
    np.testing.assert_allclose(found, want, rtol=1e-10)
    total = lens.log_likelihood(store, data)
    assert total == pytest.approx(want.sum(), rel=1e-12)


def test_pixels_left_out_do_not_count(lens):
    store = lens.store(VALUES)
    data = {"image": np.zeros((SIZE, SIZE))}
    other = {"image": np.where(MASK, 1e6, 0.0)}
    one, two = (
        lens.log_likelihood(store, lens.check_data(d)) for d in (data, other)
    )
    assert one == two


def test_a_psf_is_scaled_to_sum_one(lens):
    store = lens.store(VALUES)
    other = make(psf=7 * KERNEL)
    np.testing.assert_allclose(
        other.model_image(store), lens.model_image(store), rtol=1e-12
    )
    assert other.psf.sum() == pytest.approx(1.0, rel=1e-14)


def test_a_psf_keeps_the_light_of_a_point():
    values = {"star.disk.effective_radius": 0.1, "star.disk.sersic_index": 1.0}
    sharp, wide = (
        make(galaxies=STAR, psf=p, mask=None) for p in (None, KERNEL)
    )
    fluxes = [
        float(s.predict(s.store(values))["image"].sum()) for s in (sharp, wide)
    ]
    # The star is small against the frame.
    assert fluxes[0] == pytest.approx(fluxes[1], rel=1e-6)


def test_mask_and_exclude_leave_out_together():
    half = np.broadcast_to(np.arange(SIZE) < 12, (SIZE, SIZE))
    found = make(exclude=half)
    assert len(found.noise) == (~MASK & ~half).sum()
    same = make(mask=MASK | half)
    store = found.store(VALUES)
    np.testing.assert_array_equal(
        found.model_image(store), same.model_image(store)
    )


def test_without_a_mask_every_pixel_counts():
    assert make(mask=None).noise.shape == (SIZE * SIZE,)


def test_over_sampling_goes_by_distance():
    radii = {"sub_size": [4, 2, 1], "radii": [0.5, 1.5], "centre": [0.4, -0.2]}
    found = make(psf=None, over_sampling=radii)
    uniform = [make(psf=None, over_sampling={"sub_size": s}) for s in (4, 2, 1)]
    store = found.store(VALUES)
    axis = (np.arange(SIZE) - (SIZE - 1) / 2) * SCALE
    distance = np.hypot(-axis[:, None] - 0.4, axis + 0.2)
    zone = np.searchsorted([0.5, 1.5], distance)
    images = [np.asarray(u.predict(store)["image"]) for u in uniform]
    want = np.choose(zone, images)
    assert abs(images[0] - images[2]).max() > 0.01
    np.testing.assert_allclose(found.predict(store)["image"], want, rtol=1e-12)


def test_an_image_of_another_shape_is_refused(lens):
    with pytest.raises(DataError, match=r"shape \(24, 25\)"):
        fx.Problem(lens, {"image": np.zeros((24, 25))})
    with pytest.raises(DataError, match="not finite"):
        fx.Problem(lens, {"image": np.full((SIZE, SIZE), np.nan)})


def test_the_image_has_the_shape_of_the_noise(lens):
    assert lens.structure.fields == STRUCTURE
    assert lens.data == DATA.bind({"y": SIZE, "x": SIZE})


def test_other_structure_keeps_the_arrays():
    half = np.broadcast_to(np.arange(SIZE) < 12, (SIZE, SIZE))
    lens = make(exclude=half)
    found = lens.rebuild({"over_sampling": {"sub_size": 3}})
    want = make(exclude=half, over_sampling={"sub_size": 3})
    store = lens.store(VALUES)
    np.testing.assert_allclose(
        found.predict(store)["image"], want.predict(store)["image"], rtol=1e-12
    )
    assert len(lens.rebuild({"galaxies": STAR}).spec) == 5


def test_a_simulated_image_has_the_noise_of_the_map(lens):
    store = lens.store(VALUES)
    keys = jax.random.split(jax.random.key(0), 500)
    images = jax.vmap(lens.simulate, (0, None))(keys, store)["image"]
    sigma = (np.asarray(images) - lens.predict(store)["image"]) / NOISE
    # Standard errors of mean and square over 500 images of 625 pixels.
    assert abs(sigma.mean()) < 5 / np.sqrt(sigma.size)
    assert sigma.var() == pytest.approx(1.0, abs=5 * np.sqrt(2 / sigma.size))
    assert abs(sigma.mean(0)[MASK]).max() < 6 / np.sqrt(500)


@pytest.mark.slow
def test_prior_draws_are_ellipses():
    problem = fx.Problem(make(galaxies=STAR))
    keys = jax.random.split(jax.random.key(1), 1000)
    draws = jax.jit(jax.vmap(problem.prior_sample))(keys)
    lengths = np.linalg.norm(draws["star.disk.ell_comps"], axis=-1)
    assert 0.9 < lengths.max() < 1


def test_what_is_no_ellipse_has_no_density():
    star = make(galaxies=STAR)
    problem = fx.Problem(star)
    inside, outside = (
        problem.to_unconstrained(star.store({"star.disk.ell_comps": (e, e)}))
        for e in (0.7, 0.72)
    )
    assert np.isfinite(fx.log_prior(problem, inside))
    assert fx.log_prior(problem, outside) == -np.inf


def test_the_source_is_seen_without_its_lens(lens):
    store = lens.store(VALUES)
    centre = np.array(VALUES["source.disk.centre"])
    grid = centre + np.array([[[0.0, 0.3], [0.3, 0.0]], [[0.0, -0.3], [2, 2]]])
    light = np.asarray(lens.source_image(store, grid))
    assert light.shape == (2, 2)
    assert light[0, 0] == pytest.approx(light[0, 1], rel=1e-12)
    assert light[0, 0] > 10 * light[1, 1]


def test_the_name_builds_the_system(lens):
    found = fx.system(
        "lensing.imaging",
        galaxies=GALAXIES,
        pixel_scale=SCALE,
        noise_map=NOISE,
        psf=KERNEL,
        mask={"circle": 2.2},
        over_sampling={"sub_size": 2},
    )
    store = lens.store(VALUES)
    np.testing.assert_array_equal(
        found.predict(store)["image"], lens.predict(store)["image"]
    )


def test_the_name_tells_all_faults_at_once():
    with pytest.raises(ForwardaxError) as caught:
        fx.system(
            "lensing.imaging",
            galaxies=GALAXIES,
            pixel_scale=SCALE,
            noise_map=NOISE,
            psf=np.ones((4, 5)),
            mask=np.ones((SIZE, SIZE), bool),
            over_sampling={"sub_size": 0},
        )
    keys = {fault.key for fault in caught.value.faults}
    assert keys == {"psf", "mask", "over_sampling.sub_size"}


@pytest.mark.parametrize(
    ("changes", "kind", "text"),
    [
        ({"psf": np.ones((4, 5))}, DataError, "even number"),
        ({"mask": np.ones((SIZE, SIZE), bool)}, DataError, "no pixel is left"),
        ({"mask": MASK[1:]}, DataError, "wrong shape"),
        ({"mask": MASK.astype(int)}, DataError, "wrong type"),
        ({"noise_map": np.ones(SIZE)}, DataError, "wrong shape"),
        ({"noise_map": None}, DataError, "lack 'noise_map'"),
        ({"over_sampling": {"sub_size": 0}}, StructureError, "sub_size"),
        ({"pixel_scale": 0.0}, StructureError, "outside its bounds"),
        ({"galaxies": {}}, StructureError, "no entries"),
    ],
)
def test_a_faulty_system_is_refused(changes, kind, text):
    with pytest.raises(kind) as caught:
        make(**changes)
    assert re.search(text, str(caught.value))
