"""Coordinates whose origin other keys set."""

import equinox as eqx
import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import DataField, DataSpec, ParamField, ParamSpec, Prior, Shift


def product(radius, index):
    return 2.0 * jnp.log(radius) * index


SHIFT = Shift(product, ("radius", "index"))
RADIUS = ParamField("radius", prior=Prior("LogNormal", loc=0.2, scale=0.5))
INDEX = ParamField("index", prior=Prior("Uniform", low=0.5, high=8.0))


class Sum(fx.System):
    """Normal data about a sum."""

    fields: ParamSpec = eqx.field(static=True)
    system_id = "sum"
    data = DataSpec([DataField("y", shape=(2,))])

    @property
    def spec(self):
        return self.fields

    def predict(self, store):
        return sum((jnp.sum(v) for v in store.values()), start=jnp.zeros(2))

    def log_likelihood(self, store, data):
        return -0.5 * jnp.sum((data["y"] - self.predict(store)) ** 2)


def posed(*fields, **decisions):
    system = Sum(ParamSpec(fields))
    return fx.Problem(system, {"y": np.array([1.0, 2.0])}, **decisions)


def light(prior, shift=SHIFT, **parts):
    return ParamField("light", prior=prior, shift=shift, **parts)


PRIORS = {
    "positive": Prior("LogNormal", loc=-1.0, scale=3.0),
    "real": Prior("Normal", loc=0.0, scale=2.0),
    "bounded": Prior("Uniform", low=0.0, high=5.0),
    "referring": Prior("LogNormal", loc="index", scale=1.0),
}


@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
def test_only_the_coordinate_moves(prior):
    moved = posed(light(prior), RADIUS, INDEX)
    plain = posed(light(prior, None), RADIUS, INDEX)
    generator = np.random.default_rng(1)
    for u in generator.normal(size=(5, 3)):
        by = dict(zip(plain.plan.names, u, strict=True))
        values = plain.to_store(jnp.asarray(u))
        origin = product(values["radius"], values["index"])
        by["light"] -= float(origin)
        at = jnp.asarray([by[name] for name in moved.plan.names])
        store = moved.to_store(at)
        for key in plain.plan.free:
            np.testing.assert_allclose(store[key], values[key], rtol=1e-12)
        np.testing.assert_allclose(
            fx.log_density(moved, at),
            fx.log_density(plain, jnp.asarray(u)),
            rtol=1e-12,
        )
        np.testing.assert_allclose(
            moved.to_unconstrained(values), at, rtol=1e-9, atol=1e-9
        )


def test_draws_of_the_prior_stay():
    prior = PRIORS["positive"]
    moved = posed(light(prior), RADIUS, INDEX)
    keys = jax.random.split(jax.random.key(0), 4000)
    drawn = jax.vmap(moved.prior_sample)(keys)["light"]
    # Mean and spread of the logarithm to five standard errors.
    logs = np.log(drawn)
    assert abs(logs.mean() + 1.0) < 5 * 3 / 4000**0.5
    assert abs(logs.std() - 3.0) < 5 * 3 / 8000**0.5
    assert "proper_prior" in moved.capabilities


def test_what_is_held_may_be_followed_and_what_follows_may_be_held():
    prior = PRIORS["positive"]
    held = posed(light(prior), RADIUS, INDEX, fixed={"radius": 3.0})
    values = held.to_store(jnp.asarray([0.3, 0.1]))
    at = dict(zip(held.plan.names, (0.3, 0.1), strict=True))
    origin = product(3.0, values["index"])
    np.testing.assert_allclose(jnp.log(values["light"]) - origin, at["light"])
    rigid = posed(light(prior), RADIUS, INDEX, fixed={"light": 2.0})
    assert "proper_prior" in rigid.capabilities
    assert float(rigid.to_store(jnp.zeros(2))["light"]) == 2.0


def test_entries_follow_entries():
    pair = {"dims": ("part",), "shape": (2,)}
    prior = PRIORS["positive"]
    radius = ParamField("radius", prior=RADIUS.prior, **pair)
    problem = posed(light(prior, **pair), radius, INDEX)
    u = jnp.asarray(np.random.default_rng(2).normal(size=problem.size))
    store = problem.to_store(u)
    names = problem.plan.names
    own = jnp.stack([u[names.index(f"light[{i}]")] for i in range(2)])
    origin = product(store["radius"], store["index"])
    np.testing.assert_allclose(jnp.log(store["light"]) - origin, own)


def test_it_goes_through_json_joints_and_selections():
    shift = Shift("math:fsum", ("radius",))
    spec = ParamSpec([light(PRIORS["real"], shift), RADIUS])
    assert ParamSpec.from_json(spec.to_json()) == spec
    joint = fx.JointSystem({"a": Sum(spec), "b": Sum(spec)}, share=("radius",))
    found = {f.key: f.shift for f in joint.spec.fields if f.shift}
    assert found == {"a.light": shift, "b.light": shift}
    assert spec.select("light")["light"].shift is None
    assert spec.select("*")["light"].shift == shift
