"""Every array of the reference cases, bit by bit."""

import warnings

import numpy as np
import pytest
from tfmpe_tokens import Tokens, TokenWarning

CASES = [
    "hier_gaussian",
    "hier_gaussian_batch",
    "hier_brownian",
    "seir_sites",
    "index_map_1_0",
    "diagonal",
    "local_only",
    "cross_one_way",
    "no_rules",
    "batch_shapes",
    "no_sample_axis",
    "two_sample_axes",
    "padded_groups",
]
WARNED = {
    "hier_gaussian_batch": "ratio is 3.0x",
    "batch_shapes": "ratio is 6.0x",
    "cross_one_way": "one direction only",
}


@pytest.fixture(params=CASES)
def case(request, reference):
    """A case, its tokens, and a function that takes its arrays."""
    told = reference.cases[request.param]

    def array(*path):
        return reference.arrays["/".join([request.param, *path])]

    data = {name: array("in", name) for name in told["key_order"]}
    inputs = told["functional_inputs"]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        tokens = Tokens.from_pytree(
            data,
            told["independence"],
            inputs and {name: array("fin", name) for name in inputs},
            told["sample_ndims"],
            told["batch_ndims"],
            sizes=told["padding"],
        )
    expected = WARNED.get(request.param)
    assert [w.category for w in seen] == [TokenWarning] * bool(expected)
    assert expected is None or expected in str(seen[0].message)
    return told, data, tokens, array


def same(found, expected):
    found = np.asarray(found)
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found, expected)


def test_all_cases_are_tested(reference):
    assert sorted(CASES) == sorted(reference.cases)


def test_layout(case):
    told, _, tokens, _ = case
    assert list(tokens.key_order) == told["key_order"]
    assert dict(tokens.label_map) == told["label_map"]
    assert tokens.n_tokens == told["n_tokens"]
    assert tokens.layout.max_batch_size == told["max_batch_size"]
    check_slices(tokens.slices, told["slices"])


def check_slices(found, expected):
    assert list(found) == list(expected)
    for name, parts in expected.items():
        listed = {part: found[name][part] for part in parts}
        as_lists = {
            part: list(value) if isinstance(value, tuple) else value
            for part, value in listed.items()
        }
        assert as_lists == parts


def test_data_labels_and_masks(case):
    told, _, tokens, array = case
    same(tokens.data, array("data"))
    assert tokens.data.dtype == np.float32
    shape = array("labels").shape
    same(np.broadcast_to(tokens.labels, shape), array("labels"))
    same(tokens.self_attention_mask, array("self_mask"))
    if told["padding"]:
        same(tokens.padding_mask, array("padding_mask"))
    else:
        assert tokens.padding_mask.all()
        assert tokens.padding_mask.shape == shape


def test_functional_inputs(case):
    told, _, tokens, array = case
    if told["functional_inputs"]:
        same(tokens.functional_inputs, array("functional_inputs"))
    else:
        assert tokens.functional_inputs is None


def test_views(case):
    told, _, tokens, array = case
    for selected in told["views"]:
        view = tokens.select_tokens(selected["keys"])
        path = ("view", "+".join(selected["keys"]))
        check_slices(view.slices, selected["slices"])
        same(view.data, array(*path, "data"))
        labels = array(*path, "labels")
        same(np.broadcast_to(view.labels, labels.shape), labels)
        same(view.self_attention_mask, array(*path, "self_mask"))
        if told["functional_inputs"]:
            inputs = array(*path, "functional_inputs")
            same(view.functional_inputs, inputs)


def test_cross_masks(case):
    told, _, tokens, array = case
    for ends in told["cross"]:
        query, key = ends["query"], ends["key"]
        expected = array("cross", "+".join(query) + "__" + "+".join(key))
        same(tokens.cross_attention_mask(query, key), expected)


def test_decode_gives_back_the_input(case):
    _, data, tokens, _ = case
    decoded = tokens.decode()
    assert list(decoded) == list(data)
    for name, value in data.items():
        same(decoded[name], value)


def test_with_values(case):
    told, _, tokens, array = case
    names = told["with_values"] or []
    new = {name: array("with_values", "in", name) for name in names}
    if names:
        same(tokens.with_values(new).data, array("with_values", "data"))
        same(tokens.with_values(**new).data, array("with_values", "data"))
