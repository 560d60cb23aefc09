"""From the pupil straight to the focus."""

from __future__ import annotations

from jax import Array

from ._propagation import Light, propagate


def focus(
    amplitude: Array,
    opd: Array,
    wavelengths: Array,
    weights: Array,
    n_out: int,
    pupil_pitch: Array,
    scale: Array,
    positions: Array,
    photons: Array,
) -> Array:
    """Photons of several stars at the focus, `(n_out, n_out)`.

    Parameters
    ----------
    amplitude
        Of the pupil's field, `(n, n)`; its squares sum to 1.
    opd
        Optical path difference in nm, `(n, n)`.
    wavelengths, weights
        In nm, and the share of the photons at each, both `(w,)`.
    n_out
        Pixels along a side of the image.
    pupil_pitch, scale
        Width of a pixel of the pupil in m, and of the image in rad.
    positions
        Of the stars, `(x, y)` in rad, `(s, 2)`.
    photons
        Of each star, `(s,)`.
    """
    light = Light(wavelengths, positions, weights[:, None] * photons)
    return propagate(amplitude, opd, (), light, n_out, pupil_pitch, scale)
