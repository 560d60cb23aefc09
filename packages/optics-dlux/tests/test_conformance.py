"""`optics.two_plane` keeps every contract, in each of its forms."""

import numpy as np
import pytest
from forwardax import Prior, Registry
from forwardax.testing import EntryConformance, SystemConformance
from optics_dlux import two_plane

TINY = {
    "m1.zernike.noll": [4, 5, 7],
    "m1.diversity.noll": [4],
    "source.spectrum.n_wavelengths": 2,
    "system.sampling.pupil_npix": 24,
    "detector.n_pix": 12,
}
FREE = {
    "m1.diversity.coefficients": Prior("Normal", loc=60.0, scale=3.0),
    "m1.focal_length": Prior("LogNormal", loc=1.3287, scale=0.003),
    "source.spectrum.wavelength": Prior("LogNormal", loc=6.3099, scale=0.004),
    "source.spectrum.bandwidth": Prior("LogNormal", loc=4.0, scale=0.2),
    "detector.jitter": Prior("HalfNormal", scale=0.2),
    "detector.background": Prior("LogNormal", loc=1.0, scale=0.5),
}


def entry():
    return Registry.default().get("systems", "optics.two_plane")


class TestStar(SystemConformance):
    """Everything is free that can be told from one image."""

    def system(self):
        return two_plane(**TINY)

    def options(self):
        return {"entry": entry(), "priors": FREE}


@pytest.mark.slow
class TestBinary(SystemConformance):
    def system(self):
        return two_plane(**TINY, **{"source.kind": "binary"})

    def options(self):
        return {"entry": entry()}


@pytest.mark.slow
class TestGaussian(SystemConformance):
    def system(self):
        return two_plane(
            **TINY,
            **{"likelihood": "gaussian", "system.sampling.oversample": 2},
            pupil_opd=np.full((24, 24), 1e-8),
        )

    def options(self):
        prior = Prior("LogNormal", loc=1.0, scale=0.5)
        return {"entry": entry(), "priors": {"detector.read_noise": prior}}


@pytest.mark.slow
class TestNoiseMap(SystemConformance):
    def system(self):
        noise = np.full((12, 12), 20.0)
        return two_plane(**TINY, likelihood="gaussian", noise_map=noise)

    def options(self):
        return {"entry": entry()}


class TestEntry(EntryConformance):
    plugin = "optics_dlux.plugin"

    def entry(self):
        return entry()
