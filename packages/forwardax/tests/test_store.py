"""Stores: immutable, checked, strong dtypes, derived values by assignment."""

import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from astropy import units
from forwardax import ParamField, ParamSpec, Prior, TransformRegistry
from forwardax.errors import ResolveError, StoreError, UnknownKey

REGISTRY = TransformRegistry()


@REGISTRY.register(
    "imaging.scale",
    ("m1.focal_length", "detector.pitch"),
    inverse={
        "detector.pitch": lambda scale, focal: scale * focal,
        "m1.focal_length": lambda scale, pitch: pitch / scale,
    },
)
def scale(focal, pitch):
    return pitch / focal


@REGISTRY.register(
    "imaging.width",
    ("imaging.scale", "detector.count"),
    inverse={"imaging.scale": lambda width, count: width / count},
)
def width(scale, count):
    return scale * count


SPEC = ParamSpec(
    [
        ParamField("m1.focal_length", unit="m", default=2.0, bounds=(0, None)),
        ParamField("detector.pitch", unit="m", default=1e-5),
        ParamField("detector.count", default=64.0),
        ParamField("m1.zernike", unit="nm", shape=(3,), default=0.0),
        ParamField("imaging.scale", kind="derived", unit="rad"),
        ParamField("imaging.width", kind="derived", unit="rad"),
    ]
)


def make(values=None):
    resolver = REGISTRY.resolver(SPEC, "any")
    return fx.ParameterStore.of(SPEC, values, resolver=resolver)


def test_store_is_a_pytree_in_spec_order_with_strong_dtypes():
    store = make({"m1.zernike": [1, 2, 3]})
    assert list(store) == list(SPEC.primitives)
    leaves = jax.tree.leaves(store)
    assert all(leaf.dtype == jnp.float64 for leaf in leaves)
    assert not any(leaf.weak_type for leaf in leaves)
    again = jax.tree.map(lambda x: x, store)
    assert isinstance(again, fx.ParameterStore) and list(again) == list(store)
    paths = [
        jax.tree_util.keystr(p)
        for p, _ in jax.tree_util.tree_flatten_with_path(store)[0]
    ]
    assert paths[0] == "['m1.focal_length']"


def test_replace_keeps_the_old_store_dtype_and_shape():
    store = make()
    other = store.replace({"m1.focal_length": 3, "m1.zernike[1]": 7.0})
    assert float(store["m1.focal_length"]) == 2.0
    assert other["m1.focal_length"].dtype == jnp.float64
    assert other["m1.zernike"].tolist() == [0.0, 7.0, 0.0]
    assert float(other["m1.zernike[1]"]) == 7.0


def test_replace_takes_quantities_in_other_units():
    store = make().replace({"m1.focal_length": 300 * units.cm})
    assert float(store["m1.focal_length"]) == pytest.approx(3.0)


def test_writing_a_derived_value_names_its_primitives():
    with pytest.raises(StoreError) as caught:
        make().replace({"imaging.scale": 1.0, "m1.focal": 2.0})
    derived, unknown = caught.value.faults
    assert "'m1.focal_length'" in derived.fix
    assert "'detector.pitch'" in derived.fix and "assign" in derived.fix
    assert unknown.nearest == ("m1.focal_length",)


@pytest.mark.parametrize("solve_for", ["m1.focal_length", "detector.pitch"])
def test_assign_inverts_to_rounding(solve_for):
    store = make().assign("imaging.scale", 3e-6, solve_for=solve_for)
    found = float(store.derived("imaging.scale")["imaging.scale"])
    assert found == pytest.approx(3e-6, rel=1e-12)
    changed = [k for k in store if (store[k] != make()[k]).any()]
    assert changed == [solve_for]


def test_assign_goes_through_derived_values():
    registry_spec = make()
    store = registry_spec.assign(
        "imaging.scale", 2e-6, solve_for="detector.pitch"
    )
    width_before = float(store.derived()["imaging.width"])
    with pytest.raises(ResolveError, match="solve_for"):
        store.assign("imaging.scale", 1e-6)
    with pytest.raises(ResolveError, match="say what to solve for"):
        store.assign("imaging.width", 2 * width_before)


def test_reading_a_derived_value_says_how():
    with pytest.raises(UnknownKey, match=r"store\.derived"):
        make()["imaging.scale"]


def test_vector_round_trip_and_its_gradient():
    store = make({"m1.zernike": [1.0, 2.0, 3.0]})
    vector = store.to_vector(["m1.zernike", "detector.count"])
    assert vector.tolist() == [1.0, 2.0, 3.0, 64.0]
    again = store.from_vector(2 * vector, ["m1.zernike", "detector.count"])
    assert again["m1.zernike"].tolist() == [2.0, 4.0, 6.0]
    assert store.from_vector(store.to_vector()).to_vector().tolist() == (
        store.to_vector().tolist()
    )
    gradient = jax.grad(
        lambda v: store.from_vector(v, ["m1.zernike"])["m1.zernike[2]"] ** 2
    )(jnp.array([1.0, 2.0, 3.0]))
    assert gradient.tolist() == [0.0, 0.0, 6.0]


def test_stores_vmap_and_keep_their_derived_values():
    store = make()
    focal = jnp.array([1.0, 2.0, 4.0])
    batch = jax.vmap(lambda f: store.replace({"m1.focal_length": f}))(focal)
    found = jax.vmap(lambda s: s.derived("imaging.width"))(batch)
    np.testing.assert_allclose(
        found["imaging.width"], 64 * 1e-5 / np.asarray(focal)
    )


def test_validate_lists_every_fault_at_once():
    store = make().replace({"m1.focal_length": -1.0, "m1.zernike": np.nan})
    with pytest.raises(StoreError) as caught:
        store.validate(SPEC)
    assert {f.code for f in caught.value.faults} == {"bounds", "nonfinite"}


def test_ties_and_fixed_elements_fill_the_store():
    spec = ParamSpec(
        [
            ParamField("a", prior=Prior("Normal")),
            ParamField("b", shape=(2,), default=(1.0, 2.0)),
        ]
    ).tie({"b[1]": "a"})
    store = fx.ParameterStore.of(spec, {"a": 5.0})
    assert store["b"].tolist() == [1.0, 5.0]


def test_select_by_glob():
    assert list(make().select("m1.*")) == ["m1.focal_length", "m1.zernike"]
