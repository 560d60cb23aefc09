"""Attention in full and block by block, under rules and padding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax.errors import UnknownKey
from tfmpe_tokens import Layout, TokenError
from tfmpe_tokens.flow._attention import Pattern, attend
from tfmpe_tokens.flow._structure import Split

RULES = {
    "local": ["theta", "obs"],
    "cross": [("mu", "obs"), ("obs", "mu")],
    "cross_local": [("theta", "obs", (0, 0))],
}


def layout(sites=4, times=3, rules=RULES):
    shapes = {"mu": (1, 1), "theta": (sites, 1), "obs": (sites, times, 1)}
    dims = {"theta": ["site"], "obs": ["site", "time"]}
    return Layout.from_shapes(shapes, rules=rules, dims=dims)


def arrays(pattern, lead=(2, 3), heads=2, width=4, seed=0):
    rng = np.random.default_rng(seed)
    queries, keys = pattern.mask.shape

    def make(n):
        shape = (*lead, n, heads, width)
        return jnp.asarray(rng.normal(size=shape), jnp.float32)

    there = jnp.asarray(rng.random((*lead, keys)) < 0.7)
    dims = len(pattern.groups)
    bias = jnp.asarray(rng.normal(size=(dims, heads)), jnp.float32)
    return make(queries), make(keys), make(keys), there, bias


def both(pattern):
    other = Pattern.of(pattern.mask, pattern.offset, pattern.groups, "block")
    dense = Pattern.of(pattern.mask, pattern.offset, pattern.groups, "dense")
    assert dense.plan is None and other.plan is not None
    return dense, other


@pytest.mark.parametrize("targets", [("mu", "theta"), ("obs",), ("mu",)])
@pytest.mark.parametrize("rules", ["posterior", "layout"])
def test_blocks_give_what_dense_attention_gives(targets, rules):
    plan = Split.of(layout(), targets, None, rules=rules).plan
    for pattern in (plan.conditions, plan.targets):
        dense, block = both(pattern)
        q, k, v, there, bias = arrays(pattern)
        for kwargs in ({}, {"there": there}, {"there": there, "bias": bias}):
            one = attend(q, k, v, dense, **kwargs)
            two = attend(q, k, v, block, **kwargs)
            np.testing.assert_allclose(one, two, atol=1e-5)


def test_gradients_agree_too():
    pattern = Split.of(layout(), ("mu", "theta"), None).plan.targets
    dense, block = both(pattern)
    q, k, v, there, bias = arrays(pattern)

    def total(q, k, v, bias, how):
        return jnp.sin(attend(q, k, v, how, there=there, bias=bias)).sum()

    slopes = [
        jax.grad(total, argnums=(0, 1, 2, 3))(q, k, v, bias, how)
        for how in (dense, block)
    ]
    for one, two in zip(*slopes, strict=True):
        assert np.isfinite(one).all()
        np.testing.assert_allclose(one, two, atol=1e-5)


def test_what_is_not_there_is_not_seen():
    pattern = Split.of(layout(), ("mu", "theta"), None).plan.targets
    q, k, v, there, _ = arrays(pattern)
    moved = v + 100.0 * (~there)[..., None, None]
    for how in both(pattern):
        before = attend(q, k, v, how, there=there)
        after = attend(q, k, moved, how, there=there)
        own = np.asarray(there[..., pattern.offset :])
        np.testing.assert_array_equal(
            np.asarray(before)[own], np.asarray(after)[own]
        )


def test_a_group_scores_higher_by_its_bias():
    pattern = Split.of(layout(rules=None), ("theta",), ("obs",)).plan.targets
    q, k, v, _, _ = arrays(pattern)
    bias = jnp.zeros((len(pattern.groups), 2)).at[:].set(50.0)
    found = attend(q * 0, k, v, pattern, bias=bias.astype(jnp.float32))
    same = pattern.same_group.sum(0)
    weight = (same == same.max(1, keepdims=True)).astype(float)
    weight /= weight.sum(1, keepdims=True)
    wanted = np.einsum("qk,...khd->...qhd", weight, v)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_targets_and_conditions_see_what_the_moral_graph_says():
    plan = Split.of(layout(2, 2), ("mu", "theta"), None).plan
    np.testing.assert_array_equal(
        plan.targets.mask.astype(int),
        # obs 00 01 10 11, mu, theta 0 1
        [
            [0, 0, 0, 0, 1, 1, 1],
            [1, 1, 0, 0, 1, 1, 0],
            [0, 0, 1, 1, 1, 0, 1],
        ],
    )
    assert not plan.pooled
    # obs to theta, theta to mu, mu to the other theta.
    assert plan.hops == 3


def test_what_is_left_out_connects_its_neighbours():
    """Without theta, observations of a site depend on each other."""
    plan = Split.of(layout(2, 2), ("mu",), ("obs",)).plan
    assert plan.targets.mask.all() and plan.pooled
    site = np.repeat([0, 1], 2)
    np.testing.assert_array_equal(plan.conditions.mask, site[:, None] == site)


def test_without_rules_all_see_all():
    plan = Split.of(layout(rules=None), ("mu", "theta"), None).plan
    assert plan.targets.mask.all() and plan.pooled and plan.hops == 1


def test_auto_goes_by_blocks_where_that_saves_a_lot():
    small = Split.of(layout(), ("obs",), ("mu", "theta")).plan
    large = Split.of(layout(60, 20), ("obs",), ("mu", "theta")).plan
    assert small.targets.plan is None
    assert large.targets.plan is not None


def test_splits_that_make_no_sense():
    with pytest.raises(TokenError, match="both targets and conditions"):
        Split.of(layout(), ("mu",), ("mu", "obs"))
    with pytest.raises(UnknownKey, match="Key .sigma. not found"):
        Split.of(layout(), ("sigma",), None)
