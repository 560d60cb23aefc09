"""Arrays on disk: `.npz` with a record and checksums, whole or absent.

There is no pickle, and what is read is checked.
"""

from __future__ import annotations

import hashlib
import json
import struct
import tokenize
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from .._atomic import atomic

DAMAGE: Final = (
    AttributeError,
    EOFError,
    KeyError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
)
"""What reading a file that is not what it should be can raise."""


def write_arrays(
    path: Path, arrays: Mapping[str, Any], record: Mapping[str, Any]
) -> None:
    """Write arrays and a JSON record that also holds their checksums.

    Raises
    ------
    SaveError
        If the file cannot be written.
    ValueError
        If one is an array of Python objects, which only pickle would keep.
    """
    found = {name: np.asarray(array) for name, array in arrays.items()}
    objects = [name for name, array in found.items() if array.dtype.hasobject]
    if objects:
        raise ValueError(f"arrays of Python objects: {', '.join(objects)}")
    sums = {name: digest(array) for name, array in found.items()}
    text = json.dumps({**record, "sha256": sums})
    found["record"] = np.asarray(text)
    with atomic(path) as part, part.open("wb") as file:
        np.savez(file, **found)  # pyright: ignore


def read_arrays(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Arrays and record of `write_arrays`.

    Raises
    ------
    ValueError
        If a checksum is wrong; anything in `DAMAGE` on other damage.
    """
    # Opened here: np.load leaves a damaged file open.
    with (
        path.open("rb") as opened,
        np.load(opened, allow_pickle=False) as file,
    ):
        arrays = {name: file[name] for name in file.files}
    record = json.loads(str(arrays.pop("record")))
    broken = [
        name
        for name, digest_ in record["sha256"].items()
        if name not in arrays or digest(arrays[name]) != digest_
    ]
    if broken:
        raise ValueError(f"wrong checksum of {', '.join(broken)}")
    return arrays, record


def digest(array: Any) -> str:
    """SHA-256 of an array: its type, shape and bytes."""
    header = f"{array.dtype.str}{array.shape}".encode()
    body = np.ascontiguousarray(array).tobytes()
    return hashlib.sha256(header + body).hexdigest()
