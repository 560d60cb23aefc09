"""Arrays in files: NumPy's formats and FITS, as they are stored."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from .._freeze import Frozen
from ..errors import DataError, Fault

FITS = (".fits", ".fit", ".fts", ".fits.gz")
_KINDS = "a .npy file, a .npz file of one array, or a FITS image"


def read_array(key: str, value: Path | Frozen) -> Any:
    """The array in a file.

    Parameters
    ----------
    key
        What it is for, for the messages.
    value
        A `.npy` file, a `.npz` file that holds one array or one of that
        name, or the first image of a FITS file. Rows are in the file's order.

    Raises
    ------
    DataError
        If there is no such array in it.
    """
    if isinstance(value, Frozen):
        raise DataError(
            Fault(
                f"{key!r} is no file and no number",
                key=key,
                value=repr(value),
                allowed=_KINDS,
                code="type",
            )
        )
    name = value.name.lower()
    if name.endswith(FITS):
        return read_fits(key, value)
    try:
        found = np.load(value, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            Fault(
                f"{key!r}: {value} is no array: {_first(error)}",
                key=key,
                allowed=_KINDS,
                code="file",
            )
        ) from error
    if not hasattr(found, "files"):
        return found
    with found:
        names = list(found.files)
        if key in names or len(names) == 1:
            return found[key if key in names else names[0]]
    raise DataError(
        Fault(
            f"{key!r}: {value} holds several arrays, none of that name",
            key=key,
            value=", ".join(names),
            allowed=f"one array, or one named {key!r}",
            code="file",
        )
    )


def _first(error: Exception) -> str:
    """First sentence; the others are for callers of the library."""
    return str(error).partition("\n")[0].partition(". ")[0]


def read_fits(key: str, path: Path) -> Any:
    """First image of a FITS file, in native byte order, rows as stored.

    Raises
    ------
    DataError
        If the file is no FITS file, or has no image.
    """
    fits: Any = import_module("astropy.io.fits")  # no types to speak of

    found: list[str] = []
    try:
        with fits.open(path, memmap=False) as hdus:
            for hdu in hdus:
                if isinstance(hdu, fits.BinTableHDU | fits.TableHDU):
                    found.append(f"{hdu.name or 'unnamed'}: a table")
                elif hdu.data is None:
                    found.append(f"{hdu.name or 'unnamed'}: empty")
                else:
                    data: Any = np.asarray(hdu.data)
                    return data.astype(data.dtype.newbyteorder("="))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(
            Fault(
                f"{key!r}: {path} is no FITS file: {_first(error)}",
                key=key,
                allowed="a FITS file with an image",
                code="file",
            )
        ) from error
    raise DataError(
        Fault(
            f"{key!r}: {path} has no image",
            key=key,
            value="; ".join(found) or "no HDU",
            allowed="a FITS file with an image",
            code="file",
        )
    )
