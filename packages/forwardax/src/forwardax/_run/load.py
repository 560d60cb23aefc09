"""Opening the run folder of a finished fit."""

from __future__ import annotations

from pathlib import Path

from .._fit.posterior import Posterior
from .._plugins.registry import Registry
from ..errors import Fault, SaveError
from .fit import POSTERIOR, result_of
from .manifest import read_manifest
from .prepare import prepare
from .result import RunResult


def load_result(
    folder: str | Path, *, registry: Registry | None = None
) -> RunResult:
    """Open the run folder of a finished fit.

    Parameters
    ----------
    folder
        What `forwardax fit` made; it may have been moved.
    registry
        Where names are looked up; the installed plugins by default.

    Raises
    ------
    SaveError
        If it is no run folder, not finished, or damaged.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if manifest.state != "done":
        raise SaveError(
            Fault(
                f"the fit in {folder} is not finished",
                key=str(folder),
                allowed="the folder of a finished fit",
                fix=f"finish it: forwardax fit --resume {folder}",
                code="running",
            )
        )
    manifest.verify(folder)
    registry = registry or Registry.default()
    ready = prepare(folder / "run.yaml", registry=registry)
    return result_of(ready, Posterior.load(folder / POSTERIOR), folder)
