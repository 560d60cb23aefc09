"""Schema of an imaging data set: what is measured, known and fixed."""

from __future__ import annotations

from typing import Final

from forwardax import DataField, DataSpec, StructureField

DATA: Final = DataSpec(
    [
        DataField(
            "image",
            dims=("y", "x"),
            role="image",
            doc="Surface brightness; the first row has the largest y.",
        )
    ]
)
KNOWN: Final = DataSpec(
    [
        DataField(
            "noise_map",
            dims=("y", "x"),
            doc="Standard deviation of each pixel, in the unit of the image.",
        ),
        DataField(
            "psf",
            dims=("ky", "kx"),
            optional=True,
            doc="Point spread function, odd by odd pixels; scaled to sum 1.",
        ),
        DataField(
            "mask",
            dims=("y", "x"),
            dtype="bool",
            optional=True,
            doc="True is left out; or {circle: r}, {annulus: [r0, r1]} in "
            "arcsec, each with centre: [y, x] or without.",
        ),
        DataField(
            "exclude",
            dims=("y", "x"),
            dtype="bool",
            optional=True,
            doc="Left out besides the mask; a file's non-zero pixels.",
        ),
    ]
)
STRUCTURE: Final = (
    StructureField(
        "galaxies",
        kind="mapping",
        doc="{name: {redshift, light: {name: profile}, mass: {...}}}.",
    ),
    StructureField(
        "pixel_scale",
        kind="float",
        bounds=(1e-6, None),
        doc="Width of a pixel in arcsec.",
    ),
    StructureField(
        "over_sampling",
        kind="mapping",
        default={"sub_size": 4},
        doc="{sub_size: n} cuts each pixel into n by n; {sub_size: [8, 4, "
        "2], radii: [0.3, 0.6], centre: [0, 0]} by distance in arcsec.",
    ),
)
