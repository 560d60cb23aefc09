"""The spec of a two-plane telescope, from its structure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from forwardax import ParamField, ParamSpec, Validity

from .formulas import scale_limit
from .parameters import (
    BANDWIDTH,
    BINARY,
    DETECTOR,
    LIMIT,
    READ_NOISE,
    SCALE,
    SPECTRUM,
    STAR,
    WAVELENGTH,
    instrument,
    modes,
)
from .structure import check_structure

SYSTEM_ID = "optics.two_plane"
_HERE = "optics_dlux._declare"

VALIDITY = (
    Validity(
        "source.spectrum.bandwidth < 2 source.spectrum.wavelength",
        f"{_HERE}.formulas:band_is_positive",
        (WAVELENGTH, BANDWIDTH),
    ),
    Validity(
        "detector.n_pix imaging.psf_pixel_scale <= shortest wavelength * "
        "system.sampling.pupil_npix / m1.aperture.diameter (else the field "
        "repeats: take more pupil pixels or fewer detector pixels)",
        f"{_HERE}.formulas:field_is_sampled",
        (SCALE, LIMIT, WAVELENGTH, BANDWIDTH),
    ),
)


def two_plane_spec(structure: Mapping[str, Any]) -> ParamSpec:
    """Parameters of `optics.two_plane`.

    Parameters
    ----------
    structure
        Values of the fields in `_declare.structure`.

    Raises
    ------
    StructureError
        With everything in the structure that makes no sense.
    """
    return _spec(tuple(structure.items()))


@lru_cache(maxsize=64)
def _spec(items: tuple[tuple[str, Any], ...]) -> ParamSpec:
    structure = dict(items)
    check_structure(structure)
    limit = scale_limit(
        structure["m1.aperture.diameter"],
        structure["system.sampling.pupil_npix"],
        structure["detector.n_pix"],
    )
    fields = [
        *modes("zernike", structure["m1.zernike.noll"]),
        *modes("diversity", structure["m1.diversity.noll"]),
        *instrument(limit),
        *SPECTRUM,
        *(STAR if structure["source.kind"] == "point" else BINARY),
        *DETECTOR,
    ]
    if structure["likelihood"] == "gaussian":
        fields.append(READ_NOISE)
    return ParamSpec(
        fields,
        validity=VALIDITY,
        reference=_reference(fields),
    )


_CENTRES = {
    "log_flux": 6.0,
    "separation": 4.5,
    "contrast": 2.7,
}
"""What is not zero at the valid reference point."""


def _reference(fields: list[ParamField]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in fields:
        if field.kind == "primitive" and field.prior is not None:
            centre = _CENTRES.get(field.key.rpartition(".")[2], 0.0)
            sizes = [n for n in field.shape if n is not None]
            values[field.key] = (centre,) * sizes[0] if sizes else centre
    # Long waves on small pixels are sampled well, whatever else is held.
    values[WAVELENGTH], values[BANDWIDTH] = 1e5, 1.0
    values["detector.pixel_pitch"] = 6.5e-6
    values["m1.focal_length"] = 3.776
    return values
