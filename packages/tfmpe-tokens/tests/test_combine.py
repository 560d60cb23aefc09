"""Several rounds together; groups of different size."""

import jax
import numpy as np
import pytest
from tfmpe_tokens import (
    Layout,
    Nest,
    TokenError,
    Tokens,
    bucket_by_size,
    combine,
    concat,
    pack_groups,
    pad_to,
)


def test_rounds_of_one_layout(hierarchy, rules):
    rounds = [
        Tokens.from_pytree(hierarchy(samples=n, seed=n), rules) for n in (2, 3)
    ]
    for join in (concat, combine):
        both = join(rounds)
        assert both.layout is rounds[0].layout
        assert both.padding is None
        expected = np.concatenate([r.data for r in rounds])
        np.testing.assert_array_equal(both.data, expected)


def test_rounds_of_different_size_are_padded_key_by_key(hierarchy, rules):
    def made(groups, replicates, seed):
        data = hierarchy(2, groups, replicates, seed)
        inputs = {"obs": data["obs"] + 1.0}
        return Tokens.from_pytree(data, rules, inputs), data

    (small, first), (large, second) = made(2, 4, 0), made(3, 2, 1)
    both = combine([small, large])
    assert both.layout["obs"].event_shape == (3, 4)
    decoded = both.decode()
    np.testing.assert_array_equal(decoded["theta"][:2, :2], first["theta"])
    np.testing.assert_array_equal(decoded["theta"][2:], second["theta"])
    np.testing.assert_array_equal(decoded["obs"][:2, :2], first["obs"])
    np.testing.assert_array_equal(decoded["obs"][2:, :, :2], second["obs"])
    # By hand: the mask is that of the actual sizes.
    sizes = {"theta": [[2]] * 2 + [[3]] * 2, "obs": [[2, 4]] * 2 + [[3, 2]] * 2}
    sizes = {name: np.array(size) for name, size in sizes.items()}
    expected = Tokens.from_pytree(decoded, rules, sizes=sizes).padding_mask
    np.testing.assert_array_equal(both.padding_mask, expected)
    inputs = np.asarray(both.functional_inputs)[..., 0]
    filled = np.asarray(both.padding_mask) & (both.labels == 2)
    np.testing.assert_array_equal(inputs != -1e8, filled)
    # Values and inputs stay together.
    values = np.asarray(both.data)[..., 0]
    np.testing.assert_array_equal(inputs[filled], values[filled] + 1.0)


def test_rounds_with_nests_of_different_size():
    def made(parents, groups, seed):
        rng = np.random.default_rng(seed)
        data = {
            "group": rng.normal(size=(2, groups, 1)),
            "site": rng.normal(size=(2, len(parents), 1)),
        }
        return Tokens.from_pytree(
            data,
            {"local": ["site"], "cross_local": [("group", "site", "group")]},
            dims={"group": ["group"], "site": ["site"]},
            nests={"site": ("group", parents)},
        )

    one, other = made([0, 0, 0, 1], 2, 0), made([0, 2, 2, 1], 3, 1)
    both = combine([one, other])
    assert both.layout.nest_of["site"] == Nest("group", (0, 0, 0, 1, 2, 2))
    site = np.asarray(both.decode()["site"])[..., 0]
    there = np.asarray(both.select_tokens(["site"]).padding_mask)
    np.testing.assert_array_equal(there[0], [1, 1, 1, 1, 0, 0])
    np.testing.assert_array_equal(there[2], [1, 0, 0, 1, 1, 1])
    old = np.asarray(other.decode()["site"])[..., 0]
    np.testing.assert_array_equal(
        site[2:][there[2:]].reshape(2, 4)[0], old[0, [0, 3, 1, 2]]
    )


def test_padding_works_in_a_program(hierarchy, rules):
    tokens = Tokens.from_pytree(hierarchy(4, 2, 2), rules)
    larger = Tokens.from_pytree(hierarchy(1, 3, 4), rules).layout
    eager = pad_to(tokens, larger)
    jitted = jax.jit(lambda t: pad_to(t, larger))(tokens)
    assert jitted.layout == larger
    np.testing.assert_array_equal(jitted.data, eager.data)
    again = pad_to(eager, larger)
    assert again is eager


def test_layouts_that_do_not_go_together(hierarchy, rules):
    tokens = Tokens.from_pytree(hierarchy(), rules)
    with pytest.raises(TokenError, match="no room for 'theta'"):
        pad_to(tokens, Tokens.from_pytree(hierarchy(groups=2), rules).layout)
    with pytest.raises(TokenError, match="more than the sizes"):
        combine([tokens, tokens.select_tokens(["mu", "theta"]).tokens()])
    with pytest.raises(TokenError, match="different independence rules"):
        combine([tokens, tokens.with_rules({})])
    with pytest.raises(TokenError, match="fewer columns"):
        wide = Layout.from_shapes({"a": (2, 1)}, value_width=3)
        narrow = Layout.from_shapes({"a": (3, 1)})
        pad_to(
            Tokens.from_pytree({"a": np.ones((1, 2, 1))}, layout=wide), narrow
        )
    with pytest.raises(TokenError, match="only some of the tokens"):
        inputs = {"obs": hierarchy()["obs"]}
        more = Tokens.from_pytree(hierarchy(), rules, inputs)
        less = more.with_rules(rules)
        concat([more, type(less)(less.data, None, None, {}, less.layout)])


def test_ragged_groups_from_nested_lists():
    samples = [
        [[1.0, 2.0], [3.0]],
        [[4.0], [5.0], [6.0, 7.0, 8.0]],
    ]
    values, counts = pack_groups(samples, ["group", "member"])
    assert values.shape == (2, 3, 3)
    np.testing.assert_array_equal(counts["group"], [2, 3])
    np.testing.assert_array_equal(counts["member"], [[2, 1, 0], [1, 1, 3]])
    data = {"theta": np.zeros((2, 3, 1)), "obs": values[..., None]}
    tokens = Tokens.from_pytree(
        data,
        dims={"theta": ["group"], "obs": ["group", "member"]},
        counts=counts,
    )
    view = tokens.select_tokens(["obs"])
    flat = np.asarray(view.data)[..., 0]
    there = np.asarray(view.padding_mask)
    np.testing.assert_array_equal(flat[0][there[0]], [1, 2, 3])
    np.testing.assert_array_equal(flat[1][there[1]], [4, 5, 6, 7, 8])
    theta = tokens.select_tokens(["theta"]).padding_mask
    np.testing.assert_array_equal(theta, [[1, 1, 0], [1, 1, 1]])


def test_three_levels_of_ragged_groups():
    samples = [[[[1, 2], [3]], [[4]]], [[[5], [], [6, 7]]]]
    values, counts = pack_groups(samples, ["region", "site", "visit"])
    assert values.shape == (2, 2, 3, 2)
    tokens = Tokens.from_pytree(
        {"obs": values[..., None]},
        dims={"obs": ["region", "site", "visit"]},
        counts=counts,
    )
    for i, expected in enumerate(([1, 2, 3, 4], [5, 6, 7])):
        there = np.asarray(tokens.padding_mask)[i]
        found = np.asarray(tokens.data)[i, there, 0]
        np.testing.assert_array_equal(found, expected)


def test_counts_are_traced():
    def there(count):
        return Tokens.from_pytree(
            {"a": np.ones((2, 4, 1))}, dims={"a": ["g"]}, counts={"g": count}
        ).padding_mask

    found = jax.jit(there)(np.array([1, 3]))
    np.testing.assert_array_equal(found.sum(1), [1, 3])


def test_counts_that_do_not_fit():
    data = {"a": np.ones((2, 3, 4, 1)), "b": np.ones((2, 4, 1))}
    dims = {"a": ["group", "member"], "b": ["member"]}
    with pytest.raises(TokenError, match="'grup' is not a dim"):
        Tokens.from_pytree(data, dims=dims, counts={"grup": np.ones(2)})
    with pytest.raises(TokenError, match="axes before it in 'b'"):
        Tokens.from_pytree(
            data, dims=dims, counts={"member": np.ones((2, 3), int)}
        )
    with pytest.raises(TokenError, match="one for each event axis"):
        Tokens.from_pytree(data, sizes={"a": np.ones((2, 1), int)})
    with pytest.raises(TokenError, match="'member' of sample 1 is no list"):
        pack_groups([[[1]], [2]], ["group", "member"])
    with pytest.raises(TokenError, match="different shapes"):
        pack_groups([[[1]], [[2, 3]]], ["group"])
    with pytest.raises(TokenError, match="a name for each level"):
        pack_groups([[1]], [])


def test_buckets_hold_every_sample_once():
    sizes = np.array([1, 2, 3, 4, 5, 6, 8, 10, 11])
    buckets = bucket_by_size(sizes)
    every = np.sort(np.concatenate(list(buckets.values())))
    np.testing.assert_array_equal(every, np.arange(9))
    for size, members in buckets.items():
        assert (sizes[members] <= size).all()
        assert (2 * sizes[members] > size).all()
    assert list(bucket_by_size(np.array([[1, 9], [3, 2]]))) == [4, 9]
