"""A diffractive pupil: half a wave of phase in an asymmetric pattern."""

from __future__ import annotations

import numpy as np


def asymmetric_mask(n_pix: int, oversample: int = 3) -> np.ndarray:
    """Share of each pixel that is half a wave thick, `(n, n)`, 0 to 1.

    Parameters
    ----------
    n_pix
        Pixels across the pupil.
    oversample
        Samples per pixel and axis that soften the edges.

    Notes
    -----
    Thick where `cos(3 theta + 4 pi r^2) > 1/2`, three curved arms. Turned by
    half a circle the pattern equals neither itself nor its negative: light of
    both parities leaves the pupil, so that the image changes to first order
    with even and odd aberrations alike.
    """
    fine = n_pix * oversample
    y, x = (np.indices((fine, fine)) - (fine - 1) / 2) / (fine / 2)
    angle = 3 * np.arctan2(y, x) + 4 * np.pi * (x**2 + y**2)
    thick = (np.cos(angle) > 0.5).astype(float)
    return thick.reshape(n_pix, oversample, n_pix, oversample).mean((1, 3))
