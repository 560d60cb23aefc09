"""What the network must not depend on, and what it must."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tfmpe_tokens import TokenError, Tokens
from tfmpe_tokens.flow import FlowEstimator, NetworkConfig
from tfmpe_tokens.flow._field import FlowLoss, Form, Rows
from tfmpe_tokens.flow._scaling import Scaling
from tfmpe_tokens.flow._vocabulary import Vocabulary

SMALL = NetworkConfig(width=8, layers=2, heads=2, exchangeable=True)
DIMS = {"theta": ["site"], "obs": ["site", "time"]}


def tokens_of(hierarchy, rules, groups=3, **kwargs):
    data = hierarchy(samples=4, groups=groups)
    times = np.broadcast_to(np.arange(2.0)[:, None], (4, groups, 2, 1))
    return Tokens.from_pytree(data, rules, {"obs": times}, dims=DIMS, **kwargs)


def parts(tokens, config=SMALL, targets=("mu", "theta"), shake=0.3):
    """A network with random parameters, its split and its inputs."""
    estimator = FlowEstimator(network=config)
    vocabulary = Vocabulary.of(tokens.layout, config.exchangeable)
    form = Form(vocabulary, config, config.layers)
    split = estimator._split(tokens.layout, targets, None)
    names = sorted(form.parameters(jax.random.key(0)))
    start = form.parameters(jax.random.key(0))
    # Some start at zero; nothing may hide behind that.
    parameters = {
        name: start[name]
        + shake
        * jax.random.normal(jax.random.key(i), start[name].shape).astype(
            jnp.float32
        )
        for i, name in enumerate(names)
    }
    scaling = Scaling.of(tokens, vocabulary)
    return form, split, parameters, scaling.inputs(tokens, vocabulary)


def velocity(form, split, parameters, inputs, x, t):
    @jax.jit
    def run(parameters, inputs, x, t):
        network = form.network(parameters)
        return network.velocity(network.read(inputs, split), x, t, split)

    return np.asarray(run(parameters, inputs, x, t))


def rows_of(inputs, split):
    """Targets as they are, not what a regression leaves of them."""
    return Rows(inputs, (inputs.data[:, split.plan.target_index],))


def points(inputs, split, draws=2, seed=0):
    rng = np.random.default_rng(seed)
    n = inputs.data.shape[0]
    shape = (n, draws, split.plan.target_index.size, inputs.data.shape[-1])
    x = jnp.asarray(rng.normal(size=shape), jnp.float32)
    t = jnp.asarray(rng.uniform(size=shape[:2]), jnp.float32)
    return x, t


@pytest.mark.slow
def test_everything_is_single_precision(hierarchy, rules):
    tokens = tokens_of(hierarchy, rules)
    form, split, parameters, inputs = parts(tokens)
    x, t = points(inputs, split)
    assert velocity(form, split, parameters, inputs, x, t).dtype == np.float32
    assert {v.dtype for v in form.parameters(jax.random.key(0)).values()} == {
        jnp.dtype("float32")
    }
    loss = FlowLoss(form, (split,))
    text = (
        jax.jit(jax.grad(loss))
        .lower(parameters, rows_of(inputs, split), jax.random.key(0))
        .as_text()
    )
    heavy = [line for line in text.splitlines() if "xf64>" in line]
    assert not heavy, heavy[:3]


def test_block_and_dense_attention_agree(hierarchy, rules):
    tokens = tokens_of(hierarchy, rules)
    found = []
    for attention in ("dense", "block"):
        config = replace(SMALL, attention=attention)
        form, split, parameters, inputs = parts(tokens, config)
        x, t = points(inputs, split)
        found.append(velocity(form, split, parameters, inputs, x, t))
    np.testing.assert_allclose(*found, atol=1e-5)


def test_sites_may_come_in_any_order(hierarchy, rules):
    tokens = tokens_of(hierarchy, rules)
    form, split, parameters, inputs = parts(tokens)
    x, t = points(inputs, split)
    order = np.array([2, 0, 1])
    data = tokens.select_tokens(tokens.key_order).decode()
    data["theta"] = data["theta"][:, order]
    data["obs"] = data["obs"][:, order]
    turned = Tokens.from_pytree(
        data,
        layout=tokens.layout,
        functional_inputs={
            "obs": np.broadcast_to(np.arange(2.0)[:, None], (4, 3, 2, 1))
        },
    )
    _, _, _, again = parts(turned)
    places = np.array([0, *(1 + order)])
    one = velocity(form, split, parameters, inputs, x, t)
    two = velocity(form, split, parameters, again, x[:, :, places], t)
    np.testing.assert_allclose(one[:, :, places], two, atol=1e-5)


def test_order_matters_where_entries_are_not_alike(hierarchy, rules):
    tokens = tokens_of(hierarchy, rules)
    config = replace(SMALL, exchangeable=("time",))
    form, split, parameters, inputs = parts(tokens, config)
    assert form.vocabulary.words[1].positions == 3
    x, t = points(inputs, split)
    places = np.array([0, 3, 1, 2])
    one = velocity(form, split, parameters, inputs, x, t)
    two = velocity(form, split, parameters, inputs, x[:, :, places], t)
    assert np.abs(one[:, :, places] - two).max() > 1e-3


def test_groups_that_are_not_there_do_not_matter(hierarchy, rules):
    """Padded to five sites, three of them there: as with three."""
    three = tokens_of(hierarchy, rules)
    form, split, parameters, inputs = parts(three)
    x, t = points(inputs, split)
    alone = velocity(form, split, parameters, inputs, x, t)
    data = three.select_tokens(three.key_order).decode()
    rng = np.random.default_rng(1)
    wide = {"mu": data["mu"]}
    for name in ("theta", "obs"):
        value = np.asarray(data[name])
        junk = rng.normal(size=(4, 2, *value.shape[2:])) * 50
        wide[name] = np.concatenate([value, junk], 1)
    times = np.broadcast_to(np.arange(2.0)[:, None], (4, 5, 2, 1))
    five = Tokens.from_pytree(
        wide,
        rules,
        {"obs": times},
        dims=DIMS,
        counts={"site": np.full(4, 3)},
    )
    estimator = FlowEstimator(network=SMALL)
    more = estimator._split(five.layout, ("mu", "theta"), None)
    scaling = Scaling.of(three, form.vocabulary)
    padded = scaling.inputs(five, form.vocabulary)
    extra = jnp.asarray(rng.normal(size=(4, 2, 2, 1)), jnp.float32)
    found = velocity(
        form, more, parameters, padded, jnp.concatenate([x, extra], 2), t
    )
    np.testing.assert_allclose(found[:, :, :4], alone, atol=1e-5)


def test_units_of_padded_groups_do_not_count(hierarchy, rules):
    tokens = tokens_of(hierarchy, rules, counts={"site": np.full(4, 2)})
    vocabulary = Vocabulary.of(tokens.layout, True)
    data = np.asarray(tokens.select_tokens(["theta"]).data)[:, :2]
    row = vocabulary.starts[1]
    scaling = Scaling.of(tokens, vocabulary)
    np.testing.assert_allclose(scaling.mean[row, 0], data.mean())
    np.testing.assert_allclose(scaling.scale[row, 0], data.std())


def test_inputs_that_are_absent_are_not_read(hierarchy, rules):
    """The sentinel must not reach the network as a number."""
    tokens = tokens_of(hierarchy, rules)
    form, split, parameters, inputs = parts(tokens)
    x, t = points(inputs, split)
    moved = inputs._replace(
        functional_inputs=jnp.where(
            inputs.functional_inputs < -1e7, -9e8, inputs.functional_inputs
        )
    )
    one = velocity(form, split, parameters, inputs, x, t)
    two = velocity(form, split, parameters, moved, x, t)
    assert np.isfinite(one).all()
    np.testing.assert_array_equal(one, two)
    later = inputs._replace(functional_inputs=inputs.functional_inputs + 0.5)
    three = velocity(form, split, parameters, later, x, t)
    assert np.abs(one - three).max() > 1e-4


def test_each_draw_is_by_itself(hierarchy, rules):
    tokens = tokens_of(hierarchy, rules)
    form, split, parameters, inputs = parts(tokens)
    x, t = points(inputs, split)
    both = velocity(form, split, parameters, inputs, x, t)
    alone = velocity(form, split, parameters, inputs, x[:, :1], t[:, :1])
    np.testing.assert_allclose(both[:, :1], alone, atol=1e-5)


def test_columns_without_a_value_stay_at_rest():
    rng = np.random.default_rng(0)
    data = {
        "a": rng.normal(size=(4, 1, 1)),
        "b": rng.normal(size=(4, 2, 2)),
        "x": rng.normal(size=(4, 1, 2)),
    }
    tokens = Tokens.from_pytree(data)
    form, split, parameters, inputs = parts(tokens, targets=("a", "b"))
    x, t = points(inputs, split)
    found = velocity(form, split, parameters, inputs, x, t)
    assert (found[:, :, 0, 1] == 0).all() and (found[:, :, 1:] != 0).all()


@pytest.mark.slow
def test_the_loss_is_that_of_the_entries_there(hierarchy, rules):
    """Junk in padded targets changes neither loss nor gradient."""
    tokens = tokens_of(hierarchy, rules, counts={"site": np.full(4, 2)})
    form, split, parameters, inputs = parts(tokens)
    loss = FlowLoss(form, (split,))
    junk = inputs._replace(
        data=jnp.where(inputs.padding[..., None], inputs.data, 1e3)
    )
    run = jax.jit(jax.value_and_grad(loss))
    key = jax.random.key(0)
    one, slope = run(parameters, rows_of(inputs, split), key)
    two, again = run(parameters, rows_of(junk, split), key)
    assert one == pytest.approx(float(two), rel=1e-6)
    for name in slope:
        assert np.isfinite(slope[name]).all()
        np.testing.assert_allclose(slope[name], again[name], atol=1e-5)


@pytest.mark.slow
def test_summaries_join_as_tokens():
    rng = np.random.default_rng(0)
    data = {
        "theta": rng.normal(size=(4, 1, 1)),
        "image": rng.normal(size=(4, 10, 9)),
        "series": rng.normal(size=(4, 50)),
    }
    tokens = Tokens.from_pytree(
        data,
        batch_ndims={"theta": 1, "image": 2, "series": 1},
        summaries=["image", "series"],
    )
    form, split, parameters, inputs = parts(tokens, targets=("theta",))
    assert split.plan.condition_index.size == 12 + 13
    x, t = points(inputs, split)
    one = velocity(form, split, parameters, inputs, x, t)
    for name in ("image", "series"):
        moved = dict(inputs.summaries)
        moved[name] = moved[name].at[0].add(1.0)
        two = velocity(
            form, split, parameters, inputs._replace(summaries=moved), x, t
        )
        assert np.abs(one[0] - two[0]).max() > 1e-3
        np.testing.assert_allclose(one[1:], two[1:], atol=1e-6)


def test_a_layout_that_the_network_cannot_read(hierarchy, rules):
    tokens = tokens_of(hierarchy, rules)
    vocabulary = Vocabulary.of(tokens.layout, ("time",))
    more = tokens_of(hierarchy, rules, groups=5).layout
    with pytest.raises(TokenError, match="positions of 'theta'.*5.*at most 3"):
        vocabulary.check(more)
    Vocabulary.of(tokens.layout, True).check(more)
    other = Tokens.from_pytree(
        {"mu": np.zeros((1, 1, 2)), "tau": np.zeros((1, 1, 1))}
    )
    with pytest.raises(TokenError) as caught:
        vocabulary.check(other.layout)
    text = str(caught.value)
    assert "width of 'mu'" in text and "'tau'" in text
    assert "number of columns" in text
