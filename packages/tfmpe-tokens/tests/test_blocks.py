"""Attention by blocks is masked attention."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tfmpe_tokens import (
    Layout,
    Rules,
    block_plan,
    guard_empty_rows,
    mask_between,
    self_mask,
)


def layout(sites, times, rules):
    shapes = {"mu": (1, 1), "theta": (sites, 1), "obs": (sites, times, 1)}
    return Layout.from_shapes(shapes, rules=rules)


def dense(mask, q, k, v):
    scores = jnp.where(mask, q @ k.T, -jnp.inf)
    return jax.nn.softmax(scores) @ v


def by_blocks(plan, q, k, v):
    found = []
    for block in plan.blocks:
        scores = jnp.einsum("bqd,bkd->bqk", q[block.queries], k[block.keys])
        scores = jnp.where(block.key_valid[:, None], scores, -jnp.inf)
        out = jax.nn.softmax(scores) @ v[block.keys]
        found.append(out.reshape(-1, out.shape[-1]))
    return jnp.concatenate(found)[plan.inverse]


@pytest.mark.parametrize("posterior", [False, True])
def test_blocks_give_what_the_mask_gives(rules, posterior):
    found = layout(7, 4, rules)
    if posterior:
        found = found.with_rules(found.rules.posterior(found))
    mask = guard_empty_rows(self_mask(found), found)
    q, k, v = jax.random.normal(jax.random.key(0), (3, found.n_tokens, 8))
    plan = block_plan(found)
    np.testing.assert_array_equal(plan.mask, mask)
    ours = jax.jit(lambda q, k, v: by_blocks(plan, q, k, v))(q, k, v)
    expected = jax.jit(lambda q, k, v: dense(mask, q, k, v))(q, k, v)
    np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-12)


def test_work_is_what_the_rules_leave(rules):
    found = layout(100, 50, rules)
    plan = block_plan(found)
    assert plan.n_pairs == self_mask(found).sum() == 1 + 100 + 100 * 51 + 5000
    assert len(plan.blocks) == 3
    assert [b.queries.shape for b in plan.blocks] == [
        (100, 1),  # each theta: mu, and its own obs
        (1, 1),  # mu: itself, and every theta
        (100, 50),  # the obs of one theta: that theta
    ]
    assert block_plan(layout(100, 50, dict(rules))) is plan


def test_no_rules_are_one_block():
    plan = block_plan(layout(3, 2, {}))
    assert plan.n_pairs == 100 and len(plan.blocks) == 1


def test_plans_between_keys(rules):
    found = layout(3, 2, rules)
    plan = block_plan(found, ["mu", "theta"], ["obs"])
    assert (plan.n_queries, plan.n_keys) == (4, 6)
    expected = mask_between(found, ["mu", "theta"], ["obs"])
    np.testing.assert_array_equal(plan.mask, expected)


def test_ragged_groups_share_few_shapes():
    sizes = [1, 2, 3, 4, 5, 6, 8, 10]
    parents = np.repeat(np.arange(8), sizes)
    found = Layout.from_shapes(
        {"theta": (8, 1), "obs": (39, 1)},
        dims={"theta": ["group"], "obs": ["member"]},
        nests={"member": ("group", parents)},
        rules=Rules(["theta", "obs"], [], [("theta", "obs", "group")]),
    )
    plan = block_plan(found)
    np.testing.assert_array_equal(plan.mask, self_mask(found))
    assert len(plan.blocks) < 9
    assert plan.n_pairs <= 2 * self_mask(found).sum()
