"""From arrays by key to the parts that tokens are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault, Faults, listed, wrong_type
from jax import Array

from ._check_rules import warn_rules
from ._errors import TokenError, static_size, unknown_keys
from ._flatten import flatten, sample_shape, warn_padding
from ._functional import ABSENT, flatten_inputs, functional_width
from ._layout import Layout, interned
from ._padding import padding_mask
from ._rules import Rules


class Parts(NamedTuple):
    """The fields of `Tokens`."""

    data: Array
    functional_inputs: Array | None
    padding: Array | None
    summaries: dict[str, Array]
    layout: Layout


def from_arrays(
    data: Mapping[str, Any],
    layout: Layout | None,
    *,
    functional_inputs: Mapping[str, Any] | None = None,
    sample_ndims: int = 1,
    sizes: Mapping[str, Any] | None = None,
    counts: Mapping[str, Any] | None = None,
    rules: Rules | Mapping[str, Any] | None = None,
    **static: Any,
) -> Parts:
    """See `Tokens.from_pytree`."""
    arrays = checked_arrays(data)
    ndims = static_size(sample_ndims, "sample_ndims")
    lead = same_samples(arrays, ndims)
    shapes = {name: np.shape(v)[ndims:] for name, v in arrays.items()}
    if layout is None:
        rules = Rules.of(rules)
        layout = Layout.from_shapes(shapes, rules=rules, **static)
        warn_rules(rules, layout)
        warn_padding(layout)
    else:
        _check_shapes(shapes, layout, rules, static)
    inputs = checked_arrays(functional_inputs or {})
    width = functional_width(layout, inputs, lead)
    if width > layout.functional_width:
        layout = interned(replace(layout, functional_width=width))
    padding = None
    if sizes is not None or counts is not None:
        padding = padding_mask(layout, sizes, counts, sample_shape=lead)
    wide = flatten_inputs(layout, inputs, lead) if inputs else None
    if wide is None and layout.functional_width:
        shape = (*lead, layout.n_tokens, layout.functional_width)
        wide = jnp.full(shape, ABSENT)
    apart = {name: jnp.asarray(arrays[name]) for name in layout.summaries}
    return Parts(flatten(layout, arrays, lead), wide, padding, apart, layout)


def checked_arrays(data: Any) -> dict[str, Any]:
    """Arrays by key.

    Raises
    ------
    TokenError
        If it is no mapping from keys to arrays.
    """
    if not isinstance(data, Mapping):
        raise TokenError(wrong_type("data", data, "arrays by key"))
    faults = Faults()
    found: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            fault = wrong_type(str(name), value, "an array; join keys by dots")
            faults.append(fault)
        elif isinstance(value, Array | np.ndarray):
            found[name] = value
        else:
            found[name] = np.asarray(value)
            if found[name].dtype.kind not in "biufc":
                faults.append(wrong_type(str(name), value, "an array"))
    faults.throw(TokenError)
    return found


def same_samples(arrays: Mapping[str, Any], ndims: int) -> tuple[int, ...]:
    """The sample shape that all arrays share."""
    found = {
        name: sample_shape(np.shape(value), ndims, name)
        for name, value in arrays.items()
    }
    if len(set(found.values())) > 1:
        came = [f"{name} {shape}" for name, shape in found.items()]
        raise TokenError(
            Fault(
                "the keys have different samples",
                key="sample_ndims",
                value=listed(came),
                allowed="one sample shape for all",
                code="shape",
            )
        )
    return next(iter(found.values()), ())


def _check_shapes(
    shapes: Mapping[str, tuple[int, ...]],
    layout: Layout,
    rules: Any,
    static: Mapping[str, Any],
) -> None:
    given = [k for k, v in {"independence": rules, **static}.items() if v]
    if given:
        raise TokenError(f"the layout says what {given} would: give one")
    known = [name for name in shapes if name not in layout]
    if known:
        raise unknown_keys(known, layout.key_order)
    missing = [name for name in layout if name not in shapes]
    if missing:
        raise unknown_keys(missing, shapes)
    Faults(
        Fault(
            f"{name!r} has another shape than in the layout",
            key=name,
            value=str(shapes[name]),
            allowed=str(layout[name].shape),
            code="shape",
        )
        for name in layout
        if shapes[name] != layout[name].shape
    ).throw(TokenError)
