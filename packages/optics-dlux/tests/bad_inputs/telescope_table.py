"""Write `table.csv` anew: what every bad input is told."""

import os
from functools import cache
from importlib import import_module
from pathlib import Path

os.environ.setdefault("JAX_ENABLE_X64", "1")

from forwardax.testing import RefusalTable  # noqa: E402
from telescope_parts import FOLDER, warm_up  # noqa: E402

TOPICS = ("telescope_structure", "telescope_arrays", "telescope_mirrors")


@cache
def table() -> RefusalTable:
    """Every bad input."""
    cases = [case for name in TOPICS for case in import_module(name).CASES]
    path = Path(__file__).with_name("table.csv")
    return RefusalTable(path, cases, folder=FOLDER)


if __name__ == "__main__":
    warm_up()
    import_module("telescope_mirrors").warm_up()
    table().write()
