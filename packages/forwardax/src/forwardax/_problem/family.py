"""Problems whose covariates or sizes vary from simulation to simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
from jax import Array

from .._system.store import ParameterStore
from .._system.system import System

if TYPE_CHECKING:
    from .problem import Problem


@dataclass(frozen=True)
class ProblemFamily:
    """A distribution over systems, posed in one way.

    Parameters
    ----------
    system_sampler
        Pure function of a key; the systems may differ in size.
    pose
        Makes the problem of a system.
    """

    system_sampler: Callable[[Array], System]
    pose: Callable[[System], Problem]

    def problem(self, key: Array) -> Problem:
        """The problem of one draw, without data."""
        return self.pose(self.system_sampler(key))

    def simulate(self, key: Array) -> tuple[ParameterStore, Problem]:
        """Values, and the problem with the data they gave.

        Raises
        ------
        CapabilityError
            If the system cannot simulate or the prior cannot be drawn.
        """
        first, second = jax.random.split(key)
        problem = self.problem(first)
        store, data = problem.simulate(second)
        return store, problem.with_data(data)
