"""What is known of the noise: Poisson, or Gaussian."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.special import gammaln

FLOOR = 1e-6
"""Least mean of a pixel in photons: zeros of the diffraction pattern, and
what rounding leaves of them, must not make an observed photon impossible."""


def rate(mean: Array) -> Array:
    """Mean photons of each pixel, at least `FLOOR`."""
    return jnp.where(mean > FLOOR, mean, FLOOR)


def poisson(image: Array, mean: Array) -> Array:
    """Log-probability of each count."""
    photons = rate(mean)
    return image * jnp.log(photons) - photons - gammaln(image + 1)


def gaussian(image: Array, mean: Array, variance: Array) -> Array:
    """Log-density of each pixel."""
    squares = (image - mean) ** 2 / variance
    return -0.5 * (squares + jnp.log(2 * jnp.pi * variance))


def draw_poisson(key: Array, mean: Array) -> Array:
    """Counts, as numbers of the model's precision."""
    # int32 ends at 2e9 photons a pixel.
    return jax.random.poisson(key, rate(mean)).astype(mean.dtype)


def draw_gaussian(key: Array, mean: Array, variance: Array) -> Array:
    """Pixels with Gaussian noise."""
    noise = jax.random.normal(key, mean.shape, mean.dtype)
    return mean + jnp.sqrt(variance) * noise
