"""Parents in a token layout: which, and whether entry by entry."""

import equinox as eqx
import forwardax as fx
import jax.numpy as jnp
import pytest
from forwardax import (
    DataField,
    DataSpec,
    ParamField,
    ParamSpec,
    Prior,
    Ragged,
    Transform,
    TransformRegistry,
)


class Model(fx.System):
    spec: ParamSpec = eqx.field(static=True)
    data: DataSpec = eqx.field(static=True)
    system_id = "model"
    transforms = TransformRegistry(
        [Transform("total", ("theta",), "jax.numpy:sum", "model")]
    )

    def predict(self, store):
        return {"y": jnp.zeros(3)}


def layout(loc, parents=("phi",), **decisions):
    def normal(loc):
        return Prior("Normal", loc=loc, scale=1.0)

    spec = ParamSpec(
        [
            ParamField("mu", prior=normal(0.0)),
            ParamField("nu", prior=normal(0.0)),
            ParamField("theta", dims=("site",), prior=normal("mu")),
            ParamField("total", kind="derived"),
            ParamField("phi", dims=("site",), prior=normal(loc)),
        ]
    ).bind({"site": 3})
    data = DataSpec([DataField("y", dims=("visit",), parents=parents)])
    data = data.bind({"site": 3, "visit": Ragged("site", (1, 1, 1))})
    return fx.Problem(Model(spec, data), **decisions).layout()


@pytest.mark.parametrize(
    ("loc", "mixed"), [("theta", ()), ("theta[1]", ("theta",)), ("total",) * 2]
)
def test_parents_as_a_whole(loc, mixed):
    found = layout(loc)["phi"]
    assert found.parents == ("theta",)
    assert found.mixed == (("theta",) if mixed else ())


def test_data_without_parents_depend_on_everything():
    found = layout("theta", ())["y"]
    assert found.parents == found.mixed == ("mu", "nu", "theta", "phi")
    assert layout("theta", ("total",))["y"].mixed == ("theta",)


def test_what_is_not_free_is_no_parent():
    found = layout("theta", fixed={"theta": [1.0, 2.0, 3.0]})
    assert found["phi"].parents == ()
    tied = layout("nu", ties={"nu": "mu"})
    assert tied["phi"].parents == tied["phi"].mixed == ("mu",)


def test_dims_of_the_data_alone_are_there():
    assert dict(layout("theta").dims)["visit"] == Ragged("site", (1, 1, 1))
