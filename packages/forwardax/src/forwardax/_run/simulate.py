# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# JAX leaves many of its types unknown.
"""Data simulated from a run file, with their truth and a run file to fit."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

import jax
import numpy as np

from .._config.config import load_inputs
from .._fit.fit import as_key
from .._plugins.registry import Registry
from .._problem.density import lack
from .._problem.problem import Problem
from .._system.system import System
from ..errors import (
    CapabilityError,
    Fault,
    Faults,
    ProblemError,
    listed,
)
from .collect import Collector
from .folder import check_out, staged
from .inputs import write_inputs
from .make import problem_of

_STREAM = 0x51
"""A fit of the same seed must not begin at the truth."""


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """What was written.

    Parameters
    ----------
    folder
        Where.
    files
        The files, the run file last.
    truth
        Values by key, derived ones included.
    free
        Number of free parameters of the run file; 0 where the values of all
        were given, so that there is nothing to fit in it.
    """

    folder: Path
    files: tuple[Path, ...]
    truth: Mapping[str, Any]
    free: int


def simulate(
    source: str | Path,
    out: str | Path,
    overrides: Iterable[str] = (),
    *,
    registry: Registry | None = None,
) -> Simulated:
    """Simulate data into a new folder.

    What is fixed keeps its value, what is free is drawn from its prior.

    Parameters
    ----------
    source
        A run file (a `Path`), or the name of a system; its data are not read.
    out
        The folder: empty, or not there yet.
    overrides
        `--set` texts.
    registry
        Where names are looked up; the installed plugins by default.

    Raises
    ------
    ForwardaxError
        With every fault, before anything is written.
    """
    registry = registry or Registry.default()
    out = Path(out)
    found = Collector()
    found.run(lambda: check_out(out))
    inputs = found.run(
        lambda: load_inputs(source, overrides, registry=registry, data=False)
    )
    problem: Problem | None = None
    key: Any = None
    if inputs is not None:
        seed = inputs.config.seed
        key = found.run(lambda: as_key(seed.value), seed)
        problem = found.run(
            lambda: problem_of(inputs, registry=registry, data=False)
        )
    if problem is not None:
        found.run(lambda: _check_needs(problem, registry))
    found.throw()
    assert inputs is not None and problem is not None
    truth, data = _draw(problem, jax.random.fold_in(key, _STREAM))
    made = replace(
        inputs, data={name: np.asarray(one) for name, one in data.items()}
    )
    with staged(out) as part:
        files = write_inputs(
            made, part, truth=truth, changes={}, registry=registry
        )
    found = tuple(out / path.relative_to(part) for path in files)
    return Simulated(folder=out, files=found, truth=truth, free=problem.size)


def _check_needs(problem: Problem, registry: Registry) -> None:
    faults = Faults()
    for need in sorted({"simulate", "proper_prior"} - problem.capabilities):
        fault = lack(problem, need)
        if need == "simulate":
            able = [
                entry.name
                for entry in registry.entries("systems")
                if _simulates(registry, entry.name)
            ]
            fault = replace(fault, allowed=f"systems that do: {listed(able)}")
        faults.append(fault)
    faults.throw(CapabilityError)


def _draw(problem: Problem, key: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """True values, derived ones included, and data."""
    try:
        store, data = problem.simulate(key)
        values = problem.system.resolve(store)
        return jax.device_get((values, dict(data)))
    except RuntimeError as error:  # raised from compiled code: no valid draw
        what = str(error).strip().splitlines()[0]
        raise ProblemError(
            Fault(
                f"nothing can be simulated: {what}",
                key="priors",
                allowed="priors within the validity conditions",
                fix="give values: --set params.KEY=VALUE",
                code="validity",
            )
        ) from error


def _simulates(registry: Registry, name: str) -> bool:
    """Whether a system can simulate, found without building it."""
    try:
        target: Any = registry.load("systems", name)
        owner = getattr(target, "__self__", target)
        if not inspect.isclass(owner):
            owner = get_type_hints(target).get("return")
    except Exception:
        return False  # a broken plugin is no advice
    return (
        inspect.isclass(owner)
        and issubclass(owner, System)
        and hasattr(owner, "simulate")
    )
