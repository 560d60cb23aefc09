# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Fits: estimators, their settings, what they need, keys."""

import numpy as np
from bad_case import Case
from bad_models import (
    Lens,
    Residual,
    lens,
    posterior,
    problem,
    registry,
)
from forwardax import Prior, Problem, fit


def run(posed=None, estimator="kit.nuts", key=0, **more):
    posed = problem() if posed is None else posed
    return fit(posed, estimator, key=key, registry=registry(), **more)


CASES = [
    Case("fit-no-problem", lambda: run(posed=Lens())),
    Case("fit-estimator", lambda: run(estimator="kit.nutts")),
    Case("fit-not-installed", lambda: run(estimator="tfmpe.flow")),
    Case("fit-estimator-number", lambda: run(estimator=5)),
    Case("fit-system-as-estimator", lambda: run(estimator="kit.lens")),
    Case("setting-unknown", lambda: run(drows=10)),
    Case("setting-type", lambda: run(draws=10.5)),
    Case("setting-bool", lambda: run(draws=True)),
    Case("setting-low", lambda: run(draws=0)),
    Case("setting-high", lambda: run(draws=1001)),
    Case("setting-nan", lambda: run(target=float("nan"))),
    Case("setting-choice", lambda: run(kind="fastt")),
    Case("needs", lambda: run(estimator=Residual())),
    Case(
        "needs-proper-prior",
        lambda: run(
            lens(priors={"source.x": Prior("Flat")}), estimator="kit.lsq"
        ),
    ),
    Case("fit-no-data", lambda: run(Problem(Lens()))),
    Case(
        "fit-nothing-free",
        lambda: run(
            lens(
                fixed={
                    "lens.mass": 1.0,
                    "source.position": 0.0,
                    "source.flux": 1.0,
                }
            )
        ),
    ),
    Case("key-text", lambda: run(key="seed")),
    Case("key-float", lambda: run(key=0.5)),
    Case("key-bool", lambda: run(key=True)),
    Case("key-huge", lambda: run(key=2**70)),
    Case("key-none", lambda: run(key=None)),
    Case("key-shape", lambda: run(key=np.zeros(3, "uint32"))),
    Case("fit-checkpoint", lambda: run(checkpoint="last.npz")),
    Case("fit-progress", lambda: run(progress=5)),
    Case(
        "several-faults-of-fit",
        lambda: run(
            Problem(Lens()), Residual(), key="seed", drows=1, kind="slo"
        ),
    ),
    Case("posterior-key", lambda: posterior()["source.flx"]),
    Case("posterior-held", lambda: posterior()["lens.redshift"]),
    Case("posterior-check", lambda: posterior().check("r_hatt")),
    Case("summary-interval", lambda: posterior().summary(ci_kind="etti")),
    Case("summary-probability", lambda: posterior().summary(ci_prob=89)),
]
