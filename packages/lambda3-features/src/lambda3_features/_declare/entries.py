"""The models as they are declared, by name; needs no JAX."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from forwardax import SystemEntry

from . import arrays, original, specs, structure


def _entry(
    name: str, module: str, summary: str, **declared: Any
) -> tuple[str, SystemEntry]:
    """An entry whose target has the last part of its name."""
    whole = f"lambda3.{name}"
    function = name.rpartition(".")[2]
    target = f"lambda3_features.{module}:{function}"
    return whole, SystemEntry(whole, target=target, summary=summary, **declared)


MODELS: Final[Mapping[str, SystemEntry]] = dict(
    [
        _entry(
            "base",
            "bayes._regression",
            "A series from its trend, events and tension",
            spec=specs.base_spec,
            data=arrays.SERIES_DATA,
            known=arrays.base_known,
            structure=structure.BASE_STRUCTURE,
        ),
        _entry(
            "interaction",
            "bayes._regression",
            "A series from its own events and, at some lags, another's",
            spec=specs.interaction_spec,
            data=arrays.SERIES_DATA,
            known=arrays.interaction_known,
            structure=structure.INTERACTION_STRUCTURE,
        ),
        _entry(
            "dynamic",
            "bayes._dynamic",
            "A level that walks and jumps, with events and tension",
            spec=specs.dynamic_spec,
            data=arrays.SERIES_DATA,
            known=arrays.dynamic_known,
            structure=structure.DYNAMIC_STRUCTURE,
        ),
        _entry(
            "hierarchical",
            "bayes._hierarchical",
            "Several series whose coefficients are alike",
            spec=specs.hierarchical_spec,
            data=arrays.group_data,
            known=arrays.hierarchical_known,
            structure=structure.HIERARCHICAL_STRUCTURE,
        ),
        _entry(
            "pair",
            "bayes._pair",
            "Two series that follow each other, with correlated noise",
            spec=specs.pair_spec,
            data=arrays.PAIR_DATA,
            known=arrays.pair_known,
            structure=structure.PAIR_STRUCTURE,
        ),
        _entry(
            "compat.base",
            "compat._base",
            "The original base and dynamic model (one and the same)",
            spec=original.base_spec,
            data=arrays.SERIES_DATA,
            known=original.BASE_KNOWN,
            structure=original.BASE_STRUCTURE,
        ),
        _entry(
            "compat.interaction",
            "compat._interaction",
            "The original interaction model, which depends on location",
            spec=original.INTERACTION,
            data=arrays.SERIES_DATA,
            known=original.INTERACTION_KNOWN,
        ),
        _entry(
            "compat.hierarchical",
            "compat._hierarchical",
            "The original hierarchical model, which depends on location",
            spec=original.hierarchical_spec,
            data=arrays.group_data,
            known=original.hierarchical_known,
            structure=original.HIERARCHICAL_STRUCTURE,
        ),
    ]
)
