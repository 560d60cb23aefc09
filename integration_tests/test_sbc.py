"""Simulation-based calibration of NUTS on two toys, 256 ranks.

Each test rejects a right sampler once in a thousand runs, whatever the
number of parameters (Bonferroni); its seed is fixed.
"""

import forwardax as fx
import jax
import numpy as np
import pytest
from forwardax import Prior
from forwardax.calibration import sbc
from forwardax.testing.toys.blobs import make_blobs
from forwardax.testing.toys.regression import Regression

RANKS = 256
SETTINGS = {"draws": 250, "warmup": 200, "chains": 2}


def nuts(problem, key):
    return fx.fit(problem, "numpyro.nuts", key=key, **SETTINGS)


def blobs():
    return fx.Problem(make_blobs(16))


def series():
    time = np.linspace(0.0, 3.0, 30)
    waves = np.stack([np.sin(3 * time), np.cos(3 * time)], axis=1)
    return fx.Problem(Regression.of(np.sin(time), waves))


@pytest.mark.slow
@pytest.mark.parametrize("made", [blobs, series])
def test_nuts_is_calibrated(made):
    found = sbc(made(), nuts, jax.random.key(11), n=RANKS, alpha=1e-3)
    print(found)
    assert found.count == RANKS
    assert not found.rejected, found.p_values


@pytest.mark.slow
def test_a_wrong_prior_is_caught():
    right = series()
    key = right.free_keys[0]
    wrong = fx.Problem(
        right.system, priors={key: Prior("Normal", loc=1.0, scale=0.1)}
    )

    def fit(problem, key):
        other = wrong.with_data(jax.device_get(problem.data))
        return fx.fit(other, "numpyro.nuts", key=key, **SETTINGS)

    found = sbc(right, fit, jax.random.key(12), n=RANKS, alpha=1e-3)
    assert any(name.startswith(key) for name in found.rejected)
