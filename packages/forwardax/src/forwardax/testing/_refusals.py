"""Tables of bad inputs: what each of them must be told.

A `BadInput` is a callable that must raise a `ForwardaxError` before JAX
compiles anything. What it must say is one line a fault in a CSV file, which
`RefusalTable.write` writes anew: read its diff.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import jax

from ..errors import Fault, ForwardaxError

_EXACT: Final = ("code", "key", "nearest", "line")
_WITHIN: Final = ("value", "allowed", "needed_by", "fix")
"""Parts of a fault of which the table has the beginning."""
_COLUMNS: Final[tuple[str, ...]] = ("id", "error", *_EXACT, *_WITHIN)
_CUT: Final = 60
_LINE: Final = re.compile(r"\S+\.ya?ml:(\d+): ")
_EVENTS: list[str] = []


@dataclass(frozen=True)
class BadInput:
    """An input that has to be refused.

    Parameters
    ----------
    id
        Its name in the table.
    run
        Gives the input; must raise a `ForwardaxError`.
    cli
        Arguments that give the same on the command line, if any.
    """

    id: str
    run: Callable[[], object]
    cli: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a bad input gave: an exception, if any, and what compiled."""

    error: BaseException | None
    compiled: tuple[str, ...]


class RefusalTable:
    """Bad inputs, and what each of them must be told.

    Parameters
    ----------
    path
        The CSV file.
    cases
        The bad inputs.
    folder
        A folder that may differ from run to run: the table has `FOLDER` in
        its place.
    """

    def __init__(
        self, path: Path, cases: Iterable[BadInput], *, folder: Path
    ) -> None:
        self.path = path
        self.cases: dict[str, BadInput] = {}
        for case in cases:
            if self.cases.setdefault(case.id, case) is not case:
                raise ValueError(f"two bad inputs are called {case.id!r}")
        self._folder = str(folder)

    def wanted(self) -> dict[str, list[dict[str, str]]]:
        """Lines of the table by case."""
        found: dict[str, list[dict[str, str]]] = {}
        with self.path.open(newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault(row["id"], []).append(row)
        return found

    def write(self) -> None:
        """Write the table anew, from what the bad inputs give."""
        rows = [row for one in self.cases.values() for row in self._rows(one)]
        with self.path.open("w", newline="") as file:
            writer: csv.DictWriter[str]
            writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def wrong(
        self, outcome: Outcome, wanted: list[dict[str, str]]
    ) -> list[str]:
        """In which ways an outcome is not what the table says."""
        error = outcome.error
        if outcome.compiled:
            return [f"compiled first: {', '.join(outcome.compiled)}"]
        if type(error).__name__ != wanted[0]["error"]:
            return [f"{error!r} is no {wanted[0]['error']}"]
        assert isinstance(error, ForwardaxError), error
        if len(error.faults) != len(wanted):
            return [f"{len(error.faults)} faults, not {len(wanted)}: {error}"]
        found: list[str] = []
        for fault, row in zip(error.faults, wanted, strict=True):
            given = self._texts(fault)
            for part in (*_EXACT, *_WITHIN):
                same = given[part] == row[part]
                if part in _WITHIN and row[part]:
                    same = given[part].startswith(row[part])
                if not same:
                    found.append(f"{part}: {given[part]!r}, not {row[part]!r}")
            for part in ("key", "value", "allowed"):
                if getattr(fault, part) not in str(error):
                    found.append(f"the message lacks the {part} of {fault!r}")
        return found

    def _rows(self, case: BadInput) -> list[dict[str, str]]:
        error = observe(case).error
        assert isinstance(error, ForwardaxError), (case.id, error)
        lead = {"id": case.id, "error": type(error).__name__}
        rows: list[dict[str, str]] = []
        for fault in error.faults:
            row = self._texts(fault)
            rows.append(lead | row | {k: row[k][:_CUT] for k in _WITHIN})
        return rows

    def _texts(self, fault: Fault) -> dict[str, str]:
        """Parts of a fault as text, without what differs from run to run."""
        line = _LINE.match(fault.what)
        row = {
            "nearest": " | ".join(fault.nearest),
            "line": line[1] if line else "",
        }
        for part in ("code", "key", *_WITHIN):
            plain = getattr(fault, part).replace(self._folder, "FOLDER")
            row[part] = re.sub("0x[0-9a-f]+", "0x", plain).replace("\n", " ")
        return row


def observe(case: BadInput) -> Outcome:
    """Run a bad input, as the first thing that JAX would compile.

    Parameters
    ----------
    case
        The bad input.

    Returns
    -------
    Outcome
        The exception, and the events of JAX's compiler.
    """
    _listen()
    jax.clear_caches()
    _EVENTS.clear()
    try:
        case.run()
    except Exception as error:
        return Outcome(error, tuple(_EVENTS))
    return Outcome(None, tuple(_EVENTS))


@cache
def _listen() -> None:
    def heard(event: str, duration_secs: float, **kwargs: Any) -> None:
        del duration_secs, kwargs
        if event.startswith("/jax/core/compile"):
            _EVENTS.append(event)

    jax.monitoring.register_event_duration_secs_listener(heard)
