"""Likelihoods against SciPy, and draws against likelihoods."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from optics_dlux import _noise

MEAN = np.array([0.3, 2.0, 50.0, 1e4, 3e6])
COUNTS = np.array([0.0, 3.0, 44.0, 10100.0, 2.999e6])


def test_poisson_equals_scipy():
    got = _noise.poisson(jnp.array(COUNTS), jnp.array(MEAN))
    np.testing.assert_allclose(
        got, scipy.stats.poisson(MEAN).logpmf(COUNTS), rtol=1e-9, atol=1e-7
    )


def test_gaussian_equals_scipy():
    variance = MEAN + 9.0
    got = _noise.gaussian(
        jnp.array(COUNTS), jnp.array(MEAN), jnp.array(variance)
    )
    want = scipy.stats.norm(MEAN, np.sqrt(variance)).logpdf(COUNTS)
    np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.parametrize("mean", [0.0, -1e-12, 1e-30])
def test_a_pixel_without_light_is_possible(mean):
    def term(mean, count):
        return _noise.poisson(jnp.array(count), mean)

    for count in (0.0, 1.0):
        value, slope = jax.value_and_grad(term)(mean, count)
        want = scipy.stats.poisson(_noise.FLOOR).logpmf(count)
        assert value == pytest.approx(want, rel=1e-9)
        assert np.isfinite(slope)


def test_draws_have_the_mean_and_the_variance():
    n = 40_000
    mean = jnp.array([0.5, 30.0, 1e4])
    keys = jax.random.split(jax.random.key(0), n)
    counts = jax.vmap(lambda key: _noise.draw_poisson(key, mean))(keys)
    assert counts.dtype == mean.dtype
    np.testing.assert_array_equal(counts, jnp.round(counts))
    for draws, variance in (
        (counts, mean),
        (
            jax.vmap(lambda k: _noise.draw_gaussian(k, mean, mean + 4.0))(keys),
            mean + 4.0,
        ),
    ):
        error = 5 * jnp.sqrt(variance / n)
        assert (jnp.abs(draws.mean(0) - mean) < error).all()
        # The fourth moment of a Poisson count of 0.5 is 3 + 1 / mean.
        error = 5 * variance * jnp.sqrt((2 + 1 / mean) / n)
        assert (jnp.abs(draws.var(0) - variance) < error).all()
