"""Ellipses without angles, and what happens on a centre.

The ellipticity is a vector `(e_y, e_x)` of length `f = (1 - q) / (1 + q)` and
of twice the position angle. Everything here is a polynomial in its
components, so that a circle is a point like any other.

A grid is an array `(..., 2)` with columns (y, x), or `Points`, the same as a
pair: a compiler makes fast loops of separate coordinates, and slow ones of
columns. What comes out is of the kind that went in.

Coordinates closer to a centre than `CORE` count as the centre itself: the
value there is the limit, and its derivatives are zero, which is their mean
over all directions.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

CORE: Final = 1e-8
"""Radius in arcsec within which a point is the centre."""

LONGEST: Final = 0.999
"""Longest ellipticity vector; longer ones are cut to this length."""


class Points(NamedTuple):
    """A grid as a pair of coordinates.

    Parameters
    ----------
    y, x
        In arcsec, `(...)` each.
    """

    y: Array
    x: Array


def points_of(grid: Any) -> Points:
    """A grid of either kind as a pair."""
    if isinstance(grid, Points):
        return grid
    return Points(grid[..., 0], grid[..., 1])


def same_kind(grid: Any, y: Array, x: Array) -> Any:
    """Vectors (y, x) as a pair or as an array, whichever the grid is."""
    if isinstance(grid, Points):
        return Points(y, x)
    return jnp.stack([y, x], axis=-1)


class Ellipse(NamedTuple):
    """An ellipticity vector, cut to a length below one.

    Parameters
    ----------
    y, x
        Components, `()`.
    f2
        Squared length, `()`.
    """

    y: Array
    x: Array
    f2: Array


def ellipse_of(ell_comps: Any) -> Ellipse:
    """The ellipse of an ellipticity vector `(e_y, e_x)`.

    Parameters
    ----------
    ell_comps
        `(2,)`.
    """
    e_y, e_x = ell_comps[0], ell_comps[1]
    f2 = e_y * e_y + e_x * e_x
    long = f2 > LONGEST**2
    cut = jnp.where(long, LONGEST / jnp.sqrt(jnp.where(long, f2, 1.0)), 1.0)
    return Ellipse(e_y * cut, e_x * cut, jnp.where(long, LONGEST**2, f2))


def offsets(grid: Any, centre: Any) -> Points:
    """Offsets (y, x) from a centre in arcsec, each `(...)`.

    Parameters
    ----------
    grid
        `(..., 2)` in arcsec, or `Points`.
    centre
        (y, x) in arcsec, `(2,)`.
    """
    y, x = points_of(grid)
    return Points(y - centre[0], x - centre[1])


def still_at_centre(y: Array, x: Array) -> Points:
    """The same offsets, without derivatives on the centre."""
    core = y * y + x * x <= CORE**2
    stop = jax.lax.stop_gradient
    return Points(jnp.where(core, stop(y), y), jnp.where(core, stop(x), x))


def squared_norm(y: Array, x: Array, ellipse: Ellipse) -> Array:
    r"""`N = (1 + f^2) r^2 - 2 (e_x (x^2 - y^2) + 2 e_y x y)` in arcsec^2.

    With `q` the axis ratio and `x'`, `y'` along the axes of the ellipse,
    `N = (1 + f)^2 (q^2 x'^2 + y'^2)`.

    Parameters
    ----------
    y, x
        Offsets from the centre in arcsec, `(...)`.
    ellipse
        Its shape.
    """
    round_part = 1.0 + ellipse.f2
    return (
        (round_part - 2.0 * ellipse.x) * (x * x)
        - (4.0 * ellipse.y) * (x * y)
        + (round_part + 2.0 * ellipse.x) * (y * y)
    )


def eccentric_radius_squared(grid: Any, centre: Any, ell_comps: Any) -> Array:
    """Square of `sqrt(q) sqrt(x'^2 + y'^2 / q^2)` in arcsec^2, `(...)`.

    Parameters
    ----------
    grid
        `(..., 2)` in arcsec, columns (y, x), or `Points`.
    centre
        (y, x) in arcsec, `(2,)`.
    ell_comps
        `(2,)`.
    """
    y, x = offsets(grid, centre)
    ellipse = ellipse_of(ell_comps)
    # Dividing the shape costs two numbers, dividing the norm all points.
    area = 1.0 / (1.0 - ellipse.f2)
    round_part = (1.0 + ellipse.f2) * area
    along = 2.0 * ellipse.x * area
    return (
        (round_part - along) * (x * x)
        - (4.0 * ellipse.y * area) * (x * y)
        + (round_part + along) * (y * y)
    )
