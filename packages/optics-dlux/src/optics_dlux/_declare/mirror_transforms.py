"""Derived values of telescopes of several mirrors, by scope."""

from __future__ import annotations

from forwardax import TransformEntry

from .mirror_parameters import (
    BACK,
    DISTANCE,
    F1,
    F2,
    FOCAL,
    M1_SIZE,
    M2_SIZE,
    RELAY_FOCAL,
    SCALE,
    SEPARATION,
    WHOLE,
    geometry,
)
from .parameters import PITCH

_HERE = "optics_dlux._declare.geometry"


def _entry(
    scope: str, key: str, function: str, *deps: str, **inverse: str
) -> TransformEntry:
    """A transform; inverses are given by function, with the dep's key."""
    return TransformEntry(
        key,
        target=f"{_HERE}:{function}",
        deps=deps,
        system_id=scope,
        inverse=tuple((d, f"{_HERE}:{name}") for name, d in inverse.items()),
    )


M2 = {
    name: geometry("m2", name)
    for name in (
        "magnification",
        "equivalent_distance",
        "beam_diameter",
        "footprint",
        "pad_factor",
    )
}
RELAY = {
    name: geometry("relay", name)
    for name in ("magnification", "equivalent_distance")
}
THREE, FOUR, OWN = "three_plane", "four_plane", "four_plane_relay"

TRANSFORMS = (
    TransformEntry(
        FOCAL,
        target=f"{_HERE}:eff_focal",
        deps=(F1, F2, SEPARATION),
        system_id=THREE,
        inverse=(
            (SEPARATION, f"{_HERE}:separation_of"),
            # The formula is the same with the mirrors exchanged.
            (F2, f"{_HERE}:m2_focal_of"),
            (F1, f"{_HERE}:m2_focal_of"),
        ),
    ),
    _entry(
        THREE,
        SCALE,
        "pixel_scale_of",
        PITCH,
        FOCAL,
        pitch_of=PITCH,
        focal_of=FOCAL,
    ),
    _entry(THREE, M2["magnification"], "m2_magnification", F1, SEPARATION),
    _entry(
        THREE,
        M2["equivalent_distance"],
        "m2_distance",
        SEPARATION,
        M2["magnification"],
    ),
    _entry(
        THREE,
        M2["beam_diameter"],
        "beam_diameter",
        M1_SIZE,
        M2["magnification"],
    ),
    _entry(
        THREE,
        M2["footprint"],
        "footprint",
        M2_SIZE,
        M2["magnification"],
        M1_SIZE,
    ),
    _entry(THREE, M2["pad_factor"], "pad_factor", M2["footprint"]),
    _entry(THREE, BACK, "back_focal_distance", FOCAL, F1, SEPARATION),
    _entry(
        FOUR,
        SCALE,
        "pixel_scale_of",
        PITCH,
        WHOLE,
        pitch_of=PITCH,
        focal_of=WHOLE,
    ),
    _entry(
        FOUR, RELAY["magnification"], "relay_magnification", FOCAL, DISTANCE
    ),
    _entry(
        FOUR,
        RELAY["equivalent_distance"],
        "relay_distance",
        SEPARATION,
        F2,
        BACK,
        DISTANCE,
        RELAY["magnification"],
    ),
    _entry(
        OWN,
        WHOLE,
        "relayed_focal",
        FOCAL,
        RELAY_FOCAL,
        DISTANCE,
        relay_focal_of=RELAY_FOCAL,
    ),
)
