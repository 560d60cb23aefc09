# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Measured data that do not fit, and schemas of data that are wrong."""

import numpy as np
from astropy import units
from bad_case import Case, refuse
from bad_models import DATA, LENS, MEASURED, Bare, Lens, problem, two_lenses
from forwardax import DataField, DataSpec, Problem
from forwardax.errors import SpecError


def measure(**changes):
    """Pose the lens problem with other data."""
    return Problem(Lens(), {**MEASURED, **changes})


def measure_as(value, **field):
    """Pose a problem with one measured array."""
    field = {"shape": (2,), **field}
    data = DataSpec([DataField("y", **field)])
    return Problem(Bare(LENS, data), {"y": value})


WRONG = {
    **dict.fromkeys(("unit", "dtype", "role", "doc"), 5),
    "key": None,
    "dims": ("t", 5),
    "parents": "lens.mass",
    "shape": ("t",),
}
"""A value of the wrong type for each part of a data field."""


class Odd:
    """Something that no array can be made of."""

    def __array__(self, *_, **__):
        raise RuntimeError("no")


CASES = [
    Case("data-list", lambda: Problem(Lens(), [1.0, 2.0])),
    Case("data-missing", lambda: Problem(Lens(), {"flux": np.ones(3)})),
    Case(
        "data-misspelt",
        lambda: Problem(Lens(), {"flx": np.ones(3), "noise": np.ones(3)}),
    ),
    Case("data-unknown", lambda: measure(psf=np.ones(3))),
    Case("data-unknown-number", lambda: Problem(Lens(), {**MEASURED, 5: 1})),
    Case("data-shape", lambda: measure(flux=np.ones(4))),
    Case("data-scalar", lambda: measure(flux=1.0)),
    Case("data-ragged", lambda: measure(flux=[1.0, [2.0, 3.0], 4.0])),
    Case("data-text", lambda: measure(flux=["1", "2", "3"])),
    Case("data-none", lambda: measure(flux=None)),
    Case("data-object", lambda: measure(flux=Odd())),
    Case("data-bool", lambda: measure(flux=np.ones(3, bool))),
    Case("data-complex", lambda: measure(flux=np.ones(3, complex))),
    Case("data-nan", lambda: measure(flux=[1.0, np.nan, np.nan])),
    Case("data-infinite", lambda: measure(flux=[np.inf, 1.0, 1.0])),
    Case("data-noise-negative", lambda: measure(noise=[1.0, -1.0, 1.0])),
    Case("data-noise-zero", lambda: measure(noise=np.zeros(3))),
    Case("data-unit", lambda: measure(flux=np.ones(3) * units.m)),
    Case("data-int-of-floats", lambda: measure_as([1.0, 2.0], dtype="int")),
    Case("data-bool-of-ints", lambda: measure_as([0, 1], dtype="bool")),
    Case("data-complex-of-text", lambda: measure_as("ab", dtype="complex")),
    Case("data-dims", lambda: measure_as(1.0, dims=("t",), shape=())),
    Case(
        "several-faults-of-data",
        lambda: Problem(Lens(), {"flux": np.ones(4), "nois": 1.0}),
    ),
    Case("data-again", lambda: problem().with_data({"flux": np.ones(3)})),
    Case("joint-data-list", lambda: Problem(two_lenses(), [MEASURED])),
    Case(
        "joint-data-child",
        lambda: Problem(two_lenses(), {"a": MEASURED, "bb": MEASURED}),
    ),
    Case(
        "joint-data-inside",
        lambda: Problem(
            two_lenses(),
            {
                "a": {**MEASURED, "flux": np.ones(4)},
                "b": {"noise": -np.ones(3)},
            },
        ),
    ),
    # Schemas.
    Case("field-twice", lambda: DataSpec([DataField("y"), DataField("y")])),
    Case("data-spec-of-a-number", lambda: DataSpec(5)),
    Case("data-spec-of-text", lambda: DataSpec(["y"])),
    Case("data-role", lambda: measure_as([1.0, 2.0], role="sett")),
    Case("data-dtype", lambda: measure_as([1.0, 2.0], dtype="floot")),
    Case("data-field-unit", lambda: measure_as([1.0, 2.0], unit="Jyy")),
    Case("data-parents", lambda: measure_as([1.0, 2.0], parents=("lens.mas",))),
    Case("data-field-shape", lambda: measure_as([1.0, 2.0], shape=2)),
    Case("data-field-dims", lambda: measure_as([1.0, 2.0], dims="t")),
    Case(
        "several-faults-of-data-fields",
        lambda: refuse(
            SpecError,
            DataSpec(
                [DataField("y", unit="Jyy", role="sett", parents=("z",))]
            ).lint(DATA),
        ),
    ),
]
CASES += [
    Case(
        f"data-type-of-{part}",
        lambda part=part, value=value: DataSpec(
            [DataField(**{"key": "y", part: value})]
        ),
    )
    for part, value in WRONG.items()
]
