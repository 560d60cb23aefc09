"""What conditions say of targets linearly, before anything is learned."""

import jax
import numpy as np
import pytest
from tfmpe_tokens import Tokens
from tfmpe_tokens.flow import FlowEstimator, NetworkConfig, TrainConfig
from tfmpe_tokens.flow._regression import Regression, n_features
from tfmpe_tokens.flow._scaling import Scaling
from tfmpe_tokens.flow._structure import Split
from tfmpe_tokens.flow._vocabulary import Vocabulary

DIMS = {"theta": ["site"], "obs": ["site", "visit"]}
BETWEEN, WITHIN = 0.5, 1.0


def hierarchy(n, sites, visits=2, seed=0):
    rng = np.random.default_rng(seed)
    mu = rng.normal(size=(n, 1, 1))
    theta = mu + BETWEEN * rng.normal(size=(n, sites, 1))
    noise = WITHIN * rng.normal(size=(n, sites, visits, 1))
    return {"mu": mu, "theta": theta, "obs": theta[:, :, None] + noise}


def exact(obs):
    """Means `(n, 1 + sites)` and deviations of mu and theta given obs."""
    n, sites, visits, _ = obs.shape
    precision = np.eye(sites + 1)
    precision[0, 0] += sites / BETWEEN**2
    precision[0, 1:] = precision[1:, 0] = -1 / BETWEEN**2
    at = np.arange(1, sites + 1)
    precision[at, at] = 1 / BETWEEN**2 + visits / WITHIN**2
    push = np.zeros((n, sites + 1))
    push[:, 1:] = obs.sum((2, 3)) / WITHIN**2
    covariance = np.linalg.inv(precision)
    return push @ covariance, np.sqrt(np.diag(covariance))


def parts(tokens, exchangeable=True, targets=("mu", "theta")):
    vocabulary = Vocabulary.of(tokens.layout, exchangeable)
    split = Split.of(tokens.layout, targets, None)
    scaling = Scaling.of(tokens, vocabulary)
    return vocabulary, split, scaling, scaling.inputs(tokens, vocabulary)


def tokens_of(arrays, **options):
    return Tokens.from_pytree(arrays, dims=DIMS, **options)


@pytest.fixture(scope="module")
def known():
    tokens = tokens_of(hierarchy(8000, 3))
    vocabulary, split, scaling, inputs = parts(tokens)
    return vocabulary, scaling, Regression.of(inputs, split, vocabulary)


def centre(known, tokens):
    vocabulary, scaling, regression = known
    split = Split.of(tokens.layout, ("mu", "theta"), None)
    unit = regression.centre(
        scaling.inputs(tokens, vocabulary), split, vocabulary
    )
    index = split.plan.target_index
    values = scaling.values(unit, tokens.layout, index, vocabulary)
    spread = regression.spread(split, vocabulary)[:, 0]
    scale = scaling.scale[vocabulary.places(tokens.layout)[index], 0]
    return values[..., 0], spread * scale


def test_a_normal_posterior_is_known_before_training(known):
    arrays = hierarchy(50, 3, seed=1)
    mean, spread = centre(known, tokens_of(arrays))
    wanted, deviation = exact(arrays["obs"])
    # 8000 rows and 7 features: 0.03 of a deviation, typically.
    np.testing.assert_allclose(mean, wanted, atol=0.15 * deviation.min())
    np.testing.assert_allclose(spread, deviation, rtol=0.03)


def test_sites_that_change_places_do_so_in_the_means(known):
    arrays = hierarchy(20, 3, seed=1)
    turned = {**arrays, "obs": arrays["obs"][:, [2, 0, 1]]}
    one, _ = centre(known, tokens_of(arrays))
    two, _ = centre(known, tokens_of(turned))
    np.testing.assert_allclose(one[:, 0], two[:, 0], atol=1e-12)
    np.testing.assert_allclose(one[:, [3, 1, 2]], two[:, 1:], atol=1e-12)


def test_any_number_of_sites_has_means(known):
    mean, spread = centre(known, tokens_of(hierarchy(20, 6, seed=1)))
    assert mean.shape == (20, 7) and spread.shape == (7,)
    assert np.isfinite(mean).all()


def test_what_is_not_there_says_nothing(known):
    arrays = hierarchy(20, 3, seed=1)
    counts = {"site": np.full(20, 2)}
    junk = {**arrays, "obs": arrays["obs"].copy()}
    junk["obs"][:, 2] = 1e6
    mean, _ = centre(known, tokens_of(arrays, counts=counts))
    again, _ = centre(known, tokens_of(junk, counts=counts))
    np.testing.assert_array_equal(mean[:, :3], again[:, :3])
    two = {k: v if k == "mu" else v[:, :2] for k, v in arrays.items()}
    alone, _ = centre(known, tokens_of(two))
    np.testing.assert_allclose(mean[:, :3], alone, atol=1e-12)


def test_too_few_rows_for_the_features():
    tokens = tokens_of(hierarchy(30, 3))
    vocabulary, split, _, inputs = parts(tokens, exchangeable=())
    assert n_features(split, vocabulary) == 1 + 3 * (6 + 2)
    regression = Regression.of(inputs, split, vocabulary)
    assert not regression.weight.any() and (regression.scale == 1).all()


@pytest.mark.slow
def test_draws_and_density_without_training():
    """One step: what is drawn is the regression and its noise."""
    arrays = hierarchy(8000, 1)
    estimator = FlowEstimator(
        network=NetworkConfig(width=8, layers=1, heads=1, exchangeable=True),
        training=TrainConfig(steps=1, learning_rate=1e-8),
    ).fit(tokens_of(arrays), ["theta"], ["obs"], key=jax.random.key(0))
    seen = hierarchy(3, 1, seed=1)
    tokens = tokens_of(seen)
    drawn = estimator.sample(
        tokens, ["theta"], ["obs"], key=jax.random.key(1), n=4000
    )
    theta = np.asarray(drawn.decode()["theta"])[..., 0, 0]
    mean, deviation = (part[..., 1] for part in exact(seen["obs"]))
    np.testing.assert_allclose(theta.mean(1), mean, atol=0.1 * deviation)
    np.testing.assert_allclose(theta.std(1), deviation, rtol=0.05)
    some = estimator.sample(
        tokens, ["theta"], ["obs"], key=jax.random.key(2), n=20
    )
    found = estimator.log_prob(tokens, ["theta"], ["obs"], draws=some)
    off = np.asarray(some.decode()["theta"])[..., 0, 0] - mean[:, None]
    wanted = -0.5 * (off / deviation) ** 2
    wanted -= np.log(deviation * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(found, wanted, atol=0.3)


def test_heavy_tails_do_not_set_the_units():
    rng = np.random.default_rng(0)
    arrays = {
        "theta": rng.normal(size=(5000, 1, 1)),
        "obs": 2.0 + 3.0 * rng.standard_cauchy(size=(5000, 1, 1)),
    }
    tokens = Tokens.from_pytree(arrays)
    scaling = Scaling.of(tokens, Vocabulary.of(tokens.layout))
    # Half the central 68.2 % of a Cauchy distribution is 1.82 of its scale.
    np.testing.assert_allclose(scaling.mean[1], 2.0, atol=0.3)
    np.testing.assert_allclose(scaling.scale[1], 3 * 1.82, rtol=0.1)
    plain = arrays["theta"]
    np.testing.assert_allclose(scaling.mean[0], plain.mean(), atol=1e-12)
    np.testing.assert_allclose(scaling.scale[0], plain.std(), rtol=1e-12)
