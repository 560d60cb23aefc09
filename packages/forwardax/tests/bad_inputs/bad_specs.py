# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Specs as a whole: binding, merging, selecting, reading, conditions."""

import json

from bad_case import Case, refuse
from bad_models import BELOW, LENS, NORMAL, SITES, pose
from forwardax import (
    ParamField,
    ParamSpec,
    Prior,
    Ragged,
    Shift,
    Validity,
)
from forwardax.errors import SpecError

X = ParamField("x", prior=NORMAL)
FREE = ParamField("y", prior=NORMAL)


def read(**changes):
    """Read a spec from JSON in which something was changed."""
    record = {**json.loads(LENS.to_json()), **changes}
    return ParamSpec.from_json(json.dumps(record))


def read_field(**parts):
    """Read a spec of one field from JSON."""
    return read(fields=[{"key": "a", **parts}])


CASES = [
    # Binding.
    Case("bind-unknown", lambda: SITES.bind({"sites": 8})),
    Case("bind-again", lambda: SITES.bind({"site": 8}).bind({"site": 9})),
    Case("bind-zero", lambda: SITES.bind({"site": 0})),
    Case("bind-text", lambda: SITES.bind({"site": "eight"})),
    Case("bind-number", lambda: SITES.bind(8)),
    Case("bind-nested", lambda: SITES.bind({"site": Ragged("group", (2, 3))})),
    Case(
        "bind-nested-sizes",
        lambda: SITES.bind({"site": Ragged("group", (2, 3)), "group": 3}),
    ),
    Case(
        "several-faults-of-bind",
        lambda: SITES.bind({"sites": 8, "site": -1, "grop": 2}),
    ),
    # Merging and selecting.
    Case(
        "merge-fields",
        lambda: LENS.merge(ParamSpec([ParamField("lens.mass", unit="kg")])),
    ),
    Case(
        "merge-decisions",
        lambda: LENS.fix({"lens.mass": 1.0}).merge(LENS.fix({"lens.mass": 2})),
    ),
    Case("merge-number", lambda: LENS.merge(5)),
    Case("prefix-slash", lambda: pose(spec=LENS.prefixed("Left/"))),
    Case("prefix-empty", lambda: LENS.prefixed("")),
    Case("prefix-number", lambda: LENS.prefixed(5)),
    Case("select-nothing", lambda: LENS.select("lens.*", "sorce.*")),
    Case("select-number", lambda: LENS.select(5)),
    Case("find-unknown", lambda: LENS["lens.mas"]),
    # Decisions written into the declaration.
    Case(
        "declared-decisions",
        lambda: pose(
            spec=ParamSpec(
                [X],
                fixed=[("y", 1.0)],
                ties=[("x", "z")],
                priors=[("w", NORMAL)],
            )
        ),
    ),
    Case(
        "declared-fixed-value",
        lambda: pose(spec=ParamSpec([X], fixed=[("x", (1.0, 2.0))])),
    ),
    Case("declared-prior", lambda: ParamSpec([X], priors=[("x", "Normal")])),
    Case(
        "tie-cycle",
        lambda: refuse(
            SpecError,
            ParamSpec([X, ParamField("y", default=1.0)])
            .tie({"x": "y", "y": "x"})
            .lint(),
        ),
    ),
    Case(
        "tie-and-fix",
        lambda: pose(
            X,
            ParamField("y", default=1.0),
            ties={"x": "y"},
            fixed={"x": 1.0},
        ),
    ),
    Case(
        "tie-and-fix-element",
        lambda: pose(
            ParamField("p", shape=(2,), prior=NORMAL),
            ParamField("q", shape=(2,), prior=NORMAL),
            ties={"p": "q"},
            fixed={"p[0]": 1.0},
        ),
    ),
    # Conditions and the reference point.
    Case(
        "condition-key",
        lambda: pose(
            spec=ParamSpec(
                [X], validity=[Validity("x < xx", lambda *_: True, ("x", "xx"))]
            )
        ),
    ),
    Case(
        "condition-target",
        lambda: pose(
            spec=ParamSpec(
                [X],
                validity=[Validity("x < 1", "nowhere:below", ("x",))],
                reference={"x": 0.0},
            )
        ),
    ),
    Case(
        "condition-text",
        lambda: ParamSpec([X], validity=[Validity(5, len, ("x",))]),
    ),
    Case(
        "condition-function",
        lambda: ParamSpec([X], validity=[Validity("x < 1", 5, ("x",))]),
    ),
    Case(
        "condition-deps",
        lambda: ParamSpec([X], validity=[Validity("x < 1", len, "x")]),
    ),
    Case("condition-no-record", lambda: ParamSpec([X], validity=["x < 1"])),
    Case(
        "reference-missing", lambda: pose(spec=ParamSpec([X], validity=[BELOW]))
    ),
    Case(
        "reference-invalid",
        lambda: pose(
            spec=ParamSpec([X], validity=[BELOW], reference={"x": 2.0})
        ),
    ),
    Case(
        "held-invalid",
        lambda: pose(
            spec=ParamSpec([X, FREE], validity=[BELOW], reference={"y": 0.0}),
            fixed={"x": 2.0},
        ),
    ),
    Case(
        "reference-key",
        lambda: pose(spec=ParamSpec([X], reference={"y": 2.0})),
    ),
    Case(
        "reference-value",
        lambda: pose(spec=ParamSpec([X], reference={"x": "two"})),
    ),
    Case(
        "reference-shape",
        lambda: pose(
            spec=ParamSpec([X], validity=[BELOW], reference={"x": (0.0, 1.0)})
        ),
    ),
    Case("reference-number", lambda: ParamSpec([X], reference=5)),
    # JSON.
    Case("json-text", lambda: ParamSpec.from_json("{fields")),
    Case("json-number", lambda: ParamSpec.from_json(5)),
    Case("json-list", lambda: ParamSpec.from_json("[]")),
    Case("json-no-fields", lambda: ParamSpec.from_json("{}")),
    Case("json-fields", lambda: read(fields=5)),
    Case("json-part", lambda: read(feilds=[])),
    Case("json-version", lambda: read(version=99)),
    Case("json-field-part", lambda: read_field(unti="m", default=1.0)),
    Case("json-field-no-key", lambda: read(fields=[{"unit": "m"}])),
    Case("json-field-type", lambda: read_field(shape=3)),
    Case("json-prior", lambda: read_field(prior={"famly": "Normal"})),
    Case("json-prior-text", lambda: read_field(prior="Normal")),
    Case("json-condition", lambda: read(validity=[{"text": "x < 1"}])),
    Case("json-fixed", lambda: read(fixed=[1])),
    Case("json-priors", lambda: read(priors={"lens.mass": {}})),
    Case("json-sizes", lambda: read(sizes={"site": {"within": "group"}})),
    Case(
        "json-several",
        lambda: read(
            fields=[{"key": "a", "unti": "m"}, {"unit": "m"}],
            version=2,
            validity=[5],
        ),
    ),
    Case(
        "json-function",
        lambda: ParamSpec([X], validity=[BELOW]).to_json(),
    ),
    Case(
        "json-shift-function",
        lambda: ParamSpec(
            [X, ParamField("y", shift=Shift(len, ("x",)))]
        ).to_json(),
    ),
    Case(
        "json-shift",
        lambda: read(fields=[{"key": "a", "shift": {"target": "math:floor"}}]),
    ),
    Case(
        "prior-argument-no-number",
        lambda: pose(ParamField("x", prior=Prior("Normal", loc=b"0"))),
    ),
]
