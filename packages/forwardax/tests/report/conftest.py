"""Results of fits that never took place: draws are as the tests want them."""

import equinox as eqx
import forwardax as fx
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import ParamField, ParamSpec, Prior
from forwardax._fit.posterior_make import make_posterior
from forwardax._run.result import RunResult
from forwardax.contracts import Check

SPEC = ParamSpec(
    [
        ParamField(
            "lens.angle",
            unit="deg",
            cyclic=180.0,
            prior=Prior("Uniform", low=0.0, high=180.0),
            label=r"$\phi$",
        ),
        ParamField(
            "lens.radius",
            unit="arcsec",
            bounds=(0.0, None),
            prior=Prior("HalfNormal", scale=1.0),
            label=r"\theta_{\rm E}",
        ),
        ParamField(
            "source.centre",
            unit="arcsec",
            shape=(2,),
            prior=Prior("Normal", loc=0.0, scale=1.0),
            label="$(y, x)$",
            elements=("source.centre.y", "source.centre.x"),
        ),
        ParamField("source.size", prior=Prior("HalfNormal", scale=1.0)),
        ParamField("source.flux", unit="ct", default=7.5),
        ParamField("lens.area", kind="derived", unit="arcsec2"),
        ParamField("source.glow", kind="derived"),
    ]
)
PASSED = Check("r_hat", True, 1.001, 1.01, "largest R-hat 1.001")
FAILED = Check("ess_bulk", False, 12.0, 400.0, "smallest ESS 12")


class Lens(fx.System):
    """Has an angle, a vector, a bound, and two derived values."""

    spec: ParamSpec = eqx.field(static=True, default=SPEC)
    system_id = "report.lens"
    data = fx.DataSpec([fx.DataField("y", shape=(2,))])
    transforms = fx.TransformRegistry(
        [
            fx.Transform("lens.area", ("lens.radius",), lambda r: 3.0 * r**2),
            fx.Transform("source.glow", ("source.flux",), lambda f: 2.0 * f),
        ]
    )

    def predict(self, store):
        return store["source.centre"] * store["lens.radius"]

    def log_likelihood(self, store, data):
        return -0.5 * jnp.square(data["y"] - self.predict(store)).sum()


def make(
    *,
    chains=4,
    draws=200,
    angle=1.0,
    checks=(PASSED,),
    declared=("r_hat",),
    truth=None,
    folder=None,
    system=None,
    data=(0.0, 0.0),
    decisions=None,
    **parts,
):
    """A result; `angle` in degrees is where the angles are."""
    if decisions is None:
        decisions = {"ties": {"source.size": "lens.radius"}}
    posed = fx.Problem(system or Lens(), {"y": np.asarray(data)}, **decisions)
    rng = np.random.default_rng(1)
    u = 0.1 * rng.normal(size=(chains, draws, posed.size))
    if system is None:  # the angle is that of two normals
        turn = 2 * np.pi * (angle / 180 + 0.02 * rng.normal(size=u.shape[:2]))
        u[..., 0], u[..., 1] = np.cos(turn), np.sin(turn)
    made = make_posterior(
        posed,
        jnp.asarray(u),
        estimator="test.none",
        declared=declared,
        checks=checks,
        timings={"search": 3.21, "sampling": 200.0},
        **parts,
    )
    return RunResult(
        posterior=made,
        problem=posed,
        truth=truth or {},
        name="report.lens",
        folder=folder,
    )


@pytest.fixture
def make_result():
    """Makes a result, see `make`."""
    return make


@pytest.fixture
def measured():
    """A result of two parameters that leave given residuals."""

    def measure(y):
        class Noise(Lens):
            system_id = "report.noise"
            data = fx.DataSpec([fx.DataField("y", shape=y.shape)])
            transforms = fx.TransformRegistry()

            def residuals(self, store, data):
                return data["y"] + 0.0 * store["a"]

            def log_likelihood(self, store, data):
                return -0.5 * jnp.square(self.residuals(store, data)).sum()

        spec = ParamSpec(
            [
                ParamField(key, prior=Prior("Normal", loc=0.0, scale=1.0))
                for key in ("a", "b")
            ]
        )
        return make(system=Noise(spec=spec), data=y, decisions={})

    return measure


@pytest.fixture
def checks():
    """A check that passed and one that did not."""
    return PASSED, FAILED


TRUTH = {
    "lens.angle": 179.0,
    "lens.radius": 1.0,
    "source.centre": (0.3, 0.0),
    "source.size": 1.0,
    "source.flux": 7.5,
}


@pytest.fixture
def truth():
    """True values of all the primitives."""
    return dict(TRUTH)


@pytest.fixture
def many():
    """A system with many parameters, each pair of neighbours related."""

    def system(count):
        spec = ParamSpec(
            [
                ParamField(f"p{i}", prior=Prior("Normal", loc=0.0, scale=1.0))
                for i in range(count)
            ]
        )

        class Many(Lens):
            system_id = "report.many"
            transforms = fx.TransformRegistry()

            def log_likelihood(self, store, data):
                return jnp.zeros(())

        return Many(spec=spec)

    return system
