# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Graphs of named nodes, and systems that are joined."""

from bad_case import Case
from bad_models import LENS, Bare, Lens, two_lenses
from forwardax import JointSystem, Node, ParamField, ParamSpec, SystemGraph


def double(x):
    return 2 * x


def both(x):
    return x, x, x


GRAPH = SystemGraph(
    [Node("a", ("x",), ("y",), double), Node("b", ("y",), ("z",), double)],
    ["x"],
)
OTHER = Bare(ParamSpec([ParamField("lens.mass", unit="kg", default=1.0)]))

CASES = [
    Case(
        "input-of-nobody",
        lambda: SystemGraph([Node("a", ("xx",), ("y",), double)], ["x"]),
    ),
    Case(
        "made-twice",
        lambda: SystemGraph(
            [
                Node("a", ("x",), ("y",), double),
                Node("b", ("x",), ("y",), double),
            ],
            ["x"],
        ),
    ),
    Case(
        "node-twice",
        lambda: SystemGraph(
            [
                Node("a", ("x",), ("y",), double),
                Node("a", ("y",), ("z",), double),
            ],
            ["x"],
        ),
    ),
    Case(
        "node-cycle",
        lambda: SystemGraph(
            [
                Node("a", ("z",), ("y",), double),
                Node("b", ("y",), ("z",), double),
            ],
            [],
        ),
    ),
    Case(
        "node-inputs-text",
        lambda: SystemGraph([Node("a", "xy", ("z",), double)], ["xy"]),
    ),
    Case("node-text", lambda: SystemGraph(["a"], ["x"])),
    Case("output-unknown", lambda: GRAPH.forward({"x": 1.0}, ["zz"])),
    Case("given-missing", lambda: GRAPH.forward({"xx": 1.0})),
    Case("outputs-text", lambda: GRAPH.forward({"x": 1.0}, "zz")),
    Case(
        "outputs-count",
        lambda: SystemGraph(
            [Node("a", ("x",), ("y", "z"), both)], ["x"]
        ).forward({"x": 1.0}),
    ),
    Case(
        "several-faults-of-graph",
        lambda: SystemGraph(
            [
                Node("a", ("u", "v"), ("y",), double),
                Node("b", ("y",), ("y",), double),
            ],
            ["x"],
        ),
    ),
    Case("joint-name", lambda: JointSystem({"A b": Lens()})),
    Case("joint-nothing", lambda: JointSystem({})),
    Case("joint-no-system", lambda: JointSystem({"a": 5})),
    Case("joint-no-mapping", lambda: JointSystem([Lens()])),
    Case("joint-share-unknown", lambda: two_lenses(share=["lens.mas"])),
    Case("joint-share-text", lambda: two_lenses(share="lens.mas")),
    Case(
        "joint-share-child",
        lambda: two_lenses(
            share={"mass": {"a": "lens.mass", "bb": "lens.mass"}}
        ),
    ),
    Case(
        "joint-share-local",
        lambda: two_lenses(share={"mass": {"a": "lens.mass", "b": "mass"}}),
    ),
    Case("joint-share-number", lambda: two_lenses(share={"mass": 5})),
    Case(
        "joint-share-differs",
        lambda: JointSystem({"a": Lens(), "b": OTHER}, share=["lens.mass"]),
    ),
    Case(
        "several-faults-of-joint",
        lambda: JointSystem(
            {"A": Lens(), "b": Lens()}, share=["lens.mas", "source.flx"]
        ),
    ),
    Case("joint-spec-of", lambda: Bare(LENS).spec.tie({"a": "b"})),
]
