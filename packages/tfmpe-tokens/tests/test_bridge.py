"""Layouts and rules of problems, from their schema alone."""

import equinox as eqx
import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import (
    DataField,
    DataSpec,
    ParamField,
    ParamSpec,
    Prior,
    Ragged,
)
from forwardax.testing.toys.blobs import make_blobs
from forwardax.testing.toys.groups import Groups
from forwardax.testing.toys.instrument import Instrument
from forwardax.testing.toys.schools import EFFECTS, Schools
from tfmpe_tokens import Layout, Rules, TokenError, Tokens, layout_of, self_mask


class Model(fx.System):
    """A schema, and zeros in place of a simulator."""

    spec: ParamSpec = eqx.field(static=True)
    data: DataSpec = eqx.field(static=True)
    system_id = "model"
    transforms = fx.TransformRegistry(
        [fx.Transform("total", ("theta",), "jax.numpy:sum", "model")]
    )

    def predict(self, store):
        return {f.key: jnp.zeros(f.shape) for f in self.data.fields}


def model(fields, data, dims, **decisions):
    own = {dim for field in fields for dim in field.dims}
    spec = ParamSpec(fields).bind({d: n for d, n in dims.items() if d in own})
    measured = DataSpec(data).bind(dims)
    return fx.Problem(Model(spec, measured), **decisions)


def simulated(problem, count):
    """Stores and data of several samples, by one program."""
    keys = jax.random.split(jax.random.key(0), count)
    return jax.jit(jax.vmap(problem.simulate))(keys)


def normal(loc=0.0, scale=1.0):
    return Prior("Normal", loc=loc, scale=scale)


def two_levels(extra, size, sites=4):
    """Hierarchical Gaussian, or Brownian paths: one schema."""
    return model(
        [
            ParamField("mu", prior=normal()),
            ParamField("theta", dims=("site",), prior=normal("mu", 0.5)),
        ],
        [DataField("obs", dims=("site", extra), parents=("theta",))],
        {"site": sites, extra: size},
    )


def three_levels():
    return model(
        [
            ParamField("mu", prior=normal()),
            ParamField("region", dims=("region",), prior=normal("mu")),
            ParamField("site", dims=("site",), prior=normal("region")),
        ],
        [DataField("obs", dims=("site", "time"), parents=("site",))],
        {"region": 2, "site": Ragged("region", (2, 3)), "time": 3},
    )


def schools():
    return fx.Problem(Schools(), {"effect": EFFECTS})


HAND = {
    "local": ["obs", "theta"],
    "cross": [("mu", "obs"), ("obs", "mu")],
    "cross_local": [("theta", "obs", (0, 0))],
}
HAND_POSTERIOR = {
    "cross": [("mu", "obs"), ("obs", "mu")],
    "cross_local": [
        ("theta", "theta", None),
        ("theta", "obs", (0, 0)),
        ("obs", "obs", None),
    ],
}
THREE_CROSS = [("mu", "site"), ("mu", "obs"), ("region", "obs")]
THREE_CROSS += [(b, a) for a, b in THREE_CROSS]
SCHOOLS_CROSS = [("mu", "effect"), ("tau", "effect")]
SCHOOLS_CROSS += [(b, a) for a, b in SCHOOLS_CROSS]

# Problem, rules of the model, and of its posterior, as one writes them.
MODELS = {
    "hierarchical Gaussian": (
        lambda: two_levels("replicate", 5),
        HAND,
        HAND_POSTERIOR,
    ),
    "Brownian": (lambda: two_levels("time", 6), HAND, HAND_POSTERIOR),
    "three levels": (
        three_levels,
        {
            "local": ["region", "site", "obs"],
            "cross": THREE_CROSS,
            "cross_local": [
                ("region", "site", "region"),
                ("site", "obs", "site"),
            ],
        },
        {
            "cross": THREE_CROSS,
            "cross_local": [
                ("region", "region", None),
                ("region", "site", "region"),
                ("site", "site", None),
                ("site", "obs", "site"),
                ("obs", "obs", None),
            ],
        },
    ),
    "eight schools": (
        schools,
        {
            "local": ["theta", "effect"],
            "cross": [("mu", "tau"), ("tau", "mu"), *SCHOOLS_CROSS],
            "cross_local": [("theta", "effect", "school")],
        },
        {
            # mu and tau are parents of the same effects.
            "cross": SCHOOLS_CROSS,
            "cross_local": [
                ("theta", "theta", None),
                ("theta", "effect", "school"),
                ("effect", "effect", None),
            ],
        },
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_rules_from_the_schema_are_those_one_writes(name):
    make, by_hand, posterior = MODELS[name]
    problem = make()
    for rules, written in (("model", by_hand), ("posterior", posterior)):
        layout = layout_of(problem, rules)
        expected = layout.with_rules(written)
        assert layout.rules == expected.rules
        np.testing.assert_array_equal(self_mask(layout), self_mask(expected))


def test_rules_of_reference_cases_come_from_their_schema(reference):
    for name in ("hier_gaussian", "hier_brownian"):
        told = reference.cases[name]
        sites, inner = told["slices"]["obs"]["event_shape"]
        layout = layout_of(two_levels("inner", inner, sites))
        assert layout.rules == Rules.of(told["independence"]).on(layout)
        expected = reference.arrays[f"{name}/self_mask"]
        np.testing.assert_array_equal(self_mask(layout), expected)


def test_three_levels_are_as_far_apart_as_they_look():
    layout = layout_of(three_levels())
    far = layout.rules.graph_diameter
    assert far(layout, ["mu"], ["obs"]) == 3
    assert far(layout, ["site"], ["obs"]) == 5  # up to mu, and down again
    assert far(layout, ["site"]) == 4
    with pytest.raises(TokenError, match=r"from obs\[0, 0\] to mu"):
        part = layout.select(["mu", "obs"])
        part.rules.graph_diameter(part, ["mu"], ["obs"])


def test_layout_says_what_the_schema_says():
    layout = layout_of(three_levels())
    assert layout.key_order == ("mu", "region", "site", "obs")
    assert [key.event_shape for key in layout.keys] == [(), (2,), (5,), (5, 3)]
    assert layout["obs"].dims == ("site", "time")
    assert layout["site"].parents == ("region",)
    assert layout.nest_of["site"].parents == (0, 0, 1, 1, 1)
    assert layout.value_width == 1


def test_a_nest_that_only_the_data_have():
    problem = model(
        [
            ParamField("mu", prior=normal()),
            ParamField("theta", dims=("site",), prior=normal("mu")),
        ],
        [DataField("obs", dims=("visit",), parents=("theta",))],
        {"site": 2},
    )
    data = problem.system.data.bind(
        {"site": 2, "visit": Ragged("site", (1, 3))}
    )
    layout = layout_of(fx.Problem(Model(problem.system.spec, data)))
    mask = self_mask(layout)[1:3, 3:]
    np.testing.assert_array_equal(mask, [[1, 0, 0, 0], [0, 1, 1, 1]])


def test_parents_as_a_whole():
    def fields(loc):
        return [
            ParamField("theta", dims=("site",), prior=normal()),
            ParamField("total", kind="derived"),
            ParamField("phi", dims=("site",), prior=normal(loc)),
        ]

    data = [DataField("obs", dims=("site",))]
    for loc, mixed in (
        ("theta", False),
        ("theta[1]", True),  # one element serves all
        ("total", True),  # a function of all
    ):
        layout = layout_of(model(fields(loc), data, {"site": 3}))
        assert layout["phi"].parents == ("theta",)
        between = self_mask(layout)[3:6, :3]
        np.testing.assert_array_equal(
            between, np.ones((3, 3)) if mixed else np.eye(3)
        )
        # Data that do not name their parents depend on everything.
        assert layout["obs"].parents == ("theta", "phi")
        assert self_mask(layout)[6:, :6].all()


def test_what_is_fixed_or_tied_is_no_parent():
    fields = [
        ParamField("mu", prior=normal()),
        ParamField("nu", prior=normal()),
        ParamField("theta", dims=("site",), prior=normal("mu")),
    ]
    data = [DataField("obs", dims=("site",), parents=("theta", "nu"))]
    fixed = layout_of(model(fields, data, {"site": 2}, fixed={"mu": 1.0}))
    assert fixed.key_order == ("nu", "theta", "obs")
    assert fixed["theta"].parents == ()
    tied = layout_of(model(fields, data, {"site": 2}, ties={"mu": "nu"}))
    assert tied["theta"].parents == ("nu",)
    assert self_mask(tied)[0, 1:3].all()


def test_tokens_of_one_data_set_and_of_many():
    problem = schools()
    tokens = Tokens.from_problem(problem)
    assert tokens.sample_shape == ()
    np.testing.assert_array_equal(tokens.decode()["effect"], EFFECTS)
    assert not tokens.decode()["theta"].any()
    stores, data = simulated(problem, 6)
    many = Tokens.from_problem(problem, stores, data, rules="posterior")
    assert many.sample_shape == (6,)
    assert many.data.shape == (6, 18, 1)
    for name, value in many.decode().items():
        expected = {**stores, **data}[name]
        np.testing.assert_array_equal(value, expected)
    one = Tokens.from_problem(problem, {k: v[0] for k, v in stores.items()})
    np.testing.assert_array_equal(one.decode()["tau"], stores["tau"][0])
    conditions, targets = many.partition(problem.free_keys)
    assert conditions.key_order == ("effect",)
    assert targets.data.shape == (6, 10, 1)


def test_tokens_are_made_inside_a_program():
    problem = fx.Problem(Groups((2, 3)))

    def simulate(key):
        return Tokens.from_problem(problem, *problem.simulate(key))

    keys = jax.random.split(jax.random.key(0), 3)
    tokens = jax.jit(jax.vmap(simulate))(keys)
    assert tokens.layout == layout_of(problem)
    outer = Tokens.from_problem(problem, *simulated(problem, 3))
    np.testing.assert_allclose(tokens.data, outer.data, rtol=1e-12)


def test_an_image_is_one_node():
    problem = fx.Problem(make_blobs(8))
    stores, data = simulated(problem, 5)
    tokens = Tokens.from_problem(problem, stores, data)
    assert tokens.n_tokens == 13
    assert tokens.data.shape == (5, 13, 1)
    assert tokens.summaries["image"].shape == (5, 8, 8)
    assert not tokens.value_mask[-1].any()
    np.testing.assert_array_equal(tokens.decode()["image"], data["image"])
    view = tokens.select_tokens(["image"])
    assert view.data.shape == (5, 1, 1)
    np.testing.assert_array_equal(view.summaries["image"], data["image"])
    assert tokens.select_tokens(["blob.x"]).summaries == {}
    new = tokens.with_values({"image": data["image"] + 1})
    np.testing.assert_array_equal(new.decode()["image"], data["image"] + 1)
    # Parents of one image: all of them depend on each other given it.
    posterior = layout_of(problem, "posterior")
    assert self_mask(posterior).all()
    # An array of tokens has no images.
    assert "image" not in tokens.decode(tokens.data)


def test_a_free_derived_key_has_tokens():
    key = "imaging.psf_pixel_scale"
    problem = fx.Problem(
        Instrument.direct(), solve_for={key: "m1.focal_length"}
    )
    store = jax.jit(lambda key: problem.prior_sample(key))(jax.random.key(0))
    assert key in problem.free_keys and key not in store
    data = {"counts": np.ones(problem.layout()["counts"].batch_shape)}
    tokens = Tokens.from_problem(problem, store, data)
    values = problem.system.resolve(store)
    np.testing.assert_array_equal(tokens.decode()[key], values[key])


def test_systems_together():
    joint = fx.JointSystem(
        {"north": Schools(), "south": Schools()}, share=["mu", "tau"]
    )
    problem = fx.Problem(joint)
    store, data = jax.jit(lambda key: problem.simulate(key))(jax.random.key(0))
    tokens = Tokens.from_problem(problem, store, data)
    assert tokens.layout["north.effect"].parents == ("north.theta",)
    np.testing.assert_array_equal(
        tokens.decode()["south.effect"], data["south"]["effect"]
    )
    apart = tokens.cross_attention_mask(
        ["north.theta"], ["south.effect"], symmetric=True
    )
    assert not apart.any()


def test_what_the_bridge_refuses():
    problem = schools()
    with pytest.raises(TokenError, match="'sparse' are no rules"):
        layout_of(problem, "sparse")
    with pytest.raises(TokenError, match="'effect' has no value"):
        Tokens.from_problem(fx.Problem(Schools()))
    with pytest.raises(TokenError, match="'tau' has no value") as caught:
        Tokens.from_problem(problem, {"mu": 1.0})
    assert len(caught.value.faults) == 2
    with pytest.raises(TokenError, match="different sample axes"):
        many = {"mu": [1.0], "tau": [1.0], "theta": np.ones((1, 8))}
        Tokens.from_problem(problem, many)
    dense = layout_of(problem, None)
    assert dense.rules == Rules() and self_mask(dense).all()
    assert isinstance(layout_of(problem, {"local": ["theta"]}), Layout)
