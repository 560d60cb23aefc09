"""What holds for any layout: round trips, masks, selections."""

import math
from itertools import product

import hypothesis.strategies as st
import jax
import numpy as np
import pytest
from hypothesis import given, settings
from tfmpe_tokens import (
    Layout,
    Nest,
    Rules,
    Tokens,
    block_plan,
    cross_mask,
    pad_to,
    padding_mask,
    self_mask,
)

pytestmark = pytest.mark.filterwarnings("ignore::tfmpe_tokens.TokenWarning")
FEW = settings(max_examples=15)
MANY = settings(max_examples=100)


@st.composite
def layouts(draw):
    """Up to four keys over nested, plain and unnamed axes, with rules."""
    groups = draw(st.integers(1, 3))
    nests = {}
    sizes = {"group": groups, "time": draw(st.integers(1, 3))}
    for dim, within in (("site", "group"), ("unit", "site")):
        parents = draw(
            st.lists(st.integers(0, sizes[within] - 1), min_size=1, max_size=4)
        )
        nests[dim] = Nest(within, tuple(parents))
        sizes[dim] = len(parents)
    shapes, dims, ndims = {}, {}, {}
    for name in "abcd"[: draw(st.integers(1, 4))]:
        axes = draw(
            st.lists(st.sampled_from([*sizes, ""]), max_size=2, unique=True)
        )
        batch = draw(st.sampled_from([(), (1,), (2,), (2, 2)]))
        shapes[name] = (*(sizes.get(d, 2) for d in axes), *batch)
        dims[name], ndims[name] = axes, len(batch)
    bare = Layout.from_shapes(shapes, batch_ndims=ndims, dims=dims, nests=nests)
    return bare.with_rules(draw(rules_for(bare)))


@st.composite
def rules_for(draw, layout):
    names = st.sampled_from(layout.key_order)
    joins = [
        (a, b, where)
        for a, b in product(layout.key_order, repeat=2)
        for where in joins_between(layout, a, b)
    ]
    return Rules(
        draw(st.lists(names, max_size=2)),
        draw(st.lists(st.tuples(names, names), max_size=3)),
        draw(st.lists(st.sampled_from(joins), max_size=3)) if joins else [],
    )


def joins_between(layout, a, b):
    """Every join of one pair of axes that the shapes allow."""
    if layout[a].n_tokens == layout[b].n_tokens:
        yield None
    for i, n in enumerate(layout[a].event_shape):
        for j, m in enumerate(layout[b].event_shape):
            if n == m:
                yield (i, j)
    for dim in ("group", "site", "unit"):
        if all(dim in outwards(layout, name) for name in (a, b)):
            yield dim


def outwards(layout, name):
    """Dims that a key has, or is nested in."""
    found = []
    for dim in layout[name].dims:
        while dim:
            found.append(dim)
            nest = layout.nest_of.get(dim)
            dim = nest.within if nest else ""
    return found


def place(layout, name, index, axis):
    """Index of one token along an axis, step by step outwards."""
    if isinstance(axis, int):
        return index[axis]
    for position, dim in enumerate(layout[name].dims):
        at = index[position]
        while dim:
            if dim == axis:
                return at
            nest = layout.nest_of.get(dim)
            if nest is None:
                break
            at, dim = nest.parents[at], nest.within
    raise AssertionError(axis)


def tokens_of(layout, names):
    for name in layout.key_order:
        if name in names:
            shape = layout[name].event_shape
            for flat, index in enumerate(np.ndindex(shape)):
                yield name, flat, index


def agree(layout, one, other, where):
    """Whether two tokens are tied by a cross_local rule."""
    (a, flat_a, at_a), (b, flat_b, at_b) = one, other
    if where is None:
        return flat_a == flat_b
    return all(
        place(layout, a, at_a, i) == place(layout, b, at_b, j) for i, j in where
    )


def slow_self_mask(layout):
    """The prose, token by token: cross, local, cross_local; last wins."""
    rules = layout.rules
    every = list(tokens_of(layout, layout.key_order))
    mask = np.ones((len(every), len(every)), bool)
    for (r, row), (c, column) in product(enumerate(every), repeat=2):
        if (row[0], column[0]) in rules.cross:
            mask[r, c] = False
        if row[0] == column[0] and row[0] in rules.local:
            mask[r, c] = False
        for a, b, where in rules.cross_local:
            tied = []
            if (a, b) == (row[0], column[0]):
                tied.append(agree(layout, row, column, where))
            if (b, a) == (row[0], column[0]):
                tied.append(agree(layout, column, row, where))
            if tied:
                mask[r, c] = any(tied)
    return mask


def slow_cross_mask(layout, query, key):
    rules = layout.rules
    rows = list(tokens_of(layout, query))
    columns = list(tokens_of(layout, key))
    mask = np.ones((len(rows), len(columns)), bool)
    for (r, row), (c, column) in product(enumerate(rows), enumerate(columns)):
        if (row[0], column[0]) in rules.cross:
            mask[r, c] = False
        for a, b, where in rules.cross_local:
            if (a, b) == (row[0], column[0]):
                mask[r, c] = agree(layout, row, column, where)
    return mask


@st.composite
def values_of(draw, layout, lead):
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return {key.name: rng.normal(size=lead + key.shape) for key in layout.keys}


def plain(tokens):
    """The same with NumPy arrays: looking at them compiles nothing."""
    return jax.tree.map(np.asarray, tokens)


def made(values, sample_ndims, layout):
    return plain(
        Tokens.from_pytree(values, sample_ndims=sample_ndims, layout=layout)
    )


LEADS = st.sampled_from([(), (2,), (2, 1)])


def chosen(layout):
    names = st.lists(st.sampled_from(layout.key_order), min_size=1, unique=True)
    return names


@MANY
@given(layouts())
def test_self_mask_is_the_prose(layout):
    np.testing.assert_array_equal(self_mask(layout), slow_self_mask(layout))


@MANY
@given(st.data(), layouts())
def test_cross_mask_is_the_prose(data, layout):
    query, key = data.draw(chosen(layout)), data.draw(chosen(layout))
    found = cross_mask(layout, query, key)
    np.testing.assert_array_equal(found, slow_cross_mask(layout, query, key))


@FEW
@given(st.data(), layouts(), LEADS)
def test_decode_inverts_flatten(data, layout, lead):
    values = data.draw(values_of(layout, lead))
    tokens = made(values, len(lead), layout)
    assert tokens.data.shape == (*lead, layout.n_tokens, layout.value_width)
    decoded = tokens.decode()
    assert list(decoded) == list(layout.key_order)
    for name, value in values.items():
        np.testing.assert_array_equal(decoded[name], value)
    # Tokens are row-major, and nothing is between the values but zeros.
    mask = np.broadcast_to(layout.value_mask, tokens.data.shape)
    assert not np.asarray(tokens.data)[~mask].any()
    flat = [values[k].reshape(*lead, -1) for k in layout.key_order]
    inside = np.asarray(tokens.data)[mask].reshape(*lead, -1)
    np.testing.assert_array_equal(inside, np.concatenate(flat, -1))


@FEW
@given(st.data(), layouts(), LEADS)
def test_selecting_commutes_with_everything(data, layout, lead):
    values = data.draw(values_of(layout, lead))
    tokens = made(values, len(lead), layout)
    view = tokens.select_tokens(data.draw(chosen(layout)))
    index = layout.index(view.key_order)
    np.testing.assert_array_equal(view.data, tokens.data[..., index, :])
    np.testing.assert_array_equal(view.labels, tokens.labels[index])
    between = tokens.self_attention_mask[np.ix_(index, index)]
    np.testing.assert_array_equal(view.self_attention_mask, between)
    np.testing.assert_array_equal(
        view.padding_mask, tokens.padding_mask[..., index]
    )
    assert view.tokens().layout == view.layout
    for name, value in view.decode().items():
        np.testing.assert_array_equal(value, values[name])
        part = view.slices[name]["offset"]
        width = math.prod(layout[name].batch_shape)
        first = np.asarray(view.data)[..., part, :width].reshape(*lead, -1)
        flat = values[name].reshape(*lead, -1)
        np.testing.assert_array_equal(first, flat[..., :width])


@FEW
@given(st.data(), layouts(), LEADS)
def test_with_values_then_decode_gives_the_values(data, layout, lead):
    values = data.draw(values_of(layout, lead))
    tokens = made(values, len(lead), layout)
    names = data.draw(chosen(layout))
    new = {name: -1.0 - values[name] for name in names}
    found = plain(jax.jit(lambda t, v: t.with_values(v))(tokens, new))
    assert found.layout is tokens.layout
    for name, value in found.decode().items():
        np.testing.assert_array_equal(value, {**values, **new}[name])
    again = made({**values, **new}, len(lead), layout)
    np.testing.assert_array_equal(found.data, again.data)


@MANY
@given(layouts())
def test_block_plans_are_the_mask(layout):
    plan = block_plan(layout)
    mask = self_mask(layout)
    empty = ~mask.any(1)
    expected = mask | (np.eye(layout.n_tokens, dtype=bool) & empty[:, None])
    np.testing.assert_array_equal(plan.mask, expected)
    assert plan.n_pairs <= 4 * expected.sum()
    laid = np.concatenate([b.queries.reshape(-1) for b in plan.blocks])
    np.testing.assert_array_equal(
        laid[plan.inverse], np.arange(layout.n_tokens)
    )


@MANY
@given(layouts())
def test_posterior_is_at_least_the_moral_graph(layout):
    """Against D + D' + D'D + I of the tokens, D from child to parent."""
    rules = layout.rules.both_ways()
    layout = layout.with_rules(rules)
    mask = self_mask(layout)
    offsets = [layout[name].offset for name in layout.key_order]
    rank = np.searchsorted(offsets, np.arange(layout.n_tokens), "right")
    down = (mask & (rank[:, None] > rank)).astype(int)
    moral = mask | mask.T | (down.T @ down > 0) | np.eye(len(mask), dtype=bool)
    found = self_mask(layout.with_rules(rules.posterior(layout)))
    assert (found | ~moral).all()
    np.testing.assert_array_equal(found, found.T)


@MANY
@given(st.data(), layouts())
def test_diameter_is_the_longest_shortest_path(data, layout):
    targets, sources = data.draw(chosen(layout)), data.draw(chosen(layout))
    mask = self_mask(layout)
    n = layout.n_tokens
    far = np.where(mask, 1.0, np.inf)
    far[np.arange(n), np.arange(n)] = 0.0
    for k in range(n):  # Floyd and Warshall
        far = np.minimum(far, far[:, [k]] + far[[k], :])
    ends = np.ix_(
        layout.index(targets),
        layout.index(targets + [s for s in sources if s not in targets]),
    )
    expected = far[ends].max()
    if np.isinf(expected):
        with pytest.raises(ValueError, match="no path of attention"):
            layout.rules.graph_diameter(layout, targets, sources)
    else:
        found = layout.rules.graph_diameter(layout, targets, sources)
        assert found == expected


@FEW
@given(st.data(), layouts())
def test_padding_by_counts_is_the_prose(data, layout):
    lead = (2,)
    counts = {}
    for dim, size in layout.dim_sizes.items():
        if data.draw(st.booleans()):
            nest = layout.nest_of.get(dim)
            shape = lead
            if nest:
                shape = (*lead, layout.dim_sizes[nest.within])
            cells = math.prod(shape)
            drawn = data.draw(
                st.lists(st.integers(0, size), min_size=cells, max_size=cells)
            )
            counts[dim] = np.reshape(drawn, shape)

    def there(sample, dim, at):
        nest = layout.nest_of.get(dim)
        if nest is None:
            return dim not in counts or at < counts[dim][sample]
        owner = nest.parents[at]
        if not there(sample, nest.within, owner):
            return False
        before = sum(p == owner for p in nest.parents[:at])
        return dim not in counts or before < counts[dim][sample, owner]

    found = padding_mask(layout, counts=counts, sample_shape=lead)
    expected = [
        [
            all(
                not dim or there(sample, dim, at)
                for dim, at in zip(layout[name].dims, index, strict=False)
            )
            for name, _, index in tokens_of(layout, layout.key_order)
        ]
        for sample in range(2)
    ]
    np.testing.assert_array_equal(found, expected)


@FEW
@given(st.data(), layouts(), st.integers(1, 2))
def test_padding_to_a_larger_layout_keeps_the_values(data, layout, more):
    nests = {}
    for dim, nest in layout.nests:
        extra = [max(nest.parents)] * more
        nests[dim] = Nest(nest.within, (*nest.parents, *extra))
    shapes = {
        key.name: tuple(
            size + more * (bool(dim) and dim != "group")
            for dim, size in zip(key.dims, key.event_shape, strict=True)
        )
        + key.batch_shape
        for key in layout.keys
    }
    larger = Layout.from_shapes(
        shapes,
        batch_ndims={k.name: len(k.batch_shape) for k in layout.keys},
        dims={k.name: k.dims for k in layout.keys},
        nests=nests,
        rules=Rules(layout.rules.local, layout.rules.cross),
    )
    layout = layout.with_rules(larger.rules)
    values = data.draw(values_of(layout, (2,)))
    tokens = made(values, 1, layout)
    padded = plain(jax.jit(lambda t: pad_to(t, larger))(tokens))
    there = np.asarray(padded.padding_mask)
    assert there.sum() == 2 * layout.n_tokens
    np.testing.assert_array_equal(padded.data[0][there[0]], tokens.data[0])
    assert not np.asarray(np.where(there[..., None], 0, padded.data)).any()
    # Who sees whom among the tokens that are there has not changed.
    kept = np.flatnonzero(there[0])
    between = padded.self_attention_mask[np.ix_(kept, kept)]
    np.testing.assert_array_equal(between, tokens.self_attention_mask)
