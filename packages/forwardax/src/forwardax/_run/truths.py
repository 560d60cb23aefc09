"""True values by scalar name, where a run knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._fit.summary import scalar_names
from .._schema.address import element_names
from ..contracts import ParamField

if TYPE_CHECKING:
    from .result import RunResult


def true_values(result: RunResult) -> dict[str, float]:
    """True values by scalar name, in the spec's units.

    Derived ones are computed where all the primitives are known. A complex
    value gives two, `.real` and `.imag`.
    """
    spec = result.posterior.spec
    found: dict[str, float] = {}
    for name, value in result.truth.items():
        at = spec.find(name)
        field, numbers = spec.by_key[at.key], np.asarray(value)
        names = names_of(at.key, numbers.shape, field)
        if at.element is not None:
            names = (element_names(field)[at.element],)
        found |= _by_name(names, numbers)
    if set(spec.primitives) <= set(result.truth):
        values = {
            key: np.asarray(result.truth[key], float) for key in spec.primitives
        }
        resolver = result.problem.system.resolver
        for key, value in resolver.resolve(values).items():
            numbers = np.asarray(value)
            names = names_of(key, numbers.shape, spec.by_key.get(key))
            found = _by_name(names, numbers) | found
    return found


def names_of(
    key: str, shape: tuple[int, ...], field: ParamField | None
) -> tuple[str, ...]:
    """Names of a key's entries in C order, as the summary has them."""
    elements = element_names(field) if field is not None and shape else ()
    return scalar_names(key, shape, elements)


def parts(numbers: Any) -> tuple[tuple[str, Any], ...]:
    """Real numbers of numbers that may be complex, by suffix of the name."""
    if np.iscomplexobj(numbers):
        return (".real", np.real(numbers)), (".imag", np.imag(numbers))
    return (("", numbers),)


def _by_name(names: tuple[str, ...], numbers: Any) -> dict[str, float]:
    return {
        name + part: float(value)
        for name, number in zip(names, numbers.reshape(-1), strict=True)
        for part, value in parts(number)
    }
