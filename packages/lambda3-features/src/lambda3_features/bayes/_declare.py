"""What the models declare: parameters, structure, known arrays; no JAX."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from forwardax import (
    DataField,
    DataSpec,
    ParamField,
    ParamSpec,
    Prior,
    StructureField,
)
from forwardax.errors import Fault, StructureError

from ._terms import CROSS, LEVEL, TERMS, cross_fields, own_fields, scale_field

Structure = Mapping[str, Any]

# --- structure ---------------------------------------------------------------

TERMS_FIELD: Final = StructureField(
    "terms",
    kind="tuple",
    default=tuple(TERMS),
    doc="Own terms of the series: " + ", ".join(TERMS) + ".",
)
SKIP: Final = StructureField(
    "skip",
    default=0,
    bounds=(0, None),
    doc="Points left out at the beginning, so that models with different "
    "lags see the same data.",
)
OWN_LAG: Final = StructureField(
    "own_lag",
    default=1,
    bounds=(0, None),
    doc="Steps by which the own features lead. At 0 a series explains itself.",
)
LAGS: Final = StructureField(
    "lags",
    kind="tuple",
    default=(0, 1),
    doc="Steps by which the other series leads; 0 is the same moment.",
)
CHANGES: Final = StructureField(
    "changes",
    default=0,
    bounds=(0, None),
    doc="Number of change points of the level.",
)
SAMPLED: Final = StructureField(
    "sampled",
    default=0,
    bounds=(0, None),
    doc="0 integrates the level. The length of the series makes every step of "
    "it a parameter instead: the same model, for comparison.",
)
SERIES: Final = StructureField(
    "n_series", default=2, bounds=(2, None), doc="Number of series."
)
PAIR_LAG: Final = StructureField(
    "lag",
    default=1,
    bounds=(1, None),
    doc="Steps by which each series leads the other.",
)

BASE_STRUCTURE = (TERMS_FIELD, SKIP)
INTERACTION_STRUCTURE = (TERMS_FIELD, LAGS, OWN_LAG, SKIP)
DYNAMIC_STRUCTURE = (
    StructureField(
        "terms",
        kind="tuple",
        default=("positive", "negative", "local", "tension"),
        doc=TERMS_FIELD.doc,
    ),
    CHANGES,
    SAMPLED,
    SKIP,
)
HIERARCHICAL_STRUCTURE = (SERIES, TERMS_FIELD, SKIP)
PAIR_STRUCTURE = (
    StructureField(
        "terms",
        kind="tuple",
        default=("trend", "positive", "negative", "tension"),
        doc=TERMS_FIELD.doc,
    ),
    PAIR_LAG,
    SKIP,
)


def checked_terms(terms: tuple[str, ...]) -> tuple[str, ...]:
    """The terms, if there are such terms.

    Raises
    ------
    StructureError
        With every name that is none.
    """
    wrong = [name for name in terms if name not in TERMS]
    twice = len(set(terms)) < len(terms)
    if wrong or twice:
        from forwardax.errors import nearest

        raise StructureError(
            Fault(
                f"{name!r} is no term of a series" if wrong else "a term twice",
                key="terms",
                value=repr(name),
                allowed=", ".join(TERMS),
                nearest=nearest(str(name), TERMS),
                code="terms",
            )
            for name in (wrong or [terms])
        )
    return terms


def checked_lags(lags: tuple[Any, ...]) -> tuple[int, ...]:
    """The lags, if they are some.

    Raises
    ------
    StructureError
        If one is negative, no integer or given twice, or there are none.
    """
    sound = all(type(lag) is int and lag >= 0 for lag in lags)
    if not lags or not sound or len(set(lags)) < len(lags):
        raise StructureError(
            Fault(
                "the lags are wrong",
                key="lags",
                value=repr(lags),
                allowed="different whole numbers from 0, such as (0, 1)",
                code="lags",
            )
        )
    return lags


# --- parameters --------------------------------------------------------------

_NOISE = scale_field(
    "noise.scale", 1.0, "Standard deviation of the noise, in spreads."
)
_VOLATILE = (
    scale_field(
        "noise.base", 1.0, "Standard deviation of the noise without tension."
    ),
    scale_field("noise.tension", 0.5, "What a unit of tension adds to it."),
)
_DRIFT = scale_field(
    "drift.scale", 0.2, "Standard deviation of a step of the level, in spreads."
)


def base_spec(structure: Structure) -> ParamSpec:
    """Parameters of `lambda3.base`."""
    return _base(checked_terms(structure["terms"]))


@lru_cache(maxsize=64)
def _base(terms: tuple[str, ...]) -> ParamSpec:
    return ParamSpec([LEVEL, *own_fields(terms), *_VOLATILE])


def interaction_spec(structure: Structure) -> ParamSpec:
    """Parameters of `lambda3.interaction`."""
    lags = checked_lags(structure["lags"])
    return _interaction(checked_terms(structure["terms"]), lags)


@lru_cache(maxsize=64)
def _interaction(terms: tuple[str, ...], lags: tuple[int, ...]) -> ParamSpec:
    cross = []
    for term in CROSS.values():
        cross.append(
            ParamField(
                term.key,
                dims=("lag",),
                prior=Prior("Normal", loc=0.0, scale=term.scale),
                elements=tuple(f"{term.key}.lag{lag}" for lag in lags),
                doc=term.doc,
            )
        )
    spec = ParamSpec([LEVEL, *own_fields(terms), *cross, _NOISE])
    return spec.bind({"lag": len(lags)})


def dynamic_spec(structure: Structure) -> ParamSpec:
    """Parameters of `lambda3.dynamic`."""
    terms = checked_terms(structure["terms"])
    return _dynamic(terms, structure["changes"], structure["sampled"])


@lru_cache(maxsize=64)
def _dynamic(terms: tuple[str, ...], changes: int, sampled: int) -> ParamSpec:
    fields = [
        ParamField(
            "level",
            prior=Prior("Normal", loc=0.0, scale=2.0),
            doc="At the beginning, with no event and average tension, from "
            "the centre in spreads.",
        ),
        *own_fields(terms),
    ]
    if changes:
        fields.append(
            ParamField(
                "jumps",
                dims=("change",),
                prior=Prior("Normal", loc=0.0, scale=2.0),
                doc="Step of the level at each change point.",
            )
        )
    fields += [_DRIFT, *_VOLATILE]
    if sampled:
        fields.append(
            ParamField(
                "drift.steps",
                shape=(sampled - 1,),
                prior=Prior("Normal", loc=0.0, scale=1.0),
                doc="Each step of the level over its standard deviation.",
            )
        )
    spec = ParamSpec(fields)
    return spec.bind({"change": changes}) if changes else spec


def hierarchical_spec(structure: Structure) -> ParamSpec:
    """Parameters of `lambda3.hierarchical`."""
    terms = checked_terms(structure["terms"])
    return _hierarchical(terms, structure["n_series"])


@lru_cache(maxsize=64)
def _hierarchical(terms: tuple[str, ...], series: int) -> ParamSpec:
    scales = tuple(TERMS[name].scale for name in terms)
    keys = tuple(TERMS[name].key for name in terms)
    fields = [
        ParamField(
            "group.mean",
            dims=("term",),
            prior=Prior("Normal", loc=0.0, scale=scales),
            elements=tuple(f"mean.{key}" for key in keys),
            doc="Mean over the series of each coefficient.",
        ),
        ParamField(
            "group.scale",
            dims=("term",),
            bounds=(0.0, None),
            prior=Prior("HalfNormal", scale=0.5),
            elements=tuple(f"scale.{key}" for key in keys),
            doc="Standard deviation over the series of each coefficient.",
        ),
        ParamField(
            "level",
            dims=("series",),
            prior=LEVEL.prior,
            doc=LEVEL.doc,
        ),
        ParamField(
            "coefficients",
            dims=("series", "term"),
            prior=Prior(
                "Normal", loc="group.mean", scale="group.scale", centred=False
            ),
            doc="Of each series: " + ", ".join(keys) + ".",
        ),
        scale_field(
            "noise.scale", 1.0, "Noise of each series, in spreads.",
            dims=("series",),
        ),
    ]  # fmt: skip
    return ParamSpec(fields).bind({"term": len(terms), "series": series})


def pair_spec(structure: Structure) -> ParamSpec:
    """Parameters of `lambda3.pair`."""
    return _pair(checked_terms(structure["terms"]))


@lru_cache(maxsize=64)
def _pair(terms: tuple[str, ...]) -> ParamSpec:
    both: dict[str, Any] = {"shape": (2,)}
    return ParamSpec(
        [
            ParamField("level", prior=LEVEL.prior, doc=LEVEL.doc, **both),
            *own_fields(terms, **both),
            *cross_fields(**both),
            scale_field(
                "noise.scale", 1.0, "Noise of each series, in spreads.", **both
            ),
            ParamField(
                "noise.correlation",
                bounds=(-1.0, 1.0),
                prior=Prior("Uniform", low=-1.0, high=1.0),
                doc="Between what the two series do at one moment.",
            ),
        ]
    )


# --- data and known arrays ---------------------------------------------------

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


def _missing(dims: tuple[str, ...]) -> DataField:
    return DataField(
        "missing",
        dims=dims,
        dtype="bool",
        role="series",
        optional=True,
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
    fields = [*_own(terms, dims), *_constants(("series",)), _missing(dims)]
    return DataSpec(fields).bind({"series": structure["n_series"]})


def pair_known(structure: Structure) -> DataSpec:
    """Arrays that `lambda3.pair` holds."""
    terms, dims = checked_terms(structure["terms"]), ("member", "time")
    every = tuple(dict.fromkeys([*terms, *CROSS]))
    fields = [*_own(every, dims), *_constants(("member",)), _missing(("time",))]
    return DataSpec(fields).bind({"member": 2})
