"""Importance weights, the local two-sample test, plots, bottom-up."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import ParamField, ParamSpec, Prior
from forwardax.calibration import coverage, rank_test, tarp
from forwardax.errors import FitError
from forwardax.estimation import Posterior
from tfmpe_tokens import TokenError
from tfmpe_tokens.flow import (
    FlowEstimator,
    NetworkConfig,
    TrainConfig,
    fit_bottom_up,
    local_c2st,
    plot_coverage,
    plot_importance,
    plot_local_c2st,
    plot_ranks,
    plot_tarp,
    plot_weights,
)
from tfmpe_tokens.flow._posterior import weighed


def posterior(x, log_p):
    spec = ParamSpec(
        [ParamField("x", prior=Prior("Normal", loc=0.0, scale=1.0))]
    )
    return Posterior(
        estimator="tfmpe.flow",
        spec=spec,
        draws={"x": x[None]},
        derived={},
        held={},
        unconstrained=x[None, :, None],
        log_density=log_p[None],
        declared=("importance_ess", "k_hat"),
        checks=(),
    )


def normal(x, mean, sd):
    return -0.5 * ((x - mean) / sd) ** 2 - np.log(sd)


def test_weights_turn_draws_into_those_of_the_density():
    """Draws from a wider normal beside the true one."""
    x = 0.3 + 1.3 * np.random.default_rng(0).normal(size=4000)
    made = posterior(x, normal(x, 0.0, 1.0))
    found = weighed(made, normal(x, 0.3, 1.3))
    assert found.converged, found.verdict
    share = found.weights.ravel()
    assert (share * x).sum() == pytest.approx(0.0, abs=0.06)
    assert (share * x**2).sum() == pytest.approx(1.0, abs=0.1)
    ess = found.check("importance_ess").value
    assert ess == pytest.approx(1 / np.square(share).sum(), rel=1e-6)


def test_weights_that_cannot_be_trusted_are_not_used():
    x = 0.1 * np.random.default_rng(0).normal(size=1000)
    made = posterior(x, normal(x, 0.0, 1.0))
    found = weighed(made, normal(x, 0.0, 0.1))
    assert found.weights is None and not found.converged
    assert "k-hat" in found.verdict


def test_a_density_that_is_zero_or_nan_at_the_draws():
    x = np.random.default_rng(0).normal(size=500)
    log_p = normal(x, 0.0, 1.0)
    log_p[:5] = np.nan
    some = weighed(posterior(x, log_p), normal(x, 0.0, 1.1))
    assert (some.weights.ravel()[:5] == 0).all()
    none = weighed(posterior(x, np.full(500, -np.inf)), log_p)
    assert not none.converged and "zero at all" in none.verdict


def pairs(n=400, seed=0):
    """theta ~ Normal, x = theta + noise; exact draws of the posterior."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(n, 1))
    x = theta + rng.normal(size=(n, 1))
    draws = x / 2 + rng.normal(size=(n, 1)) * 0.5**0.5
    return rng, theta, x, draws


@pytest.mark.slow
def test_a_right_posterior_passes_and_a_wrong_one_does_not():
    rng, theta, x, draws = pairs()
    seen = 1.0 / 2 + rng.normal(size=(300, 1)) * 0.5**0.5
    key = jax.random.key(0)
    right = local_c2st(theta, draws, x, seen, [1.0], key=key, null=40)
    assert right.p_value > 0.05 and "agrees" in right.verdict
    shifted = local_c2st(
        theta, draws + 0.8, x, seen + 0.8, [1.0], key=key, null=40
    )
    assert shifted.p_value < 0.05 and "differs" in shifted.verdict
    assert shifted.statistic > 3 * right.statistic
    assert right.null.shape == (40,)
    # Where draws are too high, the classifier says so.
    slope = np.corrcoef(seen[:, 0], shifted.probabilities)[0, 1]
    assert slope < 0


def test_arrays_that_do_not_fit():
    _, theta, x, draws = pairs(50)
    key = jax.random.key(0)
    with pytest.raises(FitError, match="'draws' does not fit"):
        local_c2st(theta, draws[:9], x, draws, [1.0], key=key)


def test_every_diagnostic_has_its_plot():
    rng, theta, _, _ = pairs(100)
    truths = {"theta": theta[:, 0]}
    draws = {"theta": rng.normal(size=(100, 31))}
    x = rng.normal(size=300)
    weights = weighed(posterior(x, normal(x, 0.0, 1.0)), normal(x, 0, 1.1))
    local = SimpleNamespace(statistic=0.1, p_value=0.3, null=x**2)
    for figure in (
        plot_ranks(rank_test(truths, draws)),
        plot_tarp(tarp(truths, draws)),
        plot_coverage(coverage(truths, draws, (0.5, 0.9))),
        plot_local_c2st(local),
        plot_importance(weights),
        plot_weights(SimpleNamespace(posterior=weights)),
    ):
        (axes,) = figure.axes
        assert axes.get_xlabel() and axes.has_data()
        figure.canvas.draw()
    bare = SimpleNamespace(estimator="numpyro.nuts", stats={})
    assert plot_weights(SimpleNamespace(posterior=bare)) is None


def prior(key, sites):
    keys = jax.random.split(key)
    mu = jax.random.normal(keys[0], (1, 1))
    return {
        "mu": mu,
        "theta": mu + 0.5 * jax.random.normal(keys[1], (sites, 1)),
    }


def simulator(key, parameters):
    theta = parameters["theta"]
    assert theta.shape[0] == 1, "one site at a time"
    return {"y": theta + jax.random.normal(key, (theta.shape[0], 4))}


@pytest.mark.filterwarnings("ignore::tfmpe_tokens.TokenWarning")
@pytest.mark.slow
def test_bottom_up_learns_many_sites_from_one():
    """Against the exact moments of the Gaussian hierarchy."""
    tiny = FlowEstimator(
        network=NetworkConfig(width=16, layers=1, heads=2, exchangeable=True),
        training=TrainConfig(steps=500, batch_size=128, learning_rate=5e-3),
    )
    found = fit_bottom_up(
        prior,
        simulator,
        local_keys=["theta"],
        sites=4,
        simulations=3000,
        key=jax.random.key(0),
        likelihood=tiny,
        posterior=tiny,
        conditions=["theta"],
        dims={"theta": ["site"], "y": ["site"]},
        independence={
            "local": ["theta", "y"],
            "cross": [("mu", "y"), ("y", "mu")],
            "cross_local": [("theta", "y", (0, 0))],
        },
    )
    assert found.site_simulations == 3000
    y = np.array([2.0, 1.0, 0.0, 1.0])[:, None] + np.zeros((4, 4))
    tokens = _tokens(y)
    drawn = found.posterior.sample(
        tokens, ["mu", "theta"], key=jax.random.key(1), n=1000
    ).decode()
    precision = np.diag([1 + 4 / 0.25, *[1 / 0.25 + 4] * 4])
    precision[0, 1:] = precision[1:, 0] = -1 / 0.25
    covariance = np.linalg.inv(precision)
    mean = covariance @ np.array([0.0, *(4 * y[:, 0])])
    sd = np.sqrt(np.diag(covariance))
    draws = np.concatenate(
        [np.asarray(drawn[k])[0, ..., 0] for k in ("mu", "theta")], 1
    )
    assert np.abs((draws.mean(0) - mean) / sd).max() < 0.4
    np.testing.assert_allclose(draws.std(0), sd, rtol=0.25)


def _tokens(y):
    from tfmpe_tokens import Tokens

    return Tokens.from_pytree(
        {"mu": np.zeros((1, 1, 1)), "theta": np.zeros((1, 4, 1)), "y": y[None]},
        {
            "local": ["theta", "y"],
            "cross": [("mu", "y"), ("y", "mu")],
            "cross_local": [("theta", "y", (0, 0))],
        },
        dims={"theta": ["site"], "y": ["site"]},
    )


def test_a_local_key_that_is_no_parameter():
    with pytest.raises(TokenError, match=r"\['thta'\] are not among"):
        fit_bottom_up(
            prior,
            simulator,
            local_keys=["thta"],
            sites=2,
            simulations=2,
            key=jax.random.key(0),
        )
    assert jnp.ones(1).dtype == jnp.float64
