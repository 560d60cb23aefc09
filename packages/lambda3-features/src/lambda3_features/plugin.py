"""What this package offers, for `forwardax list`; imports no JAX."""

from __future__ import annotations

from collections.abc import Iterator

from forwardax import CommandEntry, SystemEntry, hookimpl

from .bayes import _declare as bayes
from .compat import _declare as compat

FORWARDAX_API = (1, 0)
_BAYES = "lambda3_features.bayes"
_COMPAT = "lambda3_features.compat"


@hookimpl
def forwardax_commands() -> Iterator[CommandEntry]:
    """Verbs of the command line."""
    yield CommandEntry(
        "events",
        target="lambda3_features._cli:command",
        summary="Find sudden steps in the series of a file",
    )


@hookimpl
def forwardax_systems() -> Iterator[SystemEntry]:
    """Models of series with events."""
    yield SystemEntry(
        "lambda3.base",
        target=f"{_BAYES}._regression:base",
        summary="A series from its trend, events and tension",
        spec=bayes.base_spec,
        data=bayes.SERIES_DATA,
        known=bayes.base_known,
        structure=bayes.BASE_STRUCTURE,
    )
    yield SystemEntry(
        "lambda3.interaction",
        target=f"{_BAYES}._regression:interaction",
        summary="A series from its own events and, at some lags, another's",
        spec=bayes.interaction_spec,
        data=bayes.SERIES_DATA,
        known=bayes.interaction_known,
        structure=bayes.INTERACTION_STRUCTURE,
    )
    yield SystemEntry(
        "lambda3.dynamic",
        target=f"{_BAYES}._dynamic:dynamic",
        summary="A level that walks and jumps, with events and tension",
        spec=bayes.dynamic_spec,
        data=bayes.SERIES_DATA,
        known=bayes.dynamic_known,
        structure=bayes.DYNAMIC_STRUCTURE,
    )
    yield SystemEntry(
        "lambda3.hierarchical",
        target=f"{_BAYES}._hierarchical:hierarchical",
        summary="Several series whose coefficients are alike",
        spec=bayes.hierarchical_spec,
        data=bayes.group_data,
        known=bayes.hierarchical_known,
        structure=bayes.HIERARCHICAL_STRUCTURE,
    )
    yield SystemEntry(
        "lambda3.pair",
        target=f"{_BAYES}._pair:pair",
        summary="Two series that follow each other, with correlated noise",
        spec=bayes.pair_spec,
        data=bayes.PAIR_DATA,
        known=bayes.pair_known,
        structure=bayes.PAIR_STRUCTURE,
    )
    yield SystemEntry(
        "lambda3.compat.base",
        target=f"{_COMPAT}._base:base",
        summary="The original base and dynamic model (one and the same)",
        spec=compat.base_spec,
        data=bayes.SERIES_DATA,
        known=compat.BASE_KNOWN,
        structure=compat.BASE_STRUCTURE,
    )
    yield SystemEntry(
        "lambda3.compat.interaction",
        target=f"{_COMPAT}._interaction:interaction",
        summary="The original interaction model, which depends on location",
        spec=compat.INTERACTION,
        data=bayes.SERIES_DATA,
        known=compat.INTERACTION_KNOWN,
    )
    yield SystemEntry(
        "lambda3.compat.hierarchical",
        target=f"{_COMPAT}._hierarchical:hierarchical",
        summary="The original hierarchical model, which depends on location",
        spec=compat.hierarchical_spec,
        data=compat.group_data,
        known=compat.hierarchical_known,
        structure=compat.HIERARCHICAL_STRUCTURE,
    )
