"""Building a model: its structure, what it knows, and doing so again."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import jax.numpy as jnp
from forwardax import Structure, SystemEntry
from forwardax.errors import Fault, Faults, StructureError
from jax import Array

Known = dict[str, Array]


def follows(source: Any, structure: Structure) -> Any:
    """A spec that is given, or follows from the structure."""
    return source(structure) if callable(source) else source


def taken_apart(
    entry: SystemEntry, arguments: Mapping[str, Any]
) -> tuple[Structure, Known]:
    """Structure and arrays of what a model is built from.

    Raises
    ------
    StructureError
        With every fault of the structure.
    """
    names = {field.key for field in entry.structure}
    structure = {k: v for k, v in arguments.items() if k in names}
    known = {
        k: jnp.asarray(v, bool if k == "missing" else float)
        for k, v in arguments.items()
        if k not in names and v is not None
    }
    built = Structure.of(entry.structure, structure)
    follows(entry.spec, built)  # terms and lags are checked there
    return built, known


def rebuilt(entry: SystemEntry, known: Known, structure: Structure) -> Any:
    """A model with another structure and the same arrays.

    Raises
    ------
    StructureError
        If the new structure needs arrays that are not there, or others.
    """
    spec = follows(entry.known, structure)
    faults = Faults()
    for field in spec.values():
        array = known.get(field.key)
        if array is None:
            if not field.optional:
                faults.append(_fault(field.key, "nothing", field.shape))
            continue
        ranks = array.ndim == len(field.shape)
        if not ranks or any(
            size not in (None, here)
            for size, here in zip(field.shape, array.shape, strict=True)
        ):
            faults.append(_fault(field.key, str(array.shape), field.shape))
    faults.throw(StructureError)
    chosen = {k: v for k, v in known.items() if k in spec}
    module, _, function = entry.target.partition(":")
    return getattr(import_module(module), function)(**structure, **chosen)


def _fault(key: str, value: str, shape: Any) -> Fault:
    return Fault(
        f"{key!r} does not serve the new structure",
        key=key,
        value=value,
        allowed=f"an array of shape {shape}",
        fix="build the system anew, with the arrays it needs",
        code="structure",
    )
