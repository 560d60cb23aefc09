"""What shines: one star or two, over a band of wavelengths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
from jax import Array

from ._declare.formulas import ARCSEC


def spectrum(n: int, values: Mapping[str, Any]) -> Array:
    """Wavelengths from one end of the band to the other in nm, `(n,)`.

    Parameters
    ----------
    n
        How many; one alone is the middle.
    values
        Wavelength and bandwidth in nm, by key.
    """
    middle = values["source.spectrum.wavelength"]
    width = values["source.spectrum.bandwidth"]
    steps = (jnp.arange(n, dtype=float) - (n - 1) / 2) / max(n - 1, 1)
    return middle + width * steps


def stars(kind: str, values: Mapping[str, Any]) -> tuple[Array, Array]:
    """Positions `(x, y)` in rad, `(s, 2)`, and photons of each star, `(s,)`.

    Parameters
    ----------
    kind
        `"point"`, or `"binary"` of the stars A and B, in this order.
    values
        Positions in arcsec, angles in deg, decimal logarithm of the photons.
    """
    group = "star" if kind == "point" else kind
    centre = jnp.stack(
        [values[f"{group}.astrometry.{axis}_position"] for axis in "xy"]
    )
    photons = 10.0 ** values[f"{group}.photometry.log_flux"]
    if kind == "point":
        return centre[None] / ARCSEC, photons[None]
    angle = jnp.deg2rad(values["binary.astrometry.position_angle"])
    half = values["binary.astrometry.separation"] / 2
    half = half * jnp.stack([jnp.sin(angle), jnp.cos(angle)])
    contrast = values["binary.photometry.contrast"]
    shares = jnp.stack([contrast, jnp.ones_like(contrast)]) / (1 + contrast)
    return jnp.stack([centre + half, centre - half]) / ARCSEC, photons * shares
