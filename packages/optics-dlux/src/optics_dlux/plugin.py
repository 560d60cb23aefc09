"""What this package offers, for `forwardax list`; imports no JAX."""

from __future__ import annotations

from collections.abc import Iterator

from forwardax import (
    PlotEntry,
    PresetEntry,
    SystemEntry,
    TransformEntry,
    hookimpl,
)

from ._declare.arrays import two_plane_data, two_plane_known
from ._declare.mirror_arrays import four_plane_known, three_plane_known
from ._declare.mirror_spec import (
    four_plane_relay_spec,
    four_plane_spec,
    three_plane_spec,
)
from ._declare.mirror_structure import FOUR_PLANE, THREE_PLANE
from ._declare.mirror_transforms import TRANSFORMS
from ._declare.spec import SYSTEM_ID, two_plane_spec
from ._declare.structure import FIELDS

FORWARDAX_API = (1, 0)
_FORMULAS = "optics_dlux._declare.formulas"
PRESETS = (
    ("shera_testbed", "three_plane", "SHERA's testbed: 90 mm, 550 nm"),
    ("shera_flight", "three_plane", "SHERA in flight: 220 mm, 550 nm"),
    ("toliman", "two_plane", "TOLIMAN: 125 mm, 585 nm"),
    ("lab_bench", "four_plane_relay", "The testbed with a relay"),
)
PLOTS = (
    (
        "psf",
        "_plots.psf:plot_psf",
        "Image, model, residuals, point spread function and wavefront",
    ),
    (
        "wavefronts",
        "_plots.wavefronts:of_run",
        "Optical path difference of each optic",
    ),
    (
        "eigenmodes",
        "_plots.eigenmodes:of_run",
        "Which aberrations the image tells, and which not",
    ),
    (
        "sweeps",
        "_plots.sweeps:of_run",
        "How far the image goes as one parameter goes",
    ),
)


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
    for scope, about, spec, known, structure, extends in (
        (
            "three_plane",
            "Telescope of two mirrors",
            three_plane_spec,
            three_plane_known,
            THREE_PLANE,
            None,
        ),
        (
            "four_plane",
            "Telescope of two mirrors and a relay",
            four_plane_spec,
            four_plane_known,
            FOUR_PLANE,
            "three_plane",
        ),
        (
            "four_plane_relay",
            "The same, with the focal length of the relay",
            four_plane_relay_spec,
            four_plane_known,
            FOUR_PLANE,
            "four_plane",
        ),
    ):
        yield SystemEntry(
            f"optics.{scope}",
            target=f"optics_dlux._many_plane:{scope}",
            summary=about,
            spec=spec,
            data=two_plane_data,
            known=known,
            check="optics_dlux._declare.check:check_mirror_arrays",
            structure=structure,
            system_id=scope,
            extends=extends,
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
    yield from TRANSFORMS


@hookimpl
def forwardax_presets() -> Iterator[PresetEntry]:
    """Instruments."""
    for name, system, about in PRESETS:
        yield PresetEntry(
            f"optics.{name}",
            target=f"optics_dlux:presets/{name}.yaml",
            system=f"optics.{system}",
            summary=about,
        )


@hookimpl
def forwardax_plots() -> Iterator[PlotEntry]:
    """Plots of a fit."""
    every = (
        SYSTEM_ID,
        "optics.three_plane",
        "optics.four_plane",
        "optics.four_plane_relay",
    )
    for name, target, about in PLOTS:
        yield PlotEntry(
            f"optics.{name}",
            target=f"optics_dlux.{target}",
            summary=about,
            accepts=every,
        )
