"""The valid point that stands in where a validity condition fails."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._derived.resolver import Resolver, compute
from .._schema.address import bound_shape
from .._schema.spec import ParamSpec
from ..contracts import NO_DEFAULT, ParamField
from ..errors import Fault, Faults, SpecError
from .sources import Sources


def reference_values(
    spec: ParamSpec, resolver: Resolver, sources: Sources
) -> dict[str, Any]:
    """Values of the valid point, for every key that is drawn or held.

    A derived key that is free takes the value that follows from the
    primitives' references, and a primitive that is solved for the one that
    follows from it.

    Raises
    ------
    SpecError
        If a drawn key has neither a reference nor a default.
    """
    given: dict[tuple[str, int | None], Any] = {}
    for name, value in spec.reference:
        at = spec.find(name)
        given[at.key, at.element] = value
    found: dict[str, Any] = {}
    for key in (*sources.solved, *sources.elements):
        array = _given(spec.by_key[key], given)
        for place, source in enumerate(sources.elements.get(key, ())):
            if source.kind == "held":
                array.reshape(-1)[place] = source.value
        found[key] = array
    _connect(resolver, sources, found)
    faults = Faults()
    for key, elements in sources.elements.items():
        drawn = any(s.kind == "drawn" for s in elements)
        if drawn and np.isnan(found[key]).any():
            faults.append(
                Fault(
                    f"{key!r} needs a value at which the validity conditions "
                    "hold",
                    key=key,
                    allowed="a value that meets the conditions",
                    needed_by=", ".join(repr(v.text) for v in spec.validity),
                    fix=f'ParamSpec(..., reference={{"{key}": ...}}) or a '
                    "default",
                    code="reference",
                )
            )
    faults.throw(SpecError)
    return found


def _given(f: ParamField, given: dict[tuple[str, int | None], Any]) -> Any:
    array = np.full(bound_shape(f), np.nan)
    if f.default is not NO_DEFAULT:
        array[...] = np.asarray(f.default)
    if (f.key, None) in given:
        array[...] = np.asarray(given[f.key, None])
    for (key, place), value in given.items():
        if key == f.key and place is not None:
            array.reshape(-1)[place] = value
    return array


def _connect(
    resolver: Resolver, sources: Sources, found: dict[str, Any]
) -> None:
    """Fill in free derived keys, then what is solved for them."""
    for derived in sources.solved.values():
        needed = resolver.primitives_of(derived)
        known = [k in found and not np.isnan(found[k]).any() for k in needed]
        if np.isnan(found[derived]).any() and all(known):
            value = resolver.resolve(found, [derived])[derived]
            found[derived] = np.asarray(value, dtype=float)
    for primitive, derived in sources.solved.items():
        _, step = resolver.inverse(derived, primitive)
        env = {**resolver.resolve(found, step.deps[1:]), **found}
        found[primitive] = np.asarray(compute(step, env), dtype=float)
