"""Arguments align by dim name, never by position."""

import itertools

import numpy as np
from forwardax import ParamField, ParamSpec, Ragged
from forwardax._compile.align import aligned_places
from hypothesis import given
from hypothesis import strategies as st

SIZES = {"a": 2, "b": 3, "c": 4}


@given(
    st.permutations(list(SIZES)).flatmap(
        lambda dims: st.tuples(
            st.just(tuple(dims)),
            st.lists(st.sampled_from(dims), unique=True).map(tuple),
        )
    )
)
def test_equal_names_meet_whatever_their_order(dims):
    target, source = dims
    spec = ParamSpec(
        [ParamField("s", dims=source), ParamField("t", dims=target)]
    ).bind({d: SIZES[d] for d in target})
    found = aligned_places(spec["s"], spec["t"], dict(spec.sizes))
    value = np.random.default_rng(0).normal(size=spec["s"].shape)
    for index in itertools.product(*(range(SIZES[d]) for d in target)):
        at = dict(zip(target, index, strict=True))
        wanted = value[tuple(at[d] for d in source)]
        assert value.ravel()[found[index]] == wanted


def test_square_nest_is_not_broadcast_along_the_wrong_axis():
    spec = ParamSpec(
        [
            ParamField("mean", dims=("group",)),
            ParamField("x", dims=("site", "group")),
            ParamField("y", dims=("group", "site")),
        ]
    ).bind({"group": 3, "site": 3})
    sizes = dict(spec.sizes)
    by_row = aligned_places(spec["mean"], spec["y"], sizes)
    by_column = aligned_places(spec["mean"], spec["x"], sizes)
    assert by_row.tolist() == [[0] * 3, [1] * 3, [2] * 3]
    assert by_column.tolist() == [[0, 1, 2]] * 3


def test_ragged_members_see_their_own_group_over_two_levels():
    spec = ParamSpec(
        [
            ParamField("top", dims=("region",)),
            ParamField("x", dims=("site",)),
        ]
    ).bind(
        {
            "region": 2,
            "group": Ragged("region", (1, 2)),
            "site": Ragged("group", (2, 1, 3)),
        }
    )
    found = aligned_places(spec["top"], spec["x"], dict(spec.sizes))
    assert found.tolist() == [0, 0, 1, 1, 1, 1]


def test_event_axes_stay_with_the_event():
    spec = ParamSpec(
        [
            ParamField("s", shape=(None, 2), dims=("a",)),
            ParamField("t", shape=(None, None, 2), dims=("b", "a")),
        ]
    ).bind({"a": 2, "b": 3})
    found = aligned_places(spec["s"], spec["t"], dict(spec.sizes))
    assert found.tolist() == [[[0, 1], [2, 3]]] * 3
