"""Telescopes built from their coefficients, against stored images.

The stored images were made of arrays of the second mirror that had been
resampled by linear interpolation; here its aberrations are evaluated where the
beam is. What is left between the two is that interpolation.
"""

import jax
import numpy as np
import pytest
from optics_dlux import three_plane
from optics_dlux._declare.formulas import ARCSEC

LARGEST = (1.2e-3, 2e-3, 1.1e-4, 5e-4)
"""Of the peak."""


def built(case, mode):
    about = vars(case)
    mirrors = ("m1", "m2")
    system = three_plane(
        **{
            **{
                f"{m}.aperture.diameter": about[f"{m}.aperture.diameter_m"]
                for m in mirrors
            },
            **{f"{m}.zernike.noll": tuple(case.noll) for m in mirrors},
            "system.sampling.pupil_npix": case.pupil_npix,
            "detector.n_pix": case.psf_npix,
            "system.propagation.mode": mode,
            "system.propagation.padding": float(case.pad_factor)
            if mode == "compat"
            else 1.3,
            "source.kind": "multi",
            "source.number": 2,
            "source.spectrum.kind": "given",
            "source.spectrum.n_wavelengths": len(case.wavelengths_m),
        },
        m1_transmission=case.transmission_m1,
        dp_mask=case.dp_opd / case.dp_opd.max(),
    )
    x, y = np.transpose(case.binary_star_tilts_rad) * ARCSEC
    store = system.store(
        {
            "m1.zernike.coefficients": case.m1_coefficients_nm,
            "m2.zernike.coefficients": case.m2_coefficients_nm,
            "m1.focal_length": about["m1.optics.focal_length_m"],
            "m2.focal_length": about["m2.optics.focal_length_m"],
            "system.plane_separation": about[
                "system.geometry.plane_separation_m"
            ],
            "detector.pixel_pitch": about["detector.sampling.pixel_pitch_m"],
            "dp.mask.design_wavelength": 2e9 * case.dp_opd.max(),
            "source.wavelengths": np.multiply(case.wavelengths_m, 1e9),
            "stars.astrometry.x_position": x,
            "stars.astrometry.y_position": y,
            "stars.photometry.log_flux": np.log10(case.binary_star_fluxes),
            "detector.background": 0.0,
        }
    )
    return system, store


@jax.jit
def predicted(system, store):
    return system.predict(store)


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("mode", ["fast", "compat"])
def test_they_differ_by_the_interpolation_alone(
    three_plane_cases, number, mode
):
    case = three_plane_cases[number]
    system, store = built(case, mode)
    image = predicted(system, store)["image"]
    want = case.image_binary
    gap = np.abs(image - want).max() / want.max()
    assert gap < LARGEST[number]
    # Without the second mirror's aberrations it is another image.
    flat = store.replace({"m2.zernike.coefficients": np.zeros(len(case.noll))})
    other = predicted(system, flat)["image"]
    assert np.abs(other - want).max() / want.max() > 10 * gap
