"""Fields of the parameters of a two-plane telescope."""

from __future__ import annotations

from collections.abc import Iterator

from forwardax import NO_DEFAULT, ParamField, Prior

SCALE = "imaging.psf_pixel_scale"
LIMIT = "system.sampling.largest_scale"
WAVELENGTH = "source.spectrum.wavelength"
BANDWIDTH = "source.spectrum.bandwidth"
PITCH = "detector.pixel_pitch"
PIXEL_PITCH = ParamField(
    PITCH,
    unit="m",
    bounds=(0.0, None),
    default=6.5e-6,
    doc="Width of a detector pixel.",
    label="p",
    aliases=("detector.sampling.pixel_pitch",),
)


def modes(
    group: str, noll: tuple[int, ...], optic: str = "m1"
) -> Iterator[ParamField]:
    """Coefficients of Zernike polynomials: free ones, or a known diversity."""
    if not noll:
        return
    free = group == "zernike"
    yield ParamField(
        f"{optic}.{group}.coefficients",
        unit="nm",
        shape=(len(noll),),
        prior=Prior("Normal", loc=0.0, scale=20.0) if free else None,
        default=NO_DEFAULT if free else (0.0,) * len(noll),
        elements=tuple(f"{optic}.{group}.j{j}" for j in noll),
        doc="RMS optical path difference of each Zernike polynomial"
        + (", unknown." if free else ", put in on purpose."),
        label=r"c_j" if free else r"d_j",
    )


def instrument(limit: float) -> Iterator[ParamField]:
    """Focal length, pixels, and the pixel scale that is still sampled."""
    yield ParamField(
        "m1.focal_length",
        unit="m",
        bounds=(0.0, None),
        default=3.776,
        doc="Focal length from the pupil to the detector.",
        label=r"f_1",
        aliases=("m1.optics.focal_length",),
    )
    yield PIXEL_PITCH
    yield ParamField(
        SCALE,
        kind="derived",
        unit="arcsec",
        bounds=(0.0, None),
        doc="Angle of a detector pixel on the sky.",
        label=r"\theta_\mathrm{pix}",
        aliases=("imaging.sampling.psf_pixel_scale",),
    )
    yield ParamField(
        LIMIT,
        unit="arcsec / nm",
        # The structure says what it is: other values are refused.
        bounds=(limit * (1 - 1e-6), limit * (1 + 1e-6)),
        default=limit,
        doc="Largest pixel scale per wavelength; follows from the structure.",
    )


SPECTRUM = (
    ParamField(
        WAVELENGTH,
        unit="nm",
        bounds=(0.0, None),
        default=550.0,
        doc="Centre of the band.",
        label=r"\lambda",
    ),
    ParamField(
        BANDWIDTH,
        unit="nm",
        bounds=(0.0, None),
        default=110.0,
        doc="From the shortest to the longest wavelength.",
        label=r"\Delta\lambda",
    ),
)


def _position(group: str) -> tuple[ParamField, ParamField]:
    what = "star" if group == "star" else "middle between the stars"
    x, y = (
        ParamField(
            f"{group}.astrometry.{axis}_position",
            unit="arcsec",
            prior=Prior("Normal", loc=0.0, scale=0.1),
            doc=f"Position of the {what}, {side} from the axis.",
            label=axis,
        )
        for axis, side in (("x", "to the right"), ("y", "upwards"))
    )
    return x, y


def _log_flux(group: str, what: str) -> ParamField:
    return ParamField(
        f"{group}.photometry.log_flux",
        prior=Prior("Normal", loc=6.0, scale=0.3),
        doc=f"Decimal logarithm of the photons of {what}.",
        label=r"\log_{10} F",
    )


STAR = (*_position("star"), _log_flux("star", "the star"))

BINARY = (
    *_position("binary"),
    ParamField(
        "binary.astrometry.separation",
        unit="arcsec",
        bounds=(0.0, None),
        prior=Prior("LogNormal", loc=1.5, scale=0.3),
        doc="Angle from star B to star A.",
        label=r"\rho",
    ),
    ParamField(
        "binary.astrometry.position_angle",
        unit="deg",
        cyclic=360.0,
        prior=Prior("Uniform", low=0.0, high=360.0),
        doc="Direction from B to A, from +y to +x.",
        label=r"\theta",
    ),
    _log_flux("binary", "both stars"),
    ParamField(
        "binary.photometry.contrast",
        bounds=(0.0, None),
        # The stars may swap names: a prior on both sides of 1 would make two
        # equal modes.
        prior=Prior("LogNormal", loc=1.0, scale=0.25),
        doc="Flux of A over flux of B.",
        label=r"q",
    ),
)

DETECTOR = (
    ParamField(
        "detector.jitter",
        unit="arcsec",
        bounds=(0.0, None),
        default=0.0,
        doc="Standard deviation, on each axis, of the pointing.",
        label=r"\sigma_\mathrm{jit}",
    ),
    ParamField(
        "detector.background",
        unit="ph",
        bounds=(0.0, None),
        default=1.0,
        doc="Photons in each pixel besides the stars'.",
        label=r"b",
    ),
)

READ_NOISE = ParamField(
    "detector.read_noise",
    unit="electron",
    bounds=(0.0, None),
    default=1.0,
    doc="Standard deviation of a pixel that gets no photons; a photon makes "
    "one electron. A noise map takes its place.",
    label=r"\sigma_\mathrm{read}",
)
