# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Fields that contradict themselves."""

from bad_case import Case
from bad_models import NORMAL, pose
from forwardax import ParamField, ParamSpec, Prior, Shift

WRONG = {
    **dict.fromkeys(("kind", "unit", "dtype", "doc", "symbol", "label"), 5),
    **dict.fromkeys(("dims", "aliases", "elements"), ("x", 5)),
    "key": None,
    "shape": (2.0,),
    "bounds": (0.0, "1"),
    "cyclic": True,
    "prior": 0.0,
    "transform": len,
    "shift": Shift("math:floor", 5),
    "default": [1.0, None],
}
"""A value of the wrong type for each part of a field."""

CASES = [
    Case("key-slash", lambda: pose(ParamField("lens/Mass", default=1.0))),
    Case("key-deep", lambda: pose(ParamField("a.b.c.d.e", default=1.0))),
    Case("alias", lambda: pose(ParamField("a", default=1.0, aliases=("A-b",)))),
    Case(
        "element-name",
        lambda: pose(
            ParamField("a", default=1.0, shape=(2,), elements=("a.x", "a y"))
        ),
    ),
    Case("unit", lambda: pose(ParamField("a", unit="arcsecs", default=1.0))),
    Case(
        "unit-nonsense", lambda: pose(ParamField("a", unit="???", default=1.0))
    ),
    Case("kind", lambda: pose(ParamField("a", kind="derivd", default=1.0))),
    Case("dtype", lambda: pose(ParamField("a", dtype="int", default=1.0))),
    Case(
        "derived-default",
        lambda: pose(ParamField("lens.radius", kind="derived", default=1.0)),
    ),
    Case(
        "more-dims-than-axes",
        lambda: pose(ParamField("a", dims=("x", "y"), shape=(3,), default=1.0)),
    ),
    Case(
        "dim-twice",
        lambda: pose(
            ParamField("a", dims=("x", "x"), shape=(3, 3), default=1.0)
        ),
    ),
    Case("size-zero", lambda: pose(ParamField("a", shape=(0,), default=1.0))),
    Case(
        "size-unnamed", lambda: pose(ParamField("a", shape=(None,), default=1))
    ),
    Case(
        "element-count",
        lambda: pose(
            ParamField("a", shape=(3,), default=1.0, elements=("a.x", "a.y"))
        ),
    ),
    Case(
        "bound-infinite",
        lambda: pose(ParamField("a", bounds=(0.0, float("inf")), default=1.0)),
    ),
    Case(
        "bounds-reversed",
        lambda: pose(ParamField("a", bounds=(2.0, 1.0), default=1.0)),
    ),
    Case(
        "bounds-shape",
        lambda: pose(
            ParamField("a", shape=(3,), bounds=((0.0, 1.0), None), default=1.0)
        ),
    ),
    Case(
        "period-zero",
        lambda: pose(ParamField("a", cyclic=0.0, default=1.0)),
    ),
    Case(
        "default-out-of-bounds",
        lambda: pose(ParamField("a", bounds=(0.0, 1.0), default=2.0)),
    ),
    Case(
        "default-shape",
        lambda: pose(ParamField("a", shape=(3,), default=(1.0, 2.0))),
    ),
    Case(
        "default-nan",
        lambda: pose(ParamField("a", default=float("nan"))),
    ),
    Case("default-text", lambda: pose(ParamField("a", default="one"))),
    Case("default-mapping", lambda: pose(ParamField("a", default={"x": 1}))),
    Case("default-none", lambda: pose(ParamField("a", default=None))),
    Case("field-key-number", lambda: pose(ParamField(5, default=1.0))),
    Case("field-unit-none", lambda: pose(ParamField("a", unit=None))),
    Case("field-bounds-number", lambda: pose(ParamField("a", bounds=3.0))),
    Case("field-bounds-three", lambda: pose(ParamField("a", bounds=(0, 1, 2)))),
    Case("field-bounds-text", lambda: pose(ParamField("a", bounds=("0", 1)))),
    Case("field-shape-number", lambda: pose(ParamField("a", shape=3))),
    Case("field-shape-text", lambda: pose(ParamField("a", shape=("x",)))),
    Case("field-dims-text", lambda: pose(ParamField("a", dims="site"))),
    Case("field-aliases-text", lambda: pose(ParamField("a", aliases="b"))),
    Case("field-elements-none", lambda: pose(ParamField("a", elements=None))),
    Case("field-cyclic-text", lambda: pose(ParamField("a", cyclic="360"))),
    Case("field-prior-text", lambda: pose(ParamField("a", prior="Normal"))),
    Case("field-transform-number", lambda: pose(ParamField("a", transform=1))),
    Case(
        "field-types-all-at-once",
        lambda: pose(
            ParamField("a", bounds=3.0, cyclic="x", dims="site"),
            ParamField("b", prior=NORMAL, unit=1),
        ),
    ),
    Case("spec-of-no-fields", lambda: ParamSpec(["lens.mass"])),
    Case("spec-of-a-number", lambda: ParamSpec(5)),
    Case(
        "key-twice",
        lambda: ParamSpec([ParamField("a"), ParamField("b", aliases=("a",))]),
    ),
    Case(
        "several-faults-of-fields",
        lambda: pose(
            ParamField("Mass", unit="arcsecs", bounds=(1.0, 0.0)),
            ParamField("a", prior=Prior("Norml", loc=0.0)),
            ParamField("b", dtype="int", default=1.0),
        ),
    ),
]
CASES += [
    Case(
        f"type-of-{part}",
        lambda part=part, value=value: ParamSpec(
            [ParamField(**{"key": "a", part: value})]
        ),
    )
    for part, value in WRONG.items()
]
