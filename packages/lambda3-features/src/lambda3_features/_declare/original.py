"""What the original models declare; needs no JAX."""

from __future__ import annotations

from collections.abc import Mapping
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

Structure = Mapping[str, Any]

LENGTH: Final = StructureField(
    "length", bounds=(2, None), doc="Number of points of the series."
)
STEPS: Final = StructureField(
    "steps",
    kind="tuple",
    default=(),
    doc="First index of each new level.",
)
BASE_STRUCTURE = (LENGTH, STEPS)
HIERARCHICAL_STRUCTURE = (
    StructureField(
        "n_series", default=2, bounds=(2, None), doc="Number of series."
    ),
)


def _normal(key: str, scale: float, **changes: Any) -> ParamField:
    prior = Prior("Normal", loc=0.0, scale=scale)
    return ParamField(key, prior=prior, **changes)


def _half(key: str, scale: float, **changes: Any) -> ParamField:
    prior = Prior("HalfNormal", scale=scale)
    return ParamField(key, bounds=(0.0, None), prior=prior, **changes)


BETAS: Final = (
    ("beta_dlc_pos", 5.0),
    ("beta_dlc_neg", 5.0),
    ("beta_rhot", 3.0),
    ("beta_local_jump", 2.0),
)
"""Coefficients of a series' own features and their prior scales."""


def base_spec(structure: Structure) -> ParamSpec:
    """Parameters of `lambda3.compat.base`."""
    return _base(structure["length"], len(structure["steps"]))


@lru_cache(maxsize=64)
def _base(length: int, steps: int) -> ParamSpec:
    return ParamSpec(
        [
            _half("innovation_scale", 0.1),
            ParamField(
                "innovations",
                shape=(length,),
                prior=Prior("Normal", loc=0.0, scale="innovation_scale"),
                doc="Steps of the level, the first from zero.",
            ),
            *(_normal(key, scale) for key, scale in BETAS),
            *(_normal(f"jump_{k}", 5.0) for k in range(steps)),
            _half("sigma_base", 1.0),
            _half("sigma_scale", 0.5),
        ]
    )


INTERACTION = ParamSpec(
    [
        _normal("beta_0", 2.0),
        _normal("beta_time", 1.0, doc="Times the index, as it is."),
        *(_normal(key, scale) for key, scale in BETAS),
        _normal("beta_interact_pos", 3.0),
        _normal("beta_interact_neg", 3.0),
        _normal("beta_interact_stress", 0.67 * 3.0),
        _half("sigma_obs", 1.0),
    ]
)

HYPER: Final = (
    ("beta_time", 1.0, 0.5),
    ("beta_dlc_pos", 3.0, 1.0),
    ("beta_dlc_neg", 3.0, 1.0),
    ("beta_rhot", 2.0, 0.5),
    ("beta_local", 2.0, 0.5),
)
"""Coefficients with a common mean, and the scales of their hyperpriors."""


def hierarchical_spec(structure: Structure) -> ParamSpec:
    """Parameters of `lambda3.compat.hierarchical`."""
    return _hierarchical(structure["n_series"])


@lru_cache(maxsize=64)
def _hierarchical(series: int) -> ParamSpec:
    fields: list[ParamField] = []
    for key, mean, spread in HYPER:
        fields += [_normal(f"mu_{key}", mean), _half(f"sigma_{key}", spread)]
    each: dict[str, Any] = {"dims": ("series",)}
    fields.append(_normal("beta_0", 2.0, **each))
    for key, *_ in HYPER:
        prior = Prior("Normal", loc=f"mu_{key}", scale=f"sigma_{key}")
        fields.append(ParamField(key, prior=prior, **each))
    fields.append(_half("sigma_obs", 1.0, **each))
    return ParamSpec(fields).bind({"series": series})


_OWN = ("delta_pos", "delta_neg", "rho_t", "local_jump")


def _known(keys: tuple[str, ...], dims: tuple[str, ...]) -> DataSpec:
    return DataSpec([DataField(key, dims=dims, role="series") for key in keys])


BASE_KNOWN = _known(_OWN, ("time",))
INTERACTION_KNOWN = _known(
    (*_OWN, "other_pos", "other_neg", "other_rho_t"), ("time",)
)


def hierarchical_known(structure: Structure) -> DataSpec:
    """Arrays that `lambda3.compat.hierarchical` holds."""
    known = _known(_OWN, ("series", "time"))
    return known.bind({"series": structure["n_series"]})
