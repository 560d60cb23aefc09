# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Priors that do not fit their field."""

from bad_case import Case
from bad_models import NORMAL, SITES, lens, pose
from forwardax import ParamField, Prior, Shift


def drawn(prior, **field):
    """Pose a problem of one field with a prior."""
    return pose(ParamField("a", prior=prior, **field))


CASES = [
    Case("family", lambda: drawn(Prior("Norml", loc=0.0, scale=1.0))),
    Case("family-number", lambda: drawn(Prior(5))),
    Case("family-target", lambda: drawn(Prior("nowhere.at_all:Odd", loc=0.0))),
    Case("argument", lambda: drawn(Prior("Normal", mean=0.0, scale=1.0))),
    Case("argument-missing", lambda: drawn(Prior("Uniform", low=0.0))),
    Case("argument-none", lambda: drawn(Prior("Normal", loc=None))),
    Case("argument-mapping", lambda: drawn(Prior("Normal", loc={"x": 1}))),
    Case(
        "argument-infinite",
        lambda: drawn(Prior("Normal", loc=float("inf"), scale=1.0)),
    ),
    Case(
        "argument-nan",
        lambda: drawn(Prior("Uniform", low=float("nan"), high=1)),
    ),
    Case("scale-zero", lambda: drawn(Prior("Normal", loc=0.0, scale=0.0))),
    Case(
        "argument-shape",
        lambda: drawn(Prior("Normal", loc=(0.0, 1.0), scale=1.0), shape=(3,)),
    ),
    Case("low-above-high", lambda: drawn(Prior("Uniform", low=2.0, high=1.0))),
    Case(
        "low-above-high-in-one-entry",
        lambda: drawn(Prior("Uniform", low=(0.0, 2.0), high=1.0), shape=(2,)),
    ),
    Case(
        "uniform-infinite",
        lambda: drawn(Prior("Uniform", low=0.0, high=float("inf"))),
    ),
    Case("support-beyond-bounds", lambda: drawn(NORMAL, bounds=(0.0, None))),
    Case(
        "support-of-one-entry",
        lambda: drawn(
            Prior("Uniform", low=0.0, high=(1.0, 3.0)),
            shape=(2,),
            bounds=(0.0, 2.0),
        ),
    ),
    Case("flat-bounded", lambda: drawn(Prior("Flat"), bounds=(0.0, 1.0))),
    Case(
        "noncentred",
        lambda: drawn(Prior("Uniform", low=0.0, high=1.0, centred=False)),
    ),
    Case(
        "more-than-a-period",
        lambda: drawn(Prior("Uniform", low=0.0, high=720.0), cyclic=360.0),
    ),
    Case("transform", lambda: drawn(NORMAL, transform="expp")),
    Case("transform-target", lambda: drawn(NORMAL, transform="nowhere:Odd")),
    Case(
        "transform-of-real-numbers",
        lambda: drawn(NORMAL, transform="softplus"),
    ),
    Case(
        "shift-unknown",
        lambda: drawn(NORMAL, shift=Shift("math:floor", ("mo",))),
    ),
    Case(
        "shift-of-itself",
        lambda: drawn(NORMAL, shift=Shift("math:floor", ("a",))),
    ),
    Case(
        "shift-target",
        lambda: pose(
            ParamField("mu", prior=NORMAL),
            ParamField("a", prior=NORMAL, shift=Shift("nowhere:odd", ("mu",))),
        ),
    ),
    Case(
        "shift-not-aligned",
        lambda: pose(
            ParamField("mu", dims=("x",), shape=(2,), prior=NORMAL),
            ParamField("a", prior=NORMAL, shift=Shift("math:floor", ("mu",))),
        ),
    ),
    Case(
        "reference-unknown",
        lambda: pose(
            ParamField("mu", prior=NORMAL),
            ParamField("a", prior=Prior("Normal", loc="mo", scale="muu")),
        ),
    ),
    Case(
        "reference-not-aligned",
        lambda: pose(
            ParamField("mu", dims=("x",), shape=(2,), prior=NORMAL),
            ParamField(
                "a",
                dims=("y",),
                shape=(3,),
                prior=Prior("Normal", loc="mu", scale=1.0),
            ),
        ),
    ),
    Case(
        "prior-cycle",
        lambda: pose(
            ParamField("a", prior=Prior("Normal", loc="b", scale=1.0)),
            ParamField("b", prior=Prior("Normal", loc="a", scale=1.0)),
        ),
    ),
    Case(
        "prior-of-itself",
        lambda: drawn(Prior("Normal", loc="a", scale=1.0)),
    ),
    Case(
        "prior-cycle-through-derived",
        lambda: lens(
            priors={
                "lens.mass": Prior("LogNormal", loc="lens.radius", scale=1.0)
            }
        ),
    ),
    Case(
        "prior-cycle-of-one-element",
        lambda: lens(
            priors={
                "source.x": Prior("Normal", loc="source.y", scale=1.0),
                "source.y": Prior("Normal", loc="source.x", scale=1.0),
            }
        ),
    ),
    Case(
        "several-faults-of-priors",
        lambda: drawn(
            Prior("Normal", mean=0.0, scale=-1.0, loc="nobody"),
            transform="softplus",
        ),
    ),
    Case("dims-unbound", lambda: pose(spec=SITES)),
]
