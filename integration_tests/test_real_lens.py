"""SLACS J0946+1006 from its files to a posterior, priors wide and no start.

What a wrong model is told from a right one by: chi-square a pixel, and the
largest connected region of residuals beyond five sigma.
"""

from pathlib import Path

import forwardax as fx
import jax
import numpy as np
import pytest
import scipy.ndimage
from forwardax._config.config import load_inputs
from forwardax._run.fit import run_fit
from forwardax._run.make import problem_of

RUN = Path(__file__).resolve().parent.parent / "examples/lens/j0946.yaml"
PUBLISHED = 1.38
"""Einstein radius of the SLACS survey in arcsec, of the mean ellipse."""


def largest_region(problem, store):
    """Pixels of the largest connected region beyond five sigma."""
    system = problem.system
    sigma = system.residuals(store, problem.data)
    image = np.asarray(system.in_frame(sigma))
    regions, count = scipy.ndimage.label(np.abs(image) > 5)
    sizes = np.bincount(regions.ravel(), minlength=count + 1)[1:]
    return int(sizes.max(initial=0)), float(np.mean(np.square(sigma)))


def intermediate_axis(radius, ell_comps):
    """Einstein radius of the mean ellipse from PyAutoLens' convention."""
    f = np.hypot(*np.moveaxis(np.asarray(ell_comps), -1, 0))
    q = (1 - f) / (1 + f)
    return radius * 2 * np.sqrt(q) / (1 + q)


@pytest.fixture
def folder(shared):
    return shared / "data/lensing/slacs_j0946+1006"


@pytest.mark.slow
def test_the_einstein_ring_is_fitted(folder, tmp_path):
    result = run_fit(
        RUN,
        tmp_path / "run",
        [f"folder={folder}", "seed=5"],
        plots=False,
    )
    posterior = result.posterior
    assert posterior.converged, posterior.verdict
    radius = posterior["lens.main.einstein_radius"]
    other = intermediate_axis(radius, posterior["lens.main.ell_comps"])
    print("Einstein radius", radius.mean(), other.mean())
    for each in (radius, other):
        assert abs(each.mean() / PUBLISHED - 1) < 0.03
    region, chi = largest_region(result.problem, result.best)
    print("chi-square a pixel", chi, "largest region", region)
    assert chi <= 1.8
    assert region <= 10


@pytest.mark.slow
def test_without_a_source_the_ring_stays(folder):
    inputs = load_inputs(RUN, [f"folder={folder}"])
    problem = problem_of(inputs, registry=fx.Registry.default())
    # A source too faint to be seen is none.
    dark = fx.Problem(
        problem.system,
        jax.device_get(problem.data),
        fixed={"source.disk.intensity": 1e-9},
    )
    found = fx.fit(dark, "optim.map", key=0, starts=4)
    region, chi = largest_region(dark, dark.to_store(found.unconstrained[0, 0]))
    print("chi-square a pixel", chi, "largest region", region)
    assert chi > 1.8
    assert region > 10
