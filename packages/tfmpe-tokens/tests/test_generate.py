"""Batches from a prior and a simulator, and the same all at once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tfmpe_tokens import TokenError, TokenGenerator, Tokens
from tfmpe_tokens import generate_static_dataset as static

SITES, TIMES = 3, 2


def prior(key):
    keys = jax.random.split(key)
    mu = jax.random.normal(keys[0], (1, 1))
    # Not in alphabetical order: transformations would sort it.
    return {
        "theta": mu + 0.5 * jax.random.normal(keys[1], (SITES, 1)),
        "mu": mu,
    }


def simulate(key, parameters):
    noise = jax.random.normal(key, (SITES, TIMES, 1))
    return {"obs": parameters["theta"][:, None] + jnp.exp(noise)}


def times(key, parameters, observed):
    assert set(parameters) == {"mu", "theta"}
    return {"obs": jax.random.uniform(key, observed["obs"].shape)}


def generator(rules, n_samples, batch_size, seed=0, **more):
    return TokenGenerator(
        prior, simulate, times, rules, n_samples, batch_size, seed, **more
    )


def test_a_hundred_batches_are_one_compilation(rules, compilations):
    traces = []

    @jax.jit
    def step(tokens):
        traces.append(None)
        mask = jnp.asarray(tokens.self_attention_mask)
        view = tokens.select_tokens(["mu", "theta"])
        return (mask @ tokens.data).sum() + view.data.sum()

    made = generator(rules, 1600, 16)
    batches = iter(made)
    step(next(batches)).block_until_ready()
    before = len(compilations)
    totals = [step(batch).block_until_ready() for batch in batches]
    assert 1 + len(totals) == len(made) == 100
    assert len(traces) == 1
    assert len(compilations) == before
    assert len({float(total) for total in totals}) == 99


def test_generator_equals_static_dataset_batch_by_batch(rules):
    made = generator(rules, 50, 16, seed=7)
    batches = list(made)
    for batch, again in zip(batches, made, strict=True):
        np.testing.assert_array_equal(batch.data, again.data)
    assert [b.sample_shape[0] for b in batches] == [16, 16, 16, 2]
    whole = static(
        jax.random.key(7), prior, simulate, times, rules, 50, chunk=16
    )
    assert whole.layout is made.layout
    for i, batch in enumerate(batches):
        part = jax.tree.map(lambda a, i=i: a[16 * i : 16 * (i + 1)], whole)
        assert jax.tree.structure(part) == jax.tree.structure(batch)
        for a, b in zip(
            jax.tree.leaves(part), jax.tree.leaves(batch), strict=True
        ):
            np.testing.assert_array_equal(a, b)


def test_samples_depend_on_seed_and_number_alone(rules):
    whole = static(3, prior, simulate, times, rules, 50)
    for n_samples, size in ((50, 16), (9, 50)):
        found = list(generator(rules, n_samples, size, seed=3))
        data = np.concatenate([batch.data for batch in found])
        assert len(data) == n_samples
        np.testing.assert_allclose(data, whole.data[:n_samples], rtol=1e-14)
    other = static(4, prior, simulate, times, rules, 50)
    assert not np.isclose(other.data, whole.data).any()

    # Each sample is what the functions give for its own key.
    @jax.jit
    def eleventh(root):
        keys = jax.random.split(jax.random.fold_in(root, 11), 3)
        values = prior(keys[0])
        values |= simulate(keys[1], values)
        return values, times(keys[2], {"mu": 0, "theta": 0}, values)["obs"]

    expected, inputs = eleventh(jax.random.key(3))
    for name, value in whole.decode().items():
        np.testing.assert_allclose(value[11], expected[name], rtol=1e-14)
    found = whole.select_tokens(["obs"]).functional_inputs[11]
    np.testing.assert_allclose(found, inputs.reshape(-1, 1), rtol=1e-14)


@pytest.mark.parametrize(
    ("n_samples", "drop_last", "sizes"),
    [
        (20, False, [8, 8, 4]),
        (20, True, [8, 8]),
        (16, False, [8, 8]),
        (5, False, [5]),
        (5, True, []),
    ],
)
def test_nothing_is_dropped_unless_asked_for(n_samples, drop_last, sizes):
    batches = TokenGenerator(
        lambda key: {"a": jnp.zeros((2, 1))},
        lambda key, parameters: {"b": parameters["a"] + 1.0},
        n_samples=n_samples,
        batch_size=8,
        drop_last=drop_last,
    )
    assert len(batches) == len(sizes)
    assert [batch.data.shape[0] for batch in batches] == sizes
    for batch, again in zip(batches, batches, strict=True):
        np.testing.assert_array_equal(batch.data, again.data)


def test_keys_keep_the_order_of_the_functions(rules):
    made = generator(rules, 8, 8)
    assert made.layout.key_order == ("theta", "mu", "obs")
    order = ["mu", "theta", "obs"]
    made = generator(rules, 8, 8, order=order)
    assert list(made.layout.key_order) == order
    (batch,) = made
    assert batch.layout is made.layout
    jitted = TokenGenerator(jax.jit(prior), simulate, n_samples=8, order=order)
    assert list(jitted.layout.key_order) == order


def test_without_functional_inputs_and_with_other_axes():
    whole = static(
        0,
        lambda key: {"a": jax.random.normal(key)},
        lambda key, parameters: {"b": parameters["a"] + jnp.arange(3.0)},
        n_samples=5,
        batch_ndims=0,
        dims={"b": ["time"]},
        parents={"b": ["a"]},
    )
    assert whole.functional_inputs is None
    assert whole.data.shape == (5, 4, 1)
    assert whole.layout["b"].dims == ("time",)
    np.testing.assert_array_equal(
        whole.decode()["b"], whole.decode()["a"][:, None] + np.arange(3.0)
    )


def test_static_datasets_are_tokens_for_a_scan(rules):
    whole = static(0, prior, simulate, times, rules, 32)
    batches = jax.tree.map(lambda a: a.reshape(4, 8, *a.shape[1:]), whole)

    def step(total, tokens):
        assert isinstance(tokens, Tokens)
        return total + tokens.decode()["mu"].sum(), None

    total, _ = jax.jit(lambda b: jax.lax.scan(step, 0.0, b))(batches)
    np.testing.assert_allclose(total, whole.decode()["mu"].sum(), rtol=1e-12)


def test_what_a_generator_refuses(rules):
    with pytest.raises(TokenError, match=r"both return \['mu'\]"):
        TokenGenerator(prior, lambda k, p: {"mu": p["mu"]}, n_samples=2)
    with pytest.raises(TokenError, match="'batch_size' is too small"):
        generator(rules, 8, 0)
    with pytest.raises(TokenError, match="'n_samples' is no size"):
        generator(rules, 8.5, 2)
    with pytest.raises(TokenError, match="Functional input 'obs'"):
        list(
            TokenGenerator(
                prior, simulate, lambda *_: {"obs": jnp.ones(2)}, n_samples=2
            )
        )
