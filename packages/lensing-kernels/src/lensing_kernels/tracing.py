"""Light rays from the observer to the planes of the galaxies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ._declare.galaxies import components
from ._declare.profiles import PROFILES, Profile
from .geometry import points_of

Params = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Parameters: galaxy, profile, local key."""


@dataclass(frozen=True, slots=True)
class Component:
    """A profile in its place.

    Parameters
    ----------
    galaxy, name
        Where its parameters are.
    kind
        Name of its profile.
    """

    # Names alone: they are hashed at every call of a compiled function.
    galaxy: str
    name: str
    kind: str

    @property
    def profile(self) -> Profile:
        """What it is."""
        return PROFILES[self.kind]

    def of(self, params: Params) -> Mapping[str, Any]:
        """Its own parameters, by local key."""
        return params[self.galaxy][self.name]


@dataclass(frozen=True, slots=True)
class Plane:
    """What is at one redshift.

    Parameters
    ----------
    redshift
        Of all its galaxies.
    light, mass
        Their profiles.
    """

    redshift: float
    light: tuple[Component, ...] = ()
    mass: tuple[Component, ...] = ()

    def image(self, grid: Any, params: Params) -> Array:
        """Surface brightness on a grid in this plane, `(...)`."""
        parts = [p.profile.image(grid, p.of(params)) for p in self.light]
        return sum(parts, start=jnp.zeros_like(points_of(grid).y))

    def deflections(self, grid: Any, params: Params) -> Any:
        """Deflections in arcsec of a source in the last plane."""
        parts = [p.profile.deflections(grid, p.of(params)) for p in self.mass]
        return jax.tree.map(lambda *a: sum(a[1:], start=a[0]), *parts)


def planes_of(galaxies: Mapping[str, Any]) -> tuple[Plane, ...]:
    """Galaxies grouped by redshift, the nearest first.

    Parameters
    ----------
    galaxies
        `{name: {redshift, light: {name: profile}, mass: {...}}}`.
    """
    found: dict[float, dict[str, list[Component]]] = {
        float(galaxy["redshift"]): {"light": [], "mass": []}
        for galaxy in galaxies.values()
    }
    for galaxy, kind, name, profile in components(galaxies):
        place = found[float(galaxies[galaxy]["redshift"])]
        place[kind].append(Component(galaxy, name, profile.name))
    return tuple(
        Plane(z, tuple(found[z]["light"]), tuple(found[z]["mass"]))
        for z in sorted(found)
    )


def traced_grids(
    planes: Sequence[Plane],
    grid: Any,
    scaling: Sequence[Sequence[float]] | np.ndarray,
    params: Params,
) -> list[Any]:
    """Where the rays through a grid meet each plane.

    Parameters
    ----------
    planes
        The nearest first.
    grid
        `(..., 2)` in arcsec, columns (y, x), or `Points`; as seen by the
        observer.
    scaling
        `scaling_factors` of these planes or more, known numbers.
    params
        Parameters by galaxy, profile and local key.

    Returns
    -------
    list
        A grid for each plane, of the kind and shape of the first.

    References
    ----------
    Schneider, Ehlers & Falco (1992), Gravitational Lenses, eq. 9.7.
    """
    grids: list[Any] = []
    bends: list[Any] = []
    for j, plane in enumerate(planes):
        here = grid
        for i, bend in enumerate(bends):
            if bend is not None:
                factor = float(scaling[i][j])
                here = jax.tree.map(
                    lambda at, by, part=factor: at - part * by, here, bend
                )
        grids.append(here)
        needed = plane.mass and j + 1 < len(planes)
        bends.append(plane.deflections(here, params) if needed else None)
    return grids
