"""What is refused, and what is said."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax.errors import ForwardaxError
from tfmpe_tokens import (
    Layout,
    Rules,
    TokenError,
    Tokens,
    TokenWarning,
    build_cross_attention_mask,
    build_padding_mask,
    concat,
    decode_pytree,
    flatten_functional_inputs,
    flatten_pytree,
    guard_empty_rows,
    self_mask,
    update_flat_array,
)

KINDS = {"ValueError": ValueError, "KeyError": KeyError}


def made(events, cross_local=(), samples=2):
    data = {k: np.ones((samples, *event, 1)) for k, event in events.items()}
    return Tokens.from_pytree(data, {"cross_local": cross_local})


def test_reference_errors(reference):
    for told in reference.errors:
        rules = [
            (a, b, None if where is None else tuple(where))
            for a, b, where in told.get("cross_local", [])
        ]
        with pytest.raises(KINDS[told["expect"]]) as caught:
            tokens = made(told["events"], rules)
            if "select" in told:
                tokens.select_tokens(told["select"])
            if "with_values" in told:
                values = {
                    k: np.ones((2, *shape, 1))
                    for k, shape in told["with_values"].items()
                }
                tokens.with_values(values)
            if "decode_tokens" in told:
                tokens.decode(np.ones((2, told["decode_tokens"], 1)))
        assert isinstance(caught.value, ForwardaxError), told["name"]


def test_sizes_that_differ_in_a_rule():
    message = (
        "Cannot apply cross_local independence: dimension 0 of 'theta' has "
        "size 10 but dimension 0 of 'obs' has size 5"
    )
    rule = ("theta", "obs", (0, 0))
    with pytest.raises(TokenError, match=message):
        made({"theta": (10,), "obs": (5, 2)}, [rule])
    slices = [
        {name: {"offset": 0, "event_shape": (n,), "batch_shape": (1,)}}
        for name, n in (("theta", 10), ("obs", 5))
    ]
    with pytest.raises(ValueError, match=message):
        build_cross_attention_mask(*slices, {"cross_local": [rule]})
    with pytest.raises(TokenError, match="'a' has 3 tokens but 'b' has 4"):
        made({"a": (3,), "b": (4,)}, [("a", "b", None)])
    with pytest.raises(TokenError, match="'theta' has no dimension 1"):
        made({"theta": (4,), "obs": (4, 2)}, [("theta", "obs", (1, 0))])


def test_all_faults_of_the_rules_come_at_once():
    rules = [("a", "b", (0, 0)), ("a", "c", (0, 5)), ("b", "c", None)]
    with pytest.raises(TokenError) as caught:
        made({"a": (2,), "b": (3,), "c": (4,)}, rules)
    assert len(caught.value.faults) == 3


def test_functional_inputs_of_another_shape():
    data = {"obs": np.ones((2, 10, 5, 1))}
    message = (
        r"Functional input 'obs' has shape \(2, 10, 1\) but expected to match "
        r"token shape \(10, 5\)"
    )
    wrong = {"obs": np.ones((2, 10, 1))}
    with pytest.raises(ValueError, match=message):
        Tokens.from_pytree(data, {}, wrong)
    _, slices = flatten_pytree(data)
    with pytest.raises(ValueError, match=message):
        flatten_functional_inputs(wrong, slices)
    with pytest.raises(ValueError, match="'time' is not a key"):
        Tokens.from_pytree(data, {}, {"time": np.ones((2, 10, 5, 1))})


def test_keys_that_are_not_there():
    tokens = made({"mu": (1,), "theta": (3,), "obs": (3, 2)})
    message = r"Key 'sigma' not found. Available keys: \['mu', 'theta', 'obs'\]"
    zero = np.zeros((2, 1, 1))
    for ask in (
        lambda: tokens.select_tokens(["sigma"]),
        lambda: tokens.with_values(sigma=zero),
        lambda: tokens.cross_attention_mask(["mu"], ["sigma"]),
        lambda: tokens.decode_keys(tokens.data, ["sigma"]),
        lambda: tokens.partition(["sigma"]),
        lambda: tokens.layout.slice("sigma"),
        lambda: update_flat_array(tokens.data, tokens.slices, "sigma", zero),
        lambda: build_padding_mask(tokens.slices, {"sigma": zero[..., 0]}),
    ):
        with pytest.raises(KeyError, match=message):
            ask()
    with pytest.raises(KeyError, match="did you mean 'theta'"):
        tokens.select_tokens(["thetas"])
    with pytest.raises(TokenError, match="a list"):
        tokens.select_tokens("mu")
    with pytest.raises(TokenError, match="once each"):
        tokens.select_tokens(["mu", "mu"])
    with pytest.raises(TokenError, match="at least one"):
        tokens.select_tokens([])
    with pytest.raises(TokenError, match="both targets and conditions"):
        tokens.partition(["mu", "theta"], ["theta", "obs"])


def test_much_padding_is_warned_of():
    data = {"a": np.ones((2, 3, 2)), "b": np.ones((2, 3, 7))}
    message = "Batch size padding ratio is 3.5x, consider restructuring data"
    with pytest.warns(TokenWarning, match=message):
        flatten_pytree(data)
    with pytest.warns(TokenWarning, match=message):
        Tokens.from_pytree(data)
    Tokens.from_pytree({"a": data["a"], "b": data["b"][..., :4]})


def test_shapes_that_are_not_static():
    data = {"a": jnp.ones((2, 3, 1))}
    message = (
        "Dynamic shape detected in JIT context. Ensure all shapes are "
        "statically known."
    )

    @jax.jit
    def traced(ndims):
        return Tokens.from_pytree(data, sample_ndims=ndims).data

    with pytest.raises(TokenError, match=message):
        traced(1)
    with pytest.raises(TokenError, match=message):
        jax.jit(lambda n: Layout.from_shapes({"a": (n, 1)}).n_tokens)(3)
    with pytest.raises(TokenError, match=message):
        jax.jit(lambda n: flatten_pytree(data, 1, {"a": n})[0])(1)
    with pytest.raises(TokenError, match="'sample_ndims' is no size"):
        Tokens.from_pytree(data, sample_ndims=1.5)
    with pytest.raises(TokenError, match="too small"):
        Tokens.from_pytree(data, sample_ndims=-1)


def test_arrays_of_another_number_of_tokens():
    data = {"a": np.ones((2, 60, 1)), "b": np.ones((2, 40, 1))}
    tokens = Tokens.from_pytree(data)
    message = "Slice metadata specifies 100 tokens but flat array has 95 tokens"
    flat = np.ones((2, 95, 1))
    for ask in (
        lambda: tokens.decode(flat),
        lambda: tokens.decode_keys(flat, ["a"]),
        lambda: decode_pytree(flat, tokens.slices, (2,)),
        lambda: update_flat_array(flat, tokens.slices, "a", data["a"]),
    ):
        with pytest.raises(ValueError, match=message):
            ask()
    assert tokens.decode_keys(flat[:, :60], ["a"])["a"].shape == (2, 60, 1)
    assert tokens.decode_keys(tokens.data, ["a"])["a"].shape == (2, 60, 1)
    with pytest.raises(TokenError, match=r"samples of shape \(2,\), not \(3,"):
        decode_pytree(tokens.data, tokens.slices, (3,))


def test_data_of_the_wrong_kind():
    with pytest.raises(TokenError, match="arrays by key"):
        Tokens.from_pytree(np.ones((2, 3, 1)))
    with pytest.raises(TokenError, match="join keys by dots"):
        Tokens.from_pytree({"lens": {"mass": np.ones((2, 1))}})
    with pytest.raises(TokenError, match="'a' has the wrong type"):
        Tokens.from_pytree({"a": "words"})
    with pytest.raises(TokenError, match="no keys"):
        Tokens.from_pytree({})
    with pytest.raises(TokenError, match="real numbers"):
        Tokens.from_pytree({"a": np.ones((2, 1, 1), complex)})
    with pytest.raises(TokenError, match="different samples"):
        Tokens.from_pytree({"a": np.ones((2, 1)), "b": np.ones((3, 1))})
    with pytest.raises(TokenError, match="no 2 sample axes"):
        Tokens.from_pytree({"a": np.ones(3)}, sample_ndims=2)
    with pytest.raises(TokenError, match="'a' has fewer axes"):
        Tokens.from_pytree({"a": np.ones(3)})


def test_values_of_another_shape():
    tokens = made({"a": (2,)})
    for shape in ((2, 3, 1), (2, 2), (3, 2, 1), (2, 2, 2)):
        with pytest.raises(ValueError, match="new value of 'a'"):
            tokens.with_values(a=np.ones(shape))
    same = tokens.with_values(a=np.full((2, 1), 7.0))  # for every sample
    np.testing.assert_array_equal(same.data, np.full((2, 2, 1), 7.0))


def test_rules_of_the_wrong_form():
    with pytest.raises(TokenError, match="did you mean 'cross_local'"):
        Rules.of({"crosslocal": []})
    with pytest.raises(TokenError, match="the wrong type"):
        Rules.of(["a"])
    with pytest.raises(TokenError) as caught:
        Rules("obs", [("a",), "ab"], [("a", "b"), ("a", "b", 3)])
    assert len(caught.value.faults) == 5
    layout = Layout.from_shapes({"a": (2, 1)})
    with pytest.raises(TokenError, match="'b' is not a key"):
        Rules(["b"]).validate(layout)
    Rules(["b"]).validate(layout, strict=False)


def test_likely_slips_in_rules_are_warned_of():
    data = {"theta": np.ones((2, 3, 1)), "obs": np.ones((2, 3, 1))}
    with pytest.warns(TokenWarning, match="did you mean 'theta'"):
        Tokens.from_pytree(data, {"local": ["thta"]})
    with pytest.warns(TokenWarning, match="blocks one direction only"):
        Tokens.from_pytree(data, {"cross": [("theta", "obs")]})
    both = Rules(cross=[("theta", "obs")]).both_ways()
    assert not Tokens.from_pytree(data, both).self_attention_mask[:3, 3:].any()
    # Rules may name keys that these tokens leave out.
    Tokens.from_pytree({"theta": data["theta"]}, {"local": ["theta", "obs"]})


def test_layouts_that_contradict_themselves():
    with pytest.raises(TokenError, match="every key once"):
        Layout.from_shapes({"a": (1,), "b": (1,)}, order=["a"])
    with pytest.raises(KeyError, match="'c' not found"):
        Layout.from_shapes({"a": (1,)}, order=["c"])
    with pytest.raises(TokenError, match="size 3 in 'b' but 2 in 'a'"):
        Layout.from_shapes(
            {"a": (2, 1), "b": (3, 1)}, dims={"a": ["s"], "b": ["s"]}
        )
    with pytest.raises(TokenError, match="more dims than event axes"):
        Layout.from_shapes({"a": (2, 1)}, dims={"a": ["s", "t"]})
    with pytest.raises(TokenError, match="'b' is not a key"):
        Layout.from_shapes({"a": (2, 1)}, dims={"b": ["s"]})
    with pytest.raises(TokenError, match="3 entries"):
        Layout.from_shapes(
            {"a": (2, 1)}, dims={"a": ["s"]}, nests={"s": ("g", [0, 0, 1])}
        )
    with pytest.raises(TokenError, match="belongs to entry 4 of 'g'"):
        Layout.from_shapes(
            {"a": (2, 1), "b": (2, 1)},
            dims={"a": ["s"], "b": ["g"]},
            nests={"s": ("g", [0, 4])},
        )
    with pytest.raises(TokenError, match="nested in itself"):
        Layout.from_shapes(
            {"a": (1, 1)}, nests={"s": ("g", [0]), "g": ("s", [0])}
        )
    with pytest.raises(TokenError, match="'value_width' is too small"):
        Layout.from_shapes({"a": (1, 3)}, value_width=2)
    layout = Layout.from_shapes({"a": (2, 1)})
    with pytest.raises(TokenError, match="another shape"):
        Tokens.from_pytree({"a": np.ones((2, 3, 1))}, layout=layout)
    with pytest.raises(TokenError, match="give one"):
        Tokens.from_pytree(
            {"a": np.ones((2, 2, 1))}, {"local": ["a"]}, layout=layout
        )


def test_tokens_that_see_nothing():
    tokens = made({"a": (2,), "b": (1,)}, [])
    local = tokens.with_rules({"local": ["a"]}).select_tokens(["a"])
    assert not local.self_attention_mask.any()
    found = guard_empty_rows(local.self_attention_mask, local.layout)
    np.testing.assert_array_equal(found, np.eye(2))
    with pytest.raises(TokenError, match=r"\['a'\] attend to nothing"):
        guard_empty_rows(local.self_attention_mask, local.layout, strict=True)
    whole = self_mask(tokens.layout)
    assert guard_empty_rows(whole, tokens.layout, strict=True).all()


def test_tokens_that_cannot_be_concatenated():
    small, large = made({"a": (2,)}), made({"a": (3,)})
    with pytest.raises(TokenError, match="use combine"):
        concat([small, large])
    with pytest.raises(TokenError, match="no sample axis 1"):
        concat([small, small], axis=1)
    with pytest.raises(TokenError, match="no tokens"):
        concat([])
