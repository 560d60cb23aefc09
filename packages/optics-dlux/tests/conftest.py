"""Small telescopes, and reference cases."""

import json
from types import SimpleNamespace

import forwardax as fx
import numpy as np
import pytest
from optics_dlux import two_plane

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
