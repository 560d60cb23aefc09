"""Reference cases of profiles, tracers and fits, and a small lens."""

import json
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

AUTOLENS = {
    "lp.Sersic": "sersic",
    "lp.SersicSph": "sersic",
    "lp.SersicCore": "sersic_core",
    "lp.SersicCoreSph": "sersic_core",
    "mp.Isothermal": "isothermal",
    "mp.IsothermalSph": "isothermal",
    "mp.ExternalShear": "external_shear",
}


def as_arrays(params):
    """Lists of numbers as arrays, at any depth; round where not said."""
    return {
        key: as_arrays(value)
        if isinstance(value, dict)
        else jnp.asarray(value, float)
        for key, value in params.items()
    }


def model_of(galaxies, places):
    """Structure and parameters of the galaxies of a reference case."""
    structure, params = {}, {}
    for i, galaxy in enumerate(galaxies):
        parts = [part for place in places for part in galaxy[place]]
        kinds = {"light": {}, "mass": {}}
        values = {}
        for k, part in enumerate(parts):
            if part["class"] not in AUTOLENS:
                return None
            kind = "light" if part["class"].startswith("lp.") else "mass"
            kinds[kind][f"part{k}"] = AUTOLENS[part["class"]]
            values[f"part{k}"] = {"ell_comps": [0.0, 0.0], **part["params"]}
        name = f"galaxy{i}"
        structure[name] = {"redshift": galaxy["redshift"], **kinds}
        params[name] = as_arrays(values)
    return structure, params


def read_cases(golden, name):
    listed = json.loads((golden / f"lensing/{name}.json").read_text())
    with np.load(golden / f"lensing/{name}.npz") as arrays:
        return listed, dict(arrays)


@pytest.fixture(scope="session")
def profile_cases(golden):
    """Light and mass profiles this package has, by the reference's id."""
    listed, arrays = read_cases(golden, "profiles_dev")
    cases = {}
    for case in listed["cases"]:
        name = case.get("class")
        if name not in AUTOLENS:
            continue
        given = {"ell_comps": [0.0, 0.0], **case["params"]}
        centre = np.asarray(case["params"].get("centre", (0.0, 0.0)))
        cases[case["id"]] = SimpleNamespace(
            autolens=name,
            profile=AUTOLENS[name],
            params=as_arrays(given),
            grid=jnp.asarray(arrays[case["grid"]] + centre),
            centre_point=case["centre_point_index"],
            outputs={
                what: arrays[f"{case['id']}__{what}"]
                for what in case["outputs"]
            },
        )
    return cases


@pytest.fixture(scope="session")
def tracer_cases(golden):
    """Traced grids of lenses made of these profiles."""
    listed, arrays = read_cases(golden, "profiles_dev")
    cases = {}
    for case in listed["cases"]:
        if case["kind"] != "tracer":
            continue
        if (model := model_of(case["galaxies"], ["mass"])) is None:
            continue
        cases[case["id"]] = SimpleNamespace(
            galaxies=model[0],
            params=model[1],
            grid=jnp.asarray(arrays[f"{case['id']}__grid"]),
            planes=[arrays[f"{case['id']}__{p}"] for p in case["outputs"]],
        )
    return cases


@pytest.fixture(scope="session")
def fit_cases(golden):
    """Images and likelihoods of lenses made of these profiles."""
    listed, arrays = read_cases(golden, "fits_dev")
    cases = {}
    for case in listed["cases"]:
        if case["kind"] != "imaging":
            continue
        if (model := model_of(case["galaxies"], ["profiles"])) is None:
            continue
        start = f"{case['id']}__"
        cases[case["id"]] = SimpleNamespace(
            galaxies=model[0],
            params=model[1],
            pixel_scale=case["pixel_scale"],
            sub_size=case["sub_size"],
            log_likelihood=case["outputs"]["log_likelihood"],
            **{
                key.removeprefix(start): value
                for key, value in arrays.items()
                if key.startswith(start)
            },
        )
    return cases


@pytest.fixture(scope="session")
def distances(golden):
    """Angular diameter distances in kpc by redshifts `from->to`."""
    listed, _ = read_cases(golden, "profiles_dev")
    return listed["cosmology_Planck15_angular_diameter_distance_kpc"]


@pytest.fixture
def lens():
    """Structure and parameters of a lens, its light and a source."""
    light = {
        "centre": [0.013, -0.021],
        "ell_comps": [0.05, 0.1],
        "intensity": 1.2,
        "effective_radius": 0.9,
        "sersic_index": 3.5,
    }
    galaxies = {
        "lens": {
            "redshift": 0.222,
            "light": {"bulge": "sersic"},
            "mass": {"main": "isothermal", "shear": "external_shear"},
        },
        "source": {"redshift": 0.609, "light": {"disk": "sersic_core"}},
    }
    params = {
        "lens": {
            "bulge": light,
            "main": {
                "centre": [0.011, 0.004],
                "ell_comps": [0.06, 0.1],
                "einstein_radius": 1.4,
            },
            "shear": {"gamma_1": 0.03, "gamma_2": -0.04},
        },
        "source": {
            "disk": light
            | {
                "centre": [0.05, 0.1],
                "effective_radius": 0.3,
                "sersic_index": 1.5,
                "radius_break": 0.025,
                "gamma": 0.25,
                "alpha": 3.0,
            }
        },
    }
    return SimpleNamespace(galaxies=galaxies, params=as_arrays(params))


@pytest.fixture
def kernel():
    """A kernel with wings and no symmetry, `(5, 7)`, sum 1."""
    y, x = np.mgrid[-2:3, -3:4].astype(float)
    values = 1 / (1 + (y - 0.2) ** 2 + 0.5 * (x + 0.3) ** 2 + 0.3 * x * y) ** 2
    return values / values.sum()


def central_difference(function, vector, step=1e-5):
    """Gradient by central differences, fourth order."""
    vector = np.asarray(vector, float)
    slopes = []
    for i in range(vector.size):
        unit = np.zeros_like(vector)
        unit[i] = step
        near = function(vector + unit) - function(vector - unit)
        far = function(vector + 2 * unit) - function(vector - 2 * unit)
        slopes.append((8 * np.asarray(near) - np.asarray(far)) / (12 * step))
    return np.stack(slopes, axis=-1)


@pytest.fixture(scope="session")
def differences():
    """Gradient of a function of a vector by central differences."""
    return central_difference


@pytest.fixture
def in_float32():
    """Arrays of a tree in single precision."""
    return lambda tree: jax.tree.map(lambda a: jnp.asarray(a, "f4"), tree)
