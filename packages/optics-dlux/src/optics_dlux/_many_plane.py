"""`optics.three_plane` and its relatives: telescopes of several mirrors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from forwardax import DataSpec, ParameterStore, ParamSpec, Structure
from forwardax.errors import Fault, Faults, StructureError
from jax import Array

from ._declare.arrays import two_plane_data
from ._declare.mirror_arrays import four_plane_known, three_plane_known
from ._declare.mirror_spec import mirror_spec
from ._declare.mirror_structure import FOUR_PLANE, THREE_PLANE
from ._mirror_stations import GRAPH
from ._mirrors import MIRRORS, Mirrors
from ._pupil import normalised
from ._telescope import Telescope, still_fitting


class _Design(NamedTuple):
    fields: Any
    known: Any


DESIGNS: Mapping[str, _Design] = {
    "three_plane": _Design(THREE_PLANE, three_plane_known),
    "four_plane": _Design(FOUR_PLANE, four_plane_known),
    "four_plane_relay": _Design(FOUR_PLANE, four_plane_known),
}
"""What the telescopes differ in, by scope."""


class ManyPlane(Telescope):
    """A telescope of two mirrors, or of two mirrors and a relay.

    Make one with `forwardax.system("optics.three_plane", ...)` or
    `three_plane`, `four_plane` and `four_plane_relay`.

    Attributes
    ----------
    engine
        What was built from the structure.
    known
        Known arrays by name, or None.
    built
        The structure.
    system_id
        Scope of the derived values: `three_plane`, ...
    """

    engine: Mirrors
    noise_map: Array | None
    known: dict[str, Array | None]
    built: Structure = eqx.field(static=True)
    system_id: str = eqx.field(static=True)  # pyright: ignore

    @property
    def spec(self) -> ParamSpec:
        """Parameters that follow from the structure."""
        return mirror_spec(self.built, scope=self.system_id)

    @property
    def data(self) -> DataSpec:
        """An image in photons."""
        return two_plane_data(self.built)

    def with_structure(self, structure: Structure) -> ManyPlane:
        """This telescope with another structure, known arrays kept.

        Raises
        ------
        StructureError
            If a known array no longer fits.
        """
        every = {**self.known, "noise_map": self.noise_map}
        fields = DESIGNS[self.system_id].known(structure)
        kept = still_fitting(every, fields, f"optics.{self.system_id}")
        return make(self.system_id, {**structure, **kept})

    def stations(self, store: ParameterStore, *names: str) -> dict[str, Any]:
        """Intermediate results by name.

        Parameters
        ----------
        store
            Primitives.
        names
            Of `light` (stars and wavelengths), `path` (pupil and planes, with
            transmissions and optical path differences), `focus` (photons in
            each sample of the image) and `image` (photons in each pixel); all
            by default.
        """
        given = {"telescope": self, "values": self.resolve(store)}
        return GRAPH.forward(given, names or None)


KNOWN = (
    "noise_map",
    "pixel_response",
    "m1_transmission",
    "m1_opd",
    "m2_opd",
    "relay_opd",
    "dp_mask",
    "m1_modes",
)


def make(scope: str, arguments: Mapping[str, Any]) -> ManyPlane:
    design = DESIGNS[scope]
    structure = Structure.of(
        design.fields, {k: v for k, v in arguments.items() if k not in KNOWN}
    )
    mirror_spec(structure, scope=scope)  # refuses what cannot be built
    fields = design.known(structure)
    given = {k: v for k, v in arguments.items() if k in KNOWN}
    lacking = [
        k for k, f in fields.items() if not f.optional and k not in given
    ]
    Faults(
        Fault(
            f"the array {key!r} is "
            + ("missing" if key in lacking else "not known to this telescope"),
            key=key,
            allowed=", ".join(fields),
            fix="m1_modes goes with m1.modes.number, relay_opd with a relay",
            code="array",
        )
        for key in (*(k for k in given if k not in fields), *lacking)
    ).throw(StructureError, f"optics.{scope}")
    arrays: dict[str, Array | None] = {
        name: None if one is None else jnp.asarray(one, float)
        for name, one in ((n, given.get(n)) for n in fields)
    }
    engine = MIRRORS.get_or_build(structure)
    amplitude = arrays["m1_transmission"]
    if amplitude is not None:
        engine = eqx.tree_at(
            lambda e: e.pupil.amplitude, engine, normalised(amplitude)
        )
    if arrays["dp_mask"] is not None:
        engine = eqx.tree_at(lambda e: e.mask, engine, arrays["dp_mask"])
    return ManyPlane(
        engine=engine,
        noise_map=arrays.pop("noise_map"),
        known=arrays,
        built=structure,
        system_id=scope,
    )


def three_plane(**arguments: Any) -> ManyPlane:
    """A telescope of two mirrors.

    Parameters
    ----------
    arguments
        Structure values by dotted key, and the known arrays: `noise_map` in
        photons and `pixel_response`, `(n_pix, n_pix)`; `m1_opd` and `m2_opd`
        in m, `m1_transmission` and `dp_mask`, `(pupil_npix, pupil_npix)`;
        `m1_modes`, `(number, pupil_npix, pupil_npix)`.

    Raises
    ------
    StructureError
        With every fault of the structure.
    """
    return make("three_plane", arguments)


def four_plane(**arguments: Any) -> ManyPlane:
    """A telescope of two mirrors and a relay.

    Parameters
    ----------
    arguments
        As for `three_plane`, and `relay_opd` in m.

    Raises
    ------
    StructureError
        With every fault of the structure.
    """
    return make("four_plane", arguments)


def four_plane_relay(**arguments: Any) -> ManyPlane:
    """As `four_plane`, with the focal length of the relay for a parameter.

    Parameters
    ----------
    arguments
        As for `four_plane`.

    Raises
    ------
    StructureError
        With every fault of the structure.
    """
    return make("four_plane_relay", arguments)
