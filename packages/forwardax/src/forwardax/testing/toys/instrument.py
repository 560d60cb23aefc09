# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""An instrument in two variants that compute one derived value differently.

The pattern: a scope a variant, structure that goes through a `Builder`, a
pure binder that puts numbers into the built engine, and a `SystemGraph` whose
stations can be asked for by name.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from forwardax import (
    Builder,
    DataSpec,
    Node,
    ParameterStore,
    ParamSpec,
    Structure,
    System,
    SystemGraph,
    TransformRegistry,
)

from .specs import DIRECT, N_PIX, RELAY, TRANSFORMS, counts_data

WIDTH = 1.5
"""Standard deviation of the spot in arcsec: the seeing."""


class Engine(eqx.Module):
    """What is built from structure, with a place for the pixel scale."""

    offsets: Array
    scale: Array


def build(structure: Structure) -> Engine:
    """Engine of a structure; slow in real life, hence cached."""
    n = structure["n_pix"]
    return Engine(jnp.arange(n, dtype=float) - (n - 1) / 2, jnp.ones(()))


BUILDER = Builder(build)


def bind(engine: Engine, values: Any) -> Engine:
    """The engine with its numbers put in; pure."""
    scale = values["imaging.psf_pixel_scale"]
    return eqx.tree_at(lambda e: e.scale, engine, scale)


def _spot(engine: Engine, x: Array) -> Array:
    gap = (engine.offsets * engine.scale - x) / WIDTH
    peak = jnp.exp(-0.5 * gap**2) / (WIDTH * jnp.sqrt(2 * jnp.pi))
    return peak * engine.scale


GRAPH = SystemGraph(
    [
        Node("optics", ("engine", "source.x"), ("psf",), _spot),
        Node("source", ("source.flux",), ("flux",), jnp.asarray),
        Node("detector", ("psf", "flux"), ("counts",), jnp.multiply),
    ],
    given=("engine", "source.x", "source.flux"),
)


class Instrument(System):
    """A point source on a row of pixels.

    Make one with `Instrument.direct()` or `Instrument.relay()`.
    """

    engine: Engine
    noise: Array
    n_pix: int = eqx.field(static=True)
    system_id: str = eqx.field(static=True)  # pyright: ignore
    spec: ParamSpec = eqx.field(static=True)  # pyright: ignore

    transforms = TransformRegistry(
        TRANSFORMS, extends={"toy.relay": "toy.direct"}
    )

    @classmethod
    def direct(cls, n_pix: int = 32, noise: float = 1.0) -> Instrument:
        """One lens; `noise` is the standard deviation in counts."""
        return cls._made(n_pix, noise, "toy.direct", DIRECT)

    @classmethod
    def relay(cls, n_pix: int = 32, noise: float = 1.0) -> Instrument:
        """Two lenses; `noise` is the standard deviation in counts."""
        return cls._made(n_pix, noise, "toy.relay", RELAY)

    @classmethod
    def _made(
        cls, n_pix: int, noise: Any, system_id: str, spec: ParamSpec
    ) -> Instrument:
        structure = Structure.of((N_PIX,), {"n_pix": n_pix})
        engine = BUILDER.get_or_build(structure)
        return cls(engine, jnp.asarray(noise, float), n_pix, system_id, spec)

    @property
    def structure(self) -> Structure:
        """Number of pixels."""
        return Structure.of((N_PIX,), {"n_pix": self.n_pix})

    def with_structure(self, structure: Structure) -> Instrument:
        """The same instrument with another number of pixels."""
        engine = BUILDER.get_or_build(structure)
        n_pix = structure["n_pix"]
        return Instrument(engine, self.noise, n_pix, self.system_id, self.spec)

    @property
    def data(self) -> DataSpec:
        """Counts along the row."""
        return counts_data(self.structure)

    def stations(self, store: ParameterStore, *names: str) -> dict[str, Array]:
        """Intermediate results by name: `psf`, `flux`, `counts`."""
        values = self.resolve(store)
        given = {**values, "engine": bind(self.engine, values)}
        return GRAPH.forward(given, names or None)

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """Mean counts, `{"counts": (n_pix,)}`."""
        return self.stations(store, "counts")

    def residuals(self, store: ParameterStore, data: Any) -> Array:
        """In units of the noise, `(n_pix,)`."""
        return (data["counts"] - self.predict(store)["counts"]) / self.noise

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """Independent normal noise in each pixel."""
        squares = jnp.sum(self.residuals(store, data) ** 2)
        return -0.5 * squares - self.n_pix * jnp.log(self.noise)

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Array]:
        """Counts with noise."""
        mean = self.predict(store)["counts"]
        noise = jax.random.normal(key, mean.shape, mean.dtype)
        return {"counts": mean + self.noise * noise}
