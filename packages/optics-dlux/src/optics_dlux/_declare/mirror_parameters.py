"""Parameters of telescopes of several mirrors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forwardax import NO_DEFAULT, ParamField, Prior

from .parameters import (
    BANDWIDTH,
    BINARY,
    DETECTOR,
    LIMIT,
    PIXEL_PITCH,
    READ_NOISE,
    SCALE,
    SPECTRUM,
    STAR,
    WAVELENGTH,
    modes,
)

F1, F2 = "m1.focal_length", "m2.focal_length"
SEPARATION = "system.plane_separation"
FOCAL = "telescope.eff_focal"
BACK = "imaging.geometry.back_focal_distance"
RELAY_FOCAL, WHOLE = "relay.focal_length", "relay.eff_focal"
DISTANCE = "relay.distance"
WAVES, WEIGHTS = "source.wavelengths", "source.weights"
FRESNEL = "system.sampling.largest_distance"
M1_SIZE, M2_SIZE = "m1.geometry.diameter", "m2.geometry.diameter"


def geometry(optic: str, name: str) -> str:
    """Key of a derived value of an optic's place in the beam."""
    return f"{optic}.geometry.{name}"


def derived(key: str, unit: str, doc: str, *aliases: str) -> ParamField:
    """A derived value."""
    return ParamField(key, kind="derived", unit=unit, doc=doc, aliases=aliases)


def pinned(key: str, unit: str, value: float, doc: str) -> ParamField:
    """What the structure says it is: other values are refused."""
    return ParamField(
        key,
        unit=unit,
        bounds=(value * (1 - 1e-6), value * (1 + 1e-6)),
        default=value,
        doc=f"{doc}; follows from the structure.",
    )


def mirrors(pupil: float, second: float) -> Iterator[ParamField]:
    """Focal lengths and separation of two mirrors, and what follows."""
    yield ParamField(
        F1,
        unit="m",
        bounds=(0.0, None),
        default=0.35796,
        doc="Focal length of the first mirror, concave.",
        label="f_1",
        aliases=("m1.optics.focal_length",),
    )
    yield ParamField(
        F2,
        unit="m",
        bounds=(None, 0.0),
        default=-0.041935,
        doc="Focal length of the second mirror, convex: negative.",
        label="f_2",
        aliases=("m2.optics.focal_length",),
    )
    yield ParamField(
        SEPARATION,
        unit="m",
        bounds=(0.0, None),
        default=0.32,
        doc="From the first mirror to the second.",
        label="d",
        aliases=("system.geometry.plane_separation",),
    )
    yield PIXEL_PITCH
    yield pinned(M1_SIZE, "m", pupil, "Diameter of the pupil")
    yield pinned(M2_SIZE, "m", second, "Diameter of the second mirror")
    yield derived(
        FOCAL,
        "m",
        "Focal length of the two mirrors together.",
        "imaging.optics.eff_focal",
    )
    yield derived(
        SCALE,
        "arcsec",
        "Angle of a detector pixel on the sky.",
        "imaging.sampling.psf_pixel_scale",
    )
    for name, unit, doc in (
        ("magnification", "", "How much larger the optic looks in the pupil."),
        ("equivalent_distance", "m", "Distance in the pupil's space."),
        ("beam_diameter", "m", "Diameter of the beam on the optic."),
        ("footprint", "", "Width of the optic over that of the beam."),
        ("pad_factor", "", "Whole pupils across which the optic fits."),
    ):
        yield derived(geometry("m2", name), unit, doc)
    yield derived(BACK, "m", "From the second mirror to the focus.")


def relay(own_focal: bool) -> Iterator[ParamField]:
    """A relay: its distance and the focal length of the whole."""
    yield ParamField(
        DISTANCE,
        unit="m",
        default=0.5,
        doc="From the focus of the two mirrors to the relay.",
        label="s_1",
        aliases=("relay.geometry.distance",),
    )
    about = {
        "unit": "m",
        "bounds": (0.0, None),
        "doc": "Focal length of the whole telescope.",
        "label": r"f_\mathrm{eff}",
        "aliases": ("relay.optics.eff_focal",),
    }
    if own_focal:
        yield ParamField(
            RELAY_FOCAL,
            unit="m",
            bounds=(0.0, None),
            default=0.25,
            doc="Focal length of the relay.",
            label="f_r",
            aliases=("relay.optics.focal_length",),
        )
        yield ParamField(WHOLE, kind="derived", **about)
    else:
        yield ParamField(WHOLE, default=3.776365433962261, **about)
    yield derived(
        geometry("relay", "magnification"),
        "",
        "How much larger the relay looks in the pupil; negative: turned.",
    )
    yield derived(
        geometry("relay", "equivalent_distance"),
        "m",
        "Distance in the pupil's space.",
    )


def wavefront(
    structure: Mapping[str, Any], optics: tuple[str, ...]
) -> Iterator[ParamField]:
    """Aberrations of the optics, and the diffractive pupil."""
    for optic in optics:
        yield from modes("zernike", structure[f"{optic}.zernike.noll"], optic)
    yield from modes("diversity", structure["m1.diversity.noll"])
    number = structure["m1.modes.number"]
    if number:
        yield ParamField(
            "m1.modes.coefficients",
            unit="nm",
            shape=(number,),
            prior=Prior("Normal", loc=0.0, scale=20.0),
            elements=tuple(f"m1.modes.c{k}" for k in range(number)),
            doc="Of the modes in the array m1_modes.",
            label="a_k",
        )
    for optic in optics:
        for kind in ("calibrated", "uncalibrated"):
            if f"{optic}.wfe_{kind}.power_law" in structure:
                yield ParamField(
                    f"{optic}.wfe_{kind}.amplitude",
                    unit="nm",
                    bounds=(0.0, None),
                    default=0.0,
                    doc=f"RMS of the {kind} polishing error.",
                )
    yield ParamField(
        "dp.mask.design_wavelength",
        unit="nm",
        bounds=(0.0, None),
        default=550.0,
        doc="Of which the diffractive pupil is half a wave thick.",
    )


def spectrum(structure: Mapping[str, Any]) -> Iterator[ParamField]:
    """Wavelengths of a band, or given ones with their weights."""
    if structure["source.spectrum.kind"] == "band":
        yield from SPECTRUM
    else:
        n = structure["source.spectrum.n_wavelengths"]
        yield ParamField(
            WAVES,
            unit="nm",
            shape=(n,),
            bounds=(1e-3, None),
            default=NO_DEFAULT,
            doc="Wavelengths; they have no default.",
            label=r"\lambda",
        )
        yield ParamField(
            WEIGHTS,
            shape=(n,),
            bounds=(0.0, None),
            default=(1.0,) * n,
            doc="Photons at each wavelength, up to a common factor.",
        )
    stars = n_stars(structure)
    yield ParamField(
        "source.spectrum.slope",
        shape=(stars,),
        default=(0.0,) * stars,
        doc="Of each star: its photons go as wavelength to this power, in "
        "units of the mean wavelength.",
    )


def n_stars(structure: Mapping[str, Any]) -> int:
    """How many stars there are."""
    kind = structure["source.kind"]
    return {"binary": 2, "multi": structure["source.number"]}.get(kind, 1)


def sources(structure: Mapping[str, Any]) -> Iterator[ParamField]:
    """Where the stars are, and how bright."""
    kind = structure["source.kind"]
    if kind == "binary":
        yield from BINARY
        return
    if kind != "multi":
        yield from STAR
        if kind == "resolved":
            yield ParamField(
                "star.shape.diameter",
                unit="arcsec",
                bounds=(0.0, None),
                prior=Prior("HalfNormal", scale=0.5),
                doc="Of the star's disc, equally bright everywhere.",
                label=r"\theta_\star",
            )
        return
    n = structure["source.number"]
    for axis, side in (("x", "to the right"), ("y", "upwards")):
        yield ParamField(
            f"stars.astrometry.{axis}_position",
            unit="arcsec",
            shape=(n,),
            prior=Prior("Normal", loc=0.0, scale=1.0),
            elements=tuple(f"stars.{axis}{k}" for k in range(n)),
            doc=f"Positions of the stars, {side} from the axis.",
            label=axis,
        )
    yield ParamField(
        "stars.photometry.log_flux",
        shape=(n,),
        prior=Prior("Normal", loc=6.0, scale=0.3),
        elements=tuple(f"stars.log_flux{k}" for k in range(n)),
        doc="Decimal logarithm of the photons of each star.",
        label=r"\log_{10} F",
    )


def detector(structure: Mapping[str, Any]) -> Iterator[ParamField]:
    """What the detector does to the light."""
    yield from DETECTOR
    yield ParamField(
        "detector.charge_diffusion",
        unit="pix",
        bounds=(0.0, None),
        default=0.0,
        doc="Standard deviation, on each axis, of where charge is collected.",
        label=r"\sigma_\mathrm{dif}",
    )
    if structure["detector.saturation"]:
        yield ParamField(
            "detector.full_well",
            unit="ph",
            bounds=(0.0, None),
            default=1e5,
            doc="Most that a pixel holds.",
        )
    if structure["likelihood"] == "gaussian":
        yield READ_NOISE


__all__ = ["BANDWIDTH", "LIMIT", "SCALE", "WAVELENGTH"]
