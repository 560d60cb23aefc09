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
_APART = 0.08
"""Part of a colour bar between two of its ticks."""
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
    model, source = (
        _image(lens, store) for store in (best, _source_only(lens, best))
    )
    # The noise may be anything where it is left out.
    sigma = np.zeros_like(model)
    np.divide(data - model, np.asarray(lens.noise_map), sigma, where=frame.left)
    reduced = np.mean(sigma[frame.left] ** 2)
    arcs = data - (model - source)
    figure = Figure()
    axes = _panels(figure, [frame.extent] * 4)
    norm = frame.norm(data)
    frame.show(axes[0], data, "Data", norm=norm)
    frame.show(axes[1], model, "Model", norm=norm)
    title = rf"Residuals / $\sigma$, mean square {reduced:.3f}"
    frame.show(axes[2], sigma, title, vmin=-5, vmax=5, cmap="RdBu_r")
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
    lensed = _image(lens, _source_only(lens, best))
    critical, caustics = _critical_curves(lens, best, frame.half_widths)
    y0, y1, x0, x1 = box = _source_box(lens, best, caustics)
    light = _source_light(lens, best, _grid(box))
    figure = Figure()
    axes = _panels(figure, [frame.extent, (x0, x1, y0, y1)])
    frame.show(axes[0], lensed, "Lensed source", norm=frame.norm(lensed))
    _show(
        axes[1],
        light,
        "Source plane",
        extent=(x0, x1, y0, y1),
        norm=_norm(light, frame.noise),
    )
    for axis, curves in zip(axes, (critical, caustics), strict=True):
        # A curve leaves the limits as they are.
        axis.set_autoscale_on(False)
        for curve in curves:
            axis.plot(curve[:, 1], curve[:, 0], color="white", lw=0.8)
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
        _show(axis, masked, title, extent=self.extent, cmap=cmap, **scale)
        axis.set_facecolor("0.85")


def _panels(figure: Any, extents: list[tuple[float, ...]]) -> list[Any]:
    """Axes side by side, as wide as what they show; sizes in inches."""
    tall, left, below, above, gap = 3.0, 0.65, 0.5, 0.35, 1.5
    wide = [tall * (x1 - x0) / (y1 - y0) for x0, x1, y0, y1 in extents]
    size = sum(wide) + gap * len(wide), below + tall + above
    figure.set_size_inches(size)
    starts = left + np.cumsum([0.0, *wide[:-1]]) + gap * np.arange(len(wide))
    return [
        figure.add_axes(
            (
                start / size[0],
                below / size[1],
                width / size[0],
                tall / size[1],
            )
        )
        for start, width in zip(starts, wide, strict=True)
    ]


def _show(
    axis: Any, image: Any, title: str, cmap: str = "inferno", **how: Any
) -> None:
    """Draw an image with its colours beside it."""
    drawn = axis.imshow(image, cmap=cmap, **how)
    axis.set_title(title, fontsize="medium", y=1.0)
    axis.set_xlabel("x (arcsec)")
    axis.set_ylabel("y (arcsec)", labelpad=0)
    bar = axis.inset_axes((1.03, 0.0, 0.05, 1.0))
    ticks = _ticks(drawn.norm) if "norm" in how else None
    axis.figure.colorbar(drawn, cax=bar, ticks=ticks, format="{x:g}")
    bar.minorticks_off()


def _ticks(norm: Any) -> list[float]:
    """Zero, then powers of ten from the top, then halves and doubles.

    Each only where it keeps off those before it.
    """
    low, high = norm.vmin, norm.vmax
    top = int(np.floor(np.log10(high)))
    powers = 10.0 ** np.arange(top, top - 8, -1)
    some = [power * m for m in (1, 3, 2, 5) for power in powers]
    found = [0.0]
    for value in (v for one in some for v in (one, -one)):
        if low <= value <= high:
            apart = np.abs(norm(value) - norm(found))
            if np.min(apart) > _APART:
                found.append(value)
    return sorted(found)


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


@jax.jit
def _predicted(lens: LensImaging, store: ParameterStore) -> jax.Array:
    return lens.predict(store)["image"]


def _image(lens: LensImaging, store: ParameterStore) -> np.ndarray:
    return np.asarray(_predicted(lens, store))


@jax.jit
def _determinant(
    lens: LensImaging, store: ParameterStore, points: jax.Array
) -> jax.Array:
    """Of the Jacobian of source by image position, `(n,)`."""
    jacobian = jax.jacfwd(lambda point: _traced(lens, store, point))
    (a, b), (c, d) = jnp.moveaxis(jax.vmap(jacobian)(points), 0, -1)
    return a * d - b * c


@jax.jit
def _source_image(
    lens: LensImaging, store: ParameterStore, grid: jax.Array
) -> jax.Array:
    return lens.source_image(store, grid)


def _source_light(
    lens: LensImaging, store: ParameterStore, grid: np.ndarray
) -> np.ndarray:
    return np.asarray(_source_image(lens, store, jnp.asarray(grid)))


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
    points = jnp.asarray(grid.reshape(-1, 2))
    shape = grid.shape[:2]
    determinant = np.asarray(_determinant(lens, store, points)).reshape(shape)
    # The determinant has no bound at the centre of a mass.
    lines = contour_generator(
        grid[..., 1], grid[..., 0], np.clip(determinant, -1.0, 1.0)
    ).lines(0.0)
    critical = [np.asarray(line)[:, ::-1] for line in lines]
    # Together: each length would be compiled anew.
    ends = np.cumsum([len(curve) for curve in critical])[:-1]
    together = np.concatenate([*critical, np.empty((0, 2))])
    behind = np.asarray(_traced(lens, store, jnp.asarray(together)))
    caustics = np.split(behind, ends) if critical else []
    return critical, caustics


def _source_box(
    lens: LensImaging, store: ParameterStore, caustics: list[np.ndarray]
) -> tuple[float, float, float, float]:
    """Square (y0, y1, x0, x1) that holds the source and the caustics."""
    half = _Frame(lens).half_widths
    grid = _grid((-half[0], half[0], -half[1], half[1]))
    light = _source_light(lens, store, grid)
    points = [grid[light > _FAINT * light.max()], *caustics]
    points = np.concatenate([p.reshape(-1, 2) for p in points])
    low, high = points.min(0), points.max(0)
    middle, side = (low + high) / 2, 0.55 * max(high - low)
    y, x = (float(m) for m in middle)
    return y - side, y + side, x - side, x + side
