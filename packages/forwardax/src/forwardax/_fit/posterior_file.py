"""Posteriors on disk: one `.npz`, written atomically, no pickle."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._schema.spec import ParamSpec
from ..contracts import Check
from ..errors import Fault, SaveError, SpecError

if TYPE_CHECKING:
    from .posterior import Posterior

_GROUPS = ("draws", "derived", "held", "stats", "extras", "state")
_ARRAYS = ("unconstrained", "log_density", "weights")
_VERSION = 1
_DAMAGE = (
    AttributeError,
    EOFError,
    KeyError,
    OSError,
    SpecError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
)
"""What reading a file that is not what it should be can raise."""


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
        "sha256": {name: _digest(array) for name, array in arrays.items()},
    }
    arrays["record"] = np.asarray(json.dumps(record))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, arrays)
    except OSError as error:
        raise SaveError(
            Fault(
                f"cannot write {path}: {error.strerror or error}",
                key=str(path),
                allowed="a path in a folder",
                fix="choose a folder that can be written and has room",
                code="write",
            )
        ) from error
    return path


def _write(path: Path, arrays: Mapping[str, Any]) -> None:
    # Same folder, so that the rename is atomic; synced before it counts.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays)  # pyright: ignore
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _digest(array: Any) -> str:
    header = f"{array.dtype.str}{array.shape}".encode()
    body = np.ascontiguousarray(array).tobytes()
    return hashlib.sha256(header + body).hexdigest()


def load_posterior(kind: type[Posterior], path: Path) -> Posterior:
    """See `Posterior.load`."""
    if not path.exists() and path.suffix != ".npz":
        path = path.with_name(path.name + ".npz")
    try:
        # Opened here: np.load leaves a damaged file open.
        with (
            path.open("rb") as opened,
            np.load(opened, allow_pickle=False) as file,
        ):
            arrays = {name: file[name] for name in file.files}
        record = json.loads(str(arrays.pop("record")))
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
    except _DAMAGE as e:
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
    broken = [
        name
        for name, digest in record["sha256"].items()
        if name not in arrays or _digest(arrays[name]) != digest
    ]
    if broken:
        raise ValueError(f"wrong checksum of {', '.join(broken)}")
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
