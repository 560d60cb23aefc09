"""From features to what a model holds and measures; NumPy only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from forwardax import Structure
from forwardax.errors import Fault, Faults, wrong_type
from numpy.typing import NDArray

from .._declare.entries import MODELS
from .._errors import SeriesError
from .._types import FeatureSet

Floats = NDArray[np.float64]


class Posed(NamedTuple):
    """A model without its numbers on a device.

    Parameters
    ----------
    name
        Of the system.
    structure, known
        What `forwardax.system` takes.
    series
        The data.
    """

    name: str
    structure: dict[str, Any]
    known: dict[str, Any]
    series: Floats


def constants(series: Floats) -> tuple[float, float]:
    """Mean and standard deviation over the values that are there.

    Raises
    ------
    SeriesError
        If there are fewer than three, or they are all the same.
    """
    there = series[np.isfinite(series)]
    if there.size < 3:
        raise SeriesError(
            Fault(
                "a series has too few values for a model",
                key="features",
                value=f"{there.size} values",
                allowed="at least 3",
                code="length",
            )
        )
    centre = float(there.mean())
    spread = float(np.sqrt(np.mean(np.square(there - centre))))
    if not spread > 0:
        raise SeriesError(
            Fault(
                "a series without variation cannot be standardised",
                key="features",
                value=f"{there[0]:g} throughout",
                allowed="values that differ",
                code="constant",
            )
        )
    return centre, spread


def pose_model(
    model: str,
    features: Any,
    other: Any,
    structure: Mapping[str, Any],
    change_points: Sequence[int] | None,
) -> Posed:
    """Arrays of a model by its short name.

    Parameters
    ----------
    model
        `"base"`, `"interaction"`, `"dynamic"`, `"hierarchical"` or `"pair"`.
    features, other
        As `fit_model` takes them.
    structure
        Structure values.
    change_points
        For `"dynamic"`.

    Raises
    ------
    SeriesError
        With everything that does not fit.
    """
    _check(model, features, other, change_points)
    if model in ("hierarchical", "pair"):
        several = [features, other] if model == "pair" else list(features)
        return _several(model, several, dict(structure))
    first = int(structure.get("own_lag", 1)) if model == "interaction" else 0
    centre, spread = constants(features.data)
    hidden = ~np.isfinite(features.data)
    known: dict[str, Any] = {"centre": centre, "spread": spread}
    known |= _own(features)
    given = dict(structure)
    hidden |= late(_absent(features), first)
    if model == "interaction":
        lags = given.get("lags", (0, 1))
        known |= {
            "other_pos": _filled(other.delta_pos),
            "other_neg": _filled(other.delta_neg),
            "other_tension": _filled(other.rho_T),
            "other_spread": constants(other.data)[1],
        }
        for lag in lags:
            hidden |= late(_absent(other), lag)
    if model == "dynamic" and change_points is not None:
        points = np.asarray(list(change_points), float)
        if points.size:
            known["change_points"] = points
            given["changes"] = len(points)
    known["missing"] = hidden
    series = np.where(np.isfinite(features.data), features.data, centre)
    return _needed(model, given, known, series)


def late(flags: NDArray[np.bool_], lag: int) -> NDArray[np.bool_]:
    """Flags, `lag` steps later; none come in."""
    out = np.zeros_like(flags)
    out[lag:] = flags[: len(flags) - lag]
    return out


def _several(
    model: str, several: list[FeatureSet], given: dict[str, Any]
) -> Posed:
    pairs = [constants(one.data) for one in several]
    owns = [_own(one) for one in several]
    known: dict[str, Any] = {
        key: np.stack([own[key] for own in owns]) for key in owns[0]
    }
    known["centre"] = np.array([centre for centre, _ in pairs])
    known["spread"] = np.array([spread for _, spread in pairs])
    hidden = np.stack([~np.isfinite(one.data) for one in several])
    gone = np.stack([_absent(one) for one in several])
    if model == "pair":
        lag = int(given.get("lag", 1))
        both = hidden | np.stack([late(row, lag) for row in gone])
        known["missing"] = both.any(axis=0)
    else:
        known["missing"] = hidden | gone
        given["n_series"] = len(several)
    series = np.stack(
        [
            np.where(np.isfinite(one.data), one.data, centre)
            for one, (centre, _) in zip(several, pairs, strict=True)
        ]
    )
    return _needed(model, given, known, series)


def _needed(
    model: str, given: dict[str, Any], known: dict[str, Any], series: Floats
) -> Posed:
    """Only the arrays that the terms need."""
    entry: Any = MODELS[f"lambda3.{model}"]
    fields = [field.key for field in entry.structure]
    sound = {k: v for k, v in given.items() if k in fields}
    spec = entry.known(Structure.of(entry.structure, sound))
    chosen = {k: v for k, v in known.items() if k in spec}
    return Posed(entry.name, given, chosen, series)


def _own(features: FeatureSet) -> dict[str, Floats]:
    return {
        "delta_pos": _filled(features.delta_pos),
        "delta_neg": _filled(features.delta_neg),
        "local_jump": _filled(features.local_jump),
        "tension": _filled(features.rho_T),
    }


def _filled(array: Any) -> Floats:
    found = np.asarray(array, float)
    return np.where(np.isfinite(found), found, 0.0)


def _absent(features: FeatureSet) -> NDArray[np.bool_]:
    return ~np.isfinite(np.asarray(features.rho_T, float))


NAMES = ("base", "interaction", "dynamic", "hierarchical", "pair")


def _check(model: str, features: Any, other: Any, change_points: Any) -> None:
    from forwardax.errors import nearest

    faults = Faults()
    if model not in NAMES:
        faults.append(
            Fault(
                f"there is no model {model!r}",
                key="model",
                value=repr(model),
                allowed=", ".join(NAMES),
                nearest=nearest(str(model), NAMES),
                code="unknown",
            )
        )
        faults.throw(SeriesError)
    several = model == "hierarchical"
    ours = list(features) if _is_several(features) else [features]
    for one in ours:
        if not isinstance(one, FeatureSet):
            faults.append(_no_features("features", one))
    if several and (not _is_several(features) or len(ours) < 2):
        faults.append(
            wrong_type("features", features, "several FeatureSets, as a list")
        )
    if not several and _is_several(features):
        faults.append(
            Fault(
                f"the model {model!r} takes one series",
                key="features",
                value=f"{len(ours)} FeatureSets",
                allowed="one FeatureSet",
                fix="model='hierarchical', or fit_many for each by itself",
                code="count",
            )
        )
    needs = model in ("interaction", "pair")
    if needs and not isinstance(other, FeatureSet):
        faults.append(_no_features("other", other))
    if not needs and other is not None:
        faults.append(
            Fault(
                f"the model {model!r} has no other series",
                key="other",
                allowed="None",
                fix="model='interaction' or model='pair'",
                code="unused",
            )
        )
    if change_points is not None and model != "dynamic":
        faults.append(
            Fault(
                f"the model {model!r} has no change points",
                key="change_points",
                allowed="None",
                fix="model='dynamic'",
                code="unused",
            )
        )
    faults.throw(SeriesError)
    every = [*ours, *([other] if needs else [])]
    lengths = sorted({len(one) for one in every})
    if len(lengths) > 1:
        faults.append(
            Fault(
                "the series differ in length",
                key="features",
                value=", ".join(map(str, lengths)),
                allowed="one length",
                fix="cut them to the times they have in common",
                code="length",
            )
        )
    faults.throw(SeriesError)


def _is_several(features: Any) -> bool:
    return isinstance(features, list | tuple)


def _no_features(key: str, value: Any) -> Fault:
    kind = type(value)
    jax_array = kind.__module__.partition(".")[0] in ("jax", "jaxlib")
    fix = "make them with lambda3_features.extract_features(series)"
    if jax_array:
        fix = "convert with lambda3_features.boundary.to_numpy, then " + fix
    return Fault(
        f"{key!r} is no FeatureSet",
        key=key,
        value=f"{kind.__module__}.{kind.__qualname__}",
        allowed="a FeatureSet",
        fix=fix,
        code="type",
    )
