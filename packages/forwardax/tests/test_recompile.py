"""Numbers never recompile; structure does, once."""

from contextlib import contextmanager
from dataclasses import dataclass

import equinox as eqx
import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
from forwardax import DataField, DataSpec, ParamField, ParamSpec, Prior
from jax import Array

EVENT = "/jax/core/compile/backend_compile_duration"
COMPILED = []
jax.monitoring.register_event_duration_secs_listener(
    lambda event, duration, **_: COMPILED.append(event)
)


@contextmanager
def compilations():
    """Number of programs compiled (or fetched from the cache) inside."""
    before = len([e for e in COMPILED if e == EVENT])
    count = [0]
    yield count
    count[0] = len([e for e in COMPILED if e == EVENT]) - before


SPEC = ParamSpec(
    [
        ParamField("a", prior=Prior("Normal", loc=0.0, scale=1.0)),
        ParamField("b", prior=Prior("Uniform", low=0.0, high=2.0)),
        ParamField("c", default=1.0),
        ParamField("d", prior=Prior("Normal", loc="a", scale=1.0)),
    ]
)


class Line(fx.System):
    """A straight line, with an order that is structure."""

    x: Array
    order: int = eqx.field(static=True, default=1)
    spec: ParamSpec = eqx.field(static=True, default=SPEC)
    system_id = "line"
    data = DataSpec([DataField("y", shape=(6,))])
    transforms = fx.TransformRegistry()

    def predict(self, store):
        slope = store["b"] * self.x**self.order
        return store["a"] + slope + store["c"] * store["d"]

    def log_likelihood(self, store, data):
        return -0.5 * jnp.square(data["y"] - self.predict(store)).sum()


@jax.jit
def descend(problem, start):
    return start - 0.1 * jax.grad(fx.loss, argnums=1)(problem, start)


@dataclass(frozen=True)
class NoSettings:
    pass


class Step(fx.Estimator):
    """One gradient step: enough of a fit to count programs."""

    name = "test.step"
    needs = frozenset({"gradient"})
    checks = ()
    Config = NoSettings

    def fit(self, problem, key, *, config, progress=None, checkpoint=None):
        del config, progress, checkpoint
        start = np.random.default_rng(0).normal(size=problem.size)
        return descend(problem, start)


def pose(i):
    rng = np.random.default_rng(i)
    spec = SPEC.with_priors(
        {"b": Prior("Uniform", low=-float(i), high=2.0 + i)}
    )
    system = Line(jax.device_put(rng.normal(size=6)), spec=spec)
    return fx.Problem(
        system,
        {"y": rng.normal(size=6)},
        fixed={"c": rng.normal()},
        priors={"a": Prior("Normal", loc=rng.normal(), scale=1.0 + i)},
    )


def test_a_hundred_fits_that_differ_in_numbers_compile_once():
    key = jax.random.key(0)
    with compilations() as first:
        fx.fit(pose(0), Step(), key=key)
    with compilations() as others:
        for i in range(1, 100):
            fx.fit(pose(i), Step(), key=key)
    assert first[0] == 1
    assert others[0] == 0


def test_a_structural_change_compiles_once_more():
    fx.fit(pose(0), Step(), key=0)
    changed = fx.Problem(
        Line(pose(1).system.x, order=2), {"y": np.zeros(6)}, fixed={"c": 0.0}
    )
    with compilations() as count:
        fx.fit(changed, Step(), key=0)
        fx.fit(changed.with_data({"y": np.ones(6)}), Step(), key=0)
    assert count[0] == 1


def test_python_floats_and_arrays_share_a_program():
    density = jax.jit(lambda p, u: fx.log_density(p, u))
    posed = pose(0)
    density(posed, jnp.zeros(3))
    with compilations() as count:
        for value in (1, 2.0, np.float32(3.0), np.asarray(4)):
            again = fx.Problem(
                Line(posed.system.x, spec=posed.system.spec),
                {"y": np.zeros(6, dtype=np.float32)},
                fixed={"c": value},
            )
            density(again, jnp.zeros(3))
    assert count[0] == 0


def test_problems_that_differ_in_numbers_stack_and_vmap():
    problems = [pose(i) for i in range(4)]
    batch = fx.stack(problems)
    u = jnp.asarray(np.random.default_rng(1).normal(size=(4, 3)))
    found = jax.vmap(fx.log_density)(batch, u)
    wanted = [fx.log_density(p, v) for p, v in zip(problems, u, strict=True)]
    np.testing.assert_allclose(found, np.stack(wanted), rtol=1e-13)


class Masked(fx.System):
    """Pixels of a mask as padded index leaves."""

    index: Array
    weight: Array
    system_id = "masked"
    spec = ParamSpec(
        [ParamField("level", prior=Prior("Normal", loc=0.0, scale=1.0))]
    )
    data = DataSpec([DataField("image", dims=("y", "x"), role="image")])
    transforms = fx.TransformRegistry()

    def predict(self, store):
        return jnp.full((32, 32), store["level"])

    def log_likelihood(self, store, data):
        residual = (data["image"] - self.predict(store)).ravel()[self.index]
        return -0.5 * jnp.sum(self.weight * residual**2)


def test_masks_of_one_bucket_share_a_program():
    y, x = np.mgrid[-16:16, -16:16]
    density = jax.jit(lambda p, u: fx.log_density(p, u))
    image = np.zeros((32, 32))
    buckets = set()
    problems = []
    for radius in np.linspace(4, 15, 20):
        pixels = np.flatnonzero(np.hypot(y, x).ravel() < radius)
        index, weight = fx.pad_to_bucket(pixels)
        assert weight.sum() == len(pixels)
        buckets.add(len(index))
        system = Masked(jnp.asarray(index), jnp.asarray(weight))
        problems.append(fx.Problem(system, {"image": image}))
    assert 1 < len(buckets) < len(problems)
    with compilations() as count:
        for posed in problems:
            density(posed, jnp.ones(1))
    assert count[0] <= len(buckets) + 1  # one for `jnp.ones` itself


def test_draws_from_the_prior_compile_once():
    spec = ParamSpec(
        SPEC.fields,
        validity=[fx.Validity("a < b", lambda a, b: a < b, ("a", "b"))],
        reference={"a": 0.0, "b": 1.0, "d": 0.0},
    )
    problem = fx.Problem(Line(jnp.arange(6.0), spec=spec))
    problem.prior_sample(jax.random.key(0))
    with compilations() as count:
        for seed in range(1, 4):
            problem.prior_sample(jax.random.key(seed))
    assert count == [0]
