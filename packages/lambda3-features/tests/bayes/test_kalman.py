"""The walk integrated by the filter, against dense linear algebra."""

import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from lambda3_features.bayes import _kalman
from scipy.stats import multivariate_normal

N = 30
RNG = np.random.default_rng(0)
NOISE = RNG.uniform(0.2, 1.0, N)
DRIFT = 0.3
USED = np.ones(N, bool)
Y = RNG.normal(size=N)


def walk_covariance():
    index = np.arange(N)
    return DRIFT**2 * np.minimum(index[:, None], index)


def test_density_is_that_of_the_dense_normal():
    want = multivariate_normal.logpdf(
        Y, np.zeros(N), walk_covariance() + np.diag(NOISE**2)
    )
    got = _kalman.log_density(DRIFT, jnp.asarray(NOISE), jnp.asarray(Y), USED)
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_whitening_is_the_inverse_cholesky_factor():
    columns = RNG.normal(size=(N, 3))
    root = np.linalg.cholesky(walk_covariance() + np.diag(NOISE**2))
    got = _kalman.whiten(DRIFT, jnp.asarray(NOISE), jnp.asarray(columns))
    np.testing.assert_allclose(got, np.linalg.solve(root, columns), rtol=1e-10)
    np.testing.assert_allclose(
        _kalman.factor(DRIFT, jnp.asarray(NOISE)), root, rtol=1e-10
    )


def test_left_out_values_are_integrated():
    used = USED.copy()
    used[[0, 4, 5, 29]] = False
    noise = np.where(used, NOISE, 1e9)
    rows = np.ix_(used, used)
    want = multivariate_normal.logpdf(
        Y[used],
        np.zeros(used.sum()),
        (walk_covariance() + np.diag(NOISE**2))[rows],
    )
    got = _kalman.log_density(DRIFT, jnp.asarray(noise), jnp.asarray(Y), used)
    np.testing.assert_allclose(got, want, rtol=1e-9)


def test_smoothing_is_the_conditional_mean():
    walk = walk_covariance()
    want = walk @ np.linalg.solve(walk + np.diag(NOISE**2), Y)
    got = _kalman.smooth(DRIFT, jnp.asarray(NOISE), jnp.asarray(Y))
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


def test_draws_have_the_conditional_moments():
    walk = walk_covariance()
    gain = walk @ np.linalg.inv(walk + np.diag(NOISE**2))
    mean, covariance = gain @ Y, walk - gain @ walk
    keys = jax.random.split(jax.random.key(0), 20_000)
    draws = jax.vmap(
        lambda k: _kalman.draw(k, DRIFT, jnp.asarray(NOISE), jnp.asarray(Y))
    )(keys)
    sd = np.sqrt(np.diagonal(covariance))
    gap = np.abs(np.mean(draws, axis=0) - mean)
    assert (gap <= 4.5 * sd / np.sqrt(20_000) + 1e-12).all()
    np.testing.assert_allclose(
        np.cov(draws.T)[1:, 1:], covariance[1:, 1:], atol=0.01
    )


def test_gradients_are_finite_without_drift():
    def value(drift):
        noise, y = jnp.asarray(NOISE), jnp.asarray(Y)
        return _kalman.log_density(drift, noise, y, USED)

    assert np.isfinite(jax.grad(value)(0.0))
    assert np.isfinite(jax.grad(value)(1e-8))


@pytest.mark.parametrize("changes", [0, 2])
def test_evidence_is_that_of_the_dense_normal(make, changes):
    pytest.importorskip("inference_numpyro", reason="has the estimators")
    more = {"changes": 2, "change_points": [5, 12]} if changes else {}
    y = 3.0 + 2.0 * np.random.default_rng(1).normal(size=N).cumsum()
    held = {"drift.scale": DRIFT, "noise.base": 0.4, "noise.tension": 0.2}
    hidden = np.zeros(N, bool)
    hidden[[4, 9]] = True
    system = make.dynamic(N, missing=hidden, **more)
    problem = fx.Problem(system, {"series": y}, fixed=held)
    found = fx.fit(problem, "exact.linear", key=0)
    assert found.converged, found.verdict
    noise = 0.4 + 0.2 * np.asarray(system.tension)
    scale = np.array([2.0, 2.0, 2.0, 1.0, 1.0, *[2.0] * changes])
    columns = np.asarray(system.columns) * scale
    whole = columns @ columns.T + walk_covariance() + np.diag(noise**2)
    want = multivariate_normal.logpdf(
        (y - 3.0)[~hidden],
        np.zeros(N - 2),
        4.0 * whole[np.ix_(~hidden, ~hidden)],
    )
    np.testing.assert_allclose(found.extras["log_evidence"], want, rtol=1e-9)


def test_a_given_walk_is_one_of_those_integrated(make):
    # The average over simulated walks of the likelihood with the walk given.
    n = 5
    values = {"level": 0.2, "drift.scale": 0.4, "noise.base": 0.6}
    values |= {"noise.tension": 0.3, "event.positive": 0.5}
    terms = {"terms": ("positive",)}
    known = {k: v[:n] for k, v in make.features(0, n=30).items()}
    known = {k: known[k] for k in ("delta_pos", "tension")}
    constants = {"centre": 3.0, "spread": 2.0}
    whole, sampled = (
        fx.system("lambda3.dynamic", **known, **constants, **terms, **more)
        for more in ({}, {"sampled": n})
    )
    data = {"series": 3.0 + jnp.arange(n) * 0.5}
    want = float(whole.log_likelihood(whole.store(values), data))

    def given(steps):
        store = sampled.store(values | {"drift.steps": np.zeros(n - 1)})
        return sampled.log_likelihood(
            store.replace({"drift.steps": steps}), data
        )

    steps = jax.random.normal(jax.random.key(0), (100_000, n - 1))
    terms = jax.jit(jax.vmap(given))(steps)
    got = jax.scipy.special.logsumexp(terms) - np.log(len(terms))
    np.testing.assert_allclose(got, want, atol=0.03)
