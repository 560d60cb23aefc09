"""Which terms a model may have, and their priors; needs no JAX."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from forwardax import ParamField, Prior


class Term(NamedTuple):
    """One column of a regression.

    Parameters
    ----------
    key
        Of its coefficient.
    known
        The array it needs, or "".
    scale
        Standard deviation of the coefficient under the prior, for the
        standardised series.
    doc
        What the coefficient is.
    """

    key: str
    known: str
    scale: float
    doc: str


TERMS: Final[Mapping[str, Term]] = {
    "trend": Term("trend", "", 1.0, "Slope over a standard deviation of time."),
    "positive": Term(
        "event.positive", "delta_pos", 2.0, "Step at an event upwards."
    ),
    "negative": Term(
        "event.negative", "delta_neg", 2.0, "Step at an event downwards."
    ),
    "local": Term("event.local", "local_jump", 1.0, "Step at a local jump."),
    "tension": Term(
        "tension", "tension", 1.0, "Per unit of tension above its mean."
    ),
}
"""Own terms of a series, by the name they have in `terms`."""

CROSS: Final[Mapping[str, Term]] = {
    "positive": Term(
        "other.positive",
        "other_pos",
        2.0,
        "Step after an event upwards in the other series.",
    ),
    "negative": Term(
        "other.negative",
        "other_neg",
        2.0,
        "Step after an event downwards in the other series.",
    ),
    "tension": Term(
        "other.tension",
        "other_tension",
        1.0,
        "Per unit of the other's tension above its mean.",
    ),
}
"""Terms of another series."""

LEVEL = ParamField(
    "level",
    prior=Prior("Normal", loc=0.0, scale=2.0),
    doc="At the middle of the series, with no event and average tension, from "
    "the centre in spreads.",
)


def own_fields(terms: tuple[str, ...], **changes: Any) -> Iterator[ParamField]:
    """Coefficients of a series' own terms."""
    for name in terms:
        term = TERMS[name]
        yield ParamField(
            term.key,
            prior=Prior("Normal", loc=0.0, scale=term.scale),
            doc=term.doc,
            **changes,
        )


def cross_fields(**changes: Any) -> Iterator[ParamField]:
    """Coefficients of the other series' terms."""
    for term in CROSS.values():
        yield ParamField(
            term.key,
            prior=Prior("Normal", loc=0.0, scale=term.scale),
            doc=term.doc,
            **changes,
        )


def scale_field(key: str, scale: float, doc: str, **changes: Any) -> ParamField:
    """A positive parameter with a half-normal prior."""
    return ParamField(
        key,
        bounds=(0.0, None),
        prior=Prior("HalfNormal", scale=scale),
        doc=doc,
        **changes,
    )


def own_keys(terms: tuple[str, ...]) -> tuple[str, ...]:
    """Keys of the coefficients of a series' own terms."""
    return tuple(TERMS[name].key for name in terms)
