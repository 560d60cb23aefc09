"""Data of the models and the arrays that they hold; needs no JAX."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forwardax import DataField, DataSpec

from .structure import checked_terms
from .terms import CROSS, TERMS

Structure = Mapping[str, Any]

SERIES_DATA = DataSpec(
    [DataField("series", dims=("time",), role="series", doc="As measured.")]
)
PAIR_DATA = DataSpec(
    [
        DataField(
            "series",
            dims=("member", "time"),
            role="series",
            doc="Two series as measured, one after the other.",
        )
    ]
).bind({"member": 2})


def group_data(structure: Structure) -> DataSpec:
    """Data of `lambda3.hierarchical`."""
    field = DataField("series", dims=("series", "time"), role="series")
    return DataSpec([field]).bind({"series": structure["n_series"]})


def _constants(dims: tuple[str, ...] = ()) -> Iterator[DataField]:
    yield DataField(
        "centre", dims=dims, doc="What is taken off the series: its mean."
    )
    yield DataField(
        "spread",
        dims=dims,
        positive=True,
        doc="What it is divided by: its standard deviation.",
    )


def _missing(dims: tuple[str, ...], optional: bool = True) -> DataField:
    return DataField(
        "missing",
        dims=dims,
        dtype="bool",
        role="series",
        optional=optional,
        doc="True where the series has no value; any number stands there.",
    )


_DOCS = {
    "delta_pos": "1 at events upwards, else 0.",
    "delta_neg": "1 at events downwards, else 0.",
    "local_jump": "1 at local jumps, else 0.",
    "tension": "Tension, in units of the series.",
}


def _own(
    terms: tuple[str, ...], dims: tuple[str, ...], noise: bool = False
) -> Iterator[DataField]:
    """Features that the terms need; `noise` needs the tension too."""
    needed = {TERMS[name].known for name in terms} | (
        {"tension"} if noise else set()
    )
    for key, doc in _DOCS.items():
        if key in needed:
            yield DataField(key, dims=dims, role="series", doc=doc)


def base_known(structure: Structure) -> DataSpec:
    """Arrays that `lambda3.base` holds."""
    terms, dims = checked_terms(structure["terms"]), ("time",)
    own = _own(terms, dims, noise=True)
    return DataSpec([*own, *_constants(), _missing(dims)])


def interaction_known(structure: Structure) -> DataSpec:
    """Arrays that `lambda3.interaction` holds."""
    terms, dims = checked_terms(structure["terms"]), ("time",)
    other = [
        DataField(
            term.known,
            dims=dims,
            role="series",
            doc=_DOCS[TERMS[name].known] + " Of the other series.",
        )
        for name, term in CROSS.items()
    ]
    spread = DataField(
        "other_spread", positive=True, doc="Standard deviation of the other."
    )
    own = _own(terms, dims)
    return DataSpec([*own, *other, *_constants(), spread, _missing(dims)])


def dynamic_known(structure: Structure) -> DataSpec:
    """Arrays that `lambda3.dynamic` holds."""
    known = base_known(structure)
    if not structure["changes"]:
        return known
    points = DataField(
        "change_points",
        dims=("change",),
        doc="First index of each new level.",
    )
    whole = DataSpec([*known.fields, points])
    return whole.bind({"change": structure["changes"]})


def hierarchical_known(structure: Structure) -> DataSpec:
    """Arrays that `lambda3.hierarchical` holds."""
    terms, dims = checked_terms(structure["terms"]), ("series", "time")
    own = list(_own(terms, dims))
    # Without a feature it is this array that has the length.
    hidden = _missing(dims, optional=bool(own))
    fields = [*own, *_constants(("series",)), hidden]
    return DataSpec(fields).bind({"series": structure["n_series"]})


def pair_known(structure: Structure) -> DataSpec:
    """Arrays that `lambda3.pair` holds."""
    terms, dims = checked_terms(structure["terms"]), ("member", "time")
    every = tuple(dict.fromkeys([*terms, *CROSS]))
    fields = [*_own(every, dims), *_constants(("member",)), _missing(("time",))]
    return DataSpec(fields).bind({"member": 2})
