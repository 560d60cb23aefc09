# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Derived values: scopes, circles, inverses."""

from bad_case import Case
from bad_models import LENS, RADIUS, Lens, mass_of, radius
from forwardax import (
    ParamField,
    ParamSpec,
    Transform,
    TransformRegistry,
)

A = ParamSpec([ParamField("a"), ParamField("b", kind="derived")])
BOTH = ParamSpec([*A.fields, ParamField("c", kind="derived")])


def resolver(*transforms, spec=A, scope="lens", **more):
    return TransformRegistry(transforms, **more).resolver(spec, scope)


CASES = [
    Case("no-transform", lambda: resolver()),
    Case(
        "no-transform-in-scope",
        lambda: resolver(Transform("b", ("a",), radius, "other")),
    ),
    Case(
        "lookup",
        lambda: TransformRegistry([RADIUS]).lookup("lens.radus", "lens"),
    ),
    Case("dep-missing", lambda: resolver(Transform("b", ("aa",), radius))),
    Case(
        "several-faults-of-transforms",
        lambda: resolver(Transform("b", ("aa", "x"), radius), spec=BOTH),
    ),
    Case(
        "derived-cycle",
        lambda: resolver(
            Transform("b", ("c",), radius),
            Transform("c", ("b",), radius),
            spec=BOTH,
        ),
    ),
    Case(
        "derived-from-itself", lambda: resolver(Transform("b", ("b",), radius))
    ),
    Case(
        "scope-cycle", lambda: TransformRegistry(extends={"a": "b", "b": "a"})
    ),
    Case(
        "scope-twice",
        lambda: TransformRegistry(
            [RADIUS, Transform("lens.radius", ("lens.mass",), mass_of)]
        ),
    ),
    Case(
        "inverse-dep",
        lambda: TransformRegistry(
            [Transform("b", ("aa",), radius, inverse=(("ab", mass_of),))]
        ),
    ),
    Case("deps-text", lambda: TransformRegistry([Transform("b", "a", radius)])),
    Case("transform-number", lambda: TransformRegistry([5])),
    Case(
        "transform-target-number",
        lambda: TransformRegistry([Transform("b", ("a",), 5)]),
    ),
    Case("plan-unknown", lambda: Lens().resolver.plan(["lens.mas"])),
    Case(
        "inverse-of-nothing",
        lambda: resolver(Transform("b", ("a",), radius)).inverse("b", None),
    ),
    Case(
        "inverse-not-derived",
        lambda: resolver(Transform("b", ("a",), radius)).inverse("a", None),
    ),
    Case(
        "inverse-which",
        lambda: resolver(
            Transform(
                "b",
                ("a", "d"),
                radius,
                inverse=(("a", mass_of), ("d", mass_of)),
            ),
            spec=ParamSpec([*A.fields, ParamField("d")]),
        ).inverse("b", None),
    ),
    Case(
        "resolve-nothing", lambda: Lens().resolver.resolve({}, ["lens.radius"])
    ),
    Case("primitives-of", lambda: Lens().resolver.primitives_of("radius")),
    Case(
        "lens-spec-without-transform",
        lambda: TransformRegistry().resolver(LENS, "lens"),
    ),
]
