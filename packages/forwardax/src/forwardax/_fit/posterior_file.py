"""Posteriors on disk: one `.npz`, written atomically, no pickle."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._schema.spec import ParamSpec
from ..contracts import Check
from ..errors import Fault, SaveError, SpecError
from .checked_file import DAMAGE, read_arrays, write_arrays

if TYPE_CHECKING:
    from .posterior import Posterior

_GROUPS = ("draws", "derived", "held", "stats", "extras", "state")
_ARRAYS = ("unconstrained", "log_density", "weights")
_VERSION = 1


def save_posterior(posterior: Posterior, path: Path) -> Path:
    """See `Posterior.save`."""
    if path.suffix != ".npz":
        path = path.with_name(path.name + ".npz")
    arrays = {
        f"{group}/{key}": np.asarray(value)
        for group in _GROUPS
        for key, value in getattr(posterior, group).items()
    }
    for name in _ARRAYS:
        if getattr(posterior, name) is not None:
            arrays[name] = np.asarray(getattr(posterior, name))
    record = {
        "version": _VERSION,
        "estimator": posterior.estimator,
        "spec": posterior.spec.to_json(),
        "declared": posterior.declared,
        "checks": [asdict(check) for check in posterior.checks],
        "notes": posterior.notes,
        "timings": dict(posterior.timings),
        "versions": dict(posterior.versions),
        "order": {group: list(getattr(posterior, group)) for group in _GROUPS},
    }
    write_arrays(path, arrays, record)
    return path


def load_posterior(kind: type[Posterior], path: Path) -> Posterior:
    """See `Posterior.load`."""
    if not path.exists() and path.suffix != ".npz":
        path = path.with_name(path.name + ".npz")
    try:
        arrays, record = read_arrays(path)
        return _assemble(kind, arrays, record)
    except FileNotFoundError as error:
        raise SaveError(
            Fault(
                f"there is no file {path}",
                key=str(path),
                allowed="a file that Posterior.save wrote",
                code="missing",
            )
        ) from error
    except (*DAMAGE, SpecError) as e:
        raise SaveError(
            Fault(
                f"{path} is damaged or no posterior: {e}",
                key=str(path),
                allowed="a file that Posterior.save wrote",
                fix="run the fit again, or restore the file",
                code="damaged",
            )
        ) from e


def _assemble(
    kind: type[Posterior], arrays: dict[str, Any], record: dict[str, Any]
) -> Posterior:
    if record["version"] != _VERSION:
        raise ValueError(f"format {record['version']}, not {_VERSION}")
    groups = {
        group: {key: arrays[f"{group}/{key}"] for key in keys}
        for group, keys in record["order"].items()
    }
    return kind(
        estimator=record["estimator"],
        spec=ParamSpec.from_json(record["spec"]),
        declared=tuple(record["declared"]),
        checks=tuple(Check(**check) for check in record["checks"]),
        notes=tuple(record["notes"]),
        timings=record["timings"],
        versions=record["versions"],
        **{name: arrays.get(name) for name in _ARRAYS},
        **groups,
    )
