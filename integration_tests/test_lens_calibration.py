"""A small lens: calibrated on its own simulations, 128 ranks.

The test rejects a right sampler once in a thousand runs, whatever the number
of parameters (Bonferroni); its seed is fixed.
"""

import forwardax as fx
import jax
import numpy as np
import pytest
from forwardax import Prior
from forwardax.calibration import sbc

RANKS = 128
SETTINGS = {"draws": 250, "warmup": 150, "chains": 2}
GALAXIES = {
    "lens": {
        "redshift": 0.3,
        "light": {"bulge": "sersic"},
        "mass": {"main": "isothermal", "shear": "external_shear"},
    },
    "source": {"redshift": 1.0, "light": {"disk": "sersic_core"}},
}
PRIORS = {
    "lens.bulge.intensity": Prior("LogNormal", loc=-1.0, scale=0.3),
    "lens.main.einstein_radius": Prior("Uniform", low=1.0, high=1.4),
    "lens.main.ell_comps": Prior(
        "TruncatedNormal", loc=0.0, scale=0.1, low=-0.3, high=0.3
    ),
    "lens.shear.gamma_1": Prior("Normal", loc=0.0, scale=0.03),
    "source.disk.centre": Prior("Normal", loc=0.05, scale=0.05),
    "source.disk.intensity": Prior("LogNormal", loc=0.0, scale=0.3),
    "source.disk.effective_radius": Prior("Uniform", low=0.2, high=0.4),
}


def small_lens():
    y, x = np.meshgrid(np.arange(-2, 3), np.arange(-2, 3), indexing="ij")
    lens = fx.system(
        "lensing.imaging",
        galaxies=GALAXIES,
        pixel_scale=0.15,
        noise_map=np.full((24, 24), 0.03),
        psf=np.exp(-0.5 * (x**2 + y**2)),
        over_sampling={"sub_size": 2},
    )
    held = {f.key: f.default for f in lens.spec.fields if f.key not in PRIORS}
    # A core without a cusp, or the likelihood has one at every sub-pixel.
    held["source.disk.gamma"] = 0.0
    return fx.Problem(lens, priors=PRIORS, fixed=held)


def nuts(problem, key):
    return fx.fit(problem, "numpyro.nuts", key=key, **SETTINGS)


@pytest.mark.slow
def test_nuts_is_calibrated_on_a_lens():
    problem = small_lens()
    assert problem.size == 9
    found = sbc(problem, nuts, jax.random.key(21), n=RANKS, alpha=1e-3)
    print(found)
    assert found.count == RANKS
    assert not found.rejected, found.p_values
