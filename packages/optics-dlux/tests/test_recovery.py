"""Fits: aberrations and a binary recovered, and calibrated posteriors."""

import forwardax as fx
import jax
import numpy as np
import pytest
from forwardax import Prior, Problem
from forwardax.calibration import sbc
from optics_dlux import two_plane


@pytest.fixture(scope="module")
def binary():
    """A problem with eight aberrations and two stars, and the truth."""
    telescope = two_plane(
        **{
            "source.kind": "binary",
            "m1.diversity.noll": [4],
            "system.sampling.pupil_npix": 64,
            "detector.n_pix": 48,
        }
    )
    problem = Problem(telescope, fixed={"m1.diversity.j4": 80.0})
    truth, data = problem.simulate(jax.random.key(4))
    return problem.with_data(data), truth


@pytest.mark.slow
def test_nuts_and_laplace_agree_on_aberrations_and_a_binary(binary):
    pytest.importorskip("inference_numpyro")
    problem, truth = binary
    assert problem.size == 15  # eight, six, and a second normal for the angle
    laplace = fx.fit(problem, "laplace.fisher", key=0)
    # The largest R-hat of sixty scalars is 1.009 by chance at 500.
    nuts = fx.fit(problem, "numpyro.nuts", key=1, draws=1000, chains=2)
    assert laplace.converged, laplace.verdict
    assert nuts.converged, nuts.verdict
    one, other = laplace.summary(), nuts.summary()
    for name, row in other.items():
        if name == "imaging.psf_pixel_scale":
            continue  # it is held
        assert row["ess_bulk"] > 400, name
        # Each mean has its own Monte-Carlo error.
        error = np.hypot(row["mcse_mean"], one[name]["mcse_mean"])
        assert abs(row["mean"] - one[name]["mean"]) < 5 * error, name
        assert row["sd"] == pytest.approx(one[name]["sd"], rel=0.12), name
        assert abs(row["mean"] - float(truth[name])) < 4.5 * row["sd"], name
    # The data say far more than the prior: 20 nm, and 0.3 in ln separation.
    for noll in range(4, 12):
        assert other[f"m1.zernike.j{noll}"]["sd"] < 0.5
    assert other["binary.astrometry.separation"]["sd"] < 0.02


@pytest.mark.slow
def test_there_is_one_mode_with_diversity_and_two_without():
    pytest.importorskip("inference_numpyro")
    found = {}
    for known in (0.0, 80.0):
        telescope = two_plane(
            **{
                "m1.zernike.noll": [4, 6],
                "m1.diversity.noll": [4],
                "m1.struts.number": 4,
                "source.spectrum.n_wavelengths": 1,
                "system.sampling.pupil_npix": 32,
                "detector.n_pix": 24,
            }
        )
        problem = Problem(telescope, fixed={"m1.diversity.j4": known})
        values = {
            "m1.zernike.coefficients": [12.0, -9.0],
            "star.astrometry.x_position": 0.0,
            "star.astrometry.y_position": 0.0,
            "star.photometry.log_flux": 5.0,
        }
        store = telescope.store({**values, "m1.diversity.j4": known})
        problem = problem.with_data(
            telescope.simulate(jax.random.key(0), store)
        )
        found[known] = [
            float(problem.log_density(problem.to_unconstrained(s)))
            for s in (store, store.replace({"m1.zernike.j4": -12.0}))
        ]
        flipped = store.replace({"m1.zernike.coefficients": [-12.0, 9.0]})
        u = problem.to_unconstrained(flipped)
        found[known].append(float(problem.log_density(u)))
    truth, _, flipped = found[0.0]
    # A symmetric pupil: the image of the other signs is the same.
    assert flipped == pytest.approx(truth, abs=1e-6)
    truth, wrong, flipped = found[80.0]
    assert truth > wrong + 100 and truth > flipped + 100


@pytest.mark.slow
def test_nuts_is_calibrated_on_a_small_telescope():
    pytest.importorskip("inference_numpyro")
    telescope = two_plane(
        **{
            "m1.zernike.noll": [4, 5, 7],
            "m1.diversity.noll": [4],
            "source.spectrum.n_wavelengths": 1,
            "system.sampling.pupil_npix": 32,
            "detector.n_pix": 16,
        }
    )
    problem = Problem(
        telescope,
        fixed={"m1.diversity.j4": 80.0},
        priors={
            "star.photometry.log_flux": Prior("Normal", loc=4.5, scale=0.2)
        },
    )

    def nuts(problem, key):
        settings = {"draws": 250, "warmup": 200, "chains": 2}
        return fx.fit(problem, "numpyro.nuts", key=key, **settings)

    found = sbc(problem, nuts, jax.random.key(11), n=128, alpha=1e-3)
    assert found.count == 128
    assert not found.rejected, found.p_values
