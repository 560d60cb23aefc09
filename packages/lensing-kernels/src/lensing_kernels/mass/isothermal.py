"""Singular isothermal ellipsoid.

Along its axes the deflections are `atan(s x' / psi) / s` and
`atanh(s y' / psi) / s`, with `s^2 = 1 - q^2`: nothing over nothing for a
circle, whose axes have no direction either. Both are one function of
`w = s^2 x'^2 / psi^2`, and their sum and difference are power series in what
is symmetric between them. Those are polynomials in the components of the
ellipticity: near the circle they are used, and they have all its derivatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jax.numpy as jnp
from jax import Array

from ..geometry import (
    CORE,
    Ellipse,
    Points,
    ellipse_of,
    offsets,
    points_of,
    same_kind,
    squared_norm,
    still_at_centre,
)

ROUND: Final = 5e-5
"""Length of the ellipticity vector below which the series is used."""

TERMS: Final = 4
"""Terms of the series; the first one left out is below 2e-16."""


def deflections(grid: Any, params: Mapping[str, Any]) -> Any:
    """Deflection angles in arcsec, of the kind of the grid; zero at the centre.

    Parameters
    ----------
    grid
        `(..., 2)` in arcsec, columns (y, x), or `Points`.
    params
        `centre` (y, x) in arcsec; `ell_comps` (e_y, e_x); `einstein_radius`
        in arcsec.

    References
    ----------
    Kormann, Schneider & Bartelmann (1994), A&A 284, 285, eq. 27a; softened
    by 1e-8 arcsec as PyAutoLens does.
    """
    y, x = still_at_centre(*offsets(grid, params["centre"]))
    ellipse = ellipse_of(params["ell_comps"])
    nearly_round = ellipse.f2 < ROUND**2
    near, far = _series(y, x, ellipse), _closed(y, x, ellipse)
    theta_E = params["einstein_radius"]
    a_y = theta_E * jnp.where(nearly_round, near.y, far.y)
    a_x = theta_E * jnp.where(nearly_round, near.x, far.x)
    return same_kind(grid, a_y, a_x)


def convergence(grid: Any, params: Mapping[str, Any]) -> Array:
    """Convergence, `(...)`: `theta_E / ((1 + q) xi)`.

    It has no limit at the centre: there, it is the value at 1e-8 arcsec.

    Parameters
    ----------
    grid, params
        As for `deflections`.
    """
    y, x = offsets(grid, params["centre"])
    ellipse = ellipse_of(params["ell_comps"])
    N = squared_norm(y, x, ellipse)
    N = jnp.where(N <= CORE**2, CORE**2, N)
    return (0.5 * params["einstein_radius"] * (1 - ellipse.f2)) / jnp.sqrt(N)


def potential(grid: Any, params: Mapping[str, Any]) -> Array:
    """Lensing potential in arcsec^2, `(...)`; zero at the centre.

    Parameters
    ----------
    grid, params
        As for `deflections`.
    """
    y, x = offsets(grid, params["centre"])
    a_y, a_x = points_of(deflections(grid, params))
    return y * a_y + x * a_x


def _closed(y: Array, x: Array, ellipse: Ellipse) -> Points:
    """Deflections for an Einstein radius of 1, away from the circle."""
    nearly_round = ellipse.f2 < ROUND**2
    e_y = jnp.where(nearly_round, 0.0, ellipse.y)
    e_x = jnp.where(nearly_round, 0.5, ellipse.x)
    f = jnp.sqrt(jnp.where(nearly_round, 0.25, ellipse.f2))
    phi = 0.5 * jnp.arctan2(e_y, e_x)
    cos, sin = jnp.cos(phi), jnp.sin(phi)
    q = (1.0 - f) / (1.0 + f)
    s = 2.0 * jnp.sqrt(f) / (1.0 + f)
    # In low precision the thinnest ellipse would have s = 1.
    s = jnp.minimum(s, 1.0 - 4.0 * jnp.finfo(s.dtype).eps)
    along, across = cos * x + sin * y, cos * y - sin * x
    psi2 = (q * q) * (along * along) + across * across + CORE**2
    ratio = s / jnp.sqrt(psi2)
    t = ratio * across
    factor = (1.0 - f) / s
    a_along = factor * jnp.arctan(ratio * along)
    a_across = (0.5 * factor) * jnp.log((1.0 + t) / (1.0 - t))
    return Points(
        sin * a_along + cos * a_across,
        cos * a_along - sin * a_across,
    )


def _series(y: Array, x: Array, ellipse: Ellipse) -> Points:
    """Deflections for an Einstein radius of 1, near the circle.

    With `T(w) = sum_k w^k / (2k + 1)`, of which `atan(t) / t` and
    `atanh(t) / t` are the values at `w = -t^2` and `t^2`, and with
    `z = x + iy`, `e = e_x + i e_y`, the deflection is
    `(1 - f^2) / sqrt(N) (z S + conj(z) e D)`,
    `S = (T(a) + T(b)) / 2`, `D = (T(a) - T(b)) / (2f)`.
    """
    e_y, e_x, f2 = ellipse
    r2 = y * y + x * x
    C = e_x * (x * x - y * y) + (2.0 * e_y) * (x * y)
    g = 1.0 / (squared_norm(y, x, ellipse) + CORE**2)
    p1 = -4.0 * C * g  # a + b
    p2 = -4.0 * (f2 * r2 * r2 - C * C) * (g * g)  # a b
    # Power sums a^k + b^k and complete sums (a^k - b^k) / (a - b).
    power, power_next = jnp.full_like(p1, 2.0), p1
    whole, whole_next = jnp.zeros_like(p1), jnp.ones_like(p1)
    S, D = jnp.ones_like(p1), jnp.zeros_like(p1)
    for k in range(1, TERMS):
        S += (0.5 / (2 * k + 1)) * power_next
        D += (1.0 / (2 * k + 1)) * whole_next
        power, power_next = power_next, p1 * power_next - p2 * power
        whole, whole_next = whole_next, p1 * whole_next - p2 * whole
    D *= -2.0 * r2 * g  # (a - b) / (2f)
    scale = (1.0 - f2) * jnp.sqrt(g)
    return Points(
        scale * (y * S + (x * e_y - y * e_x) * D),
        scale * (x * S + (x * e_x + y * e_y) * D),
    )
