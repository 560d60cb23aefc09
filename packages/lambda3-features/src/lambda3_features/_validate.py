"""What comes in: one-dimensional series of finite float64 numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from forwardax.errors import Fault, Faults
from numpy.typing import NDArray

from ._errors import SeriesError, require_choice

Series = NDArray[np.float64]
Flags = NDArray[np.int8]
# Squares of values beyond these overflow, or vanish.
LARGEST, SMALLEST = 1e150, 1e-150


def validate_series(
    x: Any,
    name: str = "x",
    *,
    min_length: int = 1,
    missing: str = "raise",
) -> Series:
    """A series as a contiguous float64 array.

    Parameters
    ----------
    x
        Array or sequence of real numbers, shape (n,). Integers are converted;
        masked entries of a masked array count as missing.
    name
        What errors call it.
    min_length
        How many points there have to be.
    missing
        What NaN means: ``"raise"`` refuses it, ``"mask"`` lets it through as
        a missing value. Infinities are always refused.

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64, C-contiguous; NaN where a value is missing.

    Raises
    ------
    SeriesError
        With everything that is wrong: type, shape, length, bad values and
        the index of the first of them.
    """
    require_choice("missing", missing, ("raise", "mask"))
    faults = Faults()
    array = _as_float(x, name, faults)
    if array is not None:
        _check_values(array, name, min_length, missing, faults)
    faults.throw(SeriesError)
    assert array is not None
    return array


def _as_float(x: Any, name: str, faults: Faults) -> Series | None:
    kind = type(x)
    home = kind.__module__.partition(".")[0]
    if home in ("jax", "jaxlib"):
        faults.append(
            Fault(
                f"{name!r} is a JAX array, and features are computed by NumPy",
                key=name,
                value=kind.__name__,
                allowed="a NumPy array",
                fix="convert it with lambda3_features.boundary.to_numpy",
                code="type",
            )
        )
        return None
    if isinstance(x, np.ma.MaskedArray):
        x = np.ma.filled(x.astype(np.float64), np.nan)
    try:
        array = np.asarray(x)
    except ValueError:  # nested sequences of unequal length
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "fiu":
        faults.append(
            Fault(
                f"{name!r} does not hold real numbers",
                key=name,
                value=f"dtype {array.dtype} ({kind.__name__})",
                allowed="floats or integers",
                fix="convert it with numpy.asarray(..., dtype=float)",
                code="type",
            )
        )
        return None
    return np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape)


def _check_values(
    array: Series, name: str, min_length: int, missing: str, faults: Faults
) -> None:
    def add(
        what: str, code: str, value: str, allowed: str, fix: str = ""
    ) -> None:
        faults.append(
            Fault(
                f"{name!r} {what}",
                key=name,
                value=value,
                allowed=allowed,
                fix=fix,
                code=code,
            )
        )

    if array.ndim != 1:
        add(
            "is not one series",
            "shape",
            value=f"shape {array.shape}",
            allowed="one dimension",
            fix="give one row, or use extract_many for a table of series",
        )
        return
    if array.size < min_length:
        add(
            "is too short",
            "length",
            value=f"{array.size} points",
            allowed=f"{min_length} or more",
        )
        return
    # One pass over the usual case: the sum tells whether all are finite.
    with np.errstate(over="ignore", invalid="ignore"):
        suspicious = not np.isfinite(array.sum())
    if suspicious:
        infinite = np.flatnonzero(np.isinf(array))
        absent = np.flatnonzero(np.isnan(array))
        if infinite.size:
            add(
                "holds infinite values",
                "infinite",
                value=f"{infinite.size}, the first at index {infinite[0]}",
                allowed="finite numbers",
            )
        if absent.size and missing == "raise":
            add(
                "has missing values (NaN)",
                "missing",
                value=f"{absent.size}, the first at index {absent[0]}",
                allowed="finite numbers",
                fix="say missing='mask' to leave them out, or fill them",
            )
        if infinite.size or (absent.size and missing == "raise"):
            return
        if array.size - absent.size < min_length:
            add(
                "has too few values that are not missing",
                "length",
                value=f"{array.size - absent.size}",
                allowed=f"{min_length} or more",
            )
            return
    low, high = np.fmin.reduce(array), np.fmax.reduce(array)
    size = max(abs(low), abs(high))
    if size > LARGEST or 0 < size < SMALLEST:
        add(
            "is out of the range that can be squared",
            "range",
            value=f"largest size {size:g}",
            allowed=f"{SMALLEST:g} to {LARGEST:g}",
            fix="measure it in another unit",
        )


def refuse_constant(array: Series, name: str = "x") -> None:
    """Refuse a series all of whose values are equal.

    Raises
    ------
    SeriesError
        If it has no variation that could be measured.
    """
    first, last = array[0], array[-1]
    if first < last or first > last:  # as nearly always
        return
    if np.fmin.reduce(array) == np.fmax.reduce(array):
        value = array[~np.isnan(array)][0]
        raise SeriesError(
            Fault(
                f"{name!r} is constant",
                key=name,
                value=f"{value:g} throughout",
                allowed="at least two different values",
                fix="leave it out: it has neither noise nor events",
                code="constant",
            )
        )


def validate_flags(flags: Any, name: str = "events") -> Flags:
    """Flags of events, one for each point, as int8.

    Parameters
    ----------
    flags
        Zeros and ones, or booleans, shape (n,).
    name
        What errors call it.

    Returns
    -------
    numpy.ndarray
        Shape (n,), int8.

    Raises
    ------
    SeriesError
        If it is a JAX array, not one-dimensional, empty or not 0 and 1.
    """
    if isinstance(flags, np.ndarray) and flags.dtype == bool:
        flags = flags.view(np.int8)
    if isinstance(flags, np.ndarray) and flags.dtype == np.int8:
        array = flags
        faults = Faults()
        if array.ndim != 1 or array.size == 0:
            _check_values(array.astype(float), name, 1, "raise", faults)
        faults.throw(SeriesError)
    else:
        array = validate_series(flags, name, min_length=1)
    if (
        array.min() < 0
        or array.max() > 1
        or np.any((array != 0) & (array != 1))
    ):
        bad = int(np.flatnonzero((array != 0) & (array != 1))[0])
        raise SeriesError(
            Fault(
                f"{name!r} does not hold flags",
                key=name,
                value=f"{array[bad]:g} at index {bad}",
                allowed="0 and 1",
                fix="give FeatureSet.delta_pos or another array of flags",
                code="flags",
            )
        )
    return np.ascontiguousarray(array, dtype=np.int8)


def require_equal_lengths(series: Mapping[str, NDArray[Any]]) -> int:
    """The common length of some series.

    Raises
    ------
    SeriesError
        If lengths differ, with all of them; or if there is no series.
    """
    lengths = {name: len(array) for name, array in series.items()}
    if len(set(lengths.values())) != 1:
        told = ", ".join(f"{name} {n}" for name, n in lengths.items())
        raise SeriesError(
            Fault(
                "series have unequal lengths" if lengths else "no series",
                value=told,
                allowed="one length for all",
                fix="cut them to the times they share",
                code="length",
            )
        )
    return next(iter(lengths.values()))
