"""Structure of the models: terms, lags, change points; needs no JAX."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from forwardax import StructureField
from forwardax.errors import Fault, StructureError

from .terms import TERMS

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
    replace(TERMS_FIELD, default=("positive", "negative", "local", "tension")),
    CHANGES,
    SAMPLED,
    SKIP,
)
HIERARCHICAL_STRUCTURE = (SERIES, TERMS_FIELD, SKIP)
PAIR_STRUCTURE = (
    replace(TERMS_FIELD, default=("trend", "positive", "negative", "tension")),
    PAIR_LAG,
    SKIP,
)


def checked_terms(terms: tuple[str, ...], *, least: int = 0) -> tuple[str, ...]:
    """The terms, if there are such terms.

    Raises
    ------
    StructureError
        With every name that is none, or if there are fewer than `least`.
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
    if len(terms) < least:
        raise StructureError(
            Fault(
                "the model needs a term",
                key="terms",
                value=repr(terms),
                allowed=f"at least {least} of " + ", ".join(TERMS),
                code="terms",
            )
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
