"""Intervals of NUTS hold the truth as often as they say."""

import forwardax as fx
import jax
import numpy as np
import pytest
from forwardax import Prior
from forwardax.calibration import check_coverage
from optics_dlux import three_plane

SMALL = {
    "m1.zernike.noll": (4, 5, 7),
    "m2.zernike.noll": (),
    "source.spectrum.n_wavelengths": 1,
    "system.sampling.pupil_npix": 32,
    "detector.n_pix": 40,
    "likelihood": "gaussian",
}
PRIORS = {
    "binary.astrometry.separation": Prior("LogNormal", loc=2.3, scale=0.05),
    "binary.photometry.log_flux": Prior("Normal", loc=5.0, scale=0.1),
    "binary.photometry.contrast": Prior("LogNormal", loc=-1.2, scale=0.2),
}


def problem(priors=None):
    noise = np.full((40, 40), 10.0)
    system = three_plane(**SMALL, noise_map=noise)
    return fx.Problem(system, priors={**PRIORS, **(priors or {})})


def nuts(asked, key):
    settings = {"draws": 150, "warmup": 150, "chains": 2}
    return fx.fit(asked, "numpyro.nuts", key=key, **settings)


def covered(fit, n):
    return check_coverage(
        problem(),
        fit,
        jax.random.key(23),
        n=n,
        draws=63,
        levels=(0.68, 0.95),
        alpha=1e-3,
    )


@pytest.mark.slow
def test_intervals_of_two_stars_and_aberrations_cover():
    pytest.importorskip("inference_numpyro")
    found = covered(nuts, 40)
    assert found.count == 40
    assert len(found.observed) == 9
    assert found.passed, found.verdict


@pytest.mark.slow
def test_the_wrong_noise_is_noticed():
    pytest.importorskip("inference_numpyro")

    def bold(asked, key):
        # Four times too sure of itself.
        noise = 2.5 * np.ones((40, 40))
        system = three_plane(**SMALL, noise_map=noise)
        wrong = fx.Problem(system, data=asked.data, priors=PRIORS)
        return fx.fit(wrong, "laplace.fisher", key=key, starts=4)

    found = covered(bold, 15)
    assert not found.passed
    assert "too narrow" in found.verdict
