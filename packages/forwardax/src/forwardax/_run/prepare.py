"""Everything that is checked before a fit: nothing is compiled or written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from .._config.config import Inputs, RunConfig, load_inputs
from .._config.layers import override_layer, read_layer
from .._config.settings import Setting
from .._fit.estimator import Estimator, make_config
from .._fit.fit import check_call, check_needs, named_estimator
from .._plugins.registry import Registry
from .._problem.problem import Problem
from .._yaml import read_yaml
from ..errors import Faults
from .collect import Collector
from .folder import check_out
from .make import problem_of

DEFAULT_ESTIMATOR: Final = "numpyro.nuts"
"""Who fits where nobody was named."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A fit that can begin.

    Parameters
    ----------
    inputs
        Configuration and arrays.
    problem
        What is fitted.
    estimator
        By what.
    settings
        The estimator's, by name.
    """

    inputs: Inputs
    problem: Problem
    estimator: Estimator
    settings: Mapping[str, Any]


def prepare(
    source: str | Path,
    overrides: Iterable[str] = (),
    *,
    out: Path | None = None,
    registry: Registry,
) -> Ready:
    """Check a fit: configuration, arrays, estimator, capabilities, folder.

    Parameters
    ----------
    source
        A run file (a `Path`), or the name of a system.
    overrides
        `--set` texts.
    out
        The folder that is to be made, if any.
    registry
        Where names are looked up.

    Raises
    ------
    ForwardaxError
        With every fault: of the class they share, else a `ConfigError`.
    """
    overrides = tuple(overrides)
    found = Collector()
    inputs = found.run(
        lambda: load_inputs(source, overrides, registry=registry)
    )
    if inputs is not None:
        named, options = inputs.config.estimator, inputs.config.options
        seed = inputs.config.seed
        found.run(lambda: check_call(seed.value, None, None), seed)
    else:
        named, options = _told(source, overrides)
    name = DEFAULT_ESTIMATOR if named is None else named.value
    estimator = problem = None
    if isinstance(name, str):
        estimator = found.run(lambda: named_estimator(name, registry), named)
    values = {path: one.value for path, one in options.items()}
    if estimator is not None:
        kind, owner = estimator.Config, estimator.name
        found.run(partial(make_config, kind, values, owner), options)
    if inputs is not None:
        config = inputs.config
        problem = found.run(
            lambda: problem_of(inputs, registry=registry), _decided(config)
        )
    if estimator is not None and problem is not None:
        found.run(lambda: check_needs(problem, estimator, registry), named)
    if out is not None:
        found.run(lambda: check_out(out))
    found.throw()
    assert inputs is not None
    assert problem is not None and estimator is not None
    return Ready(inputs, problem, estimator, values)


def _decided(config: RunConfig) -> dict[str, Setting]:
    """Decisions by address, those for elements by their whole key as well."""
    found = {**config.priors, **config.ties, **config.fixed, **config.solve_for}
    whole = {config.spec.find(name).key: one for name, one in found.items()}
    return whole | found


def _told(
    source: str | Path, overrides: Iterable[str]
) -> tuple[Setting | None, dict[str, Setting]]:
    """Estimator and settings as written, where the rest has faults."""
    unheard = Faults()  # `load_inputs` told them
    layers = [override_layer(overrides, unheard)]
    if isinstance(source, Path):
        layers.insert(0, read_layer(read_yaml(source), unheard))
    named = [layer.word("estimator") for layer in layers]
    options: dict[str, Setting] = {}
    for layer in layers:
        options |= layer.paths("estimator")
    return next((n for n in reversed(named) if n is not None), None), options
