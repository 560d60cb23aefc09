# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Write `table.csv` anew: what every bad input is told."""

import os

os.environ.setdefault("JAX_ENABLE_X64", "1")

from bad_case import table  # noqa: E402
from bad_models import warm_up  # noqa: E402

if __name__ == "__main__":
    warm_up()
    table().write()
