"""Polishing errors: random maps whose power falls as frequency rises."""

from __future__ import annotations

import numpy as np


def power_law_map(
    n_pix: int, power: float, seed: tuple[int, ...], inside: np.ndarray
) -> np.ndarray:
    """A random map of unit RMS, without piston and tilt, `(n, n)`.

    Parameters
    ----------
    n_pix
        Pixels along a side.
    power
        Of the spectral density, which falls as frequency to minus this.
    seed
        Of the generator.
    inside
        Where the mirror is, `(n, n)` of bools: there the RMS is one.
    """
    noise = np.random.default_rng(seed).standard_normal((n_pix, n_pix))
    frequency = np.hypot(*np.meshgrid(*2 * (np.fft.fftfreq(n_pix),)))
    frequency[0, 0] = 1.0
    factor = frequency ** (-power / 2)
    factor[0, 0] = 0.0
    found = np.fft.ifft2(np.fft.fft2(noise) * factor).real
    y, x = (np.indices((n_pix, n_pix)) - (n_pix - 1) / 2) / n_pix
    plane = np.stack([np.ones_like(x), x, y], -1)
    fitted = np.linalg.lstsq(plane[inside], found[inside], rcond=None)[0]
    found = found - plane @ fitted
    return found / np.sqrt(np.mean(found[inside] ** 2))


def in_circle(n_pix: int) -> np.ndarray:
    """Pixels whose middle lies in the circle across the grid, `(n, n)`."""
    y, x = (np.indices((n_pix, n_pix)) - (n_pix - 1) / 2) / (n_pix / 2)
    return np.hypot(x, y) < 1
