"""What this package offers, for `forwardax list`; imports no JAX."""

from __future__ import annotations

from collections.abc import Iterator

from forwardax import PlotEntry, SystemEntry, TransformEntry, hookimpl

from ._declare.arrays import two_plane_data, two_plane_known
from ._declare.spec import SYSTEM_ID, two_plane_spec
from ._declare.structure import FIELDS

FORWARDAX_API = (1, 0)
_FORMULAS = "optics_dlux._declare.formulas"


@hookimpl
def forwardax_systems() -> Iterator[SystemEntry]:
    """Telescopes."""
    yield SystemEntry(
        SYSTEM_ID,
        target="optics_dlux._two_plane:two_plane",
        summary="Telescope of one pupil and one detector, one or two stars",
        spec=two_plane_spec,
        data=two_plane_data,
        known=two_plane_known,
        check="optics_dlux._declare.check:check_two_plane",
        structure=FIELDS,
    )


@hookimpl
def forwardax_transforms() -> Iterator[TransformEntry]:
    """Derived values."""
    yield TransformEntry(
        "imaging.psf_pixel_scale",
        target=f"{_FORMULAS}:pixel_scale",
        deps=("detector.pixel_pitch", "m1.focal_length"),
        system_id=SYSTEM_ID,
        inverse=(
            ("detector.pixel_pitch", f"{_FORMULAS}:pitch_of"),
            ("m1.focal_length", f"{_FORMULAS}:focal_length_of"),
        ),
    )


@hookimpl
def forwardax_plots() -> Iterator[PlotEntry]:
    """Plots of a fit."""
    yield PlotEntry(
        "optics.psf",
        target="optics_dlux._plot:plot_psf",
        summary="Image, model, residuals, point spread function and wavefront",
        accepts=(SYSTEM_ID,),
    )
