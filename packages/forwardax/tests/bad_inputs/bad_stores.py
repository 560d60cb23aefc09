# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Stores: made, changed, assigned, checked and read."""

import numpy as np
from astropy import units
from bad_case import Case
from bad_models import BELOW, LENS, NORMAL, SITES, Lens, problem, store
from forwardax import ParameterStore, ParamField, ParamSpec

GOOD = {"lens.mass": 1.0, "source.position": 0.0, "source.flux": 1.0}


def of(**changes):
    """A store of the lens with some values changed."""
    plain = {k.replace("__", "."): v for k, v in changes.items()}
    return Lens().store({**GOOD, **plain})


def below():
    return ParamSpec([ParamField("x", prior=NORMAL)], validity=[BELOW])


CASES = [
    Case("store-missing", lambda: Lens().store({"lens.mass": 1.0})),
    Case(
        "store-missing-element",
        lambda: Lens().store(
            {"lens.mass": 1.0, "source.flux": 1.0, "source.x": 1.0}
        ),
    ),
    Case("store-unknown", lambda: of(lens__mas=1.0)),
    Case("store-number-key", lambda: Lens().store({**GOOD, 5: 1.0})),
    Case("store-no-mapping", lambda: Lens().store([1.0])),
    Case("store-derived", lambda: of(lens__radius=1.0)),
    Case("store-shape", lambda: of(source__position=[1.0, 2.0, 3.0])),
    Case("store-ragged", lambda: of(source__position=[1.0, [2.0]])),
    Case("store-text", lambda: of(source__flux="1")),
    Case("store-none", lambda: of(source__flux=None)),
    Case("store-nan", lambda: of(source__flux=np.nan)),
    Case("store-bounds", lambda: of(lens__redshift=-0.1)),
    Case("store-unit", lambda: of(source__position=1.0 * units.kg)),
    Case(
        "store-unbound",
        lambda: ParameterStore.of(SITES, {"scale": 1.0, "offset": 0.0}),
    ),
    Case(
        "several-faults-of-store",
        lambda: Lens().store(
            {"lens.mas": 1.0, "lens.radius": 1.0, "source.position": "x"}
        ),
    ),
    Case("store-get", lambda: store()["source.flx"]),
    Case("store-get-number", lambda: store()[5]),
    Case("store-get-derived", lambda: store()["lens.radius"]),
    Case("store-get-element", lambda: store()["source.position[7]"]),
    Case("replace-unknown", lambda: store().replace({"source.flx": 1.0})),
    Case("replace-number", lambda: store().replace(5)),
    Case("replace-derived", lambda: store().replace({"lens.radius": 1.0})),
    Case("replace-shape", lambda: store().replace({"lens.mass": [1.0, 2.0]})),
    Case("replace-text", lambda: store().replace({"lens.mass": "1.0"})),
    Case(
        "replace-ragged",
        lambda: store().replace({"source.position": [1.0, [2.0]]}),
    ),
    Case("replace-unit", lambda: store().replace({"lens.mass": 1.0 * units.m})),
    Case(
        "several-faults-of-replace",
        lambda: store().replace(
            {"lens.mass": 2.0, "source.flx": 1.0, "source.x": [1.0, 2.0]}
        ),
    ),
    Case("assign-unknown", lambda: store().assign("lens.radus", 1.0)),
    Case("assign-primitive", lambda: store().assign("lens.mass", 1.0)),
    Case("assign-text", lambda: store().assign("lens.radius", "1.0")),
    Case("assign-unit", lambda: store().assign("lens.radius", 1.0 * units.kg)),
    Case(
        "assign-solve-for",
        lambda: store().assign("lens.radius", 1.0, solve_for="lens.redshft"),
    ),
    Case("derived-unknown", lambda: store().derived("lens.radus")),
    Case("explain-unknown", lambda: store().resolver.explain("lens.radus")),
    Case("resolve-missing", lambda: store().resolver.resolve({})),
    Case("select-unknown", lambda: store().select("sorce.*")),
    Case("vector-unknown", lambda: store().to_vector(["source.flx"])),
    Case("vector-length", lambda: store().from_vector(np.ones(4))),
    Case("vector-scalar", lambda: store().from_vector(1.0)),
    Case("vector-text", lambda: store().from_vector("abc")),
    Case("vector-type", lambda: store().from_vector(np.array(["1"] * 5))),
    Case("vector-key", lambda: store().from_vector(np.ones(1), ["flux"])),
    Case("validate-number", lambda: store().validate(5)),
    Case(
        "validate-other-spec",
        lambda: store().validate(
            ParamSpec([ParamField("lens.mass"), ParamField("lens.light")])
        ),
    ),
    Case(
        "validate-values",
        lambda: ParameterStore(
            {
                **{k: np.asarray(1.0) for k in LENS.primitives},
                "lens.redshift": np.asarray(np.nan),
            },
            store().resolver,
        ).validate(LENS),
    ),
    Case(
        "validate-condition",
        lambda: ParameterStore.of(below(), {"x": 2.0}).validate(below()),
    ),
    Case(
        "unconstrained-missing",
        lambda: problem().to_unconstrained({"lens.mass": 1.0}),
    ),
    Case(
        "unconstrained-unknown",
        lambda: problem().to_unconstrained({**GOOD, "lens.mas": 1.0}),
    ),
]
