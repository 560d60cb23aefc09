"""The plot of a fit."""

from types import SimpleNamespace

import forwardax as fx
import jax
import numpy as np
import pytest
from optics_dlux import plot_psf, three_plane

MIRRORS = {
    "m1.zernike.noll": (4, 6),
    "m2.zernike.noll": (4,),
    "dp.mask.pattern": "none",
    "system.sampling.pupil_npix": 32,
    "detector.n_pix": 24,
}


@pytest.fixture(params=["two_plane", "three_plane"])
def run(small, request):
    two = request.param == "two_plane"
    system = small({"source.kind": "binary"}) if two else three_plane(**MIRRORS)
    problem = fx.Problem(system)
    truth, data = problem.simulate(jax.random.key(3))
    return SimpleNamespace(
        problem=problem.with_data(data), best=truth, truth={}, posterior=None
    )


@pytest.mark.slow
def test_it_shows_data_model_residuals_psf_and_wavefront(run, tmp_path):
    pytest.importorskip("matplotlib")
    figure = plot_psf(run)
    shown = {
        axes.get_title(): np.ma.filled(axes.images[0].get_array(), np.nan)
        for axes in figure.axes
        if axes.get_title()
    }
    titles = list(shown)
    assert titles[:3] == ["data", "model", "(data - model) / sigma"]
    assert len(titles) == 6
    np.testing.assert_array_equal(shown["data"], run.problem.data["image"])
    # Poisson noise at the truth: residuals of unit size.
    residuals = shown["(data - model) / sigma"]
    assert 0.7 < np.std(residuals) < 1.3
    psf = shown["point spread function"]
    np.testing.assert_allclose(
        psf, shown["the same, logarithmic"], atol=2e-6 * psf.max()
    )
    assert 0.4 < psf.sum() < 1
    opd = shown["wavefront"]
    assert np.isnan(opd[0, 0]) and np.isnan(opd[16, 16])  # obscured
    figure.savefig(tmp_path / "psf.png")
    assert (tmp_path / "psf.png").stat().st_size > 10_000
