# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""The rows of the table of bad inputs, and what one gives.

The inputs are the callables in `bad_*.py`; what each must be told is one line
a fault in `table.csv`. `python table.py` writes that file anew: read its diff.
"""

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import jax
from bad_models import FOLDER
from forwardax.errors import Fault, ForwardaxError

TABLE = Path(__file__).with_name("table.csv")
EXACT = ("code", "key", "nearest")
WITHIN = ("value", "allowed", "needed_by", "fix")
"""Parts of a fault of which the table has the beginning."""
COLUMNS = ("id", "error", *EXACT, *WITHIN)
TOPICS = (
    "bad_config",
    "bad_data",
    "bad_decisions",
    "bad_fields",
    "bad_files",
    "bad_fits",
    "bad_graphs",
    "bad_numbers",
    "bad_plugins",
    "bad_priors",
    "bad_problems",
    "bad_specs",
    "bad_stores",
    "bad_summaries",
    "bad_transforms",
)

Row = dict[str, str]


@dataclass(frozen=True)
class Case:
    """A bad input; `cli` gives the same on the command line."""

    id: str
    run: Callable[[], object]
    cli: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a bad input gave: an exception (or None), and what compiled."""

    error: BaseException | None
    compiled: tuple[str, ...]

    def rows(self, case: Case) -> list[Row]:
        """Lines of the table, of which long texts are cut."""
        assert isinstance(self.error, ForwardaxError), self.error
        name = type(self.error).__name__
        lead = {"id": case.id, "error": name}
        return [{**lead, **texts(fault)} for fault in self.error.faults]

    def wrong(self, wanted: list[Row]) -> list[str]:
        """In which ways it is not what the table says."""
        if self.compiled:
            return [f"compiled first: {', '.join(self.compiled)}"]
        if type(self.error).__name__ != wanted[0]["error"]:
            return [f"{self.error!r} is no {wanted[0]['error']}"]
        assert isinstance(self.error, ForwardaxError), self.error
        faults = self.error.faults
        if len(faults) != len(wanted):
            return [f"{len(faults)} faults, not {len(wanted)}: {faults}"]
        found: list[str] = []
        for fault, row in zip(faults, wanted, strict=True):
            given = texts(fault, cut=None)
            for part in (*EXACT, *WITHIN):
                same = given[part] == row[part]
                if part in WITHIN and row[part]:
                    same = given[part].startswith(row[part])
                if not same:
                    found.append(f"{part}: {given[part]!r}, not {row[part]!r}")
            for part in ("key", "value", "allowed"):
                if getattr(fault, part) not in str(self.error):
                    found.append(f"the message lacks the {part} of {fault!r}")
        return found


def texts(fault: Fault, *, cut: int | None = 60) -> Row:
    """Parts of a fault as text, without what differs from run to run."""
    row = {"nearest": " | ".join(fault.nearest)}
    for part in (*EXACT[:2], *WITHIN):
        plain = getattr(fault, part).replace(str(FOLDER), "FOLDER")
        plain = re.sub(r"0x[0-9a-f]+", "0x", plain).replace("\n", " ")
        row[part] = plain[:cut] if part in WITHIN else plain
    return row


_EVENTS: list[str] = []


def _listen(event: str, duration: float, **more: Any) -> None:
    del duration, more
    if event.startswith("/jax/core/compile"):
        _EVENTS.append(event)


jax.monitoring.register_event_duration_secs_listener(_listen)


def observe(case: Case) -> Outcome:
    """Run a case, as the first thing that JAX would compile."""
    jax.clear_caches()
    _EVENTS.clear()
    try:
        case.run()
    except Exception as error:
        return Outcome(error, tuple(_EVENTS))
    return Outcome(None, tuple(_EVENTS))


def refuse(kind: type[ForwardaxError], faults: Iterable[Fault]) -> None:
    """Raise what a check returns, so that it is a case like the others."""
    raise kind(faults)


def all_cases() -> list[Case]:
    """Every bad input."""
    return [c for topic in TOPICS for c in import_module(topic).CASES]


def all_wanted() -> dict[str, list[Row]]:
    """Lines of the table, by case."""
    found: dict[str, list[Row]] = {}
    with TABLE.open(newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["id"], []).append(row)
    return found
