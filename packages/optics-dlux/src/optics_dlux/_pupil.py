"""The pupil: what light gets through, and the shapes of its aberrations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from forwardax import Builder, Structure
from jax import Array

from ._dlux import dlu


class Pupil(eqx.Module):
    """A pupil on a square grid, `x` along columns and `y` along rows.

    Attributes
    ----------
    amplitude
        Of the field, `(n, n)`; its squares sum to 1.
    zernikes, diversity
        Modes of unit RMS over the full circle, `(k, n, n)`.
    pitch
        Width of a pixel in m.
    """

    amplitude: Array
    zernikes: Array
    diversity: Array
    pitch: Array


def normalised(transmission: Any) -> Array:
    """Amplitude of a field of unit power, of any transmission."""
    transmission = jnp.asarray(transmission, float)
    return transmission / jnp.sqrt(jnp.sum(transmission**2))


def transmission(structure: Mapping[str, Any]) -> Array:
    """Share of each pixel that is open, `(n, n)`.

    Parameters
    ----------
    structure
        Values of the fields in `_declare.structure`.
    """
    diameter = structure["m1.aperture.diameter"]
    fine = structure["system.sampling.pupil_oversample"]
    coords = dlu.pixel_coords(
        structure["system.sampling.pupil_npix"] * fine, diameter
    )
    layers = [dlu.circle(coords, diameter / 2)]
    ratio = structure["m1.aperture.obscuration"]
    if ratio > 0:
        layers.append(dlu.circle(coords, ratio * diameter / 2, invert=True))
    number = structure["m1.struts.number"]
    width = structure["m1.struts.width"]
    if number and width > 0:
        # dLux counts from -y to -x; we count from +y to +x.
        first = structure["m1.struts.rotation"] + 180.0
        angles = first + 360.0 * np.arange(number) / number
        layers.append(dlu.spider(coords, width, jnp.asarray(angles, float)))
    return dlu.combine(jnp.stack(layers), fine)


def zernike_modes(noll: tuple[int, ...], n_pix: int, diameter: float) -> Array:
    """Zernike polynomials by Noll index, zero beyond the circle, `(k, n, n)`.

    References
    ----------
    Noll (1976), J. Opt. Soc. Am. 66, 207, equation 1.
    """
    if not noll:
        return jnp.zeros((0, n_pix, n_pix))
    coords = dlu.pixel_coords(n_pix, diameter)
    return dlu.zernike_basis(list(noll), coords, diameter)


def build_pupil(structure: Structure) -> Pupil:
    """Pupil of a structure."""
    n_pix = structure["system.sampling.pupil_npix"]
    diameter = structure["m1.aperture.diameter"]
    return Pupil(
        amplitude=normalised(transmission(structure)),
        zernikes=zernike_modes(structure["m1.zernike.noll"], n_pix, diameter),
        diversity=zernike_modes(
            structure["m1.diversity.noll"], n_pix, diameter
        ),
        pitch=jnp.asarray(np.asarray(diameter / n_pix), float),
    )


PUPILS = Builder(build_pupil)
