"""Coordinates in which long tails are short.

The logarithm of a scale that may be zero has an exponential tail: a lattice
would need many points where next to nothing is. Under a hyperbolic sine the
tail becomes double exponential, and the middle hardly changes.

References
----------
Takahasi & Mori (1974), Publ. RIMS 9, 721, section 2.
"""

from __future__ import annotations

from typing import Any, NamedTuple

_BEND = 0.5


class Warp(NamedTuple):
    """`middle + width * sinh(bend w) / bend`, each coordinate by itself.

    Parameters
    ----------
    middle, width
        Of the density, `(m,)`.
    """

    middle: Any
    width: Any

    def place(self, w: Any, xp: Any) -> Any:
        """Coordinates of points `(..., m)`; `xp` is `numpy` or `jax.numpy`."""
        return self.middle + self.width * xp.sinh(_BEND * w) / _BEND

    def back(self, v: Any, xp: Any) -> Any:
        """The inverse of `place`."""
        return xp.arcsinh(_BEND * (v - self.middle) / self.width) / _BEND

    def log_volume(self, w: Any, xp: Any) -> Any:
        """Log-determinant of `place`, `(...)`."""
        # Of cosh, without overflow.
        a = xp.abs(_BEND * w)
        log_cosh = a + xp.log1p(xp.exp(-2 * a)) - xp.log(2.0)
        return (xp.log(self.width) + log_cosh).sum(axis=-1)


def warp_of(centre: Any, frame: Any, xp: Any) -> Warp:
    """The warp of a density with a centre and a root of its covariance."""
    return Warp(centre, xp.sqrt(xp.square(frame).sum(axis=1)))
