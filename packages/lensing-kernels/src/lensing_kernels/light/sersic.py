"""Sersic light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jax.numpy as jnp
from jax import Array

from ..geometry import CORE, eccentric_radius_squared

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
