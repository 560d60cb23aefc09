"""Reading and writing images: FITS files and masks, without JAX.

A FITS file has the lowest y in its first row, the arrays of this package the
highest: images are flipped top to bottom on the way in and on the way out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import numpy as np
from forwardax.errors import DataError, Fault

from ._declare.masks import shaped_mask

_MASKS: Final = ("mask", "exclude")


def read(
    key: str,
    value: Path | Mapping[str, Any],
    structure: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
) -> np.ndarray:
    """An array from a file, or a mask from its shape.

    Parameters
    ----------
    key
        `image`, `noise_map`, `psf`, `mask` or `exclude`; the last two are
        True where a file is not zero.
    value
        A FITS file (the first image in it that has two axes), a `.npy` file
        (taken as it is, not flipped), or for a mask `{"circle": r}` or
        `{"annulus": [r0, r1]}` in arcsec, with `"centre": [y, x]` or without.
    structure
        With `pixel_scale` in arcsec.
    arrays
        Those read before: a mask takes the shape of `image` or `noise_map`.

    Returns
    -------
    ndarray
        `(y, x)`, the first row has the largest y; float64 in native byte
        order, or bool.

    Raises
    ------
    DataError
        If it cannot be read, with what was found instead.
    """
    if isinstance(value, Mapping):
        if key != "mask":
            raise DataError(
                Fault(
                    f"{key!r} is given as a mapping",
                    key=key,
                    value=f"{dict(value)!r:.60}",
                    allowed="a FITS or .npy file; only a mask has a shape",
                    code="type",
                )
            )
        return shaped_mask(value, structure, arrays)
    path = Path(value)
    array = _read_npy(key, path) if path.suffix == ".npy" else None
    if array is None:
        array = _read_fits(key, path)
    return array != 0 if key in _MASKS else array


def write(
    folder: Path, key: str, array: np.ndarray, structure: Mapping[str, Any]
) -> Path:
    """Write an image as `<key>.fits`, whole or not at all.

    Parameters
    ----------
    folder
        Where it goes; must exist.
    key
        Name of the file.
    array
        `(y, x)`, the first row has the largest y; a bool one becomes 0 and 1.
    structure
        With `pixel_scale` in arcsec, written to the header.

    Returns
    -------
    Path
        The file.
    """
    from astropy.io import fits

    array = np.asarray(array)
    if array.dtype == bool:
        array = array.astype(np.uint8)
    header = fits.Header()
    if "pixel_scale" in structure:
        pixel_scale = float(structure["pixel_scale"])
        header["PIXSCALE"] = (pixel_scale, "arcsec per pixel")
    path = Path(folder) / f"{key}.fits"
    part = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with open(part, "wb") as file:
            fits.PrimaryHDU(array[::-1], header).writeto(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _read_npy(key: str, path: Path) -> np.ndarray:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DataError(_unreadable(key, path, error, "a NumPy file")) from None
    if not isinstance(array, np.ndarray) or array.ndim != 2:
        shape = f"shape {np.shape(array)}"
        raise DataError(_no_image(key, path, shape))
    return _native(key, path, array)


def _read_fits(key: str, path: Path) -> np.ndarray:
    from astropy.io import fits

    try:
        with fits.open(path, memmap=False) as file:
            found: list[str] = []
            for place, hdu in enumerate(file):
                data = hdu.data if hdu.is_image else None  # pyright: ignore
                if data is not None and data.ndim == 2:
                    return _native(key, path, data[::-1])
                name = type(hdu).__name__
                shape = "no data" if data is None else f"shape {data.shape}"
                found.append(f"HDU {place} {name}: {shape}")
    except (OSError, ValueError, TypeError) as error:
        raise DataError(_unreadable(key, path, error, "a FITS file")) from None
    raise DataError(_no_image(key, path, "; ".join(found)))


def _native(key: str, path: Path, array: np.ndarray) -> np.ndarray:
    """Float64 in the machine's byte order, apart from the file."""
    if array.dtype.kind not in "fiub":
        raise DataError(_no_image(key, path, f"dtype {array.dtype}"))
    return np.array(array, dtype=np.float64, order="C")


def _unreadable(key: str, path: Path, error: Exception, kind: str) -> Fault:
    missing = isinstance(error, FileNotFoundError)
    first = str(error).partition("\n")[0].partition(". ")[0]
    return Fault(
        f"there is no file {str(path)!r}"
        if missing
        else f"{str(path)!r} cannot be read as {kind}",
        key=key,
        value="" if missing else f"{type(error).__name__}: {first}",
        allowed="a FITS file or a .npy file with an image",
        code="file",
    )


def _no_image(key: str, path: Path, found: str) -> Fault:
    return Fault(
        f"{str(path)!r} has no image of two axes",
        key=key,
        value=found,
        allowed="numbers with two axes, (y, x)",
        code="file",
    )
