"""Groups of different size: from nested lists to arrays with counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._errors import TokenError


def pack_groups(
    samples: Sequence[Any], dims: Sequence[str]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Ragged groups of values as one padded array, and how many there are.

    Parameters
    ----------
    samples
        One entry a sample: lists in lists as deep as `dims`, and numbers or
        arrays of one shape in the innermost.
    dims
        Names of the levels, the outermost first.

    Returns
    -------
    numpy.ndarray
        `(samples, size_1, ..., size_n, *value)`, with zeros where nothing
        is.
    dict
        Counts by dim, for `Tokens.from_pytree(..., counts=...)`: of shape
        `(samples,)`, `(samples, size_1)`, and so on.

    Raises
    ------
    TokenError
        If the lists are not that deep, or values differ in shape.
    """
    if not dims:
        raise TokenError("ragged groups need a name for each level")
    extents = [0] * len(dims)
    values: list[tuple[tuple[int, ...], np.ndarray]] = []
    lengths: list[tuple[tuple[int, ...], int]] = []

    def walk(group: Any, at: tuple[int, ...]) -> None:
        level = len(at) - 1
        if level == len(dims):
            values.append((at, np.asarray(group)))
            return
        try:
            size = len(group)
        except TypeError:
            raise TokenError(
                f"{dims[level]!r} of sample {at[0]} is no list: {group!r:.40}"
            ) from None
        extents[level] = max(extents[level], size)
        lengths.append((at, size))
        for i, member in enumerate(group):
            walk(member, (*at, i))

    for i, sample in enumerate(samples):
        walk(sample, (i,))
    shapes = {value.shape for _, value in values}
    if len(shapes) > 1:
        raise TokenError(f"values of different shapes: {sorted(shapes)}")
    shape = (len(samples), *extents)
    dtype = np.result_type(*(v for _, v in values)) if values else float
    packed = np.zeros((*shape, *next(iter(shapes), ())), dtype)
    for at, value in values:
        packed[at] = value
    counts = {
        dim: np.zeros(shape[: level + 1], int) for level, dim in enumerate(dims)
    }
    for at, size in lengths:
        counts[dims[len(at) - 1]][at] = size
    return packed, counts


def bucket_by_size(sizes: Any) -> dict[int, np.ndarray]:
    """Samples of similar size together, so that little is padded.

    Parameters
    ----------
    sizes
        Sizes of the groups, `(samples,)`, or `(samples, ...)` of which the
        largest counts.

    Returns
    -------
    dict
        Indices of samples by the size to pad them to, which is at most
        twice what they need.
    """
    sizes = np.asarray(sizes)
    largest = sizes.reshape(len(sizes), -1).max(-1)
    powers = np.array([1 << max(int(n) - 1, 0).bit_length() for n in largest])
    buckets = np.minimum(powers, largest.max(initial=0))
    return {
        int(size): np.flatnonzero(buckets == size)
        for size in np.unique(buckets)
    }
