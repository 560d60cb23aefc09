"""What this package offers, for `forwardax list`; imports no JAX."""

from __future__ import annotations

from collections.abc import Iterator

from forwardax import (
    ParamSpec,
    PlotEntry,
    ProfileEntry,
    SystemEntry,
    hookimpl,
)

from ._declare.imaging import DATA, KNOWN, STRUCTURE
from ._declare.profiles import PROFILES

FORWARDAX_API = (1, 0)


@hookimpl
def forwardax_profiles() -> Iterator[ProfileEntry]:
    """Light profiles give a surface brightness, mass profiles deflections."""
    for profile in PROFILES.values():
        what = "image" if profile.kind == "light" else "deflections"
        yield ProfileEntry(
            f"lensing.{profile.name}",
            target=profile.targets[what],
            summary=f"{profile.summary} ({profile.autolens} in PyAutoLens)",
            kind=profile.kind,
            spec=ParamSpec(profile.fields),
        )


@hookimpl
def forwardax_systems() -> Iterator[SystemEntry]:
    """Lens systems as instruments see them."""
    yield SystemEntry(
        "lensing.imaging",
        target="lensing_kernels.system:LensImaging",
        summary="Image of a gravitational lens through a PSF",
        spec="lensing_kernels._declare.galaxies:spec",
        data=DATA,
        known=KNOWN,
        structure=STRUCTURE,
        reader="lensing_kernels.files:read",
        writer="lensing_kernels.files:write",
        check="lensing_kernels._declare.check:check",
    )


@hookimpl
def forwardax_plots() -> Iterator[PlotEntry]:
    """Plots of a fitted lens."""
    yield PlotEntry(
        "lensing.fit",
        target="lensing_kernels.plots:fit",
        summary="Data, model, residuals and the lensed source",
        accepts=("lensing.imaging",),
    )
    yield PlotEntry(
        "lensing.source",
        target="lensing_kernels.plots:source",
        summary="The source as it would look without the lens",
        accepts=("lensing.imaging",),
    )
