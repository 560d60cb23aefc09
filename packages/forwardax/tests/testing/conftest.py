"""A tiny system that keeps every contract; tests break one thing at a time."""

from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest
from forwardax import (
    DataField,
    DataSpec,
    LinearGaussian,
    ParamField,
    ParamSpec,
    Prior,
    Structure,
    StructureField,
    System,
    Transform,
    TransformRegistry,
)

NORMAL = Prior("Normal", loc=0.0, scale=1.0)
FIELDS = {
    "a": ParamField("a", unit="m", prior=NORMAL),
    "b": ParamField("b", unit="m / s", prior=NORMAL),
    "c": ParamField(
        "c", bounds=(0, None), prior=Prior("LogNormal", loc=0.0, scale=0.5)
    ),
    "d": ParamField("d", prior=NORMAL),
    "end": ParamField("end", kind="derived", unit="m"),
}
SIZE = StructureField("n", default=5, bounds=(2, 100))


def end(a, b):
    return a + 2 * b


def start(value, b):
    return value - 2 * b


class Line(System):
    """one = a + b t with noise, and two = c + d t with noise."""

    time: jax.Array
    noise: jax.Array
    n: int = eqx.field(static=True)

    system_id = "line"
    spec = ParamSpec(FIELDS.values())
    transforms = TransformRegistry(
        [Transform("end", ("a", "b"), end, "line", (("a", start),))]
    )

    def __init__(self, n=5):
        self.time = jnp.linspace(0, 2, n)
        self.noise = jnp.asarray(0.7, float)
        self.n = n

    @property
    def structure(self):
        return Structure.of((SIZE,), {"n": self.n})

    @property
    def data(self):
        fields = [DataField(k, dims=("time",)) for k in ("one", "two")]
        return DataSpec(fields).bind({"time": self.n})

    def with_structure(self, structure):
        return type(self)(structure["n"])

    def second(self, store):
        return store["c"] + store["d"] * self.time

    def predict(self, store):
        one = store["a"] + store["b"] * self.time
        return {"one": one, "two": self.second(store)}

    def residuals(self, store, data):
        mean = self.predict(store)
        gaps = [(data[k] - mean[k]) / self.noise for k in ("one", "two")]
        return jnp.concatenate(gaps)

    def pointwise_log_likelihood(self, store, data):
        return -0.5 * self.residuals(store, data) ** 2 - jnp.log(self.noise)

    def log_likelihood(self, store, data):
        return self.pointwise_log_likelihood(store, data).sum()

    def simulate(self, key, store):
        mean = self.predict(store)
        noise = jax.random.normal(key, (2, self.n), self.time.dtype)
        return {
            k: mean[k] + self.noise * row
            for k, row in zip(("one", "two"), noise, strict=True)
        }

    def linear_gaussian(self, store):
        return LinearGaussian(
            keys=("a", "b"),
            design=jnp.stack([jnp.ones_like(self.time), self.time], 1),
            offset=jnp.zeros_like(self.time),
            noise_scale=jnp.broadcast_to(self.noise, self.time.shape),
            prior_mean=jnp.zeros(2),
            prior_scale=jnp.ones(2),
            data_key="one",
        )


@pytest.fixture(scope="session")
def line():
    """`Line` and its parts, for tests that change one of them."""
    return SimpleNamespace(
        System=Line,
        fields=FIELDS,
        spec=Line.spec,
        end=end,
        start=start,
        transforms=Line.transforms,
    )
