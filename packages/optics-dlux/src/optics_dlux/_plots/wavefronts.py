"""`optics.wavefronts`: the optical path difference of each optic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
from forwardax import ParameterStore

from .._many_plane import ManyPlane
from .._telescope import Telescope
from .panels import Panel, both_signs, draw_panels

MASK = "dp.mask.design_wavelength"


class Surface(NamedTuple):
    """Optical path difference of one optic.

    Attributes
    ----------
    opd
        In nm, `(n, n)`; NaN where nothing passes.
    half
        From the middle of the optic to an edge of the array in m.
    beam
        Diameter of the beam of a star on the axis in m.
    """

    opd: np.ndarray
    half: float
    beam: float

    def rms(self) -> float:
        """RMS within the beam in nm, without the mean."""
        x = np.linspace(-self.half, self.half, len(self.opd) + 1)
        x = (x[1:] + x[:-1]) / 2
        seen = np.hypot(x[:, None], x) <= self.beam / 2
        return float(np.nanstd(self.opd[seen]))


def plot_wavefronts(
    system: Telescope, stores: Mapping[str, ParameterStore]
) -> Any:
    """Optical path difference of each optic, each on its own surface.

    Parameters
    ----------
    system
        A telescope.
    stores
        Values of its primitives by a name of your own, a row for each. Two
        of them get a third row: the first minus the second.

    Returns
    -------
    matplotlib.figure.Figure
        A column for each optic. The diffractive pupil is left out. A dashed
        circle is the beam of a star on the axis, and within it is the RMS
        that is told.
    """
    found = {name: surfaces(system, store) for name, store in stores.items()}
    optics = list(next(iter(found.values())))
    colours = {
        optic: both_signs(*(one[optic].opd for one in found.values()))
        for optic in optics
    }
    rows = [
        [_panel(name, o, one[o], colours[o]) for o in optics]
        for name, one in found.items()
    ]
    if len(found) == 2:
        name, (first, second) = " - ".join(found), found.values()
        gaps = {o: _minus(first[o], second[o]) for o in optics}
        rows.append(
            [_panel(name, o, gaps[o], both_signs(gaps[o].opd)) for o in optics]
        )
    figure = draw_panels(rows)
    every = [axes for axes in figure.axes if axes.get_title()]
    beams = [one[o].beam for one in found.values() for o in optics]
    beams += beams[: len(every) - len(beams)]
    for axes, beam in zip(every, beams, strict=True):
        _circle(axes, 1e3 * beam / 2)
    return figure


def of_run(run: Any) -> Any:
    """Of a fit, with the truth where it is known; None without optics' OPD.

    Parameters
    ----------
    run
        A `forwardax.RunResult` of a telescope.
    """
    system, best = run.problem.system, run.best
    known = {k: v for k, v in run.truth.items() if k in set(best)}
    stores = {"fit": best}
    if any(key.endswith(".coefficients") for key in known):
        stores["truth"] = best.replace(known)
    return plot_wavefronts(system, stores)


def surfaces(system: Any, store: ParameterStore) -> dict[str, Surface]:
    """Optical path difference of each optic, by its name."""
    if not isinstance(system, ManyPlane):
        opd = _pupil_opd(system, store)
        width = system.structure["m1.aperture.diameter"]
        return {
            "m1": Surface(_lit(opd, system.pupil.amplitude), width / 2, width)
        }
    path, scales = _path(system, store)
    pupil = system.structure["m1.aperture.diameter"]
    found = {
        "m1": Surface(_lit(path.opd, path.amplitude), pupil / 2, pupil),
    }
    for name, plane in zip(system.engine.optics, path.planes, strict=True):
        opd, scale = _lit(plane.opd, plane.transmission), float(scales[name])
        if scale < 0:  # behind a focus an optic is seen upside down
            opd = opd[::-1, ::-1]
        half = opd.shape[0] * float(path.pitch) / 2 / abs(scale)
        found[name] = Surface(opd, half, pupil / abs(scale))
    return found


@jax.jit
def _pupil_opd(system: Any, store: ParameterStore) -> Any:
    return system.stations(store, "opd")["opd"]


@jax.jit
def _path(system: ManyPlane, store: ParameterStore) -> tuple[Any, Any]:
    """Planes without the diffractive pupil, and how large optics look."""
    path = system.stations(store, "path")["path"]
    mask = store[MASK] / 2 * system.engine.mask
    values = system.resolve(store)
    scales = {
        name: values[f"{name}.geometry.magnification"]
        for name in system.engine.optics
    }
    return path._replace(opd=path.opd - mask), scales


def _lit(opd: Any, transmission: Any) -> np.ndarray:
    return np.where(np.asarray(transmission) > 0, np.asarray(opd), np.nan)


def _minus(one: Surface, other: Surface) -> Surface:
    return one._replace(opd=one.opd - other.opd)


def _panel(
    name: str, optic: str, surface: Surface, how: Mapping[str, Any]
) -> Panel:
    title = f"{optic}, {name}: {surface.rms():.3g} nm RMS"
    return Panel(title, surface.opd, "nm", 1e3 * surface.half, "mm", how)


def _circle(axes: Any, radius: float) -> None:
    from matplotlib.patches import Circle

    axes.add_patch(
        Circle((0, 0), radius, fill=False, color="0.3", lw=0.8, ls="--")
    )
