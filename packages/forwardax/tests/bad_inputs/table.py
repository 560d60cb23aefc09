# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Write `table.csv` anew: what every bad input is told."""

import csv
import os

os.environ.setdefault("JAX_ENABLE_X64", "1")

from bad_case import COLUMNS, TABLE, all_cases, observe  # noqa: E402
from bad_models import warm_up  # noqa: E402


def main() -> None:
    warm_up()
    rows = [row for case in all_cases() for row in observe(case).rows(case)]
    with TABLE.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
