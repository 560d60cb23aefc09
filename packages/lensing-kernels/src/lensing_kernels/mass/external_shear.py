"""External shear, always about the middle of the image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
from jax import Array

from ..geometry import points_of, same_kind


def deflections(grid: Any, params: Mapping[str, Any]) -> Any:
    """Deflection angles in arcsec, of the kind of the grid.

    Parameters
    ----------
    grid
        `(..., 2)` in arcsec, columns (y, x), or `Points`.
    params
        `gamma_1`, `gamma_2`.
    """
    y, x = points_of(grid)
    gamma_1, gamma_2 = params["gamma_1"], params["gamma_2"]
    a_y = gamma_2 * x - gamma_1 * y
    return same_kind(grid, a_y, gamma_1 * x + gamma_2 * y)


def convergence(grid: Any, params: Mapping[str, Any]) -> Array:
    """Convergence, `(...)`: none.

    Parameters
    ----------
    grid, params
        As for `deflections`.
    """
    del params
    return jnp.zeros_like(points_of(grid).y)


def potential(grid: Any, params: Mapping[str, Any]) -> Array:
    """Lensing potential in arcsec^2, `(...)`.

    Parameters
    ----------
    grid, params
        As for `deflections`.
    """
    y, x = points_of(grid)
    diagonal = params["gamma_2"] * (x * y)
    return 0.5 * params["gamma_1"] * (x * x - y * y) + diagonal
