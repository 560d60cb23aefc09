"""Where the sky is sampled: pixels of a mask, their surroundings, and points.

Everything here is NumPy and happens once. Rows count downwards from the
largest y; rows and columns may lie outside of the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.ndimage import binary_dilation


class Pixels(NamedTuple):
    """Pixels by row and column, row-major.

    Parameters
    ----------
    rows, columns
        `(n,)` each; they may be negative or beyond the image.
    """

    rows: np.ndarray
    columns: np.ndarray


class Samples(NamedTuple):
    """Points at which pixels are evaluated.

    Parameters
    ----------
    points
        `(m, 2)` in arcsec, columns (y, x): for each sub size `s` the `s * s`
        points of all its pixels, so that one slice reshapes to
        `(s * s, pixels)`.
    sizes
        Pairs of sub size and number of its pixels, in the order of `points`.
    order
        Where each pixel went: pixel `i` is the `order[i]`th one in `points`.
    """

    points: np.ndarray
    sizes: tuple[tuple[int, int], ...]
    order: np.ndarray


def unmasked_pixels(mask: np.ndarray) -> Pixels:
    """The pixels that a mask leaves.

    Parameters
    ----------
    mask
        Bool, `(y, x)`; True is left out.
    """
    return Pixels(*np.nonzero(~np.asarray(mask, bool)))


def blurring_pixels(mask: np.ndarray, kernel_shape: Sequence[int]) -> Pixels:
    """Other pixels whose light a kernel brings into those of a mask.

    Those beyond the edge of the image are among them.

    Parameters
    ----------
    mask
        Bool, `(y, x)`; True is left out.
    kernel_shape
        Rows and columns of the kernel, both odd.
    """
    half_y, half_x = (n // 2 for n in kernel_shape)
    inside = ~np.asarray(mask, bool)
    inside = np.pad(inside, ((half_y, half_y), (half_x, half_x)))
    reached = inside
    for axis, half in enumerate((half_y, half_x)):
        if half:
            line = np.ones(
                (2 * half + 1, 1) if axis == 0 else (1, 2 * half + 1)
            )
            reached = binary_dilation(reached, line)
    rows, columns = np.nonzero(reached & ~inside)
    return Pixels(rows - half_y, columns - half_x)


def pixel_centres(
    pixels: Pixels, shape: Sequence[int], pixel_scale: float
) -> np.ndarray:
    """Centres of pixels, (y, x) in arcsec from the middle of the image.

    Parameters
    ----------
    pixels
        By row and column.
    shape
        Rows and columns of the image.
    pixel_scale
        Width of a pixel in arcsec.

    Returns
    -------
    ndarray
        `(n, 2)`.
    """
    y = (shape[0] / 2 - 0.5 - pixels.rows) * pixel_scale
    x = (pixels.columns + 0.5 - shape[1] / 2) * pixel_scale
    return np.stack([y, x], axis=-1)


def pixel_grid(mask: np.ndarray, pixel_scale: float) -> np.ndarray:
    """Centres of the pixels that a mask leaves, `(n, 2)` in arcsec.

    Parameters
    ----------
    mask
        Bool, `(y, x)`; True is left out.
    pixel_scale
        Width of a pixel in arcsec.
    """
    return pixel_centres(unmasked_pixels(mask), mask.shape, pixel_scale)


def adaptive_sub_size(
    grid: np.ndarray,
    centre: Any,
    radii: Sequence[float],
    sub_sizes: Sequence[int],
) -> np.ndarray:
    """Sub size of each pixel by its distance from a point.

    Parameters
    ----------
    grid
        Pixel centres in arcsec, `(n, 2)`.
    centre
        (y, x) in arcsec.
    radii
        Rising, in arcsec.
    sub_sizes
        One more than radii: the first below the first radius, and so on; the
        last one elsewhere.

    Returns
    -------
    ndarray
        Whole numbers, `(n,)`.
    """
    distance = np.hypot(*(grid - np.asarray(centre, float)).T)
    return np.asarray(sub_sizes)[np.searchsorted(radii, distance, "right")]


def samples_of(
    centres: np.ndarray, sub_size: np.ndarray, pixel_scale: float
) -> Samples:
    """Cut each pixel into `s * s` cells and take their centres.

    Parameters
    ----------
    centres
        Of the pixels in arcsec, `(n, 2)`.
    sub_size
        Cells along each pixel, `(n,)`.
    pixel_scale
        Width of a pixel in arcsec.
    """
    points: list[np.ndarray] = []
    sizes: list[tuple[int, int]] = []
    members: list[np.ndarray] = []
    for s in np.unique(sub_size):
        (member,) = np.nonzero(sub_size == s)
        step = (np.arange(s) + 0.5 - s / 2) * (pixel_scale / s)
        cells = np.stack(np.meshgrid(-step, step, indexing="ij"), axis=-1)
        cells = cells.reshape(s * s, 1, 2)
        points.append((centres[member] + cells).reshape(-1, 2))
        sizes.append((int(s), len(member)))
        members.append(member)
    order = np.argsort(np.concatenate(members))
    return Samples(np.concatenate(points), tuple(sizes), order)
