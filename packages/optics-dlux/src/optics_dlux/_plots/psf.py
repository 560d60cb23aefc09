"""`optics.psf`: what was seen, what was fitted, and how light is spread."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax import ParameterStore

from .._declare.formulas import ARCSEC
from .._propagation import Light, propagate
from .._telescope import Telescope
from .panels import Panel, both_signs, draw_panels

SCALE = "imaging.psf_pixel_scale"
FAINTEST = 1e-6
"""Of the peak, on a logarithmic scale."""


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
    from matplotlib.colors import PowerNorm

    system, store = run.problem.system, run.best
    model = np.asarray(system.predict(store)["image"])
    image = np.asarray(run.problem.data["image"])
    sigma = np.sqrt(np.asarray(system.variance(store, model)))
    half = half_width(system, store)
    # By the root, as the noise of photons grows: faint light is seen too.
    seen = {"norm": PowerNorm(0.5, image.min(), image.max())}
    four = {"vmin": -4, "vmax": 4, "cmap": "RdBu_r"}
    gap = (image - model) / sigma
    spread, opd = _star(system, store)
    return draw_panels(
        [
            [
                Panel("data", image, "photons", half, "arcsec", seen),
                Panel("model", model, "photons", half, "arcsec", seen),
                Panel(
                    "(data - model) / sigma", gap, "sigma", half, "arcsec", four
                ),
            ],
            [*spread, opd],
        ]
    )


def plot_point_spread(system: Telescope, store: ParameterStore) -> Any:
    """How one photon from a star on the axis is spread.

    Parameters
    ----------
    system
        A telescope.
    store
        Values of its primitives.

    Returns
    -------
    matplotlib.figure.Figure
        The share of each pixel, linear and logarithmic, and the optical path
        difference over the pupil. What the detector does is left out.
    """
    spread, opd = _star(system, store)
    return draw_panels([[*spread, opd]])


def half_width(system: Telescope, store: ParameterStore) -> float:
    """From the middle of the image to an edge, in arcsec."""
    scale = float(system.resolve(store)[SCALE])
    return system.structure["detector.n_pix"] * scale / 2


def _star(
    system: Telescope, store: ParameterStore
) -> tuple[tuple[Panel, Panel], Panel]:
    """Panels of the image of one photon on the axis, and of its wavefront."""
    from matplotlib.colors import LogNorm

    psf, amplitude, opd, pitch = map(np.array, _optics(system, store))
    opd[amplitude == 0] = np.nan
    half, radius = half_width(system, store), opd.shape[0] * float(pitch) * 500
    peak = psf.max()
    faint = np.maximum(psf, peak * FAINTEST)
    logarithmic = {"norm": LogNorm(peak * FAINTEST, peak)}
    return (
        Panel("point spread function", psf, "share", half, "arcsec", {}),
        Panel(
            "the same, logarithmic", faint, "share", half, "arcsec", logarithmic
        ),
    ), Panel("wavefront", opd, "nm", radius, "mm", both_signs(opd))


@jax.jit
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
        system.resolve(store)[SCALE] / ARCSEC,
    )
    return image, pupil.amplitude, opd, pupil.pitch
