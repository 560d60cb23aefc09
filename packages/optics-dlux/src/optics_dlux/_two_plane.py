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
)
from jax import Array

from ._declare.arrays import two_plane_data, two_plane_known
from ._declare.spec import SYSTEM_ID, two_plane_spec
from ._declare.structure import FIELDS
from ._pupil import PUPILS, Pupil, normalised
from ._stations import GRAPH
from ._telescope import Telescope, still_fitting

KNOWN = ("noise_map", "pupil_opd", "pupil_transmission")


class TwoPlane(Telescope):
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
    def known(self) -> dict[str, Array | None]:
        """Known arrays of the pupil by name, or None."""
        return {
            "pupil_opd": self.pupil_opd,
            "pupil_transmission": self.pupil_transmission,
        }

    @property
    def spec(self) -> ParamSpec:
        """Parameters that follow from the structure."""
        return two_plane_spec(self.built)

    @property
    def data(self) -> DataSpec:
        """An image in photons."""
        return two_plane_data(self.built)

    def with_structure(self, structure: Structure) -> TwoPlane:
        """This telescope with another structure, known arrays kept.

        Raises
        ------
        StructureError
            If a known array no longer fits.
        """
        known = {**self.known, "noise_map": self.noise_map}
        known = still_fitting(known, two_plane_known(structure), SYSTEM_ID)
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
