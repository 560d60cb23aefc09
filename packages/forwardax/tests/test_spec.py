"""Specs: reading, deciding, writing to JSON; properties by hypothesis."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from forwardax import (
    NO_DEFAULT,
    ParamField,
    ParamSpec,
    Prior,
    Ragged,
    Validity,
)
from forwardax._schema.table import prior_text
from forwardax.errors import SpecError, UnknownKey
from hypothesis import given
from hypothesis import strategies as st

words = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
keys = st.lists(words, min_size=1, max_size=3).map(".".join)
numbers = st.floats(-1e6, 1e6).map(float)
priors = st.one_of(
    st.builds(
        lambda loc, scale: Prior("Normal", loc=loc, scale=scale),
        numbers,
        st.floats(1e-3, 1e3),
    ),
    st.builds(
        lambda low, width: Prior("Uniform", low=low, high=low + width),
        numbers,
        st.floats(1.0, 1e3),
    ),
)
shapes = st.one_of(st.just(()), st.tuples(st.integers(1, 4)))
fields = st.builds(
    ParamField,
    keys,
    unit=st.sampled_from(["", "arcsec", "N / m", "deg"]),
    shape=shapes,
    prior=priors,
    doc=st.text(max_size=10),
    label=st.sampled_from(["", r"$\theta_E$"]),
)


def unique(found):
    chosen = {}
    for field in found:
        clash = any(
            k.startswith(field.key + ".") or field.key.startswith(k + ".")
            for k in chosen
        )
        if not clash:
            chosen.setdefault(field.key, field)
    return ParamSpec(chosen.values())


specs = st.lists(fields, min_size=1, max_size=6).map(unique)


@given(specs)
def test_json_round_trip_is_identical(spec):
    again = ParamSpec.from_json(spec.to_json())
    assert again == spec
    assert hash(again) == hash(spec)
    assert again.to_json() == spec.to_json()
    assert again.digest == spec.digest


@given(specs, specs)
def test_merge_keeps_every_field_of_both(first, second):
    first, second = first.prefixed("a"), second.prefixed("b")
    merged = first.merge(second)
    assert list(merged) == [*first, *second]
    assert merged.merge(first) == merged
    assert merged.select("a.*") == first
    assert merged.select("b.*") == second


@given(specs)
def test_merge_of_one_key_declared_in_two_ways_is_refused(spec):
    first = spec.fields[0]
    other = ParamSpec([replace(first, doc=first.doc + "!")])
    with pytest.raises(SpecError) as caught:
        spec.merge(other)
    assert caught.value.faults[0].key == first.key


@given(specs, st.data())
def test_fix_then_free_is_the_identity(spec, data):
    chosen = data.draw(st.lists(st.sampled_from(list(spec)), unique=True))
    fixed = spec.fix(dict.fromkeys(chosen, 1.5))
    assert {k for k, _ in fixed.fixed} == set(chosen)
    assert fixed.free(chosen) == spec


@given(specs, st.data())
def test_one_element_of_a_fixed_vector_can_be_freed(spec, data):
    vectors = [f for f in spec.fields if f.shape and f.shape[0] > 1]
    if not vectors:
        return
    field = data.draw(st.sampled_from(vectors))
    values = tuple(float(i) for i in range(field.shape[0]))
    element = data.draw(st.integers(0, field.shape[0] - 1))
    freed = spec.fix({field.key: values}).free([f"{field.key}[{element}]"])
    held = {f"{field.key}[{i}]": v for i, v in enumerate(values)}
    del held[f"{field.key}[{element}]"]
    assert dict(freed.fixed) == held


@given(specs, st.data())
def test_tie_is_kept_and_written(spec, data):
    scalars = [f.key for f in spec.fields if not f.shape]
    if len(scalars) < 2:
        return
    to, source = data.draw(
        st.lists(st.sampled_from(scalars), min_size=2, max_size=2, unique=True)
    )
    tied = spec.tie({to: source})
    assert tied.ties == ((to, source),)
    assert ParamSpec.from_json(tied.to_json()) == tied


@given(st.dictionaries(words, st.integers(1, 9), min_size=1, max_size=4))
def test_bind_gives_every_dim_its_size(sizes):
    spec = ParamSpec(
        ParamField(f"k{i}", dims=(dim,)) for i, dim in enumerate(sizes)
    )
    assert not spec.bound
    bound = spec.bind(sizes)
    assert bound.bound
    assert [f.shape for f in bound.fields] == [(n,) for n in sizes.values()]
    step = spec
    for dim, size in sizes.items():
        step = step.bind({dim: size})
    assert step == bound


def test_ragged_dims_are_flat_and_checked_against_their_parent():
    spec = ParamSpec(
        [
            ParamField("mean", dims=("group",)),
            ParamField("value", dims=("member",)),
        ]
    )
    bound = spec.bind({"group": 3, "member": Ragged("group", (2, 1, 4))})
    assert bound["value"].shape == (7,)
    assert ParamSpec.from_json(bound.to_json()) == bound
    with pytest.raises(SpecError, match="sizes for 2 entries"):
        spec.bind({"group": 3, "member": Ragged("group", (2, 1))})


ZERNIKE = ParamSpec(
    [
        ParamField(
            "m2.zernike.coefficients",
            unit="nm",
            shape=(3,),
            prior=Prior("Normal", loc=0.0, scale=5.0),
            default=0.0,
            aliases=("secondary.zernike.coefficients",),
            elements=("m2.zernike.j4", "m2.zernike.j5", "m2.zernike.j6"),
        ),
        ParamField("focus", kind="derived", unit="m"),
    ]
)


def test_element_names_address_one_entry_everywhere():
    spec = ZERNIKE
    name = "m2.zernike.j5"
    assert spec.find(name).element == 1
    assert spec.find("m2.zernike.coefficients[1]") == spec.find(name)
    assert spec["secondary.zernike.coefficients"].key in spec
    fixed = spec.fix({"m2.zernike.coefficients[1]": 3.0})
    assert fixed.fixed == ((name, 3.0),)
    chosen = spec.with_priors({name: Prior("Cauchy", loc=0.0, scale=1.0)})
    assert chosen.prior_of("m2.zernike.coefficients[1]").family == "Cauchy"
    assert chosen.prior_of("m2.zernike.j4").family == "Normal"
    tied = spec.tie({name: "m2.zernike.j6"})
    assert tied.ties == ((name, "m2.zernike.j6"),)
    assert spec.fix([name]).fixed == ((name, 0.0),)


def test_prefixing_renames_references_aliases_and_conditions():
    spec = ParamSpec(
        [
            ParamField("mu", prior=Prior("Normal"), aliases=("mean",)),
            ParamField("x", prior=Prior("Normal", loc="mu", scale=1.0)),
        ],
        validity=[Validity("x > mu", "operator:gt", ("x", "mu"))],
        reference={"x": 1.0, "mu": 0.0},
    ).fix({"mu": 0.5})
    moved = spec.prefixed("lens")
    assert list(moved) == ["lens.mu", "lens.x"]
    assert moved["lens.x"].prior.references == ("lens.mu",)
    assert moved.validity[0].deps == ("lens.x", "lens.mu")
    assert moved.fixed == (("lens.mu", 0.5),)
    assert moved["lens.mean"].key == "lens.mu"
    assert not moved.lint()


def test_unknown_keys_get_the_nearest_names():
    with pytest.raises(UnknownKey) as caught:
        ZERNIKE["m2.zernike.coeficients"]
    assert "m2.zernike.coefficients" in caught.value.faults[0].nearest
    with pytest.raises(KeyError):
        ZERNIKE["nothing"]


def test_default_is_not_confused_with_none():
    field = ParamField("a")
    assert field.default is NO_DEFAULT
    assert "default" not in ParamSpec([field]).to_json()


def test_digest_is_equal_across_processes():
    script = (
        "from forwardax import ParamSpec, ParamField, Prior\n"
        "import sys\n"
        "s = ParamSpec([ParamField('a', unit='m', prior=Prior('Normal',"
        " scale=0.1, loc=1/3)), ParamField('b', shape=(2,), bounds=(0, None))]"
        ").fix({'b': [1, 2]}).tie({'b[0]': 'a'})\n"
        "assert 'jax' not in sys.modules\n"
        "print(s.digest)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    # The value itself: it must not change with the Python version either.
    assert found == {f"{DIGEST}\n"}


DIGEST = "44f0f198c811105c02bc26373a0828ddfa222b30d0eee3528df4e2e15b88af8a"


def test_table_names_units_priors_and_states():
    text = str(ZERNIKE.fix(["m2.zernike.j4"]))
    assert "nm" in text and "Normal(loc=0, scale=5)" in text
    assert "1 fixed" in text and "derived" in text
    both = ZERNIKE.fix(["m2.zernike.j4"]).tie(
        {"m2.zernike.j5": "m2.zernike.j6"}
    )
    assert "1 fixed, 1 tied" in str(both)
    assert prior_text(Prior("Uniform", low=0.0, high=1.0)) == (
        "Uniform(low=0, high=1)"
    )
