"""A problem of what a run file says."""

from __future__ import annotations

from collections.abc import Iterator

from .._config.config import Inputs, RunConfig
from .._plugins.registry import Registry
from .._problem.problem import Problem
from .._schema.address import element_names
from .._schema.spec import ParamSpec
from .._system.named import system


def problem_of(
    inputs: Inputs, *, registry: Registry | None = None, data: bool = True
) -> Problem:
    """Build the system and pose the problem.

    Parameters
    ----------
    inputs
        From `load_inputs`.
    registry
        Where the system is looked up; the installed plugins by default.
    data
        Whether the problem gets the measured data.

    Raises
    ------
    ForwardaxError
        With every fault.
    """
    config = inputs.config
    built = system(
        config.system.value,
        registry=registry,
        **config.structure.plain,
        **inputs.known,
    )
    return Problem(
        built,
        dict(inputs.data) if data else None,
        fixed=config.fixed.plain,
        priors=config.priors.plain,
        free=tuple(_freed(built.spec, config)),
        ties=config.ties.plain,
        solve_for=config.solve_for.plain,
    )


def _freed(spec: ParamSpec, config: RunConfig) -> Iterator[str]:
    """What is held as a whole and freed, less the elements the run holds.

    A prior frees as well. A problem holds first and frees then, so a vector
    of which the run holds some elements is freed element by element.
    """
    held = {spec.find(name).key for name in (*dict(spec.fixed), *config.fixed)}
    drawn = [name for name in config.priors if name not in config.solve_for]
    for name in dict.fromkeys([*config.free, *drawn]):
        at = spec.find(name)
        if at.key not in held:
            continue
        names = element_names(spec[at.key])
        if at.element is not None:
            names = (names[at.element],)
        yield from (one for one in names if one not in config.fixed)
