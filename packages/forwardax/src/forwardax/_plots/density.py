"""Smooth densities of draws on grids, in one and two dimensions.

Draws are counted into cells, and the counts are convolved with a Gaussian by
fast Fourier transform. Where the draws reach the end of what a parameter may
be, the counts are mirrored there: nothing leaks out, and a density that is
highest at its end is drawn so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ends = tuple[float, float]

_TAIL = 0.0005
"""Probability at either end that need not be in the picture."""
_REACH = 3.0
"""Bandwidths that the picture goes beyond the draws."""

_LEAST = 0.8
"""Smoothing that is always there, in cells."""


def spread_of(draws: Floats, weights: Floats) -> float:
    """Standard deviation, or that of a normal with the same quartiles.

    The smaller of the two: quartiles do not mind long tails, nor gaps
    between modes.

    Parameters
    ----------
    draws, weights
        `(draw,)`; the weights sum to 1.
    """
    mean = float(weights @ draws)
    spread = float(np.sqrt(weights @ (draws - mean) ** 2))
    low, high = quantiles(draws, weights, (0.25, 0.75))
    if 0 < high - low < 1.34 * spread:
        spread = (high - low) / 1.34
    # All the weight may be on one draw.
    return spread or float(draws.std())


def bandwidth(spread: float, worth: float, dims: int) -> float:
    """Standard deviation of the smoothing Gaussian.

    Parameters
    ----------
    spread
        Of the draws, by `spread_of`.
    worth
        Effective number of draws.
    dims
        Dimensions of the density.

    References
    ----------
    Silverman (1986), "Density Estimation", equations 3.31 and 4.14.
    """
    return 0.9 * spread * max(worth, 2.0) ** (-1 / (4 + dims))


def quantiles(
    draws: Floats, weights: Floats, at: tuple[float, ...]
) -> tuple[float, ...]:
    """Weighted quantiles of draws `(draw,)`."""
    found = np.quantile(draws, at, weights=weights, method="inverted_cdf")
    return tuple(float(one) for one in found)


def span(draws: Floats, weights: Floats, width: float, bounds: Ends) -> Ends:
    """What to show of a parameter: its draws and a little around them."""
    low, high = quantiles(draws, weights, (_TAIL, 1 - _TAIL))
    low, high = low - _REACH * width, high + _REACH * width
    return max(low, bounds[0]), min(high, bounds[1])


def density(
    draws: Floats,
    weights: Floats,
    covariance: Floats,
    spans: tuple[Ends, ...],
    bounds: tuple[Ends, ...],
    around: tuple[bool, ...],
    cells: int,
) -> tuple[tuple[Floats, ...], Floats]:
    """Density of draws on a grid.

    Parameters
    ----------
    draws
        `(draw, d)`.
    weights
        `(draw,)`, sum 1.
    covariance
        Of the smoothing Gaussian, `(d, d)`.
    spans, bounds
        Grid's ends, and ends of what may be, for each dimension.
    around
        For each dimension, whether its ends are the same point: an angle
        whose whole turn is shown.
    cells
        Cells along each dimension; even.

    Returns
    -------
    axes
        Middles of the cells, `(cells,)` each.
    values
        `(cells,) * d`, greatest 1.
    """
    counts = _counts(draws, weights, spans, cells)
    pad = cells // 2
    for axis, (shown, allowed) in enumerate(zip(spans, bounds, strict=True)):
        both: list[Floats] = []
        for side in (0, 1):
            width: Any = [(0, 0)] * counts.ndim
            width[axis] = (pad, 0) if side == 0 else (0, pad)
            mode: Any = "constant"
            if around[axis]:
                mode = "wrap"
            elif shown[side] == allowed[side]:
                mode = "symmetric"
            padded = np.pad(counts, width, mode)
            part = slice(0, pad) if side == 0 else slice(cells, cells + pad)
            both.append(padded.take(range(part.start, part.stop), axis))
        counts = np.concatenate([both[0], counts, both[1]], axis)
    steps = [(high - low) / cells for low, high in spans]
    frequencies = [
        np.fft.fftfreq(size, step)
        for size, step in zip(counts.shape, steps, strict=True)
    ]
    # The transform of real numbers has half of the last dimension.
    last = counts.shape[-1]
    frequencies[-1] = np.fft.rfftfreq(last, steps[-1])
    # A Gaussian that is narrower than a cell would overshoot.
    kernel = covariance + np.diag(np.square(_LEAST * np.asarray(steps)))
    waves = np.ix_(*frequencies)
    power: Any = sum(
        kernel[i, j] * one * two
        for i, one in enumerate(waves)
        for j, two in enumerate(waves)
    )
    waves = np.fft.rfftn(counts) * np.exp(-2 * np.pi**2 * power)
    smooth: Any = np.fft.irfftn(waves, counts.shape, range(counts.ndim))
    inner: Floats = smooth[(slice(pad, pad + cells),) * counts.ndim]
    values: Floats = np.maximum(inner, 0.0) / inner.max()
    middles: Floats = np.arange(cells, dtype=np.float64) + 0.5
    axes: list[Floats] = [
        low + middles * step
        for (low, _), step in zip(spans, steps, strict=True)
    ]
    return tuple(axes), values


def _counts(
    draws: Floats, weights: Floats, spans: tuple[Ends, ...], cells: int
) -> Floats:
    """Weight in each cell, `(cells,) * d`."""
    low, high = np.asarray(spans).T
    inside = ((draws >= low) & (draws <= high)).all(axis=1)
    at = ((draws[inside] - low) / (high - low) * cells).astype(np.intp)
    at = np.minimum(at, cells - 1)  # the upper end belongs to the last
    shape = (cells,) * len(spans)
    place = np.ravel_multi_index(tuple(at.T), shape)
    held: Any = np.bincount(place, weights[inside], cells ** len(spans))
    return held.reshape(shape)


def to_ends(
    axes: tuple[Floats, ...], values: Floats, spans: tuple[Ends, ...]
) -> tuple[tuple[Floats, ...], Floats]:
    """The grid with its ends, where values are those of the last cells."""
    wider = tuple(
        np.concatenate([[low], axis, [high]])
        for axis, (low, high) in zip(axes, spans, strict=True)
    )
    return wider, np.pad(values, 1, "edge")


def levels(values: Floats, masses: tuple[float, ...]) -> tuple[float, ...]:
    """Heights above which a density holds each of the masses."""
    ordered = np.sort(values, axis=None)[::-1]
    held = np.cumsum(ordered) / ordered.sum()
    last = len(ordered) - 1
    places = np.minimum(np.searchsorted(held, masses), last)
    return tuple(float(one) for one in ordered[places])
