"""Small telescopes, and reference cases."""

import json
from types import SimpleNamespace

import forwardax as fx
import numpy as np
import pytest
from optics_dlux import two_plane
from optics_dlux._declare.formulas import ARCSEC

SMALL = {
    "m1.aperture.diameter": 0.09,
    "m1.zernike.noll": [4, 6, 7],
    "m1.diversity.noll": [4],
    "source.spectrum.n_wavelengths": 2,
    "system.sampling.pupil_npix": 32,
    "detector.n_pix": 16,
}


@pytest.fixture(scope="session")
def small():
    """A function that makes a small telescope."""

    def make(changes=None, **known):
        return two_plane(**(SMALL | (changes or {})), **known)

    return make


@pytest.fixture(scope="session")
def structure():
    """A function that makes the structure of a small telescope."""
    entry = fx.Registry.default().get("systems", "optics.two_plane")

    def make(changes=None):
        return fx.Structure.of(entry.structure, SMALL | (changes or {}))

    return make


@pytest.fixture(scope="session")
def cases(golden):
    """Reference cases of a file: what went in, with the arrays."""
    folder = golden / "optics"
    manifest = json.loads((folder / "manifest_pypi.json").read_text())

    def of(name):
        about = manifest["files"][f"{name}.npz"]["cases"]
        with np.load(folder / f"{name}.npz") as file:
            arrays = dict(file)
        return [
            SimpleNamespace(
                **case
                | {
                    key.removesuffix(f"_{i}"): value
                    for key, value in arrays.items()
                    if key.endswith(f"_{i}")
                }
            )
            for i, case in enumerate(about)
        ]

    return of


@pytest.fixture(scope="session")
def three_plane_cases(golden):
    """Reference cases of three planes, with their arrays."""
    folder = golden / "optics"
    text = (folder / "manifest_three_plane.json").read_text()
    found = []
    for case in json.loads(text)["cases"]:
        with np.load(folder / case["file"]) as file:
            arrays = dict(file)
        diameter = case["m1.aperture.diameter_m"]
        separation = case["system.geometry.plane_separation_m"]
        found.append(
            SimpleNamespace(
                **case | arrays,
                pitch=diameter / case["pupil_npix"],
                scale=case["psf_pixel_scale_arcsec"] / ARCSEC,
                distance=separation * case["magnification"],
            )
        )
    return found


@pytest.fixture(scope="session")
def fresnel_cases(cases):
    """Reference cases of free space."""
    return cases("fresnel_free_space")
