"""Where a parameter ends: its bounds and the support of its prior."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from .._schema.address import bound_shape
from .._schema.families import FAMILIES
from .._schema.spec import ParamSpec
from ..contracts import ParamField

Ends = tuple[float, float]


def edges(spec: ParamSpec, name: str, field: ParamField, place: int) -> Ends:
    """Least and greatest value of a scalar.

    Parameters
    ----------
    spec
        With the priors in force.
    name
        Address of the scalar.
    field
        Its declaration.
    place
        Its place in the field's value, in C order.

    Returns
    -------
    low, high
        In the field's unit; infinite where it is open, where another key
        sets the end, and for a full-period angle.
    """
    if field.cyclic is not None:
        return -inf, inf
    ends = [_entry(end, field, place, i) for i, end in enumerate(field.bounds)]
    prior = spec.prior_of(name)
    family = FAMILIES.get(prior.family) if prior is not None else None
    if prior is not None and family is not None:
        arguments = dict(prior.arguments)
        for i, end in enumerate(family.support):
            value = arguments.get(end) if isinstance(end, str) else end
            inner = _entry(value, field, place, i)
            ends[i] = (max, min)[i](ends[i], inner)
    return ends[0], ends[1]


def _entry(value: Any, field: ParamField, place: int, side: int) -> float:
    """The entry of a bound or prior argument that holds for one scalar."""
    if value is None or isinstance(value, str):
        return (-inf, inf)[side]
    numbers = np.asarray(value, np.float64)
    if numbers.shape == bound_shape(field):
        return float(numbers.reshape(-1)[place])
    # Aligned by the names of dims: the outermost of all is safe.
    return float((np.min, np.max)[side](numbers))
