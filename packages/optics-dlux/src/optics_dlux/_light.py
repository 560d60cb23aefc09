"""Stars of every kind, as points with photons at each wavelength."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from ._declare.formulas import ARCSEC
from ._propagation import Light
from ._sources import spectrum, stars

_ANGLES = np.arange(6) * np.pi / 3
DISC = np.sqrt(2 / 3) * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1)
"""Six points of a disc of radius one; with the middle, which has a quarter of
the weight, means of polynomials of degree 5 over the disc are exact.

References
----------
Stroud (1971), Approximate Calculation of Multiple Integrals, S2: 5-1.
"""


def light(structure: Mapping[str, Any], values: Mapping[str, Any]) -> Light:
    """What shines on a telescope.

    Parameters
    ----------
    structure
        Kind of source, and how many wavelengths.
    values
        Parameters by key.
    """
    kind = structure["source.kind"]
    if structure["source.spectrum.kind"] == "given":
        wavelengths = values["source.wavelengths"]
        weights = values["source.weights"]
    else:
        n = structure["source.spectrum.n_wavelengths"]
        wavelengths = spectrum(n, values)
        weights = jnp.ones_like(wavelengths)
    relative = jnp.log(wavelengths / jnp.mean(wavelengths))
    shares = weights[:, None] * jnp.exp(
        relative[:, None] * values["source.spectrum.slope"]
    )
    shares = shares / shares.sum(0)
    positions, photons = _points(kind, values)
    shares = shares * photons
    if kind == "resolved":
        positions, parts = _disc(positions[0], values)
        shares = shares * parts
    return Light(wavelengths, positions, shares)


def _points(kind: str, values: Mapping[str, Any]) -> tuple[Array, Array]:
    if kind != "multi":
        return stars("point" if kind == "resolved" else kind, values)
    positions = jnp.stack(
        [values[f"stars.astrometry.{axis}_position"] for axis in "xy"], 1
    )
    return positions / ARCSEC, 10.0 ** values["stars.photometry.log_flux"]


def _disc(centre: Array, values: Mapping[str, Any]) -> tuple[Array, Array]:
    """Points that stand for a disc, and their shares of its light."""
    radius = values["star.shape.diameter"] / (2 * ARCSEC)
    ring = centre + radius * jnp.asarray(DISC, centre.dtype)
    shares = jnp.asarray([0.25, *6 * [0.125]], centre.dtype)
    return jnp.concatenate([centre[None], ring]), shares
