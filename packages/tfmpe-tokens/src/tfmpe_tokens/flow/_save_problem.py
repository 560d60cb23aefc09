"""A flow trained on a problem, in a file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from forwardax.errors import Fault, Faults
from forwardax.estimation import Problem

from .._errors import TokenError
from .._layout import Layout
from ._config import FlowConfig
from ._coordinates import Coordinates
from ._save import read, save

if TYPE_CHECKING:
    from ._trained import TrainedFlow


def save_trained(trained: TrainedFlow, path: Path) -> Path:
    """See `TrainedFlow.save`."""
    problem = trained.problem
    extra = {
        "problem": {
            "system": problem.system.system_id,
            "names": list(problem.plan.names),
            "keys": _keys(trained.coordinates.layout),
        },
        "settings": asdict(trained.config),
        "notes": list(trained.notes),
    }
    return save(trained.estimator, path, extra)


def load_trained(
    path: Path, problem: Problem
) -> tuple[Coordinates, FlowConfig, tuple[str, ...]]:
    """What a file says beside the network; see `TrainedFlow.load`."""
    record, _ = read(path)
    coordinates = Coordinates.of(problem)
    told = record.get("problem")
    faults = Faults()
    if told is None:
        raise TokenError(
            Fault(
                "this network was trained on tokens, not on a problem",
                key=str(path),
                fix="FlowEstimator.load(path)",
                code="layout",
            )
        )
    here, there = _keys(coordinates.layout), told["keys"]
    for name in dict.fromkeys((*there, *here)):
        came, wanted = here.get(name), there.get(name)
        if came != wanted:
            faults.append(
                Fault(
                    f"the tokens of {name!r} are not those of the training",
                    key=name,
                    value="absent" if came is None else str(came),
                    allowed="absent" if wanted is None else str(wanted),
                    fix="load it for the problem that it was trained on",
                    code="layout",
                )
            )
    if not faults and told["names"] != list(problem.plan.names):
        faults.append(
            Fault(
                "the coordinates are not those of the training",
                key="free",
                value=", ".join(problem.plan.names),
                allowed=", ".join(told["names"]),
                code="layout",
            )
        )
    faults.throw(TokenError, f"{path} does not fit the problem")
    config = FlowConfig(**record["settings"])
    return coordinates, config, tuple(record["notes"])


def _keys(layout: Layout) -> dict[str, list[list[int]]]:
    return {
        key.name: [list(key.event_shape), list(key.batch_shape)]
        for key in layout.keys
    }
