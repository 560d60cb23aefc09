"""Image of a lens as an instrument sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ._leaf import leaf
from .cosmology import scaling_factors
from .geometry import Points
from .psf import Convolution
from .sampling_grid import (
    Pixels,
    blurring_pixels,
    pixel_centres,
    samples_of,
    unmasked_pixels,
)
from .tracing import Params, Plane, planes_of, traced_grids

LARGEST: Final = 48 * 1024
"""Most points evaluated at once.

A gradient keeps some forty numbers a point. Beyond 32 MB the C library takes
and returns that memory at every call, which costs more than the computation.
"""

# What is worth keeping for a gradient; all else is cheaper to compute again.
_COSTLY: Final = (jax.lax.log_p, jax.lax.exp_p, jax.lax.atan_p)


def _keep_costly(primitive: Any, *_: Any, **__: Any) -> bool:
    return primitive in _COSTLY


class Imaging(eqx.Module):
    """Model images of a list of pixels: a pure function of parameters.

    Pixels are those that the mask leaves, row by row. Parameters are nested
    mappings: galaxy, profile, local key.

    Parameters
    ----------
    galaxies
        `{name: {redshift, light: {name: profile}, mass: {name: profile}}}`.
    pixel_scale
        Width of a pixel in arcsec.
    mask
        Bool, `(y, x)`; True is left out.
    psf
        Kernel, odd by odd pixels, used as it is; None for a perfect
        instrument. The light around the mask that it brings in is evaluated
        too, at one point a pixel, also beyond the edge of the image.
    sub_size
        Each pixel is cut into `sub_size` by `sub_size` points, whose mean it
        is: a number, or one for each pixel, `(pixels,)`.
    """

    points: Points
    order: Array | None
    psf: Convolution | None
    n_pixels: int = eqx.field(static=True)
    sizes: tuple[tuple[int, int], ...] = eqx.field(static=True)
    planes: tuple[Plane, ...] = eqx.field(static=True)
    scaling: tuple[tuple[float, ...], ...] = eqx.field(static=True)

    def __init__(
        self,
        galaxies: Mapping[str, Any],
        pixel_scale: float,
        mask: Any,
        psf: Any = None,
        sub_size: Any = 1,
    ) -> None:
        mask = np.asarray(mask, bool)
        pixels = unmasked_pixels(mask)
        self.n_pixels = len(pixels.rows)
        sub = np.broadcast_to(np.asarray(sub_size, int), self.n_pixels)
        if psf is not None:
            around = blurring_pixels(mask, np.shape(psf))
            pixels = Pixels(
                np.concatenate([pixels.rows, around.rows]),
                np.concatenate([pixels.columns, around.columns]),
            )
            sub = np.concatenate([sub, np.ones_like(around.rows)])
        centres = pixel_centres(pixels, mask.shape, pixel_scale)
        samples = samples_of(centres, sub, pixel_scale)
        self.points = Points(*(leaf(x) for x in samples.points.T))
        self.sizes = samples.sizes
        order = samples.order[: self.n_pixels]
        sorted_already = bool((np.diff(samples.order) == 1).all())
        self.order = None if sorted_already else leaf(order, np.int32)
        self.psf = (
            None
            if psf is None
            else Convolution(psf, pixels, self.n_pixels, samples.order)
        )
        self.planes = planes_of(galaxies)
        factors = scaling_factors([plane.redshift for plane in self.planes])
        self.scaling = tuple(tuple(row) for row in factors.tolist())

    def model_image(self, params: Params) -> Array:
        """Image after the PSF, `(pixels,)`."""
        values = self._pixels(self._sky(params))
        return self._wanted(values) if self.psf is None else self.psf(values)

    def plane_images(self, params: Params) -> list[Array]:
        """Image of each plane before the PSF, `(pixels,)` each."""
        return [
            self._wanted(self._pixels(values))
            for values in self._plane_values(self.points, params)
        ]

    def source_image(self, params: Params, grid: Any) -> Array:
        """Light of the last plane as it would look without lenses, `(...)`.

        Parameters
        ----------
        params
            Parameters by galaxy, profile and local key.
        grid
            `(..., 2)` in arcsec, columns (y, x), in that plane.
        """
        return self.planes[-1].image(jnp.asarray(grid), params)

    def _sky(self, params: Params) -> Array:
        """Surface brightness of all planes together at all points."""

        def sky(points: Points) -> Array:
            return sum(self._plane_values(points, params), start=jnp.zeros(()))

        count = self.points.y.size
        parts = -(-count // LARGEST)
        if parts == 1:
            return sky(self.points)
        size = -(-count // parts)
        # The last part is filled up with its last point.
        chunks = jax.tree.map(
            lambda a: jnp.pad(a, (0, parts * size - count), "edge").reshape(
                parts, size
            ),
            self.points,
        )
        kept = jax.checkpoint(sky, policy=_keep_costly, prevent_cse=False)
        return jax.lax.map(kept, chunks).ravel()[:count]

    def _plane_values(self, grid: Points, params: Params) -> list[Array]:
        """Surface brightness of each plane at points of the sky."""
        lit = [j for j, plane in enumerate(self.planes) if plane.light]
        far = self.planes[: lit[-1] + 1] if lit else ()
        grids = traced_grids(far, grid, self.scaling, params)
        values = [
            plane.image(place, params)
            for plane, place in zip(far, grids, strict=True)
        ]
        dark = jnp.zeros_like(grid.y)
        return values + [dark] * (len(self.planes) - len(far))

    def _wanted(self, values: Array) -> Array:
        """Of the pixels of the mask, in their order."""
        if self.order is None:
            return values[: self.n_pixels]
        return values[self.order]

    def _pixels(self, values: Array) -> Array:
        """Means over the points of each pixel."""
        means, start = [], 0
        for s, count in self.sizes:
            stop = start + s * s * count
            means.append(values[start:stop].reshape(s * s, count).mean(0))
            start = stop
        return jnp.concatenate(means)
