# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Problems: decisions that cannot be, capabilities, solving, layouts."""

import jax
import numpy as np
from astropy import units
from bad_case import Case
from bad_models import (
    LENS,
    MEASURED,
    NORMAL,
    Bare,
    Lens,
    lens,
    pose,
    problem,
    two_lenses,
)
from forwardax import (
    DataField,
    DataSpec,
    ParamField,
    Prior,
    Problem,
    Transform,
    TransformRegistry,
    log_density,
    stack,
)
from forwardax.testing._precision import precision

SOLVED = {"lens.radius": Prior("LogNormal", loc=0.0, scale=1.0)}
WIDE = ParamField("x", prior=NORMAL, dtype="float64")


class Broken(Lens):
    """Its derived value names a function that does not exist."""

    transforms = TransformRegistry(
        [Transform("lens.radius", ("lens.mass",), "bad_models:radios")]
    )


class Empty(Lens):
    """Nobody computes its derived value."""

    transforms = TransformRegistry()


def narrow(*fields):
    with precision(double=False):
        return pose(*fields)


def unread(problem):
    return Problem(Lens(), None).log_density(np.zeros(4))


CASES = [
    Case("no-system", lambda: Problem("lens")),
    Case("system-class", lambda: Problem(Lens)),
    Case("fixed-number", lambda: lens(fixed=5)),
    Case("priors-list", lambda: lens(priors=[NORMAL])),
    Case("ties-text", lambda: lens(ties="lens.mass")),
    Case("solve-for-list", lambda: lens(solve_for=["lens.radius"])),
    Case("free-a-number", lambda: lens(free=5)),
    Case("no-value", lambda: pose(ParamField("a", unit="m"))),
    Case(
        "no-value-of-elements",
        lambda: pose(ParamField("a", shape=(2,)), fixed={"a[0]": 1.0}),
    ),
    Case("x64", lambda: narrow(WIDE)),
    Case(
        "solve-for-unknown", lambda: lens(solve_for={"lens.radus": "lens.mass"})
    ),
    Case(
        "solve-for-primitive",
        lambda: lens(priors=SOLVED, solve_for={"lens.radius": "lens.mas"}),
    ),
    Case(
        "solve-for-not-derived",
        lambda: lens(solve_for={"lens.mass": "lens.redshift"}),
    ),
    Case(
        "solve-for-no-prior",
        lambda: lens(solve_for={"lens.radius": "lens.mass"}),
    ),
    Case(
        "solve-for-fixed",
        lambda: lens(
            priors=SOLVED,
            fixed={"lens.mass": 1.0},
            solve_for={"lens.radius": "lens.mass"},
        ),
    ),
    Case(
        "solve-for-number",
        lambda: lens(priors=SOLVED, solve_for={"lens.radius": 5}),
    ),
    Case(
        "solve-for-tied",
        lambda: lens(
            priors=SOLVED,
            ties={"lens.mass": "source.flux"},
            solve_for={"lens.radius": "lens.mass"},
        ),
    ),
    Case(
        "tied-to-solved",
        lambda: lens(
            priors=SOLVED,
            ties={"source.flux": "lens.mass"},
            solve_for={"lens.radius": "lens.mass"},
        ),
    ),
    Case("prior-of-derived", lambda: lens(priors=SOLVED)),
    Case("derived-fixed", lambda: lens(fixed={"lens.radius": 1.0})),
    Case("transform-target-missing", lambda: Problem(Broken(), MEASURED)),
    Case("transform-missing", lambda: Problem(Empty(), MEASURED)),
    Case(
        "several-faults-of-problem",
        lambda: Problem(
            Lens(),
            {"flux": [1.0, np.nan, 1.0]},
            fixed={"lens.mas": 1.0, "lens.redshift": 1.0 * units.m},
            priors={"source.flux": Prior("Norml", loc=0.0)},
            ties={"source.x": "source.z"},
            free=["lens.radius"],
            solve_for={"lens.radis": "lens.mass"},
        ),
    ),
    Case("unread-data", lambda: unread(problem())),
    Case(
        "no-likelihood",
        lambda: log_density(pose(ParamField("x", prior=NORMAL)), np.zeros(1)),
    ),
    Case("no-residuals", lambda: problem().residuals(np.zeros(5))),
    Case(
        "improper-prior",
        lambda: pose(ParamField("x", prior=Prior("Flat"))).prior_sample(None),
    ),
    Case(
        "conditioned-prior",
        lambda: pose(
            ParamField("mu", prior=NORMAL),
            ParamField("x", prior=Prior("Normal", loc="mu", scale=1.0)),
            fixed={"x": 1.0},
        ).prior_sample(None),
    ),
    Case(
        "no-simulator",
        lambda: pose(ParamField("x", prior=Prior("Flat"))).simulate(
            jax.random.key
        ),
    ),
    Case(
        "stack-different",
        lambda: stack([problem(), pose(ParamField("x", prior=NORMAL))]),
    ),
    Case("stack-nothing", lambda: stack([])),
    Case("point-shape", lambda: problem().log_density(np.zeros(3))),
    Case(
        "layout",
        lambda: Problem(
            Bare(LENS, DataSpec([DataField("y", dims=("t",))]))
        ).layout(),
    ),
    Case(
        "joint-decisions",
        lambda: Problem(
            two_lenses(share=["lens.mass"]), fixed={"a.lens.mass": 1.0}
        ),
    ),
]
