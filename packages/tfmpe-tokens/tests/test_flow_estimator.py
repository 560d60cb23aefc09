"""Fit, sample, density, and the file: on a Gaussian that is known."""

import subprocess
import sys
from dataclasses import replace

import jax
import numpy as np
import pytest
from forwardax.errors import SaveError
from safetensors.numpy import load_file, save_file
from tfmpe_tokens import TokenError, Tokens
from tfmpe_tokens.flow import FlowEstimator, NetworkConfig, TrainConfig

NOISE = 0.5
TINY = NetworkConfig(width=16, layers=1, heads=2)
SHORT = TrainConfig(steps=1200, batch_size=128, stride=100, learning_rate=5e-3)


def gaussian(n, seed=0):
    """theta ~ Normal(3, 2), y ~ Normal(theta, noise): two numbers."""
    rng = np.random.default_rng(seed)
    theta = 3.0 + 2.0 * rng.normal(size=(n, 1, 1))
    y = theta + NOISE * 2.0 * rng.normal(size=(n, 1, 1))
    return Tokens.from_pytree({"theta": theta, "y": y})


def exact(y):
    """Mean and standard deviation of theta given y."""
    shrink = 1.0 / (1.0 + NOISE**2)
    return 3.0 + shrink * (y - 3.0), 2.0 * np.sqrt(NOISE**2 * shrink)


@pytest.fixture(scope="module")
def trained():
    estimator = FlowEstimator(network=TINY, training=SHORT)
    return estimator.fit(
        gaussian(4000),
        ["theta"],
        key=jax.random.key(0),
        also=[(["y"], ["theta"])],
    )


def at(y):
    y = np.asarray(y, float).reshape(-1, 1, 1)
    return Tokens.from_pytree({"theta": np.zeros_like(y), "y": y})


def test_draws_are_those_of_the_posterior(trained):
    y = np.array([-1.0, 3.0, 6.0])
    drawn = trained.sample(at(y), ["theta"], key=jax.random.key(1), n=2000)
    theta = np.asarray(drawn.decode()["theta"])[..., 0, 0]
    mean, sd = exact(y)
    assert theta.shape == (3, 2000)
    # The network's error; that of 2000 draws is 0.02 of a sd.
    np.testing.assert_allclose(theta.mean(1), mean, atol=0.15 * sd)
    np.testing.assert_allclose(theta.std(1), sd, rtol=0.15)


def test_the_same_network_the_other_way(trained):
    tokens = Tokens.from_pytree(
        {"theta": np.full((1, 1, 1), 4.0), "y": np.zeros((1, 1, 1))}
    )
    drawn = trained.sample(
        tokens, ["y"], ["theta"], key=jax.random.key(1), n=2000
    )
    y = np.asarray(drawn.decode()["y"])
    assert y.mean() == pytest.approx(4.0, abs=0.2)
    assert y.std() == pytest.approx(2 * NOISE, rel=0.15)


@pytest.mark.slow
def test_density_of_draws_in_the_units_of_the_tokens(trained):
    y = np.array([1.0, 5.0])
    drawn = trained.sample(at(y), ["theta"], key=jax.random.key(1), n=200)
    found = trained.log_prob(at(y), ["theta"], draws=drawn)
    theta = np.asarray(drawn.decode()["theta"])[..., 0, 0]
    mean, sd = (v[:, None] if np.ndim(v) else v for v in exact(y))
    wanted = -0.5 * ((theta - mean) / sd) ** 2 - np.log(sd * np.sqrt(2 * np.pi))
    assert found.shape == (2, 200)
    # What a short training leaves; the integral below is any network's.
    assert np.abs(found - wanted).mean() < 0.1
    # A density: its integral is one, whatever the network learned.
    grid = np.linspace(-8, 14, 401)
    tokens = at(np.full(401, 5.0)).with_values(theta=grid[:, None, None])
    log_q = trained.log_prob(tokens, ["theta"])
    assert log_q.shape == (401,)
    assert np.trapezoid(np.exp(log_q), grid) == pytest.approx(1.0, abs=5e-3)


@pytest.mark.slow
def test_solvers_agree(trained):
    y = at([1.0])
    key = jax.random.key(1)
    one = trained.sample(y, ["theta"], key=key, n=100, steps=40).data
    two = trained.sample(
        y, ["theta"], key=key, n=100, solver="tsit5", tolerance=1e-6
    ).data
    np.testing.assert_allclose(one, two, atol=1e-3)


@pytest.mark.slow
def test_draws_do_not_depend_on_what_is_drawn_beside_them(trained):
    key = jax.random.key(1)
    both = trained.sample(at([1.0, 5.0]), ["theta"], key=key, n=20).data
    alone = trained.sample(at([1.0]), ["theta"], key=key, n=20).data
    np.testing.assert_allclose(both[:1], alone, atol=1e-5)


@pytest.mark.slow
def test_sample_axes_are_kept(trained):
    tokens = Tokens.from_pytree(
        {"theta": np.zeros((2, 3, 1, 1)), "y": np.ones((2, 3, 1, 1))},
        sample_ndims=2,
    )
    key = jax.random.key(0)
    drawn = trained.sample(tokens, ["theta"], key=key, n=5)
    assert drawn.decode()["theta"].shape == (2, 3, 5, 1, 1)
    assert trained.log_prob(tokens, ["theta"], draws=drawn).shape == (2, 3, 5)
    assert trained.log_prob(tokens, ["theta"]).shape == (2, 3)


@pytest.mark.slow
def test_a_second_training_compiles_nothing(trained, compilations):
    more = replace(trained, training=replace(SHORT, steps=400))
    data = gaussian(4000, seed=1)
    fresh = replace(more, trained=None)
    before = len(compilations)
    fresh.fit(data, ["theta"], key=jax.random.key(3), also=[(["y"], ["theta"])])
    # Random starts and units are small programs; the training is not there.
    assert len(compilations) - before <= 3


def test_training_is_a_function_of_its_key(trained):
    again = FlowEstimator(network=TINY, training=SHORT).fit(
        gaussian(4000),
        ["theta"],
        key=jax.random.key(0),
        also=[(["y"], ["theta"])],
    )
    for name, value in trained.trained.parameters.items():
        np.testing.assert_array_equal(value, again.trained.parameters[name])


@pytest.mark.slow
def test_early_stopping_keeps_the_best():
    config = replace(SHORT, steps=2000, patience=1, learning_rate=0.05)
    found = FlowEstimator(network=TINY, training=config).fit(
        gaussian(200), ["theta"], key=jax.random.key(0)
    )
    (log,) = found.trained.logs
    assert log.stopped_early and log.steps[-1] < 2000
    assert log.validation[-1] > log.validation.min()


def test_saved_and_loaded_it_draws_the_same_bits(trained, tmp_path):
    path = trained.save(tmp_path / "flow")
    assert path.name == "flow.safetensors"
    code = (
        "import sys, jax, numpy as np\n"
        "from tfmpe_tokens import Tokens\n"
        "from tfmpe_tokens.flow import FlowEstimator\n"
        "one = np.ones((1, 1, 1))\n"
        "tokens = Tokens.from_pytree({'theta': one * 0, 'y': one})\n"
        "flow = FlowEstimator.load(sys.argv[1], tokens.layout)\n"
        "drawn = flow.sample(tokens, ['theta'], key=jax.random.key(7), n=50)\n"
        "np.save(sys.argv[2], np.asarray(drawn.data))\n"
    )
    there = tmp_path / "draws.npy"
    subprocess.run([sys.executable, "-c", code, path, there], check=True)
    here = trained.sample(at([1.0]), ["theta"], key=jax.random.key(7), n=50)
    np.testing.assert_array_equal(np.load(there), np.asarray(here.data))


def test_a_file_for_another_layout_is_refused_by_name(trained, tmp_path):
    path = trained.save(tmp_path / "flow")
    other = Tokens.from_pytree(
        {"theta": np.zeros((1, 1, 2)), "x": np.zeros((1, 1, 1))}
    )
    with pytest.raises(TokenError) as caught:
        FlowEstimator.load(path, other.layout)
    text = str(caught.value)
    assert "width of 'theta'" in text and "not trained with 'x'" in text


def test_files_that_are_no_network(trained, tmp_path):
    with pytest.raises(SaveError, match="there is no file"):
        FlowEstimator.load(tmp_path / "nothing.safetensors")
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"nothing")
    with pytest.raises(SaveError, match="holds no trained network"):
        FlowEstimator.load(bad)
    path = trained.save(tmp_path / "flow")
    arrays = load_file(path)
    save_file(arrays, bad)
    with pytest.raises(SaveError, match="holds no trained network"):
        FlowEstimator.load(bad)


@pytest.mark.slow
def test_what_it_was_not_trained_for(trained):
    key = jax.random.key(0)
    with pytest.raises(TokenError, match="was not trained.*fit"):
        FlowEstimator().sample(at([1.0]), ["theta"], key=key)
    other = FlowEstimator(network=TINY, training=replace(SHORT, steps=1))
    one_way = other.fit(gaussian(100), ["theta"], key=key)
    with pytest.raises(TokenError, match="not trained to infer.*'y'.*'theta'"):
        one_way.sample(at([1.0]), ["y"], key=key)


def test_values_that_are_not_finite():
    tokens = gaussian(100)
    bad = tokens.with_values(y=np.full((100, 1, 1), np.inf))
    with pytest.raises(TokenError, match=r"\['y'\] are not finite"):
        FlowEstimator().fit(bad, ["theta"], key=jax.random.key(0))


@pytest.mark.slow
def test_any_keys_from_any_others():
    rng = np.random.default_rng(0)
    data = {k: rng.normal(size=(50, 1, 1)) for k in "abc"}
    tokens = Tokens.from_pytree(data)
    config = replace(SHORT, steps=1)
    found = FlowEstimator(network=TINY, training=config).fit(
        tokens, "any", key=jax.random.key(0)
    )
    assert len(found.trained.splits) == 6
    # Of {a, c} given b, only c is wanted.
    drawn = found.sample(tokens, ["c"], ["b"], key=jax.random.key(0), n=3)
    assert drawn.key_order == ("c",) and drawn.data.shape == (50, 3, 1, 1)
    with pytest.raises(TokenError, match="only all the targets"):
        found.log_prob(tokens, ["c"], ["b"])
    many = Tokens.from_pytree({f"k{i}": np.zeros((2, 1, 1)) for i in range(8)})
    with pytest.raises(TokenError, match="8 keys have 254 splits"):
        FlowEstimator().fit(many, "any", key=jax.random.key(0))
