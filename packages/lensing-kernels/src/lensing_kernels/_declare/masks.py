"""Masks by their shape: a circle or a ring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from forwardax.errors import DataError, Fault, Faults, nearest

from .check import is_numbers

_ENTRIES: Final = ("circle", "annulus", "centre")


def circle(
    shape: tuple[int, int],
    pixel_scale: float,
    radius: float,
    centre: tuple[float, float] = (0.0, 0.0),
) -> np.ndarray:
    """Mask that leaves the pixels whose centres are within a circle.

    Parameters
    ----------
    shape
        Rows and columns.
    pixel_scale
        In arcsec.
    radius, centre
        In arcsec; (y, x) from the middle of the image.

    Returns
    -------
    ndarray
        Bool, `(y, x)`; True is left out.
    """
    return _distance(shape, pixel_scale, centre) > radius


def annulus(
    shape: tuple[int, int],
    pixel_scale: float,
    radii: tuple[float, float],
    centre: tuple[float, float] = (0.0, 0.0),
) -> np.ndarray:
    """Mask that leaves the pixels whose centres are within a ring.

    Parameters
    ----------
    shape, pixel_scale, centre
        As for `circle`.
    radii
        Inner and outer, in arcsec.

    Returns
    -------
    ndarray
        Bool, `(y, x)`; True is left out.
    """
    distance = _distance(shape, pixel_scale, centre)
    return (distance < radii[0]) | (distance > radii[1])


def _distance(
    shape: tuple[int, int], pixel_scale: float, centre: tuple[float, float]
) -> np.ndarray:
    rows, columns = shape
    y = (rows / 2 - 0.5 - np.arange(rows)) * pixel_scale - centre[0]
    x = (np.arange(columns) + 0.5 - columns / 2) * pixel_scale - centre[1]
    return np.hypot(y[:, None], x)


def shaped_mask(
    given: Mapping[str, Any],
    structure: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
) -> np.ndarray:
    """Mask of an image from `{circle: r}` or `{annulus: [r0, r1]}`.

    Parameters
    ----------
    given
        The shape in arcsec, with `centre: [y, x]` or without.
    structure
        With `pixel_scale` in arcsec.
    arrays
        With `image` or `noise_map`, whose shape it takes.

    Returns
    -------
    ndarray
        Bool, `(y, x)`; True is left out.

    Raises
    ------
    DataError
        With every fault of what was given.
    """
    faults = Faults(_mask_faults(given))
    image = next((arrays[k] for k in ("image", "noise_map") if k in arrays), ())
    shape = np.shape(image)
    if len(shape) != 2:
        faults.append(
            Fault(
                "the mask has no image to take its shape from",
                key="mask",
                allowed="an image or a noise map that can be read",
                fix="correct these first, or give the mask as a file",
                code="missing",
            )
        )
    faults.throw(DataError)
    centre = tuple(given.get("centre", (0.0, 0.0)))
    pixel_scale = structure["pixel_scale"]
    if "circle" in given:
        return circle(shape, pixel_scale, given["circle"], centre)  # pyright: ignore
    return annulus(shape, pixel_scale, given["annulus"], centre)  # pyright: ignore


def _mask_faults(given: Mapping[str, Any]) -> Iterator[Fault]:
    for entry in given:
        if entry not in _ENTRIES:
            yield Fault(
                f"{entry!r} is no entry of a mask",
                key=f"mask.{entry}",
                allowed=", ".join(_ENTRIES),
                nearest=nearest(str(entry), _ENTRIES),
                code="unknown",
            )
    shapes = [entry for entry in ("circle", "annulus") if entry in given]
    misspelt = any(nearest(str(e), _ENTRIES[:2]) for e in given)
    if len(shapes) > 1 or not (shapes or misspelt):
        yield Fault(
            f"the mask has {len(shapes) or 'no'} shapes",
            key="mask",
            value=f"{dict(given)!r:.60}",
            allowed="one of circle and annulus",
            fix="write mask: {circle: 2.4} or mask: {annulus: [0.7, 2.2]}",
            code="mask",
        )
    if "circle" in given and not (
        is_numbers([given["circle"]], 1) and given["circle"] > 0
    ):
        yield _bad("circle", given, "a radius in arcsec, above 0")
    if "annulus" in given and not (
        is_numbers(given["annulus"], 2)
        and 0 <= given["annulus"][0] < given["annulus"][1]
    ):
        yield _bad(
            "annulus", given, "two radii in arcsec, the smaller one first"
        )
    if "centre" in given and not is_numbers(given["centre"], 2):
        yield _bad("centre", given, "[y, x] in arcsec")


def _bad(entry: str, given: Mapping[str, Any], allowed: str) -> Fault:
    return Fault(
        f"'mask.{entry}' is wrong",
        key=f"mask.{entry}",
        value=f"{given[entry]!r:.60}",
        allowed=allowed,
        code="mask",
    )
