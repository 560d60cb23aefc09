# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Image of two elliptical Gaussian blobs, seen through a point spread function.

The pattern: parameters with named dims, an angle without a seam, and arrays
that are known (PSF, noise map) held by the system.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from forwardax import (
    DataSpec,
    ParameterStore,
    Structure,
    System,
    TransformRegistry,
)

from .specs import BLOBS, N_PIX, blobs_data

PIXEL = 0.25
"""Width of a pixel in arcsec."""


class Blobs(System):
    """Two blobs on a square image.

    Parameters
    ----------
    psf
        Point spread function, `(k, k)` with k odd, sum 1.
    noise
        Standard deviation of each pixel in counts, `(n, n)`.
    """

    psf: Array
    noise: Array
    # Tells a batch of images from a larger image.
    n_pix: int = eqx.field(static=True)

    spec = BLOBS  # pyright: ignore
    system_id = "toy.blobs"  # pyright: ignore
    transforms = TransformRegistry()

    def __init__(self, psf: Array, noise: Array) -> None:
        self.psf = jnp.asarray(psf, float)
        self.noise = jnp.asarray(noise, float)
        self.n_pix = self.noise.shape[-1]

    @property
    def structure(self) -> Structure:
        """Number of pixels along a side."""
        return Structure.of((N_PIX,), {"n_pix": self.n_pix})

    @property
    def data(self) -> DataSpec:
        """An image in counts."""
        return blobs_data(self.structure)

    def with_structure(self, structure: Structure) -> Blobs:
        """The same PSF on another image, with the mean noise."""
        n = structure["n_pix"]
        if n == self.n_pix:
            return self
        return Blobs(self.psf, jnp.full((n, n), jnp.mean(self.noise)))

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """Counts in each pixel, `{"image": (n, n)}`."""
        axis = (jnp.arange(self.n_pix) - (self.n_pix - 1) / 2) * PIXEL
        sky = jax.vmap(_blob, in_axes=(None, *[0] * 6))(
            axis,
            store["blob.x"],
            store["blob.y"],
            store["blob.flux"],
            store["blob.size"],
            store["blob.axis_ratio"],
            jnp.deg2rad(store["blob.angle"]),
        ).sum(0)
        return {"image": _convolve(sky, self.psf) * PIXEL**2}

    def residuals(self, store: ParameterStore, data: Any) -> Array:
        """In units of the noise, `(n, n)`."""
        return (data["image"] - self.predict(store)["image"]) / self.noise

    def pointwise_log_likelihood(
        self, store: ParameterStore, data: Any
    ) -> Array:
        """Term of each pixel, `(n, n)`."""
        scale = jnp.log(self.noise) + 0.5 * jnp.log(2 * jnp.pi)
        return -0.5 * self.residuals(store, data) ** 2 - scale

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """Independent normal noise in each pixel."""
        return self.pointwise_log_likelihood(store, data).sum()

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Array]:
        """An image with noise."""
        noise = jax.random.normal(key, self.noise.shape, self.noise.dtype)
        return {"image": self.predict(store)["image"] + self.noise * noise}


def _blob(
    axis: Array,
    x: Array,
    y: Array,
    flux: Array,
    size: Array,
    q: Array,
    phi: Any,
) -> Array:
    # Quadratic in q, so that the round limit is nothing special.
    dx, dy = axis[None, :] - x, axis[:, None] - y
    along = dx * jnp.cos(phi) + dy * jnp.sin(phi)
    across = dy * jnp.cos(phi) - dx * jnp.sin(phi)
    radius2 = (q * along**2 + across**2 / q) / size**2
    return flux / (2 * jnp.pi * size**2) * jnp.exp(-0.5 * radius2)


def _convolve(image: Array, psf: Array) -> Array:
    full = image.shape[0] + psf.shape[0] - 1
    spectrum = jnp.fft.rfft2(image, (full, full))
    spectrum *= jnp.fft.rfft2(psf, (full, full))
    half = psf.shape[0] // 2
    wide = jnp.fft.irfft2(spectrum, (full, full))
    return wide[half : half + image.shape[0], half : half + image.shape[1]]


def make_blobs(n_pix: int = 32, noise: float = 0.5) -> Blobs:
    """Blobs with a Gaussian PSF and uniform noise.

    Parameters
    ----------
    n_pix
        Number of pixels along a side.
    noise
        Standard deviation in counts.
    """
    axis = jnp.arange(-3, 4) * 0.6
    psf = jnp.exp(-0.5 * (axis[:, None] ** 2 + axis**2))
    return Blobs(psf / psf.sum(), jnp.full((n_pix, n_pix), noise))
