"""Checking measured arrays against a DataSpec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..contracts import DataField
from ..errors import DataError, Fault, Faults, nearest
from .units import strip_unit
from .values import matches, named_sizes

if TYPE_CHECKING:
    from .data import DataSpec

_KINDS = {"float": "fiu", "int": "iu", "bool": "b", "complex": "cfiu"}


def checked_data(spec: DataSpec, data: Any) -> dict[str, Any]:
    """See `DataSpec.validate`."""
    if not isinstance(data, Mapping):
        raise DataError(
            Fault(
                "data must be a mapping from keys to arrays",
                key="data",
                value=type(data).__name__,
                allowed="{" + ", ".join(f'"{k}": ...' for k in spec) + "}",
                code="type",
            )
        )
    given = cast("Mapping[str, Any]", data)
    faults = Faults()
    for key in given:
        if key not in spec:
            faults.append(
                Fault(
                    f"{key!r} is not measured by this system",
                    key=str(key),
                    allowed=", ".join(spec) or "nothing",
                    nearest=nearest(str(key), spec),
                    fix="what is known and not measured belongs to the system",
                    code="unknown",
                )
            )
    checked: dict[str, Any] = {}
    for field in spec.fields:
        if field.key not in given:
            if field.optional:
                continue
            near = nearest(field.key, map(str, given))
            faults.append(
                replace(
                    lacking(field),
                    nearest=tuple(k for k in near if k not in spec),
                )
            )
            continue
        checked[field.key] = checked_array(field, given[field.key], faults)
    faults.throw(DataError)
    return checked


def lacking(field: DataField, owner: str = "the data lack") -> Fault:
    """Fault for a field that was not given."""
    return Fault(
        f"{owner} {field.key!r}",
        key=field.key,
        allowed=_wanted(field),
        code="missing",
    )


def _wanted(field: DataField) -> str:
    unit = f" in {field.unit}" if field.unit else ""
    sizes = named_sizes(field)
    shape = ", ".join(sizes) + ("," if len(sizes) == 1 else "")
    return f"a {field.dtype} array of shape ({shape}){unit}"


def checked_array(field: DataField, value: Any, faults: Faults) -> Any:
    """A value as a NumPy array of its field; what is wrong goes to faults."""
    value, fault = strip_unit(field.key, value, field.unit)
    if fault:
        faults.append(fault)
    try:
        array = np.asarray(value)
    except Exception:  # whatever the value's own __array__ raises
        array = np.asarray(None)
    if array.dtype.kind not in _KINDS[field.dtype]:
        faults.append(
            Fault(
                f"{field.key!r} has the wrong type",
                key=field.key,
                value=f"dtype {array.dtype}",
                allowed=_wanted(field),
                code="dtype",
            )
        )
        return array
    if not matches(array.shape, field.shape):
        faults.append(
            Fault(
                f"{field.key!r} has the wrong shape",
                key=field.key,
                value=f"shape {array.shape}",
                allowed=_wanted(field),
                code="shape",
            )
        )
        return array
    bad = ~np.isfinite(array)
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        faults.append(
            Fault(
                f"{field.key!r} has {int(bad.sum())} values that are not "
                "finite",
                key=field.key,
                value=f"{array[first]} at {first}",
                allowed="finite values; any number will do where a mask "
                "leaves it out",
                code="nonfinite",
            )
        )
    elif field.positive and (array <= 0).any():
        faults.append(
            Fault(
                f"{field.key!r} has values that are not positive",
                key=field.key,
                value=f"{array.min()}",
                allowed="values above 0",
                code="positive",
            )
        )
    if field.dtype in ("float", "complex") and array.dtype.kind in "iuf":
        array = array.astype(float if field.dtype == "float" else complex)
    return array
