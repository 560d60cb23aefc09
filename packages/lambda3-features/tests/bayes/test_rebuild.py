"""Models built anew for another structure, with the arrays they hold."""

import forwardax as fx
import jax
import numpy as np
import pytest
from forwardax.errors import StructureError


def same(ours, theirs):
    a, b = (jax.tree.leaves_with_path(x) for x in (ours, theirs))
    assert [path for path, _ in a] == [path for path, _ in b]
    for (_, x), (_, y) in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        ("base", {"terms": ("trend", "tension"), "skip": 3}),
        ("interaction", {"terms": (), "lags": (2,), "own_lag": 0}),
        ("dynamic", {"terms": ("positive",), "sampled": 60}),
        ("hierarchical", {"terms": ("local", "tension")}),
        ("pair", {"terms": ("trend",), "lag": 3}),
    ],
)
def test_it_is_the_model_that_is_built_so(make, model, changes):
    system = getattr(make, model)()
    again = system.rebuild(changes)
    assert type(again) is type(system)
    assert again.structure == system.structure.replace(changes)
    needed = set(again.known)
    fresh = fx.system(
        system.system_id,
        **again.structure,
        **{k: v for k, v in system.known.items() if k in needed},
    )
    same(again, fresh)
    assert again.spec == fresh.spec
    # Back again it lacks what it no longer needed.
    lost = set(system.known) - needed
    if lost:
        with pytest.raises(StructureError, match=lost.pop()):
            again.with_structure(system.structure)
    else:
        same(again.with_structure(system.structure), system)


def test_arrays_that_do_not_serve_are_named(make):
    with pytest.raises(StructureError, match="change_points"):
        make.dynamic().rebuild({"changes": 2})
    system = make.dynamic(changes=2, change_points=[10, 20])
    with pytest.raises(StructureError, match=r"change_points.*\(2,\)"):
        system.rebuild({"changes": 3})
    with pytest.raises(StructureError) as caught:
        make.hierarchical(count=3).rebuild({"n_series": 4})
    assert {"delta_pos", "tension", "spread"} <= {
        fault.key for fault in caught.value.faults
    }


def test_several_series_may_have_a_trend_alone():
    constants = {"centre": np.zeros(2), "spread": np.ones(2)}
    hidden = np.zeros((2, 20), bool)
    hidden[1, 4] = True
    system = fx.system(
        "lambda3.hierarchical",
        terms=("trend",),
        n_series=2,
        missing=hidden,
        **constants,
    )
    assert system.columns.shape == (2, 20, 1)
    np.testing.assert_array_equal(system.used, ~hidden)
    with pytest.raises(fx.errors.ForwardaxError, match="missing"):
        fx.system(
            "lambda3.hierarchical", terms=("trend",), n_series=2, **constants
        )
    with pytest.raises(StructureError, match="needs a term"):
        fx.system(
            "lambda3.hierarchical",
            terms=(),
            n_series=2,
            missing=hidden,
            **constants,
        )
