"""Results as files: numbers in ``.npz``, all else in ``.json``; no pickle."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from forwardax.errors import Fault, SaveError, wrong_type

FORMAT = 1
# Module of each record that can be saved.
_RECORDS = {
    "ConditionalSync": "_coupling",
    "Crises": "_crisis",
    "Drift": "_scales",
    "DynamicSync": "_sync",
    "Edge": "_network",
    "Events": "_events",
    "FeatureConfig": "_config",
    "FeatureSet": "_types",
    "HierarchicalEvents": "_hierarchy",
    "HierarchicalSeparation": "_separation",
    "LaggedProbability": "_coupling",
    "ManyAnalysis": "_analysis",
    "OnlineChanges": "_bocpd",
    "PairAnalysis": "_analysis",
    "Regimes": "_regimes",
    "Resonance": "_resonance",
    "Segmentation": "_segmentation",
    "SeriesAnalysis": "_analysis",
    "Succession": "_separation",
    "SyncMatrix": "_network",
    "SyncNetwork": "_network",
    "SyncProfile": "_sync",
    "TensionCorrelation": "_resonance",
}


def save(result: Any, path: str | Path) -> Path:
    """Write a result: features, a profile, an analysis, a mapping of them.

    Parameters
    ----------
    result
        Any record of this package, or mappings, lists and tuples of them.
    path
        Where to; two files are written, with the endings ``.npz`` and
        ``.json``, whichever of the two `path` has. Each is complete or not
        there at all.

    Returns
    -------
    pathlib.Path
        The ``.json`` file; `load` takes either.

    Raises
    ------
    SaveError
        If something in the result cannot be saved, or a file not be written.
    """
    stem = _stem(path)
    arrays: dict[str, np.ndarray] = {}
    content = _encode(result, "", arrays)
    numbers, told = stem.with_name(stem.name + ".npz"), _json_of(stem)
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        fresh = numbers.with_name(numbers.name + ".part")
        with fresh.open("wb") as file:
            np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]
        document = {
            "format": FORMAT,
            "sha256": hashlib.sha256(fresh.read_bytes()).hexdigest(),
            "content": content,
        }
        os.replace(fresh, numbers)
        fresh = told.with_name(told.name + ".part")
        fresh.write_text(json.dumps(document, indent=1, allow_nan=False))
        os.replace(fresh, told)
    except OSError as error:
        raise SaveError(
            Fault(f"cannot write {str(stem)!r}: {error}", key=str(stem))
        ) from error
    return told


def load(path: str | Path) -> Any:
    """Read what `save` wrote.

    Parameters
    ----------
    path
        Either of the two files, or their common stem.

    Returns
    -------
    Any
        The result, equal to what was saved.

    Raises
    ------
    SaveError
        If a file is missing or damaged, or of a later format.
    """
    stem = _stem(path)
    numbers, told = stem.with_name(stem.name + ".npz"), _json_of(stem)
    for file in (told, numbers):
        if not file.is_file():
            raise SaveError(
                Fault(
                    f"there is no file {str(file)!r}",
                    key=str(file),
                    fix="both files that save() wrote are needed",
                    code="missing",
                )
            )
    try:
        document = json.loads(told.read_text())
        version = document["format"]
        digest, content = document["sha256"], document["content"]
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(told) from error
    if version != FORMAT:
        raise SaveError(
            Fault(
                f"{str(told)!r} has another format",
                key=str(told),
                value=str(version),
                allowed=str(FORMAT),
                fix="read it with the version of the package that wrote it",
            )
        )
    if hashlib.sha256(numbers.read_bytes()).hexdigest() != digest:
        raise _damaged(numbers)
    with np.load(numbers, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file}
    try:
        return _decode(content, arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(told) from error


def _damaged(path: Path) -> SaveError:
    return SaveError(Fault(f"{str(path)!r} is damaged", key=str(path)))


def _stem(path: str | Path) -> Path:
    path = Path(path)
    return path.with_suffix("") if path.suffix in (".npz", ".json") else path


def _json_of(stem: Path) -> Path:
    return stem.with_name(stem.name + ".json")


def _encode(value: Any, at: str, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        # JSON has no NaN, and reads the shortest text back to the same bits.
        return value if np.isfinite(value) else {"float": repr(value)}
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        name = at.strip(".") or "array"
        arrays[name] = value
        return {"array": name}
    if is_dataclass(value) and type(value).__name__ in _RECORDS:
        return {
            "record": type(value).__name__,
            "fields": {
                f.name: _encode(
                    getattr(value, f.name), f"{at}.{f.name}", arrays
                )
                for f in fields(value)
            },
        }
    if isinstance(value, Mapping):
        return {
            "mapping": [
                [_encode(k, at, arrays), _encode(v, f"{at}.{k}", arrays)]
                for k, v in value.items()
            ]
        }
    if isinstance(value, tuple | list):
        return {
            type(value).__name__: [
                _encode(v, f"{at}.{k}", arrays) for k, v in enumerate(value)
            ]
        }
    raise SaveError(wrong_type(at.strip(".") or "result", value, "a result"))


def _decode(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if not isinstance(value, dict):
        return value
    if "float" in value:
        return float(value["float"])
    if "array" in value:
        return arrays[value["array"]]
    if "mapping" in value:
        return {k: _decode(v, arrays) for k, v in value["mapping"]}
    for kind in (tuple, list):
        if kind.__name__ in value:
            return kind(_decode(v, arrays) for v in value[kind.__name__])
    name = value["record"]
    record = getattr(import_module(f".{_RECORDS[name]}", __package__), name)
    return record(**{k: _decode(v, arrays) for k, v in value["fields"].items()})
