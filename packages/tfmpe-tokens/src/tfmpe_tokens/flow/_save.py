"""Trained networks in a file: safetensors, with the layout as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault, SaveError

from .._layout import Layout
from ._field import Form
from ._network import NetworkConfig
from ._regression import Regression
from ._scaling import Scaling
from ._train import TrainConfig
from ._vocabulary import Vocabulary

if TYPE_CHECKING:
    from ._estimator import FlowEstimator

_FORMAT = "tfmpe.flow/2"


def save(
    estimator: FlowEstimator, path: Path, extra: Mapping[str, Any] | None = None
) -> Path:
    """Write a trained estimator.

    Parameters
    ----------
    estimator
        Trained.
    path
        `.safetensors` is added where it is missing.
    extra
        Further entries of the JSON record.

    Raises
    ------
    SaveError
        If it cannot be written; nothing is left half-written.
    """
    from safetensors.numpy import save as to_bytes

    trained = estimator._trained()
    if path.suffix != ".safetensors":
        path = path.with_name(path.name + ".safetensors")
    record = {
        "format": _FORMAT,
        "vocabulary": trained.form.vocabulary.to_json(),
        "network": asdict(trained.form.config),
        "layers": trained.form.layers,
        "training": asdict(estimator.training),
        "splits": trained.splits,
        **(extra or {}),
    }
    arrays = {
        f"network/{k}": np.asarray(v) for k, v in trained.parameters.items()
    }
    arrays |= {f"scaling/{k}": v for k, v in trained.scaling.arrays().items()}
    for at, regression in enumerate(trained.regressions):
        own = regression.arrays()
        arrays |= {f"regression{at}/{k}": v for k, v in own.items()}
    arrays = {k: np.ascontiguousarray(v) for k, v in arrays.items()}
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(to_bytes(arrays, {"record": json.dumps(record)}))
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SaveError(
            Fault(
                f"{path} cannot be written: {error}",
                key=str(path),
                fix="give a folder that is there and can be written to",
                code="write",
            )
        ) from error
    return path


class Saved(NamedTuple):
    """What a file holds; see `FlowEstimator` and its `Trained`."""

    network: NetworkConfig
    training: TrainConfig
    form: Form
    parameters: dict[str, Any]
    scaling: Scaling
    splits: tuple[Any, ...]
    regressions: tuple[Regression, ...]


def load(path: Path, layout: Layout | None = None) -> Saved:
    """See `FlowEstimator.load`."""
    record, arrays = read(path)
    network = dict(record["network"])
    if isinstance(network["exchangeable"], list):
        network["exchangeable"] = tuple(network["exchangeable"])
    config = NetworkConfig(**network)
    form = Form(
        Vocabulary.from_json(record["vocabulary"]), config, record["layers"]
    )
    splits = [(tuple(a), tuple(b)) for a, b in record["splits"]]
    numbered = [f"regression{at}" for at in range(len(splits))]
    own = {
        kind: {
            name.partition("/")[2]: value
            for name, value in arrays.items()
            if name.startswith(kind + "/")
        }
        for kind in ("network", "scaling", *numbered)
    }
    shapes = {name: value.shape for name, value in own["network"].items()}
    if shapes != form.shapes:
        wrong = sorted(set(shapes.items()) ^ set(form.shapes.items()))
        raise _damaged(path, f"the array {wrong[0][0]!r} does not fit")
    known = {f.name for f in fields(TrainConfig)}
    training = {k: v for k, v in record["training"].items() if k in known}
    if layout is not None:
        form.vocabulary.check(layout)
    return Saved(
        network=config,
        training=TrainConfig(**training),
        form=form,
        parameters={k: jnp.asarray(v) for k, v in own["network"].items()},
        scaling=Scaling.from_arrays(own["scaling"]),
        splits=tuple(splits),
        regressions=tuple(Regression.from_arrays(own[k]) for k in numbered),
    )


def read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The record and the arrays of a file.

    Raises
    ------
    SaveError
        If it is missing, damaged, or no trained network.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            told = (file.metadata() or {}).get("record", "")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        record = json.loads(told)
    except FileNotFoundError as error:
        raise SaveError(
            Fault(f"there is no file {path}", key=str(path), code="missing")
        ) from error
    except (OSError, SafetensorError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if record.get("format") != _FORMAT:
        raise _damaged(path, f"its format is {record.get('format')!r}")
    return record, arrays


def _damaged(path: Path, why: str) -> SaveError:
    return SaveError(
        Fault(
            f"{path} holds no trained network that can be read: {why}",
            key=str(path),
            allowed=f"a file of the format {_FORMAT!r}",
            code="damaged",
        )
    )
