"""What a two-plane telescope measures, and what it may be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forwardax import DataField, DataSpec

NOISE_MAP = DataField(
    "noise_map",
    unit="ph",
    dims=("y", "x"),
    role="image",
    positive=True,
    optional=True,
    doc="Standard deviation of each pixel, for the Gaussian.",
)


def two_plane_data(structure: Mapping[str, Any]) -> DataSpec:
    """What `optics.two_plane` measures: one image of photons."""
    n = structure["detector.n_pix"]
    field = DataField(
        "image",
        unit="ph",
        dims=("y", "x"),
        role="image",
        doc="Photons in each pixel; rows go upwards.",
    )
    return DataSpec([field]).bind({"y": n, "x": n})


def two_plane_known(structure: Mapping[str, Any]) -> DataSpec:
    """Arrays that `optics.two_plane` may be told."""
    n = structure["detector.n_pix"]
    pupil = structure["system.sampling.pupil_npix"]
    fields = [
        NOISE_MAP,
        DataField(
            "pupil_opd",
            unit="m",
            dims=("pupil_y", "pupil_x"),
            optional=True,
            doc="Known optical path difference over the pupil.",
        ),
        DataField(
            "pupil_transmission",
            dims=("pupil_y", "pupil_x"),
            optional=True,
            doc="Amplitude transmission, in place of the drawn pupil.",
        ),
    ]
    return DataSpec(fields).bind(
        {"y": n, "x": n, "pupil_y": pupil, "pupil_x": pupil}
    )
