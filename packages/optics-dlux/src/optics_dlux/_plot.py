"""`optics.psf`: what was seen, what was fitted, and how light is spread."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from ._declare.formulas import ARCSEC
from ._propagation import Light, propagate


def plot_psf(run: Any) -> Any:
    """Image, model, residuals, point spread function and wavefront.

    Parameters
    ----------
    run
        A `forwardax.RunResult` of a telescope; the model is its draw
        of highest density.

    Returns
    -------
    matplotlib.figure.Figure
        Six panels. Residuals are in standard deviations of each pixel, the
        point spread function is that of one photon on the axis.
    """
    from matplotlib.colors import LogNorm, PowerNorm
    from matplotlib.figure import Figure

    system, store = run.problem.system, run.best
    model = np.asarray(system.predict(store)["image"])
    image = np.asarray(run.problem.data["image"])
    sigma = np.sqrt(np.asarray(system.variance(store, model)))
    scale = float(system.resolve(store)["imaging.psf_pixel_scale"])
    psf, amplitude, opd, pitch = map(np.array, _optics(system, store))
    opd[amplitude == 0] = np.nan

    largest = float(np.nanmax(np.abs(opd))) or 1.0
    wave = {"vmin": -largest, "vmax": largest, "cmap": "RdBu_r"}
    half = image.shape[0] * scale / 2
    radius = opd.shape[0] * float(pitch) / 2
    # By the root, as the noise of photons grows: faint light is seen too.
    seen = {"norm": PowerNorm(0.5, image.min(), image.max())}
    spread = LogNorm(psf.max() * 1e-6, psf.max())
    angle, length = "arcsec", "m"
    panels: tuple[tuple[str, Any, str, float, str, dict[str, Any]], ...] = (
        ("data", image, "photons", half, angle, seen),
        ("model", model, "photons", half, angle, seen),
        (
            "(data - model) / sigma",
            (image - model) / sigma,
            "sigma",
            half,
            angle,
            {"vmin": -4, "vmax": 4, "cmap": "RdBu_r"},
        ),
        ("point spread function", psf, "share", half, angle, {}),
        (
            "the same, logarithmic",
            np.maximum(psf, psf.max() * 1e-6),
            "share",
            half,
            angle,
            {"norm": spread},
        ),
        ("wavefront", opd, "nm", radius, length, wave),
    )
    figure = Figure(figsize=(12, 7), layout="constrained")
    for axes, (title, array, unit, edge, axis, how) in zip(
        figure.subplots(2, 3).flat, panels, strict=True
    ):
        shown = axes.imshow(
            array, origin="lower", extent=(-edge, edge, -edge, edge), **how
        )
        bar = axes.inset_axes((1.03, 0.0, 0.05, 1.0))
        figure.colorbar(shown, cax=bar, label=unit)
        axes.set(title=title, xlabel=f"x [{axis}]", ylabel=f"y [{axis}]")
    return figure


def _optics(system: Any, store: Any) -> tuple[Any, Any, Any, Any]:
    """Image of one photon on the axis, and the pupil behind it.

    Returns
    -------
    tuple
        Image without the detector, amplitude and path difference of the
        pupil, and the pitch of its samples.
    """
    if hasattr(system, "engine"):
        found = system.stations(store, "light", "path")
        wavelengths = found["light"].wavelengths
        pupil, opd = found["path"], found["path"].opd
        planes = pupil.planes
    else:
        found = system.stations(store, "wavelengths", "opd")
        wavelengths, opd = found["wavelengths"], found["opd"]
        pupil, planes = system.pupil, ()
    one = jnp.full((wavelengths.size, 1), 1 / wavelengths.size)
    image = propagate(
        pupil.amplitude,
        opd,
        planes,
        Light(wavelengths, jnp.zeros((1, 2)), one),
        system.structure["detector.n_pix"],
        pupil.pitch,
        system.resolve(store)["imaging.psf_pixel_scale"] / ARCSEC,
    )
    return image, pupil.amplitude, opd, pupil.pitch
