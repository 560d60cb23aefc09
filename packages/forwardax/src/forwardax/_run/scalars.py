"""The scalars of a result: roles, draws ready to plot, true values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .._diagnostics.circular import circular_mean, wrap
from .._schema.address import element_names
from .._schema.spec import ParamSpec
from ..contracts import Gather, ParamField
from .edges import edges
from .truths import names_of, parts, true_values

if TYPE_CHECKING:
    from .._problem.problem import Problem
    from .result import RunResult

Floats = NDArray[np.float64]
Role = Literal["fitted", "tied", "derived", "held"]


@dataclass(frozen=True, kw_only=True)
class Scalar:
    """One number of a posterior.

    Parameters
    ----------
    name
        As in the summary: `mu`, `theta[0]`, `lens.centre.y`.
    key
        The key it belongs to.
    place
        Its place in the key's value, in C order.
    role
        `"fitted"` by itself; `"tied"` to one that is; `"derived"` from some;
        `"held"` if it is the same in all draws.
    draws
        `(chain, draw)`, in `unit`. Those of a cyclic parameter lie within
        half a period of their circular mean.
    unit
        Of the draws.
    period
        Of a cyclic parameter.
    bounds
        Ends of the prior's support, and of what is allowed at all.
    truth
        True value, as close to the draws as its period allows.
    field
        Its declaration; None for a derived value that nobody declared.
    """

    name: str
    key: str
    place: int
    role: Role
    draws: Floats
    unit: str = ""
    period: float | None = None
    bounds: tuple[float, float] = (-inf, inf)
    truth: float | None = None
    field: ParamField | None = None


def scalars_of(result: RunResult) -> tuple[Scalar, ...]:
    """All the scalars of a result, in the order of its summary.

    Complex values give two, `.real` and `.imag`.
    """
    return tuple(_scalars(result))


def _scalars(result: RunResult) -> Iterator[Scalar]:
    found, problem = result.posterior, result.problem
    truths, tied = true_values(result), _tied(problem.spec)
    moving = _moving(problem)
    for key, value in {**found.draws, **found.derived}.items():
        field = found.spec.by_key.get(key)
        flat = np.asarray(value).reshape(*value.shape[:2], -1)
        for i, name in enumerate(names_of(key, value.shape[2:], field)):
            column = flat[:, :, i]
            role: Role = "fitted"
            if not moving.get(key, np.ones(flat.shape[2], bool))[i]:
                role = "held"
            elif name in tied:
                role = "tied"
            elif key not in problem.free_keys:
                # Of many draws one can see whether it depends on any of them.
                still = column.size > 1 and (column == column[0, 0]).all()
                role = "held" if still else "derived"
            for part, numbers in parts(column):
                scalar = Scalar(
                    name=name + part,
                    key=key,
                    place=i,
                    role=role,
                    draws=numbers.astype(np.float64),
                    truth=truths.get(name + part),
                )
                if field is not None:
                    scalar = replace(
                        scalar,
                        unit=field.unit,
                        bounds=edges(problem.spec, name, field, i),
                        field=field,
                    )
                yield _turned(scalar, found.weights)


def _turned(scalar: Scalar, weights: Any) -> Scalar:
    """The scalar of an angle, without the seam."""
    period = scalar.field.cyclic if scalar.field else None
    draws, truth = scalar.draws, scalar.truth
    if period is None or not np.isfinite(draws).all():
        return replace(scalar, period=period)
    centre = circular_mean(draws, period, weights=weights)
    if draws.min() >= 0:  # a parameter that runs from 0 to the period
        centre %= period
    if truth is not None:
        truth = float(wrap(truth, period, centre=centre))
    draws = wrap(draws, period, centre=centre)
    return replace(scalar, period=period, draws=draws, truth=truth)


def _moving(problem: Problem) -> Mapping[str, Any]:
    """Which entries of each primitive change from draw to draw."""
    held = problem.hyper["held"].shape[0]
    return {
        step.key: np.asarray(step.places) >= held
        for step in problem.plan.steps
        if isinstance(step, Gather)
    }


def _tied(spec: ParamSpec) -> frozenset[str]:
    """Names of the scalars that equal another one."""
    found: set[str] = set()
    for target, _ in spec.ties:
        at = spec.find(target)
        names = element_names(spec.by_key[at.key])
        found |= set(names if at.element is None else (names[at.element],))
    return frozenset(found)
