"""Parameters of the models, by their structure; needs no JAX."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from forwardax import ParamField, ParamSpec, Prior

from .structure import checked_lags, checked_terms
from .terms import CROSS, LEVEL, TERMS, cross_fields, own_fields, scale_field

Structure = Mapping[str, Any]

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
    terms = checked_terms(structure["terms"], least=1)
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
