"""`log_density` against hand-written NumPyro models, and its gradients.

The tolerance of 1e-12 relative is rounding: a few hundred additions of terms
of order one in double precision.
"""

import equinox as eqx
import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from forwardax import DataField, DataSpec, ParamField, ParamSpec, Prior
from jax import Array

Y = np.array([0.3, -1.2, 2.5, 0.7])
DENSITY = jax.jit(fx.log_density)


class Plain(fx.System):
    """Normal data about the sum of everything."""

    fields: ParamSpec = eqx.field(static=True)
    scale: Array
    system_id = "plain"
    data = DataSpec([DataField("y", shape=(4,))])
    transforms = fx.TransformRegistry(
        [
            fx.Transform("total", ("a", "b"), lambda a, b: a + b),
            fx.Transform("twice", ("total",), lambda total: 2 * total),
        ]
    )

    @property
    def spec(self):
        return self.fields

    def predict(self, store):
        parts = [jnp.sum(value) for value in store.values()]
        return jnp.stack(parts).sum() * jnp.ones(4)

    def log_likelihood(self, store, data):
        made = dist.Normal(self.predict(store), self.scale)
        return made.log_prob(data["y"]).sum()


def problem(spec, **decisions):
    system = Plain(spec, jnp.asarray(2.0))
    return fx.Problem(system, {"y": Y}, **decisions)


def reference(model, sites):
    """Minus NumPyro's potential energy of unconstrained site values."""
    if model not in REFERENCE:
        energy = numpyro.infer.util.potential_energy
        REFERENCE[model] = jax.jit(lambda s: -energy(model, (), {}, s))
    return REFERENCE[model](sites)


REFERENCE = {}


def observe(total):
    numpyro.sample("y", dist.Normal(total, 2.0), obs=Y)


def points(count, size, scale=1.5):
    return scale * np.random.default_rng(3).normal(size=(count, size))


def agree(found, wanted):
    assert float(found) == pytest.approx(float(wanted), rel=1e-12)


def test_bounded_families_equal_numpyro():
    families = {
        "normal": ("Normal", {"loc": 1.0, "scale": 2.0}),
        "lognormal": ("LogNormal", {"loc": 0.1, "scale": 0.4}),
        "halfnormal": ("HalfNormal", {"scale": 3.0}),
        "halfcauchy": ("HalfCauchy", {"scale": 3.0}),
        "cauchy": ("Cauchy", {"loc": 1.0, "scale": 0.5}),
        "student": ("StudentT", {"df": 4.0, "loc": 1.0, "scale": 0.5}),
        "laplace": ("Laplace", {"loc": 0.0, "scale": 2.0}),
        "logistic": ("Logistic", {"loc": 0.0, "scale": 2.0}),
        "gumbel": ("Gumbel", {"loc": 0.0, "scale": 2.0}),
        "uniform": ("Uniform", {"low": -2.0, "high": 5.0}),
        "loguniform": ("LogUniform", {"low": 0.1, "high": 5.0}),
        "exponential": ("Exponential", {"rate": 2.0}),
        "gamma": ("Gamma", {"concentration": 2.0, "rate": 3.0}),
        "invgamma": ("InverseGamma", {"concentration": 2.0, "rate": 3.0}),
        "beta": ("Beta", {"concentration1": 2.0, "concentration0": 3.0}),
        "truncated": (
            "TruncatedNormal",
            {"loc": 0.0, "scale": 1.0, "low": -1.0, "high": 2.0},
        ),
        "weibull": ("Weibull", {"scale": 2.0, "concentration": 1.5}),
        "pareto": ("Pareto", {"scale": 2.0, "alpha": 1.5}),
        "chi": ("Chi2", {"df": 3.0}),
    }
    from forwardax._schema.families import FAMILIES

    tried = {family for family, _ in families.values()}
    assert tried == set(FAMILIES) - {"Flat"}
    spec = ParamSpec(
        ParamField(key, prior=Prior(family, **arguments))
        for key, (family, arguments) in families.items()
    )

    def model():
        total = 0.0
        for key, (family, arguments) in families.items():
            made = getattr(dist, family)(**arguments)
            total = total + numpyro.sample(key, made)
        observe(total)

    posed = problem(spec)
    for u in points(20, posed.size):
        sites = dict(zip(families, u, strict=True))
        agree(DENSITY(posed, jnp.asarray(u)), reference(model, sites))


def test_every_prior_draw_is_finite_and_inside():
    test = ParamSpec(
        [
            ParamField(
                "a",
                bounds=(0.5, 2.0),
                prior=Prior("Uniform", low=0.5, high=2.0),
            ),
            ParamField(
                "b",
                bounds=(0.0, None),
                prior=Prior("LogNormal", loc=0.0, scale=3.0),
            ),
        ]
    )
    posed = problem(test)
    keys = jax.random.split(jax.random.key(0), 1000)
    stores = jax.vmap(posed.prior_sample)(keys)
    assert (stores["a"] >= 0.5).all() and (stores["a"] <= 2.0).all()
    assert (stores["b"] >= 0).all()
    u = jax.vmap(posed.to_unconstrained)(stores)
    values, gradients = jax.vmap(
        jax.value_and_grad(fx.log_density, argnums=1), in_axes=(None, 0)
    )(posed, u)
    assert jnp.isfinite(values).all() and jnp.isfinite(gradients).all()


def hierarchy(centred):
    return ParamSpec(
        [
            ParamField(
                "theta",
                shape=(5,),
                dims=("site",),
                prior=Prior("Normal", loc="mu", scale="tau", centred=centred),
            ),
            ParamField("mu", prior=Prior("Normal", loc=0.0, scale=5.0)),
            ParamField("tau", prior=Prior("HalfCauchy", scale=5.0)),
        ]
    )


@pytest.mark.parametrize("centred", [True, False])
def test_referenced_priors_equal_numpyro(centred):
    def model():
        mu = numpyro.sample("mu", dist.Normal(0.0, 5.0))
        tau = numpyro.sample("tau", dist.HalfCauchy(5.0))
        if centred:
            made = dist.Normal(mu, tau).expand((5,)).to_event(1)
            theta = numpyro.sample("theta", made)
        else:
            made = dist.Normal(0.0, 1.0).expand((5,)).to_event(1)
            theta = mu + tau * numpyro.sample("theta", made)
        observe(theta.sum() + mu + tau)

    posed = problem(hierarchy(centred))
    assert posed.plan.names[0] == "theta[0]"
    for u in points(20, posed.size):
        sites = {"theta": u[:5], "mu": u[5], "tau": u[6]}
        agree(DENSITY(posed, jnp.asarray(u)), reference(model, sites))


def test_support_that_depends_on_another_key_equals_numpyro():
    spec = ParamSpec(
        [
            ParamField("low", prior=Prior("Normal", loc=0.0, scale=1.0)),
            ParamField("a", prior=Prior("Uniform", low="low", high=9.0)),
        ]
    )

    def model():
        low = numpyro.sample("low", dist.Normal(0.0, 1.0))
        observe(low + numpyro.sample("a", dist.Uniform(low, 9.0)))

    posed = problem(spec)
    for u in points(20, 2):
        sites = {"low": u[0], "a": u[1]}
        agree(DENSITY(posed, jnp.asarray(u)), reference(model, sites))


def test_prior_that_refers_to_a_derived_value_equals_numpyro():
    spec = ParamSpec(
        [
            ParamField("a", prior=Prior("Normal", loc=0.0, scale=1.0)),
            ParamField("b", prior=Prior("HalfNormal", scale=1.0)),
            ParamField("total", kind="derived"),
            ParamField("twice", kind="derived"),
            ParamField("c", prior=Prior("Normal", loc="twice", scale="b")),
        ]
    )

    def model():
        a = numpyro.sample("a", dist.Normal(0.0, 1.0))
        b = numpyro.sample("b", dist.HalfNormal(1.0))
        c = numpyro.sample("c", dist.Normal(2 * (a + b), b))
        observe(a + b + c)

    posed = problem(spec)
    for u in points(20, 3):
        sites = dict(zip("abc", u, strict=True))
        agree(DENSITY(posed, jnp.asarray(u)), reference(model, sites))


def test_improper_priors_equal_numpyro():
    spec = ParamSpec(
        [
            ParamField("a", prior=Prior("Flat")),
            ParamField("b", bounds=(1.5, None), prior=Prior("Flat")),
            ParamField("c", bounds=(None, 2.0), prior=Prior("Flat")),
        ]
    )
    supports = {
        "a": dist.constraints.real,
        "b": dist.constraints.greater_than(1.5),
        "c": dist.constraints.less_than(2.0),
    }

    def model():
        total = 0.0
        for key, support in supports.items():
            made = dist.ImproperUniform(support, (), ())
            total = total + numpyro.sample(key, made)
        observe(total)

    posed = problem(spec)
    assert "proper_prior" not in posed.capabilities
    for u in points(20, 3):
        sites = dict(zip("abc", u, strict=True))
        agree(DENSITY(posed, jnp.asarray(u)), reference(model, sites))


def test_cyclic_angle_equals_numpyro():
    spec = ParamSpec(
        [
            ParamField(
                "phi",
                unit="deg",
                cyclic=180.0,
                prior=Prior("Uniform", low=-30.0, high=150.0),
            )
        ]
    )

    def model():
        x = numpyro.sample("x", dist.Normal(0.0, 1.0))
        y = numpyro.sample("y2", dist.Normal(0.0, 1.0))
        turns = jnp.mod(jnp.arctan2(y, x) / (2 * jnp.pi), 1.0)
        observe(-30.0 + 180.0 * turns)

    posed = problem(spec)
    assert posed.plan.names == ("phi:x", "phi:y")
    for u in points(20, 2):
        sites = {"x": u[0], "y2": u[1]}
        agree(DENSITY(posed, jnp.asarray(u)), reference(model, sites))


def test_cyclic_angle_has_no_seam_and_no_singular_origin():
    spec = ParamSpec(
        [
            ParamField(
                "phi", cyclic=2.0, prior=Prior("Uniform", low=0.0, high=2.0)
            )
        ]
    )
    posed = problem(spec)
    near = jnp.array([[1.0, 1e-9], [1.0, -1e-9]])
    found = jax.vmap(posed.to_store)(near)["phi"]
    assert abs(float(found[0]) - float(found[1])) == pytest.approx(2.0)
    gradient = jax.grad(fx.log_density, argnums=1)(posed, jnp.zeros(2))
    assert jnp.isfinite(gradient).all()


def test_partly_fixed_vector_equals_numpyro():
    """A fixed element of a hierarchical vector conditions on its value."""
    posed = problem(
        hierarchy(True),
        fixed={"theta[1]": 0.7},
        priors={"theta[3]": Prior("Uniform", low=0.0, high=1.0)},
    )

    def model():
        mu = numpyro.sample("mu", dist.Normal(0.0, 5.0))
        tau = numpyro.sample("tau", dist.HalfCauchy(5.0))
        made = dist.Normal(mu, tau)
        free = numpyro.sample("free", made.expand((3,)).to_event(1))
        held = numpyro.sample("held", made, obs=0.7)
        own = numpyro.sample("own", dist.Uniform(0.0, 1.0))
        observe(free.sum() + held + own + mu + tau)

    assert posed.plan.names == (
        "theta[0]",
        "theta[2]",
        "theta[3]",
        "theta[4]",
        "mu",
        "tau",
    )
    assert "proper_prior" not in posed.capabilities
    for u in points(20, 6):
        sites = {
            "free": u[[0, 1, 3]],
            "own": u[2],
            "mu": u[4],
            "tau": u[5],
        }
        agree(DENSITY(posed, jnp.asarray(u)), reference(model, sites))


def test_numpyro_model_is_the_same_density():
    posed = problem(hierarchy(False))
    for u in points(5, posed.size):
        sites = {
            "draw/Normal": u[5:6],
            "draw/HalfCauchy": u[6:7],
            "draw/theta:noncentred": u[:5],
        }
        wanted = reference(posed.numpyro_model(), sites)
        agree(DENSITY(posed, jnp.asarray(u)), wanted)


def fourth_order(function, u, step=1e-3):
    """Gradient by a fourth-order stencil."""
    found = np.zeros(len(u))
    for i in range(len(u)):
        e = np.zeros(len(u))
        e[i] = step
        found[i] = (
            -function(u + 2 * e)
            + 8 * function(u + e)
            - 8 * function(u - e)
            + function(u - 2 * e)
        ) / (12 * step)
    return found


@pytest.mark.parametrize("mode", [jax.jacrev, jax.jacfwd])
def test_gradients_equal_a_stencil(mode):
    spec = hierarchy(False).merge(
        ParamSpec(
            [
                ParamField("a", prior=Prior("Uniform", low=0.0, high=3.0)),
                ParamField("b", prior=Prior("LogNormal", loc=0.0, scale=1.0)),
                ParamField(
                    "phi",
                    cyclic=1.0,
                    prior=Prior("Uniform", low=0.0, high=1.0),
                ),
            ]
        )
    )
    posed = problem(spec)
    density = jax.jit(fx.log_density)
    for u in points(10, posed.size, scale=1.0):
        found = mode(fx.log_density, argnums=1)(posed, jnp.asarray(u))
        wanted = fourth_order(lambda v: float(density(posed, v)), u)
        error = np.linalg.norm(np.asarray(found) - wanted)
        assert error <= 1e-6 * np.linalg.norm(wanted)


def separation(f1, f2, d):
    return f1 + f2 < d


class Guarded(Plain):
    """NaN where its condition fails."""

    def predict(self, store):
        gap = store["d"] - store["f1"] - store["f2"]
        return jnp.sqrt(gap) * jnp.ones(4)


GUARDED = ParamSpec(
    [
        ParamField("f1", prior=Prior("Uniform", low=0.0, high=2.0)),
        ParamField("f2", prior=Prior("Uniform", low=0.0, high=2.0)),
        ParamField("d", prior=Prior("Uniform", low=0.0, high=4.0)),
    ],
    validity=[
        fx.Validity("f1 + f2 < d", separation, ("f1", "f2", "d")),
    ],
    reference={"f1": 0.5, "f2": 0.5, "d": 3.0},
)


def test_outside_validity_the_density_is_minus_infinity_and_smooth():
    posed = fx.Problem(Guarded(GUARDED, jnp.asarray(1.0)), {"y": Y})
    value_and_grad = jax.value_and_grad(fx.log_density, argnums=1)
    inside = posed.to_unconstrained({"f1": 0.5, "f2": 0.6, "d": 2.0})
    outside = posed.to_unconstrained({"f1": 1.5, "f2": 1.6, "d": 2.0})
    value, gradient = value_and_grad(posed, inside)
    assert jnp.isfinite(value) and jnp.isfinite(gradient).all()
    value, gradient = value_and_grad(posed, outside)
    assert value == -jnp.inf
    assert jnp.isfinite(gradient).all()
    stores = jax.vmap(posed.prior_sample)(
        jax.random.split(jax.random.key(1), 500)
    )
    assert (stores["f1"] + stores["f2"] < stores["d"]).all()


def test_map_loss_drops_the_jacobian_only():
    spec = ParamSpec(
        [ParamField("b", prior=Prior("LogNormal", loc=0.3, scale=0.5))]
    )
    posed = problem(spec)
    u = jnp.array([0.4])
    jacobian = 0.4
    wanted = -(fx.log_density(posed, u) - jacobian)
    assert float(posed.loss(u)) == pytest.approx(float(wanted), rel=1e-12)


def test_transform_changes_coordinates_and_not_the_density_of_values():
    plain = ParamSpec(
        [ParamField("b", prior=Prior("LogNormal", loc=0.3, scale=0.5))]
    )
    soft = ParamSpec(
        [
            ParamField(
                "b",
                transform="softplus",
                prior=Prior("LogNormal", loc=0.3, scale=0.5),
            )
        ]
    )
    first, second = problem(plain), problem(soft)
    at = {"b": 1.7}
    losses = [float(p.loss(p.to_unconstrained(at))) for p in (first, second)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
