"""Sersic light with a core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
from jax import Array

from ..geometry import CORE, eccentric_radius_squared
from .sersic import STEEPEST, b_of


def sersic_core_image(grid: Any, params: Mapping[str, Any]) -> Array:
    """Surface brightness of an elliptical Sersic profile with a core.

    Inside the break it rises as `r^-gamma`, without a limit where gamma is
    above zero: the value of the centre is that at a radius of 1e-8 arcsec.

    Parameters
    ----------
    grid
        `(..., 2)` in arcsec, columns (y, x), or `Points`.
    params
        `centre`, `ell_comps`, `effective_radius`, `sersic_index` as for
        `sersic_image`; `intensity`, roughly that at the break;
        `radius_break` in arcsec; `gamma`, slope inside it; `alpha`, sharpness
        of the transition.

    Returns
    -------
    Array
        `(...)`, in the unit of the intensity.

    References
    ----------
    Graham et al. (2003), AJ 125, 2951, eq. 5; Trujillo et al. (2004),
    AJ 127, 1917.
    """
    n, R_e = params["sersic_index"], params["effective_radius"]
    gamma, alpha = params["gamma"], params["alpha"]
    b_n = b_of(n)
    r2 = eccentric_radius_squared(grid, params["centre"], params["ell_comps"])
    # In logarithms: small radii to high powers underflow.
    log_r = 0.5 * jnp.log(jnp.where(r2 <= CORE**2, CORE**2, r2))
    log_b = jnp.log(jnp.maximum(params["radius_break"], CORE))
    log_e = jnp.log(R_e)
    # log((r^alpha + r_b^alpha)^(1 / alpha))
    apart = jnp.exp(-alpha * jnp.abs(log_r - log_b))
    log_both = jnp.maximum(log_r, log_b) + jnp.log(1.0 + apart) / alpha
    x = jnp.exp(jnp.minimum((log_both - log_e) / n, STEEPEST))
    # The factor in front, at the break: r = r_b.
    log_2 = jnp.log(2.0) / alpha
    x_b = jnp.exp(jnp.minimum((log_2 + log_b - log_e) / n, STEEPEST))
    slope = gamma * (log_both - log_r - log_2)
    return params["intensity"] * jnp.exp(slope + b_n * (x_b - x))
