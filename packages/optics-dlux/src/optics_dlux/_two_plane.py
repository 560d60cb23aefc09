"""`optics.two_plane`: a pupil, a detector, and one or two stars."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from forwardax import (
    DataSpec,
    ParameterStore,
    ParamSpec,
    Structure,
    System,
)
from forwardax.errors import Fault, Faults, StructureError
from jax import Array

from . import _noise
from ._declare.arrays import two_plane_data, two_plane_known
from ._declare.spec import SYSTEM_ID, two_plane_spec
from ._declare.structure import FIELDS
from ._pupil import PUPILS, Pupil, normalised
from ._stations import GRAPH

KNOWN = ("noise_map", "pupil_opd", "pupil_transmission")


class TwoPlane(System):
    """A telescope whose pupil is imaged onto a detector.

    Make one with `forwardax.system("optics.two_plane", ...)` or `two_plane`.

    Attributes
    ----------
    pupil
        What was built from the structure.
    pupil_opd
        Known optical path difference in m, `(n, n)`, or None.
    noise_map
        Standard deviation of each pixel in photons, or None.
    built
        The structure.
    """

    pupil: Pupil
    pupil_opd: Array | None
    pupil_transmission: Array | None
    noise_map: Array | None
    built: Structure = eqx.field(static=True)

    system_id = SYSTEM_ID  # pyright: ignore

    @property
    def spec(self) -> ParamSpec:
        """Parameters that follow from the structure."""
        return two_plane_spec(self.built)

    @property
    def data(self) -> DataSpec:
        """An image in photons."""
        return two_plane_data(self.built)

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

    def with_structure(self, structure: Structure) -> TwoPlane:
        """This telescope with another structure, known arrays kept.

        Raises
        ------
        StructureError
            If a known array no longer fits.
        """
        known = {name: getattr(self, name) for name in KNOWN}
        known = {k: v for k, v in known.items() if v is not None}
        fields = two_plane_known(structure)
        Faults(
            Fault(
                f"{key!r} does not fit the new structure",
                key=key,
                value=f"shape {array.shape[-2:]}",
                allowed=f"shape {fields[key].shape}",
                fix="build the system anew, with arrays of the new size",
                code="shape",
            )
            for key, array in known.items()
            if array.shape[-2:] != fields[key].shape
        ).throw(StructureError, "optics.two_plane")
        return two_plane(**structure, **known)

    def stations(self, store: ParameterStore, *names: str) -> dict[str, Any]:
        """Intermediate results by name.

        Parameters
        ----------
        store
            Primitives.
        names
            Of `stars` (positions in rad and photons), `wavelengths` (nm),
            `opd` (nm, over the pupil), `focus` (photons in each sample of
            the image) and `image` (photons in each pixel); all by default.
        """
        given = {"telescope": self, "values": self.resolve(store)}
        return GRAPH.forward(given, names or None)

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


def two_plane(**arguments: Any) -> TwoPlane:
    """A telescope from its structure and what is known of it.

    Parameters
    ----------
    arguments
        Structure values by dotted key, and the known arrays: `noise_map` in
        photons `(n, n)`, `pupil_opd` in m and `pupil_transmission`, both
        `(pupil_npix, pupil_npix)`.

    Raises
    ------
    StructureError
        With every fault of the structure.
    """
    known = {name: arguments.pop(name, None) for name in KNOWN}
    structure = Structure.of(FIELDS, arguments)
    two_plane_spec(structure)  # refuses what cannot be built
    pupil = PUPILS.get_or_build(structure)
    arrays = {
        name: None if array is None else jnp.asarray(array, float)
        for name, array in known.items()
    }
    amplitude = arrays["pupil_transmission"]
    if amplitude is not None:
        pupil = eqx.tree_at(lambda p: p.amplitude, pupil, normalised(amplitude))
    return TwoPlane(pupil=pupil, built=structure, **arrays)
