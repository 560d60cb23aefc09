"""Tokens and views under jit, vmap, grad, scan and tree.map."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tfmpe_tokens import Tokens, TokenView


@pytest.fixture
def tokens(hierarchy, rules):
    data = hierarchy()
    times = np.linspace(0, 1, 2).reshape(2, 1)
    inputs = {"obs": np.broadcast_to(times, (4, 3, 2, 1))}
    return Tokens.from_pytree(data, rules, inputs)


def primitives(function, *arguments):
    """Names of all primitives of a program, also of inner ones."""

    def walk(jaxpr):
        for equation in jaxpr.eqns:
            yield equation.primitive.name
            for value in equation.params.values():
                inner = getattr(value, "jaxpr", value)
                if hasattr(inner, "eqns"):
                    yield from walk(inner)

    return list(walk(jax.make_jaxpr(function)(*arguments).jaxpr))


def test_views_are_slices_without_a_gather(tokens):
    def contiguous(tokens):
        view = tokens.select_tokens(["mu", "theta"])
        return view.data, view.functional_inputs

    assert set(primitives(contiguous, tokens)) == {"slice"}
    assert primitives(lambda t: t.select_tokens(["obs"]).data, tokens) == [
        "slice"
    ]
    # All the tokens are the array itself.
    every = primitives(
        lambda t: t.select_tokens(["mu", "theta", "obs"]).data, tokens
    )
    assert every == []
    apart = primitives(lambda t: t.select_tokens(["mu", "obs"]).data, tokens)
    assert sorted(apart) == ["concatenate", "slice", "slice"]


def test_nothing_gathers_or_scatters(tokens, hierarchy):
    def everything(tokens, values):
        tokens = tokens.with_values(values)
        conditions, targets = tokens.partition(["mu", "theta"], ["obs"])
        return conditions.data, targets.decode(), tokens.decode()

    used = set(primitives(everything, tokens, hierarchy(seed=1)))
    assert not {name for name in used if "gather" in name or "scatter" in name}
    flat = primitives(lambda d: Tokens.from_pytree(d).data, hierarchy())
    assert not {name for name in flat if "gather" in name or "scatter" in name}


def test_views_hold_nothing_but_their_parent(tokens):
    view = tokens.select_tokens(["theta"])
    leaves = jax.tree.leaves(view)
    assert [id(leaf) for leaf in leaves] == [
        id(leaf) for leaf in jax.tree.leaves(tokens)
    ]
    seen = []
    jax.jit(lambda v: seen.append(v) or v.data.sum())(view)
    assert not any(isinstance(v, jax.Array) for v in vars(view).values())
    assert isinstance(view.data, jax.Array)
    assert not isinstance(view.data, jax.core.Tracer)
    np.testing.assert_array_equal(view.data, tokens.data[:, 1:4])


def test_jit_takes_and_gives_tokens_and_views(tokens, compilations):
    @jax.jit
    def step(tokens, view):
        assert tokens.self_attention_mask.shape == (10, 10)
        return tokens.with_values(theta=view.decode()["theta"] * 2.0), view

    found, view = step(tokens, tokens.select_tokens(["theta"]))
    assert isinstance(found, Tokens) and isinstance(view, TokenView)
    assert found.layout is tokens.layout
    theta = tokens.decode()["theta"]
    np.testing.assert_array_equal(found.decode()["theta"], theta * 2.0)
    jax.block_until_ready(step(found, found.select_tokens(["theta"])))
    before = len(compilations)
    jax.block_until_ready(step(found, found.select_tokens(["theta"])))
    assert len(compilations) == before


def test_equal_tokens_share_a_program(hierarchy, rules):
    traces = []

    @jax.jit
    def total(tokens):
        traces.append(None)
        mask = jnp.asarray(tokens.self_attention_mask)
        return (mask * tokens.data[..., 0][:, None]).sum()

    for seed in range(5):
        total(Tokens.from_pytree(hierarchy(seed=seed), dict(rules)))
    assert len(traces) == 1
    total(Tokens.from_pytree(hierarchy(), {}))
    assert len(traces) == 2


def test_tree_map_over_two_tokens(hierarchy, rules):
    first, second = (
        Tokens.from_pytree(hierarchy(seed=seed), rules) for seed in (0, 1)
    )
    mean = jax.tree.map(lambda a, b: (a + b) / 2, first, second)
    expected = (hierarchy(seed=0)["mu"] + hierarchy(seed=1)["mu"]) / 2
    np.testing.assert_array_equal(mean.decode()["mu"], expected)
    views = [t.select_tokens(["theta", "mu"]) for t in (first, second)]
    assert jax.tree.map(jnp.add, *views).data.shape == (4, 4, 1)


def test_vmap_drops_a_sample_axis(tokens):
    def one(tokens):
        assert tokens.sample_shape == ()
        assert tokens.padding_mask.shape == (10,)
        new = tokens.with_values(mu=jnp.zeros((1, 1)))
        return new, new.decode()["obs"].sum()

    found, sums = jax.vmap(one)(tokens)
    assert found.sample_shape == (4,)
    assert not found.decode()["mu"].any()
    np.testing.assert_allclose(
        sums, tokens.decode()["obs"].sum((1, 2, 3)), rtol=1e-12
    )


def test_vmap_and_jit_make_tokens(hierarchy, rules):
    data = hierarchy()
    whole = Tokens.from_pytree(data, rules)

    def one(sample):
        return Tokens.from_pytree(
            sample, rules, sample_ndims=0, order=["mu", "theta", "obs"]
        )

    for made in (jax.vmap(one)(data), jax.jit(jax.vmap(one))(data)):
        assert made.layout == whole.layout
        np.testing.assert_array_equal(made.data, whole.data)


def test_grad_goes_through_views_and_values(tokens):
    weights = np.arange(3.0).reshape(3, 1)

    def loss(theta, tokens):
        new = tokens.with_values(theta=theta)
        view = new.select_tokens(["mu", "theta"])
        assert view.self_attention_mask.shape == (4, 4)
        return (view.decode()["theta"] * weights).sum()

    slope = jax.grad(loss)(tokens.decode()["theta"], tokens)
    np.testing.assert_array_equal(slope, np.broadcast_to(weights, (4, 3, 1)))
    slopes = jax.grad(lambda t: (t.data**2).sum() / 2)(tokens)
    assert isinstance(slopes, Tokens)
    np.testing.assert_array_equal(slopes.data, tokens.data)
    assert not slopes.functional_inputs.any()


def test_scan_over_batches(hierarchy, rules):
    batches = [
        Tokens.from_pytree(hierarchy(seed=seed), rules) for seed in range(3)
    ]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *batches)
    assert stacked.sample_shape == (3, 4)

    def step(total, tokens):
        mu = tokens.select_tokens(["mu"]).data
        return total + mu.sum(), tokens.with_values(mu=mu * 0.0)

    total, out = jax.lax.scan(step, 0.0, stacked)
    expected = sum(hierarchy(seed=seed)["mu"].sum() for seed in range(3))
    np.testing.assert_allclose(total, expected, rtol=1e-12)
    assert out.layout == stacked.layout
    assert not out.decode()["mu"].any()


def test_the_layout_survives_sorted_mappings(hierarchy, rules):
    data = {name: hierarchy()[name] for name in ("theta", "mu", "obs")}
    plain = Tokens.from_pytree(data, rules)
    assert plain.key_order == ("theta", "mu", "obs")
    for mapped in (
        jax.jit(lambda d: d)(data),
        jax.vmap(lambda d: d)(data),
        jax.tree.map(jnp.asarray, data),
    ):
        assert list(mapped) == ["mu", "obs", "theta"]
        ordered = Tokens.from_pytree(mapped, rules, order=plain.key_order)
        assert ordered.layout == plain.layout
        np.testing.assert_array_equal(ordered.data, plain.data)
        again = Tokens.from_pytree(mapped, layout=plain.layout)
        np.testing.assert_array_equal(again.data, plain.data)
        new = plain.with_values(mapped)
        np.testing.assert_array_equal(new.data, plain.data)


def test_masks_are_made_once(hierarchy, rules):
    first, second = (
        Tokens.from_pytree(hierarchy(seed=seed), rules) for seed in (0, 1)
    )
    assert first.self_attention_mask is second.self_attention_mask
    keys = ["mu", "theta"], ["obs"]
    mask = first.cross_attention_mask(*keys)
    assert mask is second.cross_attention_mask(*keys)
    with pytest.raises(ValueError, match="read-only"):
        first.self_attention_mask[0, 0] = False


def test_static_parts_are_read_only(tokens):
    assert isinstance(tokens.key_order, tuple)
    with pytest.raises(TypeError):
        tokens.slices["mu"] = {}
    with pytest.raises(TypeError):
        tokens.slices["mu"]["offset"] = 3
    with pytest.raises(TypeError):
        tokens.label_map["mu"] = 3
    hash(tokens.layout)


def test_single_precision_stays_single(hierarchy, rules):
    data = {k: v.astype(np.float32) for k, v in hierarchy().items()}
    tokens = Tokens.from_pytree(data, rules, {"obs": data["obs"]})
    assert tokens.data.dtype == np.float32
    assert tokens.functional_inputs.dtype == np.float32
    assert tokens.with_values(mu=np.zeros((4, 1, 1))).data.dtype == np.float32


def test_whole_numbers_become_floats():
    counts = {"n": np.arange(6).reshape(2, 3, 1)}
    tokens = Tokens.from_pytree(counts)
    assert tokens.data.dtype == np.float64
    np.testing.assert_array_equal(tokens.decode()["n"], counts["n"])
