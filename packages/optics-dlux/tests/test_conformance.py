"""`optics.two_plane` keeps every contract, in each of its forms."""

import numpy as np
import pytest
from forwardax import Prior, Registry
from forwardax.testing import EntryConformance, SystemConformance
from optics_dlux import four_plane, four_plane_relay, three_plane, two_plane

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


MIRRORS = {
    "m1.zernike.noll": (4, 7),
    "m2.zernike.noll": (5,),
    "source.spectrum.n_wavelengths": 2,
    "system.sampling.pupil_npix": 16,
    "detector.n_pix": 10,
}
FREE_MIRRORS = {
    # Neither mirror moves so far that there is no image.
    "m1.focal_length": Prior("LogNormal", loc=-1.027334, scale=0.003),
    "m2.focal_length": Prior(
        "TruncatedNormal", loc=-0.041935, scale=2e-4, low=-0.045, high=-0.039
    ),
    "system.plane_separation": Prior("LogNormal", loc=-1.139434, scale=0.003),
    "detector.pixel_pitch": Prior("LogNormal", loc=-11.943708, scale=0.01),
    "dp.mask.design_wavelength": Prior("LogNormal", loc=6.3, scale=0.02),
    "m1.wfe_calibrated.amplitude": Prior("LogNormal", loc=2.0, scale=0.3),
    "m1.wfe_uncalibrated.amplitude": Prior("LogNormal", loc=2.0, scale=0.3),
    "m2.wfe_calibrated.amplitude": Prior("LogNormal", loc=2.0, scale=0.3),
    "m2.wfe_uncalibrated.amplitude": Prior("LogNormal", loc=2.0, scale=0.3),
    "source.spectrum.wavelength": Prior("LogNormal", loc=6.3099, scale=0.004),
    "source.spectrum.bandwidth": Prior("LogNormal", loc=4.0, scale=0.2),
    "source.spectrum.slope": Prior("Normal", loc=0.0, scale=0.5),
    "detector.jitter": Prior("HalfNormal", scale=0.2),
    "detector.background": Prior("LogNormal", loc=1.0, scale=0.5),
    "detector.charge_diffusion": Prior("HalfNormal", scale=0.3),
}


def mirror_entry(scope):
    return Registry.default().get("systems", f"optics.{scope}")


@pytest.mark.slow
class TestThreePlane(SystemConformance):
    """Two stars, and everything is free."""

    def system(self):
        return three_plane(**MIRRORS)

    def options(self):
        return {"entry": mirror_entry("three_plane"), "priors": FREE_MIRRORS}


@pytest.mark.slow
class TestFourPlane(SystemConformance):
    """A star that is a disc, and everything is free."""

    def system(self):
        return four_plane(
            **MIRRORS,
            **{"source.kind": "resolved", "relay.zernike.noll": (4, 8)},
        )

    def options(self):
        priors = FREE_MIRRORS | {
            "relay.eff_focal": Prior("LogNormal", loc=1.3288, scale=0.01),
            "relay.distance": Prior("Normal", loc=0.5, scale=0.01),
        }
        return {"entry": mirror_entry("four_plane"), "priors": priors}


@pytest.mark.slow
class TestFourPlaneRelay(SystemConformance):
    """Several stars at given wavelengths, and everything is free."""

    def system(self):
        return four_plane_relay(
            **MIRRORS,
            **{
                "source.kind": "multi",
                "source.spectrum.kind": "given",
                "likelihood": "gaussian",
                "m1.modes.number": 1,
                "detector.saturation": True,
            },
            m1_modes=np.ones((1, 16, 16)).cumsum(1),
            m2_opd=np.full((16, 16), 1e-9).cumsum(0),
        )

    def options(self):
        band = ("wavelength", "bandwidth")
        priors = {k: v for k, v in FREE_MIRRORS.items() if not k.endswith(band)}
        priors |= {
            "relay.focal_length": Prior("LogNormal", loc=-1.39, scale=0.01),
            "relay.distance": Prior("Normal", loc=0.5, scale=0.01),
            "detector.read_noise": Prior("LogNormal", loc=1.0, scale=0.3),
        }
        return {
            "entry": mirror_entry("four_plane_relay"),
            "priors": priors,
            "fixed": {
                "source.wavelengths": [520.0, 580.0],
                "detector.full_well": 1e7,
            },
        }


class TestThreePlaneEntry(EntryConformance):
    plugin = "optics_dlux.plugin"

    def entry(self):
        return mirror_entry("three_plane")


class TestFourPlaneEntry(EntryConformance):
    plugin = "optics_dlux.plugin"

    def entry(self):
        return mirror_entry("four_plane")


class TestFourPlaneRelayEntry(EntryConformance):
    plugin = "optics_dlux.plugin"

    def entry(self):
        return mirror_entry("four_plane_relay")
