"""Structure of telescopes of several mirrors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import ceil
from typing import Any

from forwardax import StructureField
from forwardax.errors import Fault, Faults, StructureError

from .geometry import footprint, m2_magnification, makes_an_image
from .structure import FIELDS as TWO_PLANE
from .structure import optics_faults

OPTICS = ("m1", "m2", "relay")
NOLL = ("m1.diversity.noll", *(f"{optic}.zernike.noll" for optic in OPTICS))
SOURCES = ("point", "binary", "resolved", "multi")
_MOST_PUPILS = 8
"""Across which a field is followed before it repeats, at most."""
_SHARED = {field.key: field for field in TWO_PLANE}


def _like(key: str, /, **changes: Any) -> StructureField:
    return replace(_SHARED[key], **changes)


def _power_law(optic: str, kind: str) -> StructureField:
    return StructureField(
        f"{optic}.wfe_{kind}.power_law",
        kind="float",
        default=2.5,
        bounds=(0.0, 10.0),
        doc="Power with which the spectral density of the polishing error "
        "falls.",
    )


def _noll(optic: str, default: tuple[int, ...]) -> StructureField:
    return _like(
        "m1.zernike.noll", key=f"{optic}.zernike.noll", default=default
    )


def _diameter(optic: str, default: float, doc: str) -> StructureField:
    return _like(
        "m1.aperture.diameter",
        key=f"{optic}.aperture.diameter",
        default=default,
        doc=doc,
    )


_M1 = (
    _like("m1.aperture.diameter"),
    _like("m1.aperture.obscuration", default=0.025 / 0.09),
    _like("m1.struts.number", default=4),
    _like("m1.struts.width"),
    _like("m1.struts.rotation", default=45.0),
    _like("m1.zernike.noll"),
    _like("m1.diversity.noll"),
    StructureField(
        "m1.modes.number",
        default=0,
        bounds=(0, 4096),
        doc="Modes of a basis of your own over the pupil, given as m1_modes.",
    ),
    _power_law("m1", "calibrated"),
    _power_law("m1", "uncalibrated"),
    StructureField(
        "dp.mask.pattern",
        kind="str",
        default="asymmetric",
        choices=("asymmetric", "none"),
        doc="Diffractive pupil; the array dp_mask takes its place.",
    ),
)
_M2 = (
    _diameter("m2", 0.025, "Diameter of the second mirror in m."),
    _noll("m2", (4, 5, 6, 7, 8, 9, 10, 11)),
    _power_law("m2", "calibrated"),
    _power_law("m2", "uncalibrated"),
    StructureField(
        "wfe.noise.seed",
        default=0,
        bounds=(0, None),
        doc="Of the random maps of polishing errors.",
    ),
)
_RELAY = (
    _diameter("relay", 0.1, "Diameter of the relay in m."),
    _noll("relay", ()),
)
REFERENCE = "system.geometry.reference"
_REST = (
    StructureField(
        REFERENCE,
        kind="tuple",
        default=(0.35796, -0.041935, 0.32),
        doc="Focal lengths and separation of mirrors that make an image, in "
        "m: stands in for impossible ones in a fit.",
    ),
    _like(
        "source.kind",
        choices=SOURCES,
        default="binary",
        doc="One star, two, one that is a disc, or several.",
    ),
    StructureField(
        "source.number",
        default=3,
        bounds=(1, 10000),
        doc="Stars where source.kind is multi.",
    ),
    StructureField(
        "source.spectrum.kind",
        kind="str",
        default="band",
        choices=("band", "given"),
        doc="Wavelengths spread evenly over a band, or source.wavelengths.",
    ),
    _like("source.spectrum.n_wavelengths"),
    _like("system.sampling.pupil_npix"),
    _like("system.sampling.pupil_oversample"),
    _like("system.sampling.oversample"),
    StructureField(
        "system.propagation.mode",
        kind="str",
        default="fast",
        choices=("fast", "compat"),
        doc="Without wrap-around, or as a padded discrete Fourier transform.",
    ),
    StructureField(
        "system.propagation.padding",
        kind="float",
        default=1.3,
        bounds=(1.0, 16.0),
        doc="Width of the grids behind the pupil over that of the pupil.",
    ),
    _like("detector.n_pix"),
    StructureField(
        "detector.saturation",
        kind="bool",
        default=False,
        doc="Whether pixels saturate, at detector.full_well.",
    ),
    _like("likelihood"),
)

THREE_PLANE = (*_M1, *_M2, *_REST)
FOUR_PLANE = (
    *_M1,
    *_M2,
    *_RELAY,
    *(
        # Behind the focus light has spread further.
        replace(f, default=2.0) if f.key.endswith("padding") else f
        for f in _REST
    ),
)


def window(structure: Mapping[str, Any]) -> int:
    """Samples along a side of the grids behind the pupil.

    As many more than the pupil's as keep the same middle.
    """
    n = structure["system.sampling.pupil_npix"]
    padding = structure["system.propagation.padding"]
    return n + 2 * round((padding - 1) * n / 2)


def repeats_after(structure: Mapping[str, Any]) -> int:
    """Samples after which a propagated field repeats.

    In the mode `compat` they are those of the grids behind the pupil. In the
    mode `fast` they are so many that nothing comes back within these grids;
    and as many pupils as `compat` has to pad to at the reference geometry, for
    the tails of a field, a millionth of it, depend on where it repeats.
    """
    n, m = structure["system.sampling.pupil_npix"], window(structure)
    if structure["system.propagation.mode"] == "compat":
        return m
    f1, _, separation = structure[REFERENCE]
    size = structure["m2.aperture.diameter"] / structure["m1.aperture.diameter"]
    pupils = ceil(footprint(size, m2_magnification(f1, separation), 1.0))
    widest = 2 * m if "relay.zernike.noll" in structure else n + m
    return max(min(pupils, _MOST_PUPILS) * n, widest)


def check_mirrors(structure: Mapping[str, Any]) -> None:
    """Refuse a telescope that cannot be built.

    Parameters
    ----------
    structure
        Values of the structure fields; those that have a fault of their own
        may be left out.

    Raises
    ------
    StructureError
        With every fault; each key is the path of a structure field.
    """
    faults = Faults(optics_faults(structure, NOLL))
    faults.extend(_padding_faults(structure))
    faults.extend(_reference_faults(structure.get(REFERENCE)))
    faults.throw(StructureError, "telescope")


def _padding_faults(structure: Mapping[str, Any]) -> Iterator[Fault]:
    n_pix = structure.get("system.sampling.pupil_npix")
    padding = structure.get("system.propagation.padding")
    if padding is None or n_pix is None:
        return
    if structure.get("system.propagation.mode") != "compat":
        return
    if padding != round(padding) or (padding - 1) * n_pix % 2:
        yield Fault(
            "the mode 'compat' pads by a whole number of pupils",
            key="system.propagation.padding",
            value=f"{padding:g}",
            allowed="2, 3, ...; odd ones for an odd number of pixels",
            fix="take the next whole number above m2.geometry.footprint: 3 "
            "for the testbed, 2 for flight",
            code="padding",
        )


def _reference_faults(given: Any) -> Iterator[Fault]:
    if given is None:
        return
    numbers = [x for x in given if type(x) in (int, float)]
    sound = len(numbers) == len(given) == 3
    if not sound or not makes_an_image(*given):
        yield Fault(
            "the reference geometry makes no image",
            key=REFERENCE,
            value=repr(given),
            allowed="[f1, f2, separation] in m with f1 + f2 < separation < f1",
            fix="give the design values of your mirrors; f2 is negative",
            code="reference",
        )
