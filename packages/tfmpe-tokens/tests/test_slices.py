"""Plain functions on arrays with slices do what tokens do."""

import numpy as np
import pytest
from tfmpe_tokens import (
    TokenError,
    Tokens,
    build_cross_attention_mask,
    build_padding_mask,
    build_self_attention_mask,
    decode_pytree,
    flatten_functional_inputs,
    flatten_pytree,
    update_flat_array,
    value_mask,
)


@pytest.fixture
def made(hierarchy, rules):
    data = hierarchy()
    inputs = {"obs": data["obs"] + 1.0}
    tokens = Tokens.from_pytree(data, rules, inputs)
    return data, inputs, tokens, *flatten_pytree(data)


def test_flatten_and_decode(made):
    data, inputs, tokens, flat, slices = made
    np.testing.assert_array_equal(flat, tokens.data)
    assert slices == tokens.slices
    for name, value in decode_pytree(flat, slices, (4,)).items():
        np.testing.assert_array_equal(value, data[name])
    assert list(decode_pytree(flat, slices, (4,), ["obs", "mu"])) == [
        "obs",
        "mu",
    ]
    found = flatten_functional_inputs(inputs, slices)
    np.testing.assert_array_equal(found, tokens.functional_inputs)
    assert flatten_functional_inputs(None, slices) is None
    shared = {"obs": inputs["obs"][0]}
    found = flatten_functional_inputs(shared, slices, sample_ndims=0)
    np.testing.assert_array_equal(found, tokens.functional_inputs[0])


def test_widths_and_pad_values(made):
    data, *_ = made
    flat, slices = flatten_pytree(data, pad_value=-7.0, max_batch_size=3)
    assert flat.shape == (4, 10, 3)
    assert (np.asarray(flat)[..., 1:] == -7.0).all()
    new = update_flat_array(flat, slices, "theta", -data["theta"])
    assert (np.asarray(new)[..., 1:] == -7.0).all()
    decoded = decode_pytree(new, slices, (4,))
    np.testing.assert_array_equal(decoded["theta"], -data["theta"])
    np.testing.assert_array_equal(decoded["obs"], data["obs"])
    with pytest.raises(TokenError, match="'value_width' is too small"):
        flatten_pytree({"a": np.ones((1, 2, 3))}, max_batch_size=2)


def test_masks(made, rules):
    _, _, tokens, _, slices = made
    np.testing.assert_array_equal(
        build_self_attention_mask(slices, rules), tokens.self_attention_mask
    )
    keys = ["mu", "theta"]
    view = tokens.select_tokens(keys)
    np.testing.assert_array_equal(
        build_self_attention_mask(slices, rules, keys),
        view.self_attention_mask,
    )
    other = tokens.select_tokens(["obs"]).slices
    np.testing.assert_array_equal(
        build_cross_attention_mask(view.slices, other, rules),
        tokens.cross_attention_mask(keys, ["obs"]),
    )
    np.testing.assert_array_equal(
        build_cross_attention_mask(slices, slices, rules),
        tokens.cross_attention_mask(tokens.key_order, tokens.key_order),
    )
    np.testing.assert_array_equal(
        value_mask(tokens.layout), np.ones((10, 1), bool)
    )


def test_padding(made):
    *_, slices = made
    sizes = {"theta": np.array([[1], [3]]), "obs": np.array([[1, 2], [3, 1]])}
    mask = build_padding_mask(slices, sizes)
    expected = [
        [1, 1, 0, 0, 1, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 0, 1, 0, 1, 0],
    ]
    np.testing.assert_array_equal(mask, expected)
    part = build_padding_mask(slices, sizes, ["theta"])
    np.testing.assert_array_equal(part, [[1, 0, 0], [1, 1, 1]])


def test_slices_that_were_moved(made):
    *_, flat, slices = made
    moved = {name: dict(part) for name, part in slices.items()}
    moved["theta"]["offset"] = 0
    with pytest.raises(TokenError, match="the offset of 'theta'"):
        decode_pytree(flat, moved, (4,))
