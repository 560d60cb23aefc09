"""Auxiliary pairs as rings while chains run.

A full-period angle is the direction of two normals, and a well-measured one
makes a wedge of them: the nearer to the origin, the narrower, and chains
diverge at its tip. The radius of a pair is independent of everything, so the
chains are given another one, close to one, and each draw that is kept gets a
fresh radius of the normals. The angles, and the density of what is kept, are
exactly those of the problem.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ._coordinates import Chart

LEAST, _MOST = 0.12, 0.4
"""Spread of the radii: the narrower, the less of a wedge there is, and the
longer the way round in steps of that size."""
_SHARE = 0.6


def widths_of(precisions: NDArray[Any]) -> NDArray[Any]:
    """Spread of the radii that suits angles of these precisions.

    Parameters
    ----------
    precisions
        Of the turns, `(pairs,)`, in 1 / rad**2.
    """
    error = 1 / np.sqrt(np.maximum(precisions, 1e-12))
    return np.clip(_SHARE * error, LEAST, _MOST)


def ring_term(chart: Chart, u: Array, widths: Array) -> Array:
    """What is added to the log-density; zero without pairs.

    Parameters
    ----------
    chart
        Of the plan.
    u
        `(size,)`.
    widths
        Spread of the radii, `(pairs,)`.
    """
    if not len(chart.first):
        return jnp.zeros((), u.dtype)
    x, y = u[chart.first], u[chart.second]
    return (0.5 * (x**2 + y**2) - _penalty(_radius(x, y), widths)).sum()


def off_ring(
    chart: Chart, u: Array, log_density: Array, widths: Array, key: Array
) -> tuple[Array, Array]:
    """A draw with radii of the auxiliary normals, and its log-density.

    Parameters
    ----------
    chart
        Of the plan.
    u
        Draw of a chain, `(size,)`.
    log_density
        Of the chain there, with `ring_term`.
    widths
        Spread of the radii, `(pairs,)`.
    key
        Random key of this draw.
    """
    if not len(chart.first):
        return u, log_density
    x, y = u[chart.first], u[chart.second]
    radius = _radius(x, y)
    half_square = jax.random.exponential(key, radius.shape, u.dtype)
    stretch = jnp.sqrt(2 * half_square) / radius
    u = u.at[chart.first].multiply(stretch)
    u = u.at[chart.second].multiply(stretch)
    change = _penalty(radius, widths) - half_square
    return u, log_density + change.sum()


def on_ring(chart: Chart, u: Array) -> Array:
    """A point with radii of one, `(size,)`."""
    if not len(chart.first):
        return u
    radius = _radius(u[chart.first], u[chart.second])
    u = u.at[chart.first].divide(radius)
    return u.at[chart.second].divide(radius)


def _penalty(radius: Array, widths: Array) -> Array:
    return 0.5 * jnp.square((radius - 1.0) / widths)


def _radius(x: Array, y: Array) -> Array:
    # The square root has no slope at the origin, where no chain ever is.
    return jnp.sqrt(x**2 + y**2 + jnp.finfo(x.dtype).tiny)
