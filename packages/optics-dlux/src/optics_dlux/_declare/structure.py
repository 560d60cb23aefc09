"""Structure of a two-plane telescope: what is fixed when it is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from forwardax import StructureField
from forwardax.errors import Fault, Faults, StructureError

FIELDS = (
    StructureField(
        "m1.aperture.diameter",
        kind="float",
        default=0.09,
        bounds=(1e-6, 1e3),
        doc="Diameter of the circular pupil in m.",
    ),
    StructureField(
        "m1.aperture.obscuration",
        kind="float",
        default=0.2,
        bounds=(0.0, None),
        doc="Diameter of the central obscuration over that of the pupil.",
    ),
    StructureField(
        "m1.struts.number",
        default=3,
        bounds=(0, 64),
        doc="Struts, evenly spaced; an odd number breaks the symmetry.",
    ),
    StructureField(
        "m1.struts.width",
        kind="float",
        default=0.002,
        bounds=(0.0, None),
        doc="Width of each strut in m.",
    ),
    StructureField(
        "m1.struts.rotation",
        kind="float",
        default=0.0,
        doc="Position angle of the first strut in deg, from +y to +x.",
    ),
    StructureField(
        "m1.zernike.noll",
        kind="tuple",
        default=(4, 5, 6, 7, 8, 9, 10, 11),
        doc="Noll indices of the aberrations that are parameters.",
    ),
    StructureField(
        "m1.diversity.noll",
        kind="tuple",
        default=(),
        doc="Noll indices of aberrations put in on purpose and known.",
    ),
    StructureField(
        "source.kind",
        kind="str",
        default="point",
        choices=("point", "binary"),
        doc="One star, or two.",
    ),
    StructureField(
        "source.spectrum.n_wavelengths",
        default=3,
        bounds=(1, 1000),
        doc="Equally bright wavelengths, spread evenly over the band.",
    ),
    StructureField(
        "system.sampling.pupil_npix",
        default=128,
        bounds=(4, 4096),
        doc="Pixels across the pupil.",
    ),
    StructureField(
        "system.sampling.pupil_oversample",
        default=5,
        bounds=(1, 64),
        doc="Samples per pupil pixel and axis that soften the edges.",
    ),
    StructureField(
        "system.sampling.oversample",
        default=1,
        bounds=(1, 64),
        doc="Samples per detector pixel and axis.",
    ),
    StructureField(
        "detector.n_pix",
        default=64,
        bounds=(2, 4096),
        doc="Pixels along a side of the square image.",
    ),
    StructureField(
        "likelihood",
        kind="str",
        default="poisson",
        choices=("poisson", "gaussian"),
        doc="How photons are counted.",
    ),
)

NOLL = ("m1.zernike.noll", "m1.diversity.noll")


def radial_order(noll: int) -> int:
    """Radial order n of a Zernike polynomial from its Noll index.

    References
    ----------
    Noll (1976), J. Opt. Soc. Am. 66, 207, table I.
    """
    n = 0
    while (n + 1) * (n + 2) // 2 < noll:
        n += 1
    return n


def check_structure(structure: Mapping[str, Any]) -> None:
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
    Faults(optics_faults(structure, NOLL)).throw(
        StructureError, "optics.two_plane"
    )


def optics_faults(
    structure: Mapping[str, Any], noll: Iterable[str]
) -> Iterator[Fault]:
    """What is wrong with the pupil, and with the lists of Noll indices."""
    yield from _aperture_faults(structure)
    n_pix = structure.get("system.sampling.pupil_npix")
    for key in noll:
        yield from _noll_faults(key, structure.get(key, ()), n_pix)


def _aperture_faults(structure: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the pupil's obscuration and struts."""
    ratio = structure.get("m1.aperture.obscuration")
    if ratio is not None and ratio >= 1:
        yield Fault(
            "the central obscuration covers the pupil",
            key="m1.aperture.obscuration",
            value=f"{ratio:g}",
            allowed="a ratio of diameters, at least 0 and below 1",
            fix="give the diameter of the obscuration over that of the pupil",
            code="bounds",
        )
    diameter = structure.get("m1.aperture.diameter")
    width = structure.get("m1.struts.width")
    if diameter is None or width is None:
        return
    if structure.get("m1.struts.number") and width >= diameter / 2:
        yield Fault(
            "the struts are as wide as the pupil",
            key="m1.struts.width",
            value=f"{width:g} m",
            allowed=f"less than half the diameter, {diameter / 2:g} m",
            fix="widths and diameters are in metres",
            code="bounds",
        )


def _noll_faults(key: str, noll: Any, n_pix: int | None) -> Iterator[Fault]:
    """What is wrong with a list of Noll indices."""
    for index in dict.fromkeys(noll):
        if type(index) is not int or index < 1:
            yield Fault(
                f"{index!r} is not a Noll index",
                key=key,
                value=repr(index),
                allowed="whole numbers from 1: 2 and 3 are tilts, 4 defocus",
                code="noll",
            )
        elif noll.count(index) > 1:
            yield Fault(
                f"the Noll index {index} is given twice",
                key=key,
                value=repr(noll),
                allowed="indices that differ",
                code="duplicate",
            )
        elif n_pix is not None and 4 * radial_order(index) > n_pix:
            yield Fault(
                f"{n_pix} pixels do not resolve the Zernike polynomial {index}",
                key=key,
                value=f"radial order {radial_order(index)}",
                allowed=f"radial orders up to {n_pix // 4}",
                fix="raise system.sampling.pupil_npix, or drop the index",
                code="sampling",
            )
