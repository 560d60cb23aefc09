"""The detector: blur, and pixels that collect what falls in."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

_matmul = partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)


def blur_rows(n: int, variance: Array) -> Array:
    """Convolution with a Gaussian as a symmetric matrix, `(n, n)`.

    Parameters
    ----------
    n
        Samples along an axis; there is nothing outside.
    variance
        In samples squared. The Fourier transform of the kernel,
        exp(-2 pi^2 variance f^2), has no corner at zero, where the matrix is
        the identity.
    """
    # Twice the length, so that nothing wraps around.
    frequency = jnp.fft.rfftfreq(2 * n).astype(variance.dtype)
    transfer = jnp.exp(-2 * variance * (jnp.pi * frequency) ** 2)
    kernel = jnp.fft.irfft(transfer, 2 * n)
    lag = jnp.arange(n)
    return kernel[jnp.abs(lag[:, None] - lag)]


def detect(image: Array, oversample: int, variance: Array) -> Array:
    """Sums over pixels of a blurred image.

    Parameters
    ----------
    image
        Photons in each sample, `(n k, n k)`.
    oversample
        Samples per pixel and axis, k.
    variance
        Of the blur along each axis, in samples squared.

    Returns
    -------
    Array
        Photons in each pixel, `(n, n)`.
    """
    fine = image.shape[0]
    rows = blur_rows(fine, variance)
    rows = rows.reshape(fine // oversample, oversample, fine).sum(1)
    return _matmul(_matmul(rows, image), rows.T)
