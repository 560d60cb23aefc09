# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# JAX and NumPyro leave many of their types unknown.
"""A problem as a NumPyro model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpyro
from jax import Array

from .._system.store import ParameterStore
from ..contracts import Draw
from .density import valid_values
from .walk import walk

if TYPE_CHECKING:
    from .problem import Problem


def make_model(problem: Problem) -> Callable[[], None]:
    """Model with one site per prior family and a deterministic per key.

    Sites are vectors named `draw/<family>`; `numpyro.deterministic` sites
    carry the parameter keys, derived ones included. The likelihood and the
    validity conditions enter as factors.
    """

    def pick(
        draw: Draw,
        arguments: Mapping[str, Array],
        made: Any,
        given: Array | None,
    ) -> Any:
        del arguments
        name = f"draw/{draw.name}"
        if given is not None:
            numpyro.factor(name, made.log_prob(given).sum())
            return given
        return numpyro.sample(name, made.to_event(1))

    def model() -> None:
        values = walk(problem.plan, problem.hyper, pick)
        store = ParameterStore(
            {key: values[key] for key in problem.plan.keys},
            problem.system.resolver,
        )
        for key, value in problem.system.resolve(store).items():
            numpyro.deterministic(key, value)
        if problem.plan.validity:
            valid = valid_values(problem.plan, values)
            numpyro.factor("valid", jnp.where(valid, 0.0, -jnp.inf))
        if problem.data is not None:
            value = problem.system.log_likelihood(store, problem.data)  # pyright: ignore
            numpyro.factor("log_likelihood", value)

    return model
