"""Declare a forward model once, fit it with anything.

Public names are loaded when they are first used: importing `forwardax`, and
everything a plugin declares with, does not import JAX.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "API": "_plugins.entries",
    "CommandEntry": "_plugins.entries",
    "DatasetEntry": "_plugins.entries",
    "EngineEntry": "_plugins.entries",
    "EstimatorEntry": "_plugins.entries",
    "PlotEntry": "_plugins.entries",
    "PresetEntry": "_plugins.entries",
    "ProfileEntry": "_plugins.entries",
    "SystemEntry": "_plugins.entries",
    "TransformEntry": "_plugins.entries",
    "NO_DEFAULT": "contracts",
    "Check": "contracts",
    "DataField": "contracts",
    "Layout": "contracts",
    "ParamField": "contracts",
    "Prior": "contracts",
    "PriorPlan": "contracts",
    "Ragged": "contracts",
    "Shift": "contracts",
    "Slot": "contracts",
    "StructureField": "contracts",
    "Validity": "contracts",
    "Frozen": "_freeze",
    "Builder": "_system.builder",
    "DataSpec": "_schema.data",
    "Estimator": "_fit.estimator",
    "JointSystem": "_system.joint",
    "LinearGaussian": "_system.linear",
    "Node": "_derived.graph",
    "ParamSpec": "_schema.spec",
    "ParameterStore": "_system.store",
    "Posterior": "_fit.posterior",
    "Problem": "_problem.problem",
    "Registry": "_plugins.registry",
    "Resolver": "_derived.resolver",
    "Structure": "_schema.structure",
    "System": "_system.system",
    "RunResult": "_run.result",
    "SystemGraph": "_derived.graph",
    "Transform": "_derived.transforms",
    "TransformRegistry": "_derived.transforms",
    "enable_x64": "_x64",
    "fit": "_fit.fit",
    "hookimpl": "_plugins.hookspecs",
    "load_result": "_run.load",
    "load_run": "_config.config",
    "bucket_size": "_compile.bucket",
    "pad_to": "_compile.bucket",
    "pad_to_bucket": "_compile.bucket",
    "log_density": "_problem.density",
    "log_likelihood": "_problem.density",
    "log_prior": "_problem.density",
    "loss": "_problem.density",
    "stack": "_problem.problem",
    "system": "_system.named",
}
_MODULES = ("calibration", "contracts", "errors", "estimation", "testing")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    home = _HOME.get(name)
    if home is None:
        from .errors import nearest

        near = nearest(name, __dir__())
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"forwardax has no {name!r}{hint}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_HOME, *_MODULES, "__version__"])


__version__ = "0.1.0"
