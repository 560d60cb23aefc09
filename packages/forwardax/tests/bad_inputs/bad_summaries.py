# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Draws and weights that cannot be summed up."""

import numpy as np
from bad_case import Case
from forwardax._diagnostics.circular import circular_mean
from forwardax._diagnostics.diagnostics import e_bfmi, r_hat
from forwardax._diagnostics.psis import psis
from forwardax._fit.summary import summarise

DRAWS = {"a": np.ones((2, 4))}

CASES = [
    Case("draws-axes", lambda: r_hat(np.ones(4))),
    Case("draws-text", lambda: r_hat(np.array([["a"]]))),
    Case("energy-axes", lambda: e_bfmi(np.ones((2, 4, 3)))),
    Case("period", lambda: circular_mean(np.ones(4), 0.0)),
    Case("log-weights-axes", lambda: psis(np.ones((2, 4)))),
    Case("log-weights-nan", lambda: psis(np.array([1.0, np.nan]))),
    Case("log-weights-none", lambda: psis(np.full(4, -np.inf))),
    Case("relative-ess", lambda: psis(np.ones(4), relative_ess=0.0)),
    Case("summary-draws", lambda: summarise({"a": np.ones(4)})),
    Case("summary-names", lambda: summarise(DRAWS, elements={"a": ("x", "y")})),
    Case("summary-row", lambda: summarise(DRAWS)["b"]),
    Case("weights-axes", lambda: summarise(DRAWS, weights=np.ones(4))),
    Case("weights-sum", lambda: summarise(DRAWS, weights=np.zeros((2, 4)))),
]
