"""Sersic light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jax.numpy as jnp
from jax import Array

from ..geometry import CORE, eccentric_radius_squared

PIVOT: Final = 1.0
"""Radius in arcsec at which the images of galaxies lie, more or less."""

SLOPE: Final = 1.5
"""Minus the logarithmic slope of the brightness there."""

STEEPEST: Final = 60.0
"""Largest logarithm of `(r / R_e)^(1/n)`; no light is left long before."""


def b_of(n: Any) -> Any:
    """The b_n with which half of the light is within the effective radius.

    Parameters
    ----------
    n
        Sersic index.

    References
    ----------
    Ciotti & Bertin (1999), A&A 352, 447, eq. 18.
    """
    m = 1.0 / n
    series = 131.0 / 1148175.0 - (2194697.0 / 30690717750.0) * m
    series = 4.0 / 405.0 + m * (46.0 / 25515.0 + m * series)
    return 2.0 * n - 1.0 / 3.0 + m * series


def sersic_image(grid: Any, params: Mapping[str, Any]) -> Array:
    """Surface brightness of an elliptical Sersic profile.

    Parameters
    ----------
    grid
        `(..., 2)` in arcsec, columns (y, x), or `Points`.
    params
        `centre` (y, x) in arcsec; `ell_comps` (e_y, e_x); `intensity`, at the
        effective radius; `effective_radius` in arcsec, circularised;
        `sersic_index`.

    Returns
    -------
    Array
        `(...)`, in the unit of the intensity.

    References
    ----------
    Sersic (1968); Graham & Driver (2005), PASA 22, 118, eq. 1.
    """
    n, R_e = params["sersic_index"], params["effective_radius"]
    r2 = eccentric_radius_squared(grid, params["centre"], params["ell_comps"])
    core = r2 <= CORE**2
    power = (0.5 / n) * (jnp.log(jnp.where(core, 1.0, r2)) - 2 * jnp.log(R_e))
    x = jnp.where(core, 0.0, jnp.exp(jnp.minimum(power, STEEPEST)))
    return params["intensity"] * jnp.exp(b_of(n) * (1.0 - x))


def log_contrast(effective_radius: Any, sersic_index: Any) -> Any:
    """Logarithm of the intensity over the brightness where it is seen.

    That is at a radius of `R_e r_0 / (R_e^4 + r_0^4)^(1/4)`: the effective one
    of a small profile, the `PIVOT` of a large one.

    Parameters
    ----------
    effective_radius
        In arcsec, of any shape.
    sersic_index
        Of the same shape.
    """
    # x = (r / R_e)^(1/n) of that radius; no power of a radius overflows.
    log_ratio = 4.0 * jnp.log(effective_radius / PIVOT)
    log_x = -0.25 * jnp.logaddexp(0.0, log_ratio) / sersic_index
    return b_of(sersic_index) * jnp.expm1(log_x)


def log_reach(sersic_index: Any) -> Any:
    """Logarithm of R_e over the radius at which the light falls as `SLOPE`.

    Parameters
    ----------
    sersic_index
        Of any shape.
    """
    n = sersic_index
    return n * jnp.log(b_of(n) / (SLOPE * n))
