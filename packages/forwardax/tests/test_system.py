"""Builders, graphs, layouts, families of problems, systems by name."""

import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import (
    Builder,
    DataField,
    DataSpec,
    Node,
    ParamField,
    ParamSpec,
    Prior,
    Ragged,
    Structure,
    StructureField,
    SystemGraph,
)
from forwardax.errors import CapabilityError, CycleError, ResolveError
from jax import Array


def test_builder_builds_once_for_equal_structures():
    fields = (StructureField("n_pix", default=8),)
    built = []

    def build(structure):
        built.append(structure["n_pix"])
        return object()

    builder = Builder(build, maxsize=2)
    first = builder.get_or_build(Structure.of(fields, {"n_pix": 16}))
    again = builder.get_or_build(Structure.of(fields, {"n_pix": 16}))
    assert first is again and built == [16]
    for size in (32, 64, 16):
        builder.get_or_build(Structure.of(fields, {"n_pix": size}))
    assert built == [16, 32, 64, 16]


def test_structure_digest_depends_on_values_alone():
    fields = (
        StructureField("n_pix", default=8),
        StructureField("order", kind="tuple", default=(4, 5)),
    )
    first = Structure.of(fields, {"order": [4, 5]})
    assert first.digest == Structure.of(fields).digest
    assert first.digest != first.replace({"n_pix": 9}).digest
    assert hash(first) == hash(Structure.of(fields))


GRAPH = SystemGraph(
    [
        Node("detector", ("psf", "gain"), ("image",), lambda p, g: p * g),
        Node("source", ("flux",), ("field", "weights"), lambda f: (f, f / 2)),
        Node("optics", ("field", "weights"), ("psf",), lambda a, b: a + b),
    ],
    given=("flux", "gain"),
)


def test_graph_runs_what_is_needed_and_returns_any_station():
    assert [node.name for node in GRAPH.order] == [
        "source",
        "optics",
        "detector",
    ]
    found = GRAPH.forward({"flux": 2.0, "gain": 10.0})
    assert found["image"] == 30.0 and found["psf"] == 3.0
    assert GRAPH.forward({"flux": 2.0}, outputs=["psf"]) == {"psf": 3.0}
    gradient = jax.grad(
        lambda f: GRAPH.forward({"flux": f, "gain": 2.0}, ["image"])["image"]
    )(1.0)
    assert gradient == pytest.approx(3.0)


def test_graph_faults_are_named():
    with pytest.raises(ResolveError) as caught:
        GRAPH.forward({}, outputs=["image"])
    assert {f.key for f in caught.value.faults} == {"flux", "gain"}
    with pytest.raises(CycleError, match="->"):
        SystemGraph(
            [
                Node("a", ("y",), ("x",), lambda y: y),
                Node("b", ("x",), ("y",), lambda x: x),
            ],
            given=(),
        )


class Groups(fx.System):
    """Members of ragged groups, observed with covariates."""

    covariate: Array
    sizes: tuple = ()
    system_id = "groups"
    transforms = fx.TransformRegistry()

    @property
    def dims(self):
        sizes = tuple(int(n) for n in self.sizes)
        return {"group": len(sizes), "member": Ragged("group", sizes)}

    @property
    def spec(self):
        return ParamSpec(
            [
                ParamField("mu", prior=Prior("Normal", loc=0.0, scale=1.0)),
                ParamField(
                    "mean",
                    dims=("group",),
                    prior=Prior("Normal", loc="mu", scale=1.0),
                ),
                ParamField(
                    "value",
                    dims=("member",),
                    prior=Prior("Normal", loc="mean", scale=0.1),
                ),
            ]
        ).bind(self.dims)

    @property
    def data(self):
        fields = [DataField("y", dims=("member",), parents=("value",))]
        return DataSpec(fields).bind(self.dims)

    def predict(self, store):
        return store["value"] + self.covariate

    def simulate(self, key, store):
        noise = jax.random.normal(key, store["value"].shape)
        return {"y": self.predict(store) + noise}


def groups(sizes):
    import equinox as eqx

    system = Groups(jnp.zeros(sum(sizes)), sizes)
    return eqx.tree_at(lambda s: s.covariate, system, system.covariate)


def test_layout_follows_dims_and_parents():
    posed = fx.Problem(groups((2, 3)))
    layout = posed.layout()
    assert hash(layout) == hash(fx.Problem(groups((2, 3))).layout())
    assert layout.keys == ("mu", "mean", "value", "y")
    assert [s.offset for s in layout.slots] == [0, 1, 3, 8]
    assert layout.n_tokens == 13
    assert layout["value"].parents == ("mean",)
    assert layout["y"].parents == ("value",)
    assert layout["y"].role == "set"
    assert dict(layout.dims)["member"] == Ragged("group", (2, 3))


def test_without_likelihood_a_problem_simulates_and_refuses_a_density():
    posed = fx.Problem(groups((2, 3)))
    assert posed.capabilities == {"simulate", "proper_prior"}
    store, data = posed.simulate(jax.random.key(0))
    assert data["y"].shape == (5,)
    spread = store["value"] - jnp.repeat(
        store["mean"], jnp.array([2, 3]), total_repeat_length=5
    )
    assert float(jnp.abs(spread).max()) < 1.0
    with pytest.raises(CapabilityError, match="log_likelihood"):
        fx.log_density(posed.with_data(data), jnp.zeros(posed.size))


def test_problems_over_systems_vary_in_size():
    def sampler(key):
        count = int(jax.random.randint(key, (), 1, 4))
        return groups(tuple(range(1, count + 1)))

    family = fx.Problem.over(sampler, fixed={"mu": 0.0})
    seen = set()
    for i in range(8):
        store, posed = family.simulate(jax.random.key(i))
        assert posed.data["y"].shape == store["value"].shape
        assert posed.free_keys == ("mean", "value")
        seen.add(posed.size)
    assert len(seen) > 1


def test_reading_data_with_units_converts_them():
    from astropy import units

    spec = DataSpec([DataField("y", unit="mJy", shape=(2,))])
    checked = spec.validate({"y": np.array([1.0, 2.0]) * units.Jy})
    np.testing.assert_allclose(checked["y"], [1000.0, 2000.0])
