"""A progress bar for each stage of a fit."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from .._fit.estimator import Progress as Tell


@contextmanager
def terminal_progress(
    *, quiet: bool = False, file: IO[str] | None = None
) -> Generator[Tell]:
    """Bars with counts and the time that is left, while a fit runs.

    Parameters
    ----------
    quiet
        Show nothing.
    file
        Where bars are drawn; standard error where None, so that standard
        output can be piped. Nothing is drawn unless it is a terminal.

    Yields
    ------
    callable
        `progress(stage, done, total)`, as `forwardax.fit` takes it. The bars
        vanish at the end.
    """
    drawn_on = file or sys.stderr
    if quiet or not drawn_on.isatty():
        yield _silent
        return
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(file=drawn_on),
        transient=True,
        # What is printed meanwhile must reach a pipe, not the terminal.
        redirect_stdout=sys.stdout.isatty(),
        redirect_stderr=sys.stderr.isatty(),
    )
    with bars:
        yield _Stages(bars)


def _silent(stage: str, done: int, total: int) -> None:
    del stage, done, total


class _Stages:
    """Turns `progress(stage, done, total)` into bars."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        # Without a total, a bar that only says that something happens.
        count = total or None
        task = self._tasks.get(stage)
        if task is None:
            task = self._bars.add_task(stage, total=count, completed=done)
            self._tasks[stage] = task
        elif done == 0:
            self._bars.reset(task, total=count)
        else:
            self._bars.update(task, completed=done, total=count)
