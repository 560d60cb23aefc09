"""What all telescopes share: how photons are counted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
from forwardax import DataSpec, ParameterStore, Structure, System
from forwardax.errors import Fault, Faults, StructureError
from jax import Array

from . import _noise


class Telescope(System):
    """A telescope that takes an image.

    Attributes
    ----------
    noise_map
        Standard deviation of each pixel in photons, or None.
    built
        The structure.
    """

    if TYPE_CHECKING:
        # Fields of the subclasses: the annotations would add them again.
        noise_map: Array | None
        built: Structure

    @property
    def structure(self) -> Structure:
        """What was fixed at build."""
        return self.built

    @property
    def capabilities(self) -> frozenset[str]:
        """All but residuals, which need a noise map."""
        found = super().capabilities
        if self._gaussian and self.noise_map is not None:
            return found
        return found - {"residuals"}

    @property
    def _gaussian(self) -> bool:
        return self.built["likelihood"] == "gaussian"

    @abstractmethod
    def stations(self, store: ParameterStore, *names: str) -> dict[str, Any]:
        """Intermediate results by name; all where none is named."""

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """Mean photons in each pixel, `{"image": (n, n)}`."""
        return self.stations(store, "image")

    def variance(self, store: ParameterStore, mean: Array) -> Array:
        """Variance of each pixel in photons squared.

        Parameters
        ----------
        store
            Primitives.
        mean
            Predicted photons, `(n, n)`.
        """
        if not self._gaussian:
            return _noise.rate(mean)
        if self.noise_map is not None:
            return self.noise_map**2
        return _noise.rate(mean) + store["detector.read_noise"] ** 2

    def residuals(self, store: ParameterStore, data: Any) -> Array:
        """In standard deviations of each pixel, `(n, n)`."""
        mean = self.predict(store)["image"]
        return (data["image"] - mean) / jnp.sqrt(self.variance(store, mean))

    def pointwise_log_likelihood(
        self, store: ParameterStore, data: Any
    ) -> Array:
        """Term of each pixel, `(n, n)`."""
        mean = self.predict(store)["image"]
        if not self._gaussian:
            return _noise.poisson(data["image"], mean)
        variance = self.variance(store, mean)
        return _noise.gaussian(data["image"], mean, variance)

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """Independent pixels, each Poisson or normal."""
        return self.pointwise_log_likelihood(store, data).sum()

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Array]:
        """An image with noise."""
        mean = self.predict(store)["image"]
        if not self._gaussian:
            return {"image": _noise.draw_poisson(key, mean)}
        variance = self.variance(store, mean)
        return {"image": _noise.draw_gaussian(key, mean, variance)}


def still_fitting(
    known: Mapping[str, Array | None], fields: DataSpec, name: str
) -> dict[str, Array]:
    """Known arrays that go along to another structure.

    Raises
    ------
    StructureError
        With every array that has no place there, or another shape.
    """
    given = {key: one for key, one in known.items() if one is not None}
    Faults(
        Fault(
            f"{key!r} does not fit the new structure",
            key=key,
            value=f"shape {array.shape[-2:]}",
            allowed=f"shape {fields[key].shape}" if key in fields else "none",
            fix="build the system anew, with arrays of the new size",
            code="shape",
        )
        for key, array in given.items()
        if key not in fields
        or array.shape[-len(fields[key].shape) :] != fields[key].shape
    ).throw(StructureError, name)
    return given
