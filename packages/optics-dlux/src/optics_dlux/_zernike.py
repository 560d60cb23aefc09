"""Zernike polynomials as polynomials of `x` and `y`, on any footprint."""

from __future__ import annotations

from functools import lru_cache
from math import comb, factorial, sqrt

import jax.numpy as jnp
import numpy as np
from jax import Array

from ._declare.structure import radial_order
from ._parity import matmul


def orders(noll: int) -> tuple[int, int]:
    """Radial order and signed azimuthal frequency of a Noll index.

    References
    ----------
    Noll (1976), J. Opt. Soc. Am. 66, 207, table I.
    """
    n = radial_order(noll)
    k = noll - n * (n + 1) // 2 - 1
    m = 2 * ((k + 1) // 2) if n % 2 == 0 else 2 * (k // 2) + 1
    return n, m if noll % 2 == 0 else -m


@lru_cache(maxsize=256)
def _coefficients(noll: int) -> np.ndarray:
    """Of `y^b x^a`, `[b, a]`.

    References
    ----------
    Noll (1976), equations 1 and 2; `r^m exp(i m theta) = (x + i y)^m`.
    """
    n, signed = orders(noll)
    m = abs(signed)
    found = np.zeros((n + 1, n + 1))
    for s in range((n - m) // 2 + 1):
        radial = (-1) ** s * factorial(n - s)
        radial //= (
            factorial(s)
            * factorial((n + m) // 2 - s)
            * factorial((n - m) // 2 - s)
        )
        power = (n - m) // 2 - s  # of x^2 + y^2
        for t in range(m + 1):
            # i^t is real for the cosines, imaginary for the sines.
            if t % 2 == (1 if signed < 0 else 0):
                angular = comb(m, t) * (-1) ** (t // 2)
                for p in range(power + 1):
                    a, b = m - t + 2 * p, t + 2 * (power - p)
                    found[b, a] += radial * angular * comb(power, p)
    return found * sqrt((n + 1) * (2 if m else 1))


@lru_cache(maxsize=64)
def coefficients(noll: tuple[int, ...]) -> np.ndarray:
    """Coefficients of `y^b x^a` for Zernike polynomials, `(k, d, d)`.

    Parameters
    ----------
    noll
        Noll indices; the polynomials have unit RMS over the unit circle.
    """
    d = 1 + max((radial_order(j) for j in noll), default=0)
    found = np.zeros((len(noll), d, d))
    for one, j in zip(found, noll, strict=True):
        own = _coefficients(j)
        one[: len(own), : len(own)] = own
    return found


def surface(shapes: Array, weights: Array, x: Array) -> Array:
    """A sum of polynomials on a square grid, `(n, n)`.

    Parameters
    ----------
    shapes
        Coefficients of `y^b x^a`, `(k, d, d)`.
    weights
        Of the polynomials, `(k,)`.
    x
        Positions along both axes in radii of the unit circle, `(n,)`.
    """
    powers = jnp.stack(
        [x**k if k else jnp.ones_like(x) for k in range(shapes.shape[-1])], 1
    )
    total = jnp.tensordot(weights, shapes, 1)
    return matmul(matmul(powers, total), powers.T)
