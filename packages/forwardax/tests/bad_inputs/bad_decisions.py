# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Decisions on a spec: hold, free, tie, and give other priors."""

from astropy import units
from bad_case import Case
from bad_models import LENS, NORMAL, SITES
from forwardax import Prior

CASES = [
    Case("fix-unknown", lambda: LENS.fix({"lens.mas": 1.0})),
    Case("fix-number", lambda: LENS.fix({5: 1.0})),
    Case("fix-list-in-list", lambda: LENS.fix([["lens.mass"]])),
    Case("fix-nothing-to-iterate", lambda: LENS.fix(5)),
    Case("fix-derived", lambda: LENS.fix({"lens.radius": 1.0})),
    Case("fix-no-default", lambda: LENS.fix(["source.flux"])),
    Case("fix-shape", lambda: LENS.fix({"source.position": [1.0, 2.0, 3.0]})),
    Case("fix-ragged", lambda: LENS.fix({"source.position": [1.0, [2.0, 3]]})),
    Case("fix-array-in-element", lambda: LENS.fix({"source.x": [1.0, 2.0]})),
    Case("fix-text", lambda: LENS.fix({"lens.mass": "1.0"})),
    Case("fix-complex", lambda: LENS.fix({"lens.mass": 1j})),
    Case("fix-object", lambda: LENS.fix({"lens.mass": object()})),
    Case("fix-nan", lambda: LENS.fix({"lens.mass": float("nan")})),
    Case("fix-infinite", lambda: LENS.fix({"lens.redshift": float("inf")})),
    Case("fix-below-bounds", lambda: LENS.fix({"lens.mass": -1.0})),
    Case("fix-above-bounds", lambda: LENS.fix({"lens.redshift": 11.0})),
    Case("fix-unit", lambda: LENS.fix({"lens.mass": 1.0 * units.km})),
    Case("fix-unit-none", lambda: LENS.fix({"lens.redshift": 1.0 * units.km})),
    Case("element-outside", lambda: LENS.fix({"source.position[2]": 1.0})),
    Case("element-of-scalar", lambda: LENS.fix({"lens.mass[0]": 1.0})),
    Case("element-of-unbound", lambda: SITES.fix({"offset[0]": 1.0})),
    Case(
        "several-faults-of-fix",
        lambda: LENS.fix(
            {
                "lens.mas": 1.0,
                "lens.radius": 1.0,
                "lens.redshift": 11.0,
                "source.x": "1",
            }
        ),
    ),
    Case("free-unknown", lambda: LENS.free(["source.z"])),
    Case("free-derived", lambda: LENS.free("lens.radius")),
    Case("free-no-prior", lambda: LENS.free(["lens.redshift"])),
    Case("free-number", lambda: LENS.free(5)),
    Case("tie-target", lambda: LENS.tie({"source.flx": "lens.mass"})),
    Case("tie-source", lambda: LENS.tie({"source.flux": "lens.mas"})),
    Case("tie-derived", lambda: LENS.tie({"source.flux": "lens.radius"})),
    Case("tie-shape", lambda: LENS.tie({"source.flux": "source.position"})),
    Case("tie-to-a-number", lambda: LENS.tie({"source.flux": 1.0})),
    Case("tie-no-mapping", lambda: LENS.tie(["source.flux"])),
    Case("prior-unknown", lambda: LENS.with_priors({"source.flx": NORMAL})),
    Case("prior-no-prior", lambda: LENS.with_priors({"source.flux": "Normal"})),
    Case(
        "prior-family-no-text",
        lambda: LENS.with_priors({"source.flux": Prior(5)}),
    ),
    Case("prior-no-mapping", lambda: LENS.with_priors([NORMAL])),
]
