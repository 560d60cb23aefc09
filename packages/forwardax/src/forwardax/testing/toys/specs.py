"""What the registered toys declare: parameters, data, structure, formulas.

Nothing here needs JAX. The formulas are plain arithmetic, so they work on
numbers and on traced arrays alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forwardax import (
    DataField,
    DataSpec,
    ParamField,
    ParamSpec,
    Prior,
    StructureField,
    Transform,
    Validity,
)

HERE = "forwardax.testing.toys.specs"
ARCSEC = 206264.80624709636
"""Arc seconds in a radian."""

# --- blobs -------------------------------------------------------------------

BLOBS = ParamSpec(
    [
        ParamField(
            "blob.x",
            unit="arcsec",
            dims=("blob",),
            prior=Prior("Normal", loc=(-1.0, 1.0), scale=0.5),
            doc="Centre, to the right.",
        ),
        ParamField(
            "blob.y",
            unit="arcsec",
            dims=("blob",),
            prior=Prior("Normal", loc=0.0, scale=0.5),
            doc="Centre, upwards.",
        ),
        ParamField(
            "blob.flux",
            unit="ct",
            dims=("blob",),
            bounds=(0.0, None),
            prior=Prior("LogNormal", loc=3.0, scale=0.5),
        ),
        ParamField(
            "blob.size",
            unit="arcsec",
            dims=("blob",),
            bounds=(0.2, 1.0),
            prior=Prior("Uniform", low=0.2, high=1.0),
            doc="Standard deviation, the geometric mean over the axes.",
        ),
        ParamField(
            "blob.axis_ratio",
            dims=("blob",),
            bounds=(0.3, 1.0),
            prior=Prior("Uniform", low=0.3, high=1.0),
            doc="Minor over major axis; 1 is round.",
        ),
        ParamField(
            "blob.angle",
            unit="deg",
            dims=("blob",),
            cyclic=180.0,
            prior=Prior("Uniform", low=0.0, high=180.0),
            doc="Position angle of the major axis, from x to y.",
        ),
    ]
).bind({"blob": 2})

IMAGE = DataSpec(
    [DataField("image", unit="ct", dims=("row", "column"), role="image")]
)


def blobs_data(structure: Mapping[str, Any]) -> DataSpec:
    """Data of an image of `n_pix` by `n_pix` pixels."""
    n = structure["n_pix"]
    return IMAGE.bind({"row": n, "column": n})


# --- instrument --------------------------------------------------------------

N_PIX = StructureField(
    "n_pix", default=32, bounds=(4, 4096), doc="Number of pixels."
)


def _lens(key: str, metres: float, doc: str) -> ParamField:
    prior = Prior("LogUniform", low=metres / 2, high=metres * 2)
    return ParamField(
        key,
        unit="m",
        bounds=(0.0, None),
        prior=prior,
        default=metres,
        doc=doc,
    )


DIRECT = ParamSpec(
    [
        ParamField(
            "source.x",
            unit="arcsec",
            prior=Prior("Normal", loc=0.0, scale=2.0),
            default=0.0,
        ),
        ParamField(
            "source.flux",
            unit="ct",
            bounds=(0.0, None),
            prior=Prior("LogNormal", loc=5.0, scale=0.3),
            default=150.0,
        ),
        _lens("m1.focal_length", 2.0, "Focal length of the first lens."),
        ParamField(
            "detector.pixel_pitch",
            unit="um",
            bounds=(0.0, None),
            prior=Prior("Uniform", low=5.0, high=15.0),
            default=10.0,
        ),
        ParamField(
            "imaging.psf_pixel_scale",
            kind="derived",
            unit="arcsec",
            bounds=(0.0, None),
            prior=Prior("LogUniform", low=0.1, high=10.0),
            doc="Angle on the sky of one pixel.",
        ),
        ParamField("source.pixel", kind="derived", doc="Where it falls."),
    ]
)

RELAY = ParamSpec(
    [
        *DIRECT.fields,
        _lens("m2.focal_length", 0.5, "Focal length of the second lens."),
        _lens("planes.separation", 4.0, "From the first lens to the second."),
        ParamField(
            "imaging.effective_focal_length",
            kind="derived",
            unit="m",
            doc="Of the two lenses together, without the sign.",
        ),
    ],
    validity=[
        Validity(
            "m1.focal_length + m2.focal_length < planes.separation",
            f"{HERE}:forms_relay",
            ("m1.focal_length", "m2.focal_length", "planes.separation"),
        )
    ],
    reference={
        "m1.focal_length": 2.0,
        "m2.focal_length": 0.5,
        "planes.separation": 4.0,
        "source.x": 0.0,
        "source.flux": 150.0,
        "detector.pixel_pitch": 10.0,
    },
)

COUNTS = DataSpec([DataField("counts", unit="ct", dims=("pixel",))])


def counts_data(structure: Mapping[str, Any]) -> DataSpec:
    """Data of a row of `n_pix` pixels."""
    return COUNTS.bind({"pixel": structure["n_pix"]})


def forms_relay(f1: Any, f2: Any, separation: Any) -> Any:
    """Whether the lenses form an image between them; lengths in m."""
    return f1 + f2 < separation


def pixel_scale(pitch: Any, focal_length: Any) -> Any:
    """Angle of a pixel in arcsec, of a pitch in um and a length in m."""
    return pitch * 1e-6 / focal_length * ARCSEC


def pitch_of(scale: Any, focal_length: Any) -> Any:
    """Pitch in um that gives a pixel scale."""
    return scale * focal_length / ARCSEC * 1e6


def focal_length_of(scale: Any, pitch: Any) -> Any:
    """Focal length in m that gives a pixel scale."""
    return pitch * 1e-6 / scale * ARCSEC


def effective_focal_length(f1: Any, f2: Any, separation: Any) -> Any:
    """Focal length of two thin lenses, without the sign; lengths in m."""
    return f1 * f2 / (separation - f1 - f2)


def separation_of(focal_length: Any, f1: Any, f2: Any) -> Any:
    """Separation that gives an effective focal length."""
    return f1 + f2 + f1 * f2 / focal_length


def in_pixels(x: Any, scale: Any) -> Any:
    """Position in pixels."""
    return x / scale


_SCALE = "imaging.psf_pixel_scale"
_EFFECTIVE = "imaging.effective_focal_length"

TRANSFORMS = (
    Transform(
        _SCALE,
        ("detector.pixel_pitch", "m1.focal_length"),
        f"{HERE}:pixel_scale",
        "toy.direct",
        (
            ("detector.pixel_pitch", f"{HERE}:pitch_of"),
            ("m1.focal_length", f"{HERE}:focal_length_of"),
        ),
    ),
    Transform(
        "source.pixel",
        ("source.x", _SCALE),
        f"{HERE}:in_pixels",
        "toy.direct",
    ),
    Transform(
        _EFFECTIVE,
        ("m1.focal_length", "m2.focal_length", "planes.separation"),
        f"{HERE}:effective_focal_length",
        "toy.relay",
        (("planes.separation", f"{HERE}:separation_of"),),
    ),
    Transform(
        _SCALE,
        ("detector.pixel_pitch", _EFFECTIVE),
        f"{HERE}:pixel_scale",
        "toy.relay",
        (
            ("detector.pixel_pitch", f"{HERE}:pitch_of"),
            (_EFFECTIVE, f"{HERE}:focal_length_of"),
        ),
    ),
)
"""`toy.relay` computes the pixel scale its own way, and inherits the rest."""
