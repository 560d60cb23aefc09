"""Rules by hand: what they block, and what the posterior makes of them."""

import numpy as np
import pytest
from tfmpe_tokens import (
    Layout,
    Nest,
    Rules,
    combine_masks,
    model_rules,
    padding_mask,
    self_mask,
)


def between(layout, a, b):
    return self_mask(layout)[layout.slice(a), layout.slice(b)].astype(int)


def posterior(layout):
    return layout.with_rules(model_rules(layout).posterior(layout))


def test_a_key_that_joins_its_own_axes():
    """Axis 0 with axis 1 of one key, and so axis 1 with axis 0."""
    rule = ("a", "a", (0, 1))
    layout = Layout.from_shapes(
        {"a": (2, 2, 1)}, rules=Rules(["a"], [], [rule])
    )
    index = list(np.ndindex(2, 2))
    expected = [[p[0] == q[1] or q[0] == p[1] for q in index] for p in index]
    np.testing.assert_array_equal(self_mask(layout), expected)
    rows = Rules(["a"], [], [("a", "a", (0, 0))])
    within = self_mask(layout.with_rules(rows))
    np.testing.assert_array_equal(within, np.kron(np.eye(2), np.ones((2, 2))))


def test_joins_on_two_axes_and_the_last_rule():
    shapes = {"a": (2, 3, 1), "b": (2, 3, 2, 1)}
    both = ("a", "b", ((0, 0), (1, 1)))
    layout = Layout.from_shapes(shapes, rules=Rules([], [], [both]))
    expected = np.kron(np.eye(6), np.ones((1, 2)))
    np.testing.assert_array_equal(between(layout, "a", "b"), expected)
    np.testing.assert_array_equal(between(layout, "b", "a"), expected.T)
    later = Rules([], [], [both, ("a", "b", (-2, 0))])
    layout = layout.with_rules(later)
    expected = np.kron(np.eye(2), np.ones((3, 6)))
    np.testing.assert_array_equal(between(layout, "a", "b"), expected)
    assert later.on(layout).cross_local[1] == ("a", "b", ((0, 0),))


def test_rules_as_a_mapping_and_back():
    rules = Rules(["b", "a"], [("b", "a")], [("a", "b", "site")])
    assert rules == Rules(["a", "b"], [("b", "a")], [("a", "b", "site")])
    assert Rules.of(rules.to_dict()) == rules
    assert Rules.of(None) == Rules() == Rules.of({})
    assert rules.names == ("a", "b")
    assert rules.among(["a"]) == Rules(["a"])
    assert rules.both_ways().cross == (("a", "b"), ("b", "a"))


def test_a_selection_is_the_layout_one_would_have_made():
    shapes = {"a": (2, 1), "b": (3, 1), "c": (2, 1)}
    rules = Rules(["a"], [("a", "b"), ("b", "a")], [("a", "c", None)])
    whole = Layout.from_shapes(shapes, rules=rules)
    part = whole.select(["c", "a"])
    del shapes["b"]
    labels = {"a": 0, "c": 2}
    made = Layout.from_shapes(shapes, rules=rules.among("ac"), labels=labels)
    assert part == made and hash(part) == hash(made) and part is made


def test_two_levels_that_share_a_child_meet_at_the_coarser():
    layout = Layout.from_shapes(
        {"g": (2,), "s": (4,), "obs": (4,)},
        batch_ndims=0,
        dims={"g": ["group"], "s": ["site"], "obs": ["site"]},
        nests={"site": Nest("group", (0, 0, 0, 1))},
        parents={"obs": ["g", "s"]},
    )
    assert not between(layout.with_rules(model_rules(layout)), "g", "s").any()
    np.testing.assert_array_equal(
        between(posterior(layout), "g", "s"), [[1, 1, 1, 0], [0, 0, 0, 1]]
    )


def test_rows_and_columns_of_one_table_all_meet():
    layout = Layout.from_shapes(
        {"row": (2,), "column": (3,), "cell": (2, 3)},
        batch_ndims=0,
        dims={"row": ["i"], "column": ["j"], "cell": ["i", "j"]},
        parents={"cell": ["row", "column"]},
    )
    found = posterior(layout)
    assert between(found, "row", "column").all()
    np.testing.assert_array_equal(between(found, "cell", "cell"), np.eye(6))
    # Given the cells of a row, all its columns have met: rows have not.
    np.testing.assert_array_equal(between(found, "row", "row"), np.eye(2))


def test_entries_that_one_child_sums_depend_on_each_other():
    layout = Layout.from_shapes(
        {"s": (4,), "total": (2,)},
        batch_ndims=0,
        dims={"s": ["site"], "total": ["group"]},
        nests={"site": ("group", [0, 0, 1, 1])},
        parents={"total": ["s"]},
    )
    found = posterior(layout)
    expected = np.kron(np.eye(2), np.ones((2, 2)))
    np.testing.assert_array_equal(between(found, "s", "s"), expected)


def test_counts_of_nested_dims_by_hand():
    layout = Layout.from_shapes(
        {"s": (5,), "u": (6,)},
        batch_ndims=0,
        dims={"s": ["site"], "u": ["unit"]},
        nests={
            "site": ("group", [1, 0, 1, 0, 1]),
            "unit": ("site", [0, 1, 2, 2, 4, 4]),
        },
    )
    counts = {"site": np.array([1, 2]), "unit": np.array([1, 1, 1, 1, 1])}
    found = padding_mask(layout, counts=counts)
    # Sites 0 and 2 are the first two of group 1, site 1 the first of group 0.
    np.testing.assert_array_equal(found[:5], [1, 1, 1, 0, 0])
    np.testing.assert_array_equal(found[5:], [1, 1, 1, 0, 0, 0])
    whole = padding_mask(layout, sample_shape=(2,))
    assert whole.shape == (2, 11) and whole.all()


def test_masks_of_samples():
    padding = np.array([[True, True, False], [True, False, False]])
    attention = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1]], bool)
    found = combine_masks(attention, padding)
    assert found.shape == (2, 3, 3)
    np.testing.assert_array_equal(found[1], [[1, 0, 0], [1, 0, 0], [0, 0, 0]])


def test_indices_for_embeddings():
    layout = Layout.from_shapes({"a": (2, 1), "b": (2, 2, 1)})
    np.testing.assert_array_equal(layout.positions, [0, 1, 0, 1, 2, 3])
    np.testing.assert_array_equal(layout.labels, [0, 0, 1, 1, 1, 1])
    with pytest.raises(ValueError, match="read-only"):
        layout.labels[0] = 3


def test_group_of_each_token():
    layout = Layout.from_shapes(
        {"mu": (), "g": (2,), "s": (3,)},
        batch_ndims=0,
        dims={"g": ["group"], "s": ["site"]},
        nests={"site": ("group", [0, 0, 1])},
    )
    found = layout.dim_index("group")
    np.testing.assert_array_equal(found, [-1, 0, 1, 0, 0, 1])
    found = layout.dim_index("site")
    np.testing.assert_array_equal(found, [-1, -1, -1, 0, 1, 2])
