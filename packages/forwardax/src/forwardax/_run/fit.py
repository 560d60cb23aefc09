"""Fits in run folders: begun, gone on with after anything, finished."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .._atomic import atomic, remove_parts
from .._fit.estimator import Progress
from .._fit.fit import fit
from .._fit.journal import Journal
from .._fit.posterior_make import versions
from .._plugins.registry import Registry
from ..errors import Fault, SaveError
from .folder import locked, staged
from .inputs import write_inputs
from .manifest import Manifest, digests, now, read_manifest
from .plots import draw_plots
from .prepare import Ready, prepare
from .result import RunResult
from .summary_md import summary_text
from .summary_rows import summary_json

POSTERIOR = "posterior.npz"
SUMMARIES = ("summary.md", "summary.json")


def run_fit(
    source: str | Path,
    out: str | Path,
    overrides: Iterable[str] = (),
    *,
    registry: Registry | None = None,
    progress: Progress | None = None,
    plots: bool = True,
) -> RunResult:
    """Fit what a run file says, in a new run folder.

    Parameters
    ----------
    source
        A run file (a `Path`), or the name of a system.
    out
        The run folder: empty, or not there yet.
    overrides
        `--set` texts.
    registry
        Where names are looked up; the installed plugins by default.
    progress
        Called with stage, done and total.
    plots
        Whether plots are drawn.

    Raises
    ------
    ForwardaxError
        With every fault, before anything is compiled or written.
    """
    registry = registry or Registry.default()
    out = Path(out)
    ready = prepare(source, overrides, out=out, registry=registry)
    with staged(out) as part:
        _lay_out(ready, part, registry)
    return resume_fit(out, registry=registry, progress=progress, plots=plots)


def resume_fit(
    folder: str | Path,
    *,
    registry: Registry | None = None,
    progress: Progress | None = None,
    plots: bool = True,
) -> RunResult:
    """Go on with the fit of a run folder where it ended.

    Parameters
    ----------
    folder
        The run folder.
    registry, progress, plots
        As in `run_fit`.

    Raises
    ------
    SaveError
        If the folder is damaged, or its run is finished.
    """
    registry = registry or Registry.default()
    folder = Path(folder)
    manifest = read_manifest(folder)
    if manifest.state == "done":
        raise SaveError(
            Fault(
                f"the fit in {folder} is finished",
                key=str(folder),
                allowed="a run that was interrupted",
                fix="there is nothing to resume",
                code="done",
            )
        )
    with locked(folder):
        manifest.verify(folder)
        remove_parts(folder)
        ready = prepare(folder / "run.yaml", registry=registry)
        journal = Journal(folder / "chunks")
        posterior = fit(
            ready.problem,
            ready.estimator,
            key=ready.inputs.config.seed.value,
            registry=registry,
            progress=progress,
            checkpoint=journal,
            **ready.settings,
        )
        posterior.save(folder / POSTERIOR)
        result = result_of(ready, posterior, folder)
        _finish(result, manifest, registry, plots=plots)
        journal.remove()
    return result


def result_of(ready: Ready, posterior: Any, folder: Path) -> RunResult:
    """The result of a fit that was prepared."""
    config = ready.inputs.config
    return RunResult(
        posterior=posterior,
        problem=ready.problem,
        truth={k: np.asarray(v) for k, v in config.truth.plain.items()},
        name=config.system.value,
        folder=folder,
    )


def _lay_out(ready: Ready, folder: Path, registry: Registry) -> None:
    """What a run folder holds before the fit."""
    config = ready.inputs.config
    estimator = {"name": ready.estimator.name, **ready.settings}
    files = write_inputs(
        ready.inputs,
        folder,
        below="inputs",
        truth=config.truth.plain,
        changes={"estimator": estimator},
        registry=registry,
    )
    Manifest(
        created=now(),
        system=config.system.value,
        estimator=ready.estimator.name,
        seed=config.seed.value,
        spec=config.spec.digest,
        versions=versions(),
        sources={row["path"]: row["source"] for row in config.rows()},
        files=digests(folder, files),
    ).write(folder)


def _finish(
    result: RunResult, manifest: Manifest, registry: Registry, *, plots: bool
) -> None:
    folder = result.folder
    assert folder is not None
    if plots:
        draw_plots(result, folder, registry=registry)
    rows = json.dumps(summary_json(result), indent=2, allow_nan=False)
    texts = (summary_text(result), rows + "\n")
    for name, text in zip(SUMMARIES, texts, strict=True):
        with atomic(folder / name) as part:
            part.write_text(text, encoding="utf-8")
    written = [folder / name for name in (POSTERIOR, *SUMMARIES)]
    replace(
        manifest,
        state="done",
        finished=now(),
        converged=result.posterior.converged,
        files={**manifest.files, **digests(folder, written)},
    ).write(folder)
