"""Arrays that a telescope of several mirrors may be told."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from forwardax import DataField, DataSpec

from .arrays import NOISE_MAP

PUPIL = ("pupil_y", "pupil_x")


def _over(key: str, doc: str, unit: str = "") -> DataField:
    return DataField(key, unit=unit, dims=PUPIL, optional=True, doc=doc)


def mirror_known(structure: Mapping[str, Any], *, relay: bool) -> DataSpec:
    """Known arrays of `optics.three_plane` and its relatives."""
    n = structure["detector.n_pix"]
    pupil = structure["system.sampling.pupil_npix"]
    fields = [
        NOISE_MAP,
        DataField(
            "pixel_response",
            dims=("y", "x"),
            role="image",
            positive=True,
            optional=True,
            doc="Share of the photons that each pixel counts.",
        ),
        _over("m1_transmission", "Amplitude, in place of the drawn pupil."),
        _over("m1_opd", "Known optical path difference over the pupil.", "m"),
        _over("m2_opd", "The same over the second mirror.", "m"),
        _over("dp_mask", "Diffractive pupil: 1 where it is half a wave thick."),
    ]
    if relay:
        fields.append(_over("relay_opd", "The same over the relay.", "m"))
    if structure["m1.modes.number"]:
        fields.append(
            DataField(
                "m1_modes",
                dims=("mode", *PUPIL),
                doc="Shapes over the pupil, for m1.modes.coefficients.",
            )
        )
    return DataSpec(fields).bind(
        {
            "y": n,
            "x": n,
            "pupil_y": pupil,
            "pupil_x": pupil,
            "mode": structure["m1.modes.number"],
        }
    )


three_plane_known = partial(mirror_known, relay=False)
four_plane_known = partial(mirror_known, relay=True)
