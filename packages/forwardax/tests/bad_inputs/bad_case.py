# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""The rows of the table of bad inputs.

The inputs are the callables in `bad_*.py`; what each must be told is one line
a fault in `table.csv`. `python table.py` writes that file anew: read its diff.
"""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path

from bad_models import FOLDER
from forwardax.errors import Fault, ForwardaxError
from forwardax.testing import BadInput as Case
from forwardax.testing import RefusalTable

TOPICS = (
    "bad_arrays",
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

__all__ = ["Case", "refuse", "table"]


def refuse(kind: type[ForwardaxError], faults: Iterable[Fault]) -> None:
    """Raise what a check returns, so that it is a case like the others."""
    raise kind(faults)


@cache
def table() -> RefusalTable:
    """Every bad input."""
    cases = [case for name in TOPICS for case in import_module(name).CASES]
    path = Path(__file__).with_name("table.csv")
    return RefusalTable(path, cases, folder=FOLDER)
