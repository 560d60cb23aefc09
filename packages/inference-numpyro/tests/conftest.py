# pyright: reportIncompatibleMethodOverride=false, reportAssignmentType=false
"""Problems whose posteriors are known, and how to compare with them."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import equinox as eqx
import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from forwardax import DataField, DataSpec, ParamField, ParamSpec, Prior


class Toy(fx.System):
    """A likelihood that is a plain function of what is known."""

    known: dict
    spec: ParamSpec = eqx.field(static=True)
    data: DataSpec = eqx.field(static=True)
    density: Callable = eqx.field(static=True)
    system_id = "toy"
    transforms = fx.TransformRegistry()

    def predict(self, store):
        return dict(store)

    def log_likelihood(self, store, data):
        return self.density(self.known, store, data)


class Line(fx.System):
    """y ~ Normal(design @ slope, noise), with residuals."""

    design: jax.Array
    noise: jax.Array
    spec: ParamSpec = eqx.field(static=True)
    data: DataSpec = eqx.field(static=True)
    system_id = "line"
    transforms = fx.TransformRegistry()

    def predict(self, store):
        return self.design @ store["slope"]

    def residuals(self, store, data):
        return (data["y"] - self.predict(store)) / self.noise

    def log_likelihood(self, store, data):
        return -0.5 * jnp.square(self.residuals(store, data)).sum()


def series(count):
    return DataSpec([DataField("y", shape=(count,))])


DESIGN = np.array([[1.0, 0.2], [1.0, -0.5], [1.0, 1.0], [0.5, 0.3]])
SLOPES = np.array([0.8, -1.2])


def line(prior_sd=2.0, noise=0.3, seed=0, flat=False, **decisions):
    """Two slopes; `exact` is the mean and covariance of their posterior."""
    prior = Prior("Flat") if flat else Prior("Normal", loc=0.0, scale=prior_sd)
    spec = ParamSpec([ParamField("slope", shape=(2,), unit="m", prior=prior)])
    rng = np.random.default_rng(seed)
    y = DESIGN @ SLOPES + noise * rng.normal(size=4)
    precision = DESIGN.T @ DESIGN / noise**2
    if not flat:
        precision = precision + np.eye(2) / prior_sd**2
    covariance = np.linalg.inv(precision)
    system = Line(jnp.asarray(DESIGN), jnp.asarray(noise), spec, series(4))
    return SimpleNamespace(
        problem=fx.Problem(system, {"y": y}, **decisions),
        mean=covariance @ DESIGN.T @ y / noise**2,
        covariance=covariance,
        y=y,
    )


def _poisson(known, store, data):
    del known
    return dist.Poisson(store["rate"]).log_prob(data["y"]).sum()


def rate(counts=(3.0, 1.0, 4.0)):
    """A rate above zero: the posterior is Gamma(shape, 1 / scale)."""
    prior = Prior("Gamma", concentration=2.0, rate=0.5)
    spec = ParamSpec([ParamField("rate", bounds=(0.0, None), prior=prior)])
    system = Toy({}, spec, series(len(counts)), _poisson)
    shape, inverse = 2.0 + sum(counts), 0.5 + len(counts)
    return SimpleNamespace(
        problem=fx.Problem(system, {"y": np.asarray(counts)}),
        mean=shape / inverse,
        sd=np.sqrt(shape) / inverse,
        mode=(shape - 1) / inverse,
        # Of log(rate), in whose density the Jacobian counts.
        mode_of_log=shape / inverse,
    )


def _direction(known, store, data):
    turn = jnp.deg2rad(store["angle"])
    seen = jnp.stack([jnp.cos(turn), jnp.sin(turn)])
    return dist.Normal(seen, known["noise"]).log_prob(data["y"]).sum()


def direction(degrees=0.0, noise=0.2):
    """An angle: the posterior is von Mises around `degrees`."""
    prior = Prior("Uniform", low=0.0, high=360.0)
    field = ParamField("angle", unit="deg", cyclic=360.0, prior=prior)
    system = Toy(
        {"noise": jnp.asarray(noise)},
        ParamSpec([field]),
        series(2),
        _direction,
    )
    turn = np.deg2rad(degrees)
    y = np.array([np.cos(turn), np.sin(turn)])
    grid = np.linspace(-np.pi, np.pi, 20001)[:-1]
    weight = np.exp((np.cos(grid) - 1) / noise**2)
    weight /= weight.sum()
    return SimpleNamespace(
        problem=fx.Problem(system, {"y": y}),
        sd=np.rad2deg(np.sqrt((weight * grid**2).sum())),
        # Mean resultant length: the mean of the cosine of the error.
        length=(weight * np.cos(grid)).sum(),
        curvature_sd=np.rad2deg(noise),
    )


def _schools(known, store, data):
    return dist.Normal(store["theta"], known["sigma"]).log_prob(data["y"]).sum()


def schools(y, sigma, centred=False, mu_sd=5.0):
    fields = [
        ParamField("mu", prior=Prior("Normal", loc=0.0, scale=mu_sd)),
        ParamField(
            "tau", bounds=(0, None), prior=Prior("HalfCauchy", scale=5.0)
        ),
        ParamField(
            "theta",
            dims=("school",),
            prior=Prior("Normal", loc="mu", scale="tau", centred=centred),
        ),
    ]
    spec = ParamSpec(fields).bind({"school": 8})
    known = {"sigma": jnp.asarray(sigma, float)}
    return fx.Problem(Toy(known, spec, series(8), _schools), {"y": y})


SCHOOLS = {
    "y": np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0]),
    "sigma": np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0]),
}


def z_scores(posterior, key, mean):
    """Distance of posterior means from the truth, in standard errors."""
    draws = np.asarray(posterior[key])
    row = [r for r in posterior.summary().rows if r["name"].startswith(key)]
    ess = np.array([r["ess_bulk"] for r in row]).reshape(draws.shape[2:])
    error = draws.std(axis=(0, 1)) / np.sqrt(ess)
    return np.abs(draws.mean(axis=(0, 1)) - mean) / error


@pytest.fixture
def toys():
    return SimpleNamespace(
        Toy=Toy,
        line=line,
        rate=rate,
        direction=direction,
        schools=schools,
        SCHOOLS=SCHOOLS,
        series=series,
        z_scores=z_scores,
    )


@pytest.fixture
def reference(golden):
    """Data and published moments of a reference posterior, by name."""
    folder = golden / "posteriors"
    entries = json.loads((folder / "manifest.json").read_text())["entries"]

    def load(name):
        entry = next(e for e in entries if e["name"] == name)
        data = json.loads((folder / entry["data_file"]).read_text())
        return data, entry

    return load


@pytest.fixture
def compilations():
    """List that grows by one for each program that XLA compiles."""
    seen = []
    watching = [True]

    def listen(event: str, *_: Any, **__: Any) -> None:
        if watching[0] and event.endswith("backend_compile_duration"):
            seen.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield seen
    # Listeners cannot be removed one by one.
    watching[0] = False
