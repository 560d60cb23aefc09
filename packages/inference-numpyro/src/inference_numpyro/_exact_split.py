"""Which unconstrained coordinates are linear, and which remain.

A coefficient is integrated where its prior is normal. What a problem fixes,
ties or gives another prior is respected: held coefficients are offsets, and
one whose prior is not normal remains.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from forwardax import LinearGaussian
from forwardax.contracts import Draw, Gather
from forwardax.errors import CapabilityError, Fault
from forwardax.estimation import Problem
from numpy.typing import NDArray


class Split(NamedTuple):
    """Coordinates of the unconstrained vector, in two parts.

    Parameters
    ----------
    linear
        Those that are integrated exactly.
    rest
        The others.
    left
        Names of coefficients among the others: their prior is not normal.
    alone
        Whether the coefficients are the same function of their coordinates
        at all points of the others.
    """

    linear: NDArray[np.int64]
    rest: NDArray[np.int64]
    left: tuple[str, ...]
    alone: bool


def described(problem: Problem, u: Any) -> LinearGaussian:
    """What the system says of itself at an unconstrained point."""
    system: Any = problem.system
    return system.linear_gaussian(problem.to_store(u))


def split_of(problem: Problem) -> Split:
    """The split of a problem; static, so it may be made within a trace.

    Raises
    ------
    CapabilityError
        If no coefficient with a normal prior is free.
    """
    plan = problem.plan
    keys = set(described(problem, jnp.zeros((plan.size,))).keys)
    owners: dict[int, set[str]] = {}
    for step in plan.steps:
        if isinstance(step, Gather):
            for place in step.places:
                owners.setdefault(place, set()).add(step.key)
    linear: list[int] = []
    left: list[str] = []
    alone = keys <= {s.key for s in plan.steps if isinstance(s, Gather)}
    for step in plan.steps:
        if not isinstance(step, Draw) or step.form == "given":
            continue
        for j in range(step.count):
            own = owners.get(step.start + j, set())
            coordinate = step.coordinates[j]
            if own and own <= keys and _is_normal(step):
                linear.append(coordinate)
                alone &= not any(other for _, other in step.arguments)
            elif own & keys:
                left.append(plan.names[coordinate])
    if not linear:
        raise CapabilityError(
            Fault(
                "no linear coefficient is free, or none has a normal prior",
                key=", ".join(sorted(keys)),
                value=", ".join(plan.free),
                allowed="a free coefficient with the prior Normal or Flat",
                needed_by="'exact.linear'",
                fix="free one, or fit with numpyro.nuts",
                code="linear",
            )
        )
    rest = [i for i in range(plan.size) if i not in set(linear)]
    return Split(
        np.asarray(sorted(linear), dtype=int),
        np.asarray(rest, dtype=int),
        tuple(left),
        alone and not left,
    )


def _is_normal(draw: Draw) -> bool:
    if draw.transform is not None or draw.shift is not None:
        return False
    if draw.family == "Flat":
        return not any(draw.bounded)
    return draw.family == "Normal"


def static_split(problem: Problem) -> Split:
    """The split of a problem, without computing any of its numbers."""
    found: list[Split] = []

    def trace(given: Problem) -> Any:
        found.append(split_of(given))
        return jnp.zeros(())

    jax.eval_shape(trace, problem)
    return found[0]
