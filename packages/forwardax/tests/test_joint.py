"""Several systems as one: sums, shared and tied keys, compile time."""

import time

import equinox as eqx
import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import DataField, DataSpec, ParamField, ParamSpec, Prior
from forwardax.testing.toys.blobs import make_blobs
from jax import Array

SPEC = ParamSpec(
    [
        ParamField("level", prior=Prior("Normal", loc=0.0, scale=10.0)),
        ParamField("slope", prior=Prior("Normal", loc=0.0, scale=10.0)),
        ParamField("width", prior=Prior("HalfNormal", scale=1.0), default=1.0),
        ParamField("area", kind="derived"),
    ]
)


class Line(fx.System):
    """A straight line with unit noise."""

    x: Array
    spec: ParamSpec = eqx.field(static=True, default=SPEC)
    system_id = "line"
    data = DataSpec([DataField("y", shape=(20,))])
    transforms = fx.TransformRegistry(
        [fx.Transform("area", ("level", "slope"), lambda a, b: a * b)]
    )

    def predict(self, store):
        return store["level"] + store["slope"] * self.x

    def residuals(self, store, data):
        return (data["y"] - self.predict(store)) / store["width"]

    def log_likelihood(self, store, data):
        chi = jnp.square(self.residuals(store, data)).sum()
        return -0.5 * chi - 20 * jnp.log(store["width"])

    def simulate(self, key, store):
        noise = store["width"] * jax.random.normal(key, (20,))
        return {"y": self.predict(store) + noise}


X = np.linspace(-1, 1, 20)
Y = np.random.default_rng(0).normal(size=(12, 20))


def children(count):
    return {f"c{i}": Line(jnp.asarray(X)) for i in range(count)}


def joint(count, **options):
    system = fx.JointSystem(children(count), **options)
    return fx.Problem(system, {f"c{i}": {"y": Y[i]} for i in range(count)})


def test_log_density_is_the_sum_of_the_children():
    posed = joint(2)
    alone = [fx.Problem(Line(jnp.asarray(X)), {"y": Y[i]}) for i in range(2)]
    rng = np.random.default_rng(1)
    for _ in range(10):
        u = jnp.asarray(rng.normal(size=6))
        wanted = sum(
            fx.log_density(p, u[3 * i : 3 * i + 3]) for i, p in enumerate(alone)
        )
        found = fx.log_density(posed, u)
        assert float(found) == pytest.approx(float(wanted), rel=1e-10)


def test_unlike_children_are_looped_and_summed_too():
    class Other(Line):
        def predict(self, store):
            return store["level"] * jnp.cos(store["slope"] * self.x)

    system = fx.JointSystem(
        {"a": Line(jnp.asarray(X)), "b": Other(jnp.asarray(X))}
    )
    posed = fx.Problem(system, {"a": {"y": Y[0]}, "b": {"y": Y[1]}})
    alone = [
        fx.Problem(kind(jnp.asarray(X)), {"y": Y[i]})
        for i, kind in enumerate((Line, Other))
    ]
    u = jnp.asarray(np.random.default_rng(2).normal(size=6))
    wanted = fx.log_density(alone[0], u[:3]) + fx.log_density(alone[1], u[3:])
    assert float(fx.log_density(posed, u)) == pytest.approx(float(wanted))


def fisher_sd(posed, at):
    u = posed.to_unconstrained(at)
    information = jax.hessian(lambda v: -fx.log_density(posed, v))(u)
    sd = jnp.sqrt(jnp.diag(jnp.linalg.inv(information)))
    return dict(zip(posed.plan.names, sd, strict=True))


def test_sharing_every_key_of_two_copies_narrows_by_root_two():
    held = {"width": 1.0}
    one = fx.Problem(Line(jnp.asarray(X)), {"y": Y[0]}, fixed=held)
    system = fx.JointSystem(children(2), share=["level", "slope", "width"])
    both = fx.Problem(
        system, {"c0": {"y": Y[0]}, "c1": {"y": Y[0]}}, fixed=held
    )
    assert both.plan.names == ("level", "slope")
    at = {"level": 0.1, "slope": 0.1}
    single, double = fisher_sd(one, at), fisher_sd(both, at)
    for key in at:
        ratio = float(double[key] / single[key])
        assert ratio == pytest.approx(0.71, abs=0.05)


def test_keys_are_shared_by_name_and_tied_by_address():
    system = fx.JointSystem(
        children(2), share={"offset": {"c0": "level", "c1": "level"}}
    )
    data = {"c0": {"y": Y[0]}, "c1": {"y": Y[1]}}
    posed = fx.Problem(system, data, ties={"c1.slope": "c0.slope"})
    assert posed.plan.names == ("offset", "c0.slope", "c0.width", "c1.width")
    store = posed.to_store(jnp.array([1.0, 2.0, 0.0, 0.0]))
    assert float(store["c1.slope"]) == 2.0
    derived = posed.values(jnp.array([1.0, 2.0, 0.0, 0.0]))
    assert float(derived["c1.area"]) == 2.0
    untied = fx.Problem(system, data)
    assert "c1.slope" in untied.plan.names


def test_simulated_data_have_the_form_of_the_data():
    posed = joint(3)
    store, data = posed.simulate(jax.random.key(0))
    again = posed.with_data(data)
    assert jnp.isfinite(fx.log_likelihood(again, again.to_unconstrained(store)))
    first, second = data["c0"]["y"], data["c1"]["y"]
    assert not np.allclose(first, second)


def test_residuals_follow_the_children():
    posed = joint(3)
    assert posed.residuals(jnp.zeros(9)).shape == (60,)


def images(count):
    system = fx.JointSystem({f"c{i}": make_blobs() for i in range(count)})
    posed = fx.Problem(system)
    _, data = posed.simulate(jax.random.key(0))
    return posed.with_data(jax.device_get(data))


def compile_time(problem):
    """CPU seconds to compile the density's gradient, never from a cache."""
    salt = time.time_ns() % 1_000_003  # another program each time

    def salted(posed, u):
        return fx.log_density(posed, u) + salt

    gradient = jax.jit(jax.value_and_grad(salted, argnums=1))
    lowered = gradient.lower(problem, jnp.zeros(problem.size))
    start = time.process_time()
    lowered.compile()
    return time.process_time() - start


@pytest.mark.slow
@pytest.mark.parametrize("made", [joint, images])
def test_ten_equal_children_compile_no_slower_than_two(made):
    """Best of several, interleaved."""
    posed = {count: made(count) for count in (2, 10)}
    best = dict.fromkeys(posed, np.inf)
    for _ in range(7):
        for count, problem in posed.items():
            best[count] = min(best[count], compile_time(problem))
    print(f"compile: {best[2]:.2f} s for two, {best[10]:.2f} s for ten")
    assert best[10] < 1.5 * best[2]
