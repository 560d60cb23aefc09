"""Specs of telescopes of several mirrors, from their structure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

from forwardax import ParamField, ParamSpec, Validity

from .formulas import scale_limit
from .mirror_parameters import (
    BANDWIDTH,
    DISTANCE,
    F1,
    F2,
    FOCAL,
    FRESNEL,
    LIMIT,
    RELAY_FOCAL,
    SCALE,
    SEPARATION,
    WAVELENGTH,
    WAVES,
    WHOLE,
    detector,
    geometry,
    mirrors,
    pinned,
    relay,
    sources,
    spectrum,
    wavefront,
)
from .mirror_structure import REFERENCE, check_mirrors, window
from .parameters import PITCH

_HERE = "optics_dlux._declare"
_FAR = {o: geometry(o, "equivalent_distance") for o in ("m2", "relay")}


def mirror_spec(structure: Mapping[str, Any], *, scope: str) -> ParamSpec:
    """Parameters of a telescope of several mirrors.

    Parameters
    ----------
    structure
        Values of the fields in `_declare.mirror_structure`.
    scope
        `three_plane`, `four_plane` or `four_plane_relay`.

    Raises
    ------
    StructureError
        With everything in the structure that makes no sense.
    """
    return _spec(tuple(structure.items()), scope)


three_plane_spec = partial(mirror_spec, scope="three_plane")
four_plane_spec = partial(mirror_spec, scope="four_plane")
four_plane_relay_spec = partial(mirror_spec, scope="four_plane_relay")


@lru_cache(maxsize=64)
def _spec(items: tuple[tuple[str, Any], ...], scope: str) -> ParamSpec:
    structure = dict(items)
    check_mirrors(structure)
    optics = ("m1", "m2") if scope == "three_plane" else ("m1", "m2", "relay")
    fields = [
        *wavefront(structure, optics),
        *mirrors(
            structure["m1.aperture.diameter"],
            structure["m2.aperture.diameter"],
        ),
    ]
    if "relay" in optics:
        fields += relay(scope == "four_plane_relay")
    fields += [
        *_limits(structure),
        *spectrum(structure),
        *sources(structure),
        *detector(structure),
    ]
    return ParamSpec(
        fields,
        validity=_validity(structure, scope),
        reference=_reference(fields, structure[REFERENCE]),
    )


def _limits(structure: Mapping[str, Any]) -> list[ParamField]:
    pupil = structure["system.sampling.pupil_npix"]
    diameter = structure["m1.aperture.diameter"]
    fresnel = window(structure) * (diameter / pupil) ** 2
    return [
        pinned(
            LIMIT,
            "arcsec / nm",
            scale_limit(diameter, pupil, structure["detector.n_pix"]),
            "Largest pixel scale per wavelength",
        ),
        pinned(
            FRESNEL,
            "m nm",
            fresnel * 1e9,
            "Largest wavelength times distance that the grids resolve",
        ),
    ]


def _validity(structure: Mapping[str, Any], scope: str) -> tuple[Validity, ...]:
    formulas, shapes = f"{_HERE}.formulas", f"{_HERE}.geometry"
    band = structure["source.spectrum.kind"] == "band"
    waves = (WAVELENGTH, BANDWIDTH) if band else (WAVES,)
    tail = "" if band else "_at"
    found = [
        Validity(
            "m1.focal_length + m2.focal_length < system.plane_separation < "
            "m1.focal_length (else the mirrors make no image behind the "
            "second)",
            f"{shapes}:makes_an_image",
            (F1, F2, SEPARATION),
        ),
        Validity(
            "detector.n_pix imaging.psf_pixel_scale <= shortest wavelength * "
            "system.sampling.pupil_npix / m1.aperture.diameter (else the "
            "field repeats: take more pupil pixels or fewer detector pixels)",
            f"{formulas}:field_is_sampled{tail}",
            (SCALE, LIMIT, *waves),
        ),
        Validity(
            "longest wavelength * m2.geometry.equivalent_distance <= width of "
            "the grid times of a sample (else raise "
            "system.propagation.padding, or take fewer pupil pixels)",
            f"{shapes}:step_is_sampled{tail}",
            (_FAR["m2"], FRESNEL, *waves),
        ),
    ]
    if band:
        found.append(
            Validity(
                "source.spectrum.bandwidth < 2 source.spectrum.wavelength",
                f"{formulas}:band_is_positive",
                waves,
            )
        )
    if scope == "three_plane":
        return tuple(found)
    found += [
        Validity(
            "relay.distance is not 0 (a plane at the focus has no beam: move "
            "the relay)",
            f"{shapes}:off_the_focus",
            (DISTANCE, FOCAL),
        ),
        Validity(
            "longest wavelength * distance to the relay and back <= width of "
            "the grid times of a sample (else raise "
            "system.propagation.padding, take fewer pupil pixels, or move "
            "the relay away from the focus)",
            f"{shapes}:last_step_is_sampled{tail}",
            (_FAR["relay"], _FAR["m2"], FRESNEL, *waves),
        ),
    ]
    if scope == "four_plane_relay":
        found.append(
            Validity(
                "relay.focal_length < relay.distance (else its image is not "
                "real)",
                f"{shapes}:relay_makes_an_image",
                (RELAY_FOCAL, DISTANCE),
            )
        )
    return tuple(found)


_CENTRES = {
    "log_flux": 6.0,
    "separation": 4.5,
    "contrast": 2.7,
    "diameter": 0.3,
}
"""What is not zero at the valid reference point."""
_TYPICAL = {
    # Small pixels and a relay far from the focus are sampled well.
    PITCH: 1e-12,
    DISTANCE: 1e3,
    RELAY_FOCAL: 0.25,
    WHOLE: 1e3,
    WAVELENGTH: 550.0,
    BANDWIDTH: 1.0,
}


def _reference(
    fields: list[ParamField], geometry: tuple[float, float, float]
) -> dict[str, Any]:
    known = _TYPICAL | dict(zip((F1, F2, SEPARATION), geometry, strict=True))
    values: dict[str, Any] = {}
    for field in fields:
        if field.kind != "primitive":
            continue
        if field.key in known:
            values[field.key] = known[field.key]
        elif field.key == WAVES:
            values[field.key] = (550.0,) * (field.shape[0] or 0)
        elif field.prior is not None:
            centre = _CENTRES.get(field.key.rpartition(".")[2], 0.0)
            sizes = [n for n in field.shape if n is not None]
            values[field.key] = (centre,) * sizes[0] if sizes else centre
    return values
