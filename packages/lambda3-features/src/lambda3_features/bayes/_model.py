"""What all the models have in common: structure, arrays, normal noise."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import equinox as eqx
import jax
import jax.numpy as jnp
from forwardax import (
    DataSpec,
    ParameterStore,
    ParamSpec,
    Structure,
    System,
    TransformRegistry,
)
from jax import Array

from .._declare.entries import MODELS
from ._normal import log_normal
from ._rebuild import follows, rebuilt


class Model(System):
    """A system that is built from a structure and arrays.

    Attributes
    ----------
    system_id
        Name of its entry, which says what follows from the structure.
    columns
        What coefficients multiply, `(..., n, k)`.
    used
        Rows that count, `(..., n)`.
    known
        What it was built from, by name.
    built
        Its structure.
    """

    columns: Array
    used: Array
    known: dict[str, Array]
    built: Structure = eqx.field(static=True)
    system_id: str = eqx.field(static=True)  # pyright: ignore

    transforms = TransformRegistry()

    @property
    def length(self) -> int:
        """Number of points, n."""
        return self.used.shape[-1]

    @property
    def spec(self) -> ParamSpec:
        """Parameters that follow from the structure."""
        return follows(MODELS[self.system_id].spec, self.built)

    @property
    def data(self) -> DataSpec:
        """The series as measured."""
        data = follows(MODELS[self.system_id].data, self.built)
        return data.bind({"time": self.length})

    @property
    def structure(self) -> Structure:
        """Terms, lags and whatever else was fixed at build."""
        return self.built

    def with_structure(self, structure: Structure) -> Self:
        """This model with another structure and the same arrays.

        Raises
        ------
        StructureError
            If it needs arrays that are not there.
        """
        return rebuilt(MODELS[self.system_id], self.known, structure)


class Independent(Model):
    """A model whose points have independent normal noise."""

    @abstractmethod
    def noise(self, store: ParameterStore) -> Array:
        """Standard deviation of each point, `(..., n)`."""

    def pointwise_log_likelihood(
        self, store: ParameterStore, data: Any
    ) -> Array:
        """Term of each point, 0 where it does not count, `(..., n)`."""
        gap = data["series"] - self.predict(store)["series"]
        scale = jnp.where(self.used, self.noise(store), 1.0)
        return jnp.where(self.used, log_normal(gap, scale), 0.0)

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """Sum of the terms."""
        return self.pointwise_log_likelihood(store, data).sum()

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Array]:
        """Series with noise, conditional on the features."""
        mean = self.predict(store)["series"]
        noise = jax.random.normal(key, mean.shape, mean.dtype)
        return {"series": mean + self.noise(store) * noise}
