"""Writing a run file with its arrays beside it, to be read back as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from .._atomic import atomic
from .._config.config import Inputs, load_inputs
from .._plugins.registry import Registry
from .._schema.structure import Structure
from .._targets import load_target
from ..errors import Fault, Faults, PluginFailed

RUN_FILE = "run.yaml"
TRUTH_FILE = "truth.yaml"
_ORDER = ("system", "data", "params", "estimator", "seed", "truth")
_HEAD = "# Written by forwardax {version}; `forwardax fit` takes it as it is.\n"


class _Dumper(yaml.SafeDumper):
    """Mappings a key a line, lists in one line."""


_Dumper.add_representer(
    list,
    lambda dumper, value: dumper.represent_sequence(
        "tag:yaml.org,2002:seq", value, flow_style=True
    ),
)


def write_inputs(
    inputs: Inputs,
    folder: Path,
    *,
    below: str = "",
    truth: Mapping[str, Any],
    changes: Mapping[str, Any],
    registry: Registry,
) -> list[Path]:
    """Write arrays, truth and run file; check that they are read as written.

    Parameters
    ----------
    inputs
        Configuration and arrays.
    folder
        Where the run file goes.
    below
        Folder in it for the arrays.
    truth
        True values by key; no file where there are none.
    changes
        Sections of the run file that are not as configured.
    registry
        Where the system is looked up.

    Returns
    -------
    list of Path
        The files, the run file last.

    Raises
    ------
    PluginFailed
        If the system's reader does not give back what its writer wrote.
    SaveError
        If a file cannot be written.
    """
    mapping = {**inputs.config.to_mapping(), **changes}
    arrays = folder / below
    arrays.mkdir(exist_ok=True)
    found: list[Path] = []

    def write(key: str, array: Any) -> str:
        path = _write_array(inputs, arrays, key, array, registry)
        found.append(path)
        return path.relative_to(folder).as_posix()

    if inputs.data:
        mapping["data"] = {k: write(k, v) for k, v in inputs.data.items()}
    mapping["system"] = {
        key: value
        for key, value in mapping["system"].items()
        if key not in inputs.config.known
    } | {k: write(k, v) for k, v in inputs.known.items()}
    mapping.pop("truth", None)
    if truth:
        found.append(write_yaml(folder / TRUTH_FILE, _plain(truth)))
        mapping["truth"] = TRUTH_FILE
    order = [name for name in _ORDER if mapping.get(name) not in (None, {})]
    ordered = {name: mapping[name] for name in order}
    found.append(write_yaml(folder / RUN_FILE, ordered))
    _check_round_trip(inputs, folder, registry)
    return found


def write_yaml(path: Path, value: Mapping[str, Any]) -> Path:
    """Write a mapping as YAML, in its order.

    Raises
    ------
    SaveError
        If it cannot be written.
    """
    from .. import __version__

    text = yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
    )
    with atomic(path) as part:
        part.write_text(_HEAD.format(version=__version__) + text)
    return path


def _write_array(
    inputs: Inputs, folder: Path, key: str, array: Any, registry: Registry
) -> Path:
    entry: Any = registry.get("systems", inputs.config.system.value)
    array = np.asarray(array)
    if entry.writer is None:
        path = folder / f"{key}.npy"
        with atomic(path) as part:
            np.save(part, array, allow_pickle=False)
        return path
    write = load_target(entry.writer, needed_by=entry.name)
    structure = Structure.of(entry.structure, inputs.config.structure.plain)
    return Path(write(folder, key, array, structure))


def _check_round_trip(inputs: Inputs, folder: Path, registry: Registry) -> None:
    again = load_inputs(folder / RUN_FILE, registry=registry)
    name = inputs.config.system.value
    faults = Faults()
    before = {**inputs.known, **inputs.data}
    after = {**again.known, **again.data}
    for key, array in before.items():
        same = key in after and np.shape(array) == np.shape(after[key])
        # Room for a reader that normalises what it reads.
        if not same or not np.allclose(
            array, after[key], rtol=1e-12, atol=0.0, equal_nan=True
        ):
            what = f"{key!r} of {name!r} is not read as it was written"
            allowed = "a reader that gives what the writer took"
            provider = registry.provider("systems", name)
            faults.append(
                Fault(what, key, "", allowed, (), provider, code="writer")
            )
    faults.throw(PluginFailed)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: np.asarray(value).tolist() for key, value in values.items()}
