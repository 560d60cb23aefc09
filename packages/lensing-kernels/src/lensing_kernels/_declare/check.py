"""What can be wrong with arrays and structure of an image together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from forwardax.errors import Fault, nearest

if TYPE_CHECKING:
    import numpy as np

_OVER: Final = ("sub_size", "radii", "centre")
_MOST: Final = 32
"""Largest sub size: a thousand points a pixel."""


def check(
    structure: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> Iterator[Fault]:
    """Everything wrong with values that are sound by themselves.

    Parameters
    ----------
    structure
        With `over_sampling`, unless it has a fault of its own.
    arrays
        Those of `image`, `noise_map`, `psf`, `mask` and `exclude` that are
        there and fit their schema; those of an image have one shape.
    """
    if "over_sampling" in structure:
        yield from over_sampling_faults(structure["over_sampling"])
    if "psf" in arrays:
        yield from _psf_faults(arrays["psf"], arrays)
    yield from _noise_faults(arrays)


def over_sampling_faults(given: Any) -> Iterator[Fault]:
    """What is wrong with `over_sampling`."""
    path = "over_sampling"
    if not isinstance(given, Mapping):
        yield Fault(
            f"{path!r} is no mapping",
            key=path,
            value=f"{given!r:.60}",
            allowed=", ".join(_OVER),
            fix="write over_sampling: {sub_size: 4}",
            code="type",
        )
        return
    meant: set[str] = set()
    for entry in given:
        if entry not in _OVER:
            meant.update(nearest(str(entry), _OVER)[:1])
            yield Fault(
                f"{entry!r} is no entry of {path!r}",
                key=f"{path}.{entry}",
                allowed=", ".join(_OVER),
                nearest=nearest(str(entry), _OVER),
                code="unknown",
            )
    sizes, radii = given.get("sub_size"), given.get("radii")
    whole = [sizes] if type(sizes) is int else sizes
    if "sub_size" not in given and "sub_size" in meant:
        pass  # it is misspelt, and that was said
    elif not _is_list(whole) or not whole or not all(map(_is_size, whole)):
        yield Fault(
            f"'{path}.sub_size' is no number of points along a pixel",
            key=f"{path}.sub_size",
            value=f"{sizes!r:.60}",
            allowed=f"a whole number from 1 to {_MOST}, or several with radii",
            code="sub_size",
        )
    elif len(whole) > 1 or radii is not None:
        yield from _radii_faults(radii, len(whole))
    centre = given.get("centre", (0.0, 0.0))
    if not is_numbers(centre, 2):
        yield Fault(
            f"'{path}.centre' is no position",
            key=f"{path}.centre",
            value=f"{centre!r:.60}",
            allowed="[y, x] in arcsec",
            code="centre",
        )


def is_numbers(value: Any, count: int) -> TypeGuard[list[float]]:
    """Whether it is a list of that many finite numbers."""
    if not _is_list(value) or len(value) != count:
        return False
    return all(type(v) in (int, float) and isfinite(v) for v in value)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list | tuple)


def _is_size(value: Any) -> bool:
    return type(value) is int and 1 <= value <= _MOST


def _radii_faults(radii: Any, sizes: int) -> Iterator[Fault]:
    rising = is_numbers(radii, sizes - 1) and list(radii) == sorted(set(radii))
    if not rising or (radii and radii[0] <= 0):
        yield Fault(
            f"'over_sampling.radii' does not go with {sizes} sub sizes",
            key="over_sampling.radii",
            value=f"{radii!r:.60}",
            allowed=f"{sizes - 1} rising radii in arcsec, one less than sub "
            "sizes",
            fix="write over_sampling: {sub_size: [8, 4, 2], radii: [0.3, 0.6]}",
            code="radii",
        )


def _psf_faults(
    psf: np.ndarray, arrays: Mapping[str, np.ndarray]
) -> Iterator[Fault]:
    shape = f"{psf.shape[0]} by {psf.shape[1]} pixels"
    if any(n % 2 == 0 for n in psf.shape):
        yield Fault(
            "the PSF has an even number of pixels, so none of them is its "
            "centre",
            key="psf",
            value=shape,
            allowed="odd numbers of pixels",
            fix="resample it, or cut it, around its peak",
            code="psf",
        )
    total = float(psf.sum())
    if total <= 0:
        yield Fault(
            "the PSF cannot be scaled to sum 1",
            key="psf",
            value=f"sum {total:g}",
            allowed="a sum above 0",
            code="psf",
        )
    image = next(
        (arrays[k] for k in ("image", "noise_map") if k in arrays), None
    )
    if image is not None and any(
        k > n for k, n in zip(psf.shape, image.shape, strict=True)
    ):
        yield Fault(
            "the PSF is larger than the image",
            key="psf",
            value=shape,
            allowed=f"at most {image.shape[0]} by {image.shape[1]} pixels",
            fix="check which file is which, or cut the PSF",
            code="psf",
        )


def _noise_faults(arrays: Mapping[str, np.ndarray]) -> Iterator[Fault]:
    masks = [arrays[k] for k in ("mask", "exclude") if k in arrays]
    noise = arrays.get("noise_map")
    shapes = {array.shape for array in masks}
    if noise is not None:
        shapes.add(noise.shape)
    if len(shapes) != 1:
        return  # that they differ is said elsewhere
    used = sum((mask.astype(int) for mask in masks), start=0) == 0
    if masks and not used.any():  # pyright: ignore
        named = " and ".join(k for k in ("mask", "exclude") if k in arrays)
        yield Fault(
            f"no pixel is left by {named}",
            key="mask" if "mask" in arrays else "exclude",
            value="all pixels left out",
            allowed="at least one pixel that is not",
            fix="True, or a non-zero pixel of a file, is left out; radii and "
            "centre of a mask are in arcsec from the middle",
            code="mask",
        )
    elif noise is not None:
        bad = (noise <= 0) & used
        if bad.any():
            row, column = (int(i[0]) for i in bad.nonzero())
            yield Fault(
                f"the noise of {_pixels(int(bad.sum()))} in use is not above 0",
                key="noise_map",
                value=f"{noise[row, column]:g} at ({row}, {column})",
                allowed="values above 0 wherever the mask leaves a pixel",
                fix="mask them, or correct the noise map",
                code="positive",
            )


def _pixels(count: int) -> str:
    return "1 pixel" if count == 1 else f"{count} pixels"
