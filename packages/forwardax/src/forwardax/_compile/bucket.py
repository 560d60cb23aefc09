"""Padding index maps to buckets, so that many masks share one program."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import Fault, StructureError

_GROWTH = 1.25
"""A bucket is at most a quarter larger than what is put in it."""


def bucket_size(count: int) -> int:
    """Smallest bucket that holds `count` entries.

    Sizes are 16, 20, 25, ...: each a quarter more than the one before.
    """
    size = 16
    while size < count:
        size = ceil(size * _GROWTH)
    return size


def pad_to(
    index: ArrayLike, size: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Index map of a given length, and weights that are zero in the padding.

    Parameters
    ----------
    index
        `(n,)` positions.
    size
        Length wanted, at least `n`.

    Returns
    -------
    index : numpy.ndarray
        `(size,)`; the padding repeats the first position.
    weight : numpy.ndarray
        `(size,)`; 1 for entries, 0 for padding.

    Raises
    ------
    StructureError
        If the map is empty or longer than `size`.
    """
    found: NDArray[Any] = np.asarray(index, dtype=np.intp)
    count = len(found)
    if not 0 < count <= size:
        raise StructureError(
            Fault(
                "the index map does not fit",
                key="index",
                value=f"{count} entries",
                allowed=f"1 to {size} entries",
                fix="use pad_to_bucket(index)",
                code="shape",
            )
        )
    padded = np.full(size, found[0])
    padded[:count] = found
    weight = np.zeros(size)
    weight[:count] = 1.0
    return padded, weight


def pad_to_bucket(
    index: ArrayLike,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Index map padded to its bucket; see `pad_to`."""
    return pad_to(index, bucket_size(len(np.asarray(index))))
