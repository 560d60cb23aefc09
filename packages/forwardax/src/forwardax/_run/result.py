# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# JAX and NumPyro leave many of their types unknown.
"""RunResult: a finished fit with everything that plots and tables need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .._fit.posterior import Posterior
from .._problem.problem import Problem
from .._system.store import ParameterStore, strong


@dataclass(frozen=True, kw_only=True, repr=False)
class RunResult:
    """What plots and summaries are made of.

    Parameters
    ----------
    posterior
        What the estimator found.
    problem
        What was fitted: `.system`, `.data`, `.spec`.
    truth
        Known true values by key, in the spec's units; often empty.
    name
        The system's registered name, `""` where it has none.
    folder
        The run folder, or None where there is none.
    """

    posterior: Posterior
    problem: Problem
    truth: Mapping[str, Any] = field(default_factory=dict[str, Any])
    name: str = ""
    folder: Path | None = None

    def __repr__(self) -> str:
        place = f" in {self.folder}" if self.folder is not None else ""
        return f"RunResult({self.name or 'a system'}{place}: {self.posterior})"

    @cached_property
    def mean_square(self) -> tuple[float, int] | None:
        """Mean of the squared residuals at `best`, and of how many.

        Residuals are in units of the noise; None where the system has none.
        Where a model of few parameters is right, the mean of `n` is 1 with a
        standard deviation of `sqrt(2 / n)`.
        """
        problem = self.problem
        if problem.data is None or "residuals" not in problem.capabilities:
            return None
        system: Any = problem.system
        found = np.asarray(system.residuals(self.best, problem.data))
        return float(np.mean(np.square(found))), found.size

    @cached_property
    def best(self) -> ParameterStore:
        """Values of the draw with the highest log-density."""
        found = self.posterior
        # A density that is no number is never the best one.
        density = np.where(
            np.isnan(found.log_density), -np.inf, found.log_density
        )
        chain, draw = np.unravel_index(np.argmax(density), density.shape)
        values = {**found.held}
        values |= {key: at[chain, draw] for key, at in found.draws.items()}
        fields = found.spec.by_key
        return ParameterStore(
            {
                key: strong(values[key], fields[key].dtype)
                for key in found.spec.primitives
            },
            self.problem.system.resolver,
        )
