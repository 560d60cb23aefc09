# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportAssignmentType=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Structure values, padding, and what a system says of itself."""

from bad_case import Case
from bad_models import LENS, STRUCTURE, Bare, Lens, registry
from forwardax import Structure, StructureField, System, pad_to, system
from forwardax._system.builder import Builder


def structure(**values):
    return Structure.of(STRUCTURE, {"kind": "fast", **values})


def build(name="kit.lens", **arguments):
    return system(name, registry=registry(), **arguments)


def declared(**parts):
    return Structure.of([StructureField("n", **parts)])


class Nameless(System):
    """Says neither its name nor what it measures."""

    spec = LENS


CASES = [
    Case("structure-unknown", lambda: structure(pixel=10)),
    Case("structure-missing", lambda: Structure.of(STRUCTURE, {})),
    Case("structure-kind", lambda: structure(pixels=10.5)),
    Case("structure-bool", lambda: structure(pixels=True)),
    Case("structure-choice", lambda: structure(kind="fastt")),
    Case("structure-bounds", lambda: structure(pixels=101)),
    Case("structure-below", lambda: structure(pixels=0)),
    Case("structure-none", lambda: structure(pixels=None)),
    Case("structure-no-mapping", lambda: Structure.of(STRUCTURE, 5)),
    Case("structure-number-key", lambda: Structure.of(STRUCTURE, {5: 1})),
    Case(
        "structure-nan",
        lambda: Structure.of(
            [StructureField("x", kind="float")], {"x": float("nan")}
        ),
    ),
    Case(
        "structure-tuple",
        lambda: Structure.of(
            [StructureField("x", kind="tuple")], {"x": ({1, 2},)}
        ),
    ),
    Case("structure-field-kind", lambda: declared(kind="integer", default=1)),
    Case("structure-field-default", lambda: declared(default="ten")),
    Case(
        "several-faults-of-structure",
        lambda: Structure.of(STRUCTURE, {"pixels": 0, "knd": "fast"}),
    ),
    Case("structure-replace", lambda: structure().replace({"pixels": -1})),
    Case("rebuild", lambda: Lens().rebuild({"pixels": 3})),
    Case("rebuild-nothing", lambda: Lens().rebuild({})),
    Case(
        "system-name",
        lambda: build("kit.lans"),
    ),
    Case("system-number", lambda: build(5)),
    Case("system-argument", lambda: build(kind="fast", psf=1, psff=1)),
    Case("system-lacks", lambda: build()),
    Case(
        "several-faults-of-system",
        lambda: build(kind="fastt", pixels=1000, pdf=1),
    ),
    Case("system-not-named", lambda: Nameless()),
    Case("bare-spec", lambda: Bare("spec")),
    Case("index-map", lambda: pad_to([1, 2, 3], 2)),
    Case("builder-structure", lambda: Builder(lambda s: s).get_or_build(5)),
]
