"""Plots of a fitted lens; matplotlib is imported when one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax import ParameterStore

from .cosmology import scaling_factors
from .system import LensImaging
from .tracing import planes_of, traced_grids

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FINE = 400
"""Points along a side of what is drawn as a curve or a source."""
_FAINT = 0.02
"""Light below this part of its maximum is not made room for."""


def fit(run: Any) -> Figure:
    """Data, model, residuals, and data without the light in front.

    Parameters
    ----------
    run
        A `forwardax.RunResult` of a `LensImaging`; its draw of the highest
        density is shown.

    Returns
    -------
    Figure
        Four panels.
    """
    from matplotlib.figure import Figure

    lens: LensImaging = run.problem.system
    best: ParameterStore = run.best
    data = np.asarray(run.problem.data["image"])
    frame = _Frame(lens)
    model = np.asarray(lens.predict(best)["image"])
    sigma = np.asarray(lens.residuals(best, run.problem.data))
    source = np.asarray(lens.predict(_source_only(lens, best))["image"])
    figure = Figure(figsize=(15, 3.8), layout="constrained")
    axes = figure.subplots(1, 4)
    norm = frame.norm(data)
    frame.show(axes[0], data, "Data", norm=norm)
    frame.show(axes[1], model, "Model", norm=norm)
    residuals = np.asarray(lens.in_frame(jnp.asarray(sigma)))
    reduced = np.mean(sigma**2)
    title = rf"Residuals / $\sigma$, mean square {reduced:.3f}"
    frame.show(axes[2], residuals, title, vmin=-5, vmax=5, cmap="RdBu_r")
    arcs = data - (model - source)
    title = "Data without the light in front"
    frame.show(axes[3], arcs, title, norm=frame.norm(source))
    return figure


def source(run: Any) -> Figure:
    """The source as the lens shows it, and as it is.

    Parameters
    ----------
    run
        A `forwardax.RunResult` of a `LensImaging`; its draw of the highest
        density is shown.

    Returns
    -------
    Figure
        Image plane with critical curves, source plane with caustics.
    """
    from matplotlib.figure import Figure

    lens: LensImaging = run.problem.system
    best: ParameterStore = run.best
    frame = _Frame(lens)
    lensed = np.asarray(lens.predict(_source_only(lens, best))["image"])
    critical, caustics = _critical_curves(lens, best, frame.half_widths)
    figure = Figure(figsize=(8.6, 3.8), layout="constrained")
    axes = figure.subplots(1, 2)
    frame.show(axes[0], lensed, "Lensed source", norm=frame.norm(lensed))
    box = _source_box(lens, best, caustics)
    light = np.asarray(lens.source_image(best, _grid(box)))
    drawn = axes[1].imshow(
        light,
        extent=(box[2], box[3], box[0], box[1]),
        cmap="inferno",
        norm=_norm(light, frame.noise),
    )
    figure.colorbar(drawn, ax=axes[1])
    axes[1].set_title("Source plane", fontsize="medium")
    for axis, curves in ((axes[0], critical), (axes[1], caustics)):
        for curve in curves:
            axis.plot(curve[:, 1], curve[:, 0], color="white", lw=0.8)
        axis.set_xlabel("x (arcsec)")
        axis.set_ylabel("y (arcsec)")
    axes[1].set_xlim(box[2], box[3])
    axes[1].set_ylim(box[0], box[1])
    return figure


class _Frame:
    """The part of an image that a mask leaves, in arcsec."""

    def __init__(self, lens: LensImaging) -> None:
        self.pixel_scale = float(lens.structure["pixel_scale"])
        self.noise = float(np.median(np.asarray(lens.noise)))
        ones = jnp.ones_like(lens.noise)
        self.left = np.asarray(lens.in_frame(ones)) > 0
        rows, columns = (np.flatnonzero(self.left.any(i)) for i in (1, 0))
        self.cut = np.s_[
            rows[0] : rows[-1] + 1,
            columns[0] : columns[-1] + 1,
        ]
        ny, nx = self.left.shape
        self.half_widths = ny / 2 * self.pixel_scale, nx / 2 * self.pixel_scale
        top, right = self.half_widths
        self.extent = (
            columns[0] * self.pixel_scale - right,
            (columns[-1] + 1) * self.pixel_scale - right,
            top - (rows[-1] + 1) * self.pixel_scale,
            top - rows[0] * self.pixel_scale,
        )

    def norm(self, image: np.ndarray) -> Any:
        """Colours for an image."""
        return _norm(image[self.left], self.noise)

    def show(
        self,
        axis: Any,
        image: np.ndarray,
        title: str,
        cmap: str = "inferno",
        **scale: Any,
    ) -> None:
        """Draw an image, with nothing where it is left out."""
        masked = np.ma.masked_array(image, ~self.left)[self.cut]
        drawn = axis.imshow(masked, extent=self.extent, cmap=cmap, **scale)
        axis.set_facecolor("0.85")
        axis.set_title(title, fontsize="medium")
        axis.set_xlabel("x (arcsec)")
        axis.set_ylabel("y (arcsec)")
        axis.figure.colorbar(drawn, ax=axis)


def _norm(light: np.ndarray, noise: float) -> Any:
    """Colours linear in the noise, logarithmic in the light."""
    from matplotlib.colors import AsinhNorm

    return AsinhNorm(3 * noise, -2 * noise, max(float(light.max()), noise))


def _source_only(lens: LensImaging, store: ParameterStore) -> ParameterStore:
    """The same values, with the light of nearer galaxies put out."""
    *nearer, _ = planes_of(lens.structure["galaxies"])
    dark = {
        f"{part.galaxy}.{part.name}.intensity": 0.0
        for plane in nearer
        for part in plane.light
    }
    return store.replace(dark)


def _traced(lens: LensImaging, store: ParameterStore, grid: Any) -> jax.Array:
    """Positions in the last plane of the rays through a grid."""
    planes = planes_of(lens.structure["galaxies"])
    scaling = scaling_factors([plane.redshift for plane in planes])
    return traced_grids(planes, grid, scaling, lens.tree(store))[-1]


def _grid(box: tuple[float, float, float, float]) -> np.ndarray:
    """Positions (y, x) over a box (y0, y1, x0, x1), from the top."""
    steps = (np.arange(_FINE) + 0.5) / _FINE
    y = box[1] - steps * (box[1] - box[0])
    x = box[2] + steps * (box[3] - box[2])
    return np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1)


def _critical_curves(
    lens: LensImaging, store: ParameterStore, half: tuple[float, float]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Curves (y, x) of infinite magnification, in the image and the source."""
    from contourpy import contour_generator

    if not any(p.mass for p in planes_of(lens.structure["galaxies"])):
        return [], []
    grid = _grid((-half[0], half[0], -half[1], half[1]))
    jacobian = jax.jacfwd(lambda point: _traced(lens, store, point))
    matrices = jax.jit(jax.vmap(jacobian))(jnp.asarray(grid.reshape(-1, 2)))
    shape = grid.shape[:2]
    determinant = np.asarray(jnp.linalg.det(matrices)).reshape(shape)
    # The determinant has no bound at the centre of a mass.
    lines = contour_generator(
        grid[..., 1], grid[..., 0], np.clip(determinant, -1.0, 1.0)
    ).lines(0.0)
    critical = [np.asarray(line)[:, ::-1] for line in lines]
    caustics = [
        np.asarray(_traced(lens, store, jnp.asarray(curve)))
        for curve in critical
    ]
    return critical, caustics


def _source_box(
    lens: LensImaging, store: ParameterStore, caustics: list[np.ndarray]
) -> tuple[float, float, float, float]:
    """Square (y0, y1, x0, x1) that holds the source and the caustics."""
    half = _Frame(lens).half_widths
    grid = _grid((-half[0], half[0], -half[1], half[1]))
    light = np.asarray(lens.source_image(store, grid))
    points = [grid[light > _FAINT * light.max()], *caustics]
    points = np.concatenate([p.reshape(-1, 2) for p in points])
    low, high = points.min(0), points.max(0)
    middle, side = (low + high) / 2, 0.55 * max(high - low)
    y, x = (float(m) for m in middle)
    return y - side, y + side, x - side, x + side
