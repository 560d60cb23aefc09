"""The path, the loss and the solvers, against exact fields."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tfmpe_tokens import TokenError
from tfmpe_tokens.flow import cfm_loss, flow_log_prob, flow_path, integrate
from tfmpe_tokens.flow._path import normal_velocity


@pytest.fixture(scope="module")
def exact(golden):
    """Exact velocity field of a Gaussian, with points that it moves."""
    folder = golden / "tfmpe"
    told = json.loads((folder / "analytic.json").read_text())["field"]
    with np.load(folder / "analytic.npz") as arrays:
        found = {name: arrays[name] for name in arrays}
    mean, cov = (
        found[f"{told['posterior']}/{part}"] for part in ("mean", "cov")
    )
    shrink = 1.0 - told["sigma_min"]

    def field(x, t):
        m, s = jnp.asarray(mean, x.dtype), jnp.asarray(cov, x.dtype)
        left = 1.0 - shrink * t
        eye = jnp.eye(len(mean), dtype=x.dtype)
        both = t * t * s + left * left * eye
        matrix = (t * s - shrink * left * eye) @ jnp.linalg.inv(both)
        return m + (x - t * m) @ matrix.T

    return field, found


def test_the_path_and_its_velocity(exact):
    _, arrays = exact
    a = {k[4:]: v for k, v in arrays.items() if k.startswith("cfm/")}
    point = flow_path(a["theta"], a["theta0"], a["t"])
    np.testing.assert_allclose(point.x, a["theta_t"], atol=1e-12)
    np.testing.assert_allclose(point.velocity, a["u_t"], atol=1e-6)


def test_the_loss_counts_only_what_is_there(exact):
    _, arrays = exact
    a = {k[4:]: v for k, v in arrays.items() if k.startswith("cfm/")}
    args = (a["v"], a["u_t"])
    assert cfm_loss(*args) == pytest.approx(a["loss_unmasked"], rel=1e-12)
    masked = cfm_loss(*args, a["token_mask"], a["column_mask"])
    assert masked == pytest.approx(a["loss_masked"], rel=1e-12)
    nowhere = cfm_loss(*args, np.zeros_like(a["token_mask"]))
    assert nowhere == 0.0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_twenty_steps_follow_the_exact_field(exact, dtype):
    field, arrays = exact
    found = integrate(field, jnp.asarray(arrays["field/x0"], dtype), steps=20)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, arrays["field/x1"], atol=1e-4)


def test_an_adaptive_solver_follows_it_too(exact):
    field, arrays = exact
    found = integrate(
        field, jnp.asarray(arrays["field/x0"]), solver="tsit5", tolerance=1e-6
    )
    np.testing.assert_allclose(found, arrays["field/x1"], atol=1e-4)


def test_back_to_where_it_came_from(exact):
    field, arrays = exact
    start = jnp.asarray(arrays["field/x0"])
    there = integrate(field, start, steps=40)
    back = integrate(field, there, steps=40, backwards=True)
    np.testing.assert_allclose(back, start, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_exact_density(exact, dtype):
    field, arrays = exact
    x1 = jnp.asarray(arrays["field/x1"], dtype)
    found = flow_log_prob(field, x1, steps=20)
    assert found.shape == (32,)
    np.testing.assert_allclose(found, arrays["field/logprob_x1"], atol=1e-3)


def test_random_signs_are_right_on_average(exact):
    field, arrays = exact
    x1 = jnp.asarray(arrays["field/x1"])
    many = flow_log_prob(
        field, x1, trace="hutchinson", key=jax.random.key(0), probes=500
    )
    error = np.asarray(many) - arrays["field/logprob_x1"]
    one = flow_log_prob(
        field, x1, trace="hutchinson", key=jax.random.key(0), probes=1
    )
    alone = np.asarray(one) - arrays["field/logprob_x1"]
    assert np.abs(error).mean() < 0.2 * np.abs(alone).mean()
    assert np.abs(error).max() < 0.15


def test_entries_that_are_masked_have_no_density(exact):
    field, arrays = exact
    x1 = jnp.asarray(arrays["field/x1"])

    def wide(x, t):
        # Entries at rest are zero; were they to move, the others would feel it.
        inside = field(x[:, :6], t) + x[:, 6:7]
        return jnp.concatenate([inside, jnp.full_like(x[:, :2], 3.0)], -1)

    more = jnp.concatenate([x1, jnp.zeros((32, 2))], -1)
    mask = np.arange(8) < 6
    found = flow_log_prob(wide, more, mask=mask, steps=20)
    np.testing.assert_allclose(found, arrays["field/logprob_x1"], atol=1e-3)


def test_each_density_is_that_of_one_draw(exact):
    field, arrays = exact
    x1 = jnp.asarray(arrays["field/x1"])
    every = flow_log_prob(field, x1)
    np.testing.assert_allclose(flow_log_prob(field, x1[3:4])[0], every[3])


def test_the_field_of_a_standard_normal_and_its_spread():
    """Regression of simulated velocities on the points."""
    rng = np.random.default_rng(0)
    x1, x0 = rng.normal(size=(2, 200_000))
    for t in (0.0, 0.3, 0.9):
        point = flow_path(x1, x0, np.full(x1.shape, t))
        mean, scale = normal_velocity(point.x, jnp.asarray(t))
        error = point.velocity - mean
        # Standard errors of a slope and of a standard deviation.
        error, x = np.asarray(error), np.asarray(point.x)
        assert abs(np.mean(error * x)) < 0.01 * float(scale) * x.std()
        assert error.std() == pytest.approx(float(scale), rel=0.01)


def test_a_solver_that_is_not_there():
    with pytest.raises(TokenError, match="no solver 'rk5'.*rk4"):
        integrate(lambda x, t: x, jnp.zeros(1), solver="rk5")
    with pytest.raises(TokenError, match="with a key"):
        flow_log_prob(lambda x, t: x, jnp.zeros((1, 1)), trace="hutchinson")
