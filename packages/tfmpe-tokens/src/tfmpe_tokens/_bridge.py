"""Tokens of a forwardax problem: everything static comes from its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.contracts import Ragged
from forwardax.errors import Fault, Faults

from ._errors import TokenError
from ._layout import Layout
from ._model_rules import model_rules
from ._rules import Rules

if TYPE_CHECKING:
    from forwardax import Layout as CoreLayout
    from forwardax import Problem

RULES = ("model", "posterior")


def layout_of(
    problem: Problem, rules: str | Rules | Mapping[str, Any] | None = "model"
) -> Layout:
    """The layout of a problem: its free parameters, then its data.

    Named dims make tokens; images, series and visibilities are one summary
    node each. Who sees whom follows from the priors that name other keys
    and from the parents of the data, along the dims that they share.

    Parameters
    ----------
    problem
        A problem whose dims are bound; its data are not needed.
    rules
        `"model"` (a key sees its parents and children), `"posterior"` (the
        moralised graph), rules of your own, or None: all see all.

    Returns
    -------
    Layout
        With names of dims, nests and parents.

    Raises
    ------
    TokenError
        If the rules are none of these.
    """
    core = problem.layout()
    names = set(core.keys)
    nests = {d: size for d, size in core.dims if isinstance(size, Ragged)}
    dims = _dims(core)
    bare = Layout.from_shapes(
        {s.key: s.batch_shape + s.event_shape for s in core.slots},
        batch_ndims={s.key: len(s.event_shape) for s in core.slots},
        dims=dims,
        nests=nests,
        labels={slot.key: slot.label for slot in core.slots},
        parents={
            s.key: [p for p in s.parents if p in names] for s in core.slots
        },
        mixed={s.key: [p for p in s.mixed if p in names] for s in core.slots},
        summaries=[slot.key for slot in core.slots if slot.summary],
    )
    if isinstance(rules, str):
        if rules not in RULES:
            raise TokenError(
                Fault(
                    f"{rules!r} are no rules",
                    key="rules",
                    allowed=", ".join(map(repr, RULES)) + ", Rules, or None",
                    code="unknown",
                )
            )
        own = model_rules(bare)
        return bare.with_rules(
            own if rules == "model" else own.posterior(bare.with_rules(own))
        )
    return bare.with_rules(rules)


def _dims(core: CoreLayout) -> dict[str, list[str]]:
    """Names of the event axes; systems put together may share names alone."""
    sizes: dict[str, set[int]] = {}
    for slot in core.slots:
        for dim, size in zip(slot.dims, slot.batch_shape, strict=False):
            sizes.setdefault(dim, set()).add(size)
    return {
        slot.key: [
            dim if len(sizes[dim]) == 1 else f"{dim}:{size}"
            for dim, size in zip(slot.dims, slot.batch_shape, strict=False)
        ]
        for slot in core.slots
    }


def problem_arrays(
    problem: Problem,
    layout: Layout,
    parameters: Mapping[str, Any] | None,
    data: Mapping[str, Any] | None,
) -> tuple[dict[str, Any], int]:
    """Arrays of every key of a layout, and the number of sample axes.

    Parameters that are not given are zero: there is something to infer.

    Raises
    ------
    TokenError
        With every key that has no value.
    """
    given = {} if parameters is None else _with_derived(problem, parameters)
    measured = problem.data if data is None else data
    given |= {} if measured is None else flat_data(measured)
    free = set(problem.free_keys)
    faults = Faults()
    ndims = {
        np.ndim(value) - len(layout[name].shape)
        for name, value in given.items()
        if name in layout
    }
    for name in layout:
        if name not in given and (name not in free or parameters is not None):
            faults.append(
                Fault(
                    f"{name!r} has no value",
                    key=name,
                    fix="give data=..., or a problem with data"
                    if name not in free
                    else "give all free parameters, or none",
                    code="missing",
                )
            )
    faults.throw(TokenError, "no tokens")
    if len(ndims) != 1 or min(ndims) < 0:
        raise TokenError(
            Fault(
                "parameters and data have different sample axes",
                value=", ".join(f"{k} {np.shape(v)}" for k, v in given.items()),
                allowed="the same for all",
                code="shape",
            )
        )
    (sample_ndims,) = ndims
    lead = next(
        np.shape(v)[:sample_ndims] for n, v in given.items() if n in layout
    )
    zero = {
        name: jnp.zeros((*lead, *layout[name].shape))
        for name in layout
        if name not in given
    }
    return {name: {**given, **zero}[name] for name in layout}, sample_ndims


def _with_derived(
    problem: Problem, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Values, with free keys that are derived computed from the others."""
    found = dict(values)
    missing = [key for key in problem.free_keys if key not in found]
    if missing and set(problem.plan.keys) <= set(found):
        key = problem.plan.keys[0]
        ndims = np.ndim(found[key]) - len(problem.spec[key].shape)
        resolve = problem.system.resolve
        for _ in range(ndims):
            resolve = jax.vmap(resolve)
        values = {k: jnp.asarray(v) for k, v in found.items()}
        derived = resolve(cast("Any", values))
        found |= {key: derived[key] for key in missing if key in derived}
    return found


def flat_data(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Data by dotted key: joint systems have theirs by child."""
    found: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            found |= flat_data(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found
