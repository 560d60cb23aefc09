"""Mean and spread of full-period angles."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import Fault, FitError

Floats = NDArray[np.float64]


def circular_mean(
    angles: ArrayLike, period: float, *, weights: ArrayLike | None = None
) -> float:
    """Direction of the mean of unit vectors.

    Parameters
    ----------
    angles
        Any shape, in the unit of `period`; all of it is averaged.
    period
        Full turn: two angles this far apart are equal.
    weights
        Shape of `angles`, not negative; equal where None.

    Returns
    -------
    float
        In [-period / 2, period / 2). Where the vectors cancel, the mean
        is arbitrary and `circular_sd` is large.

    Raises
    ------
    FitError
        If the period is not a positive number.

    References
    ----------
    Mardia & Jupp (2000), "Directional Statistics", equation 2.2.3.
    """
    mean = float(np.angle(_resultant(angles, period, weights)))
    return float(wrap(mean / (2 * np.pi) * period, period))


def circular_sd(
    angles: ArrayLike, period: float, *, weights: ArrayLike | None = None
) -> float:
    """Circular standard deviation, sqrt(-2 log R) of a turn of 2 pi.

    Parameters
    ----------
    angles
        Any shape, in the unit of `period`; all of it is used.
    period
        Full turn.
    weights
        Shape of `angles`, not negative; equal where None.

    Returns
    -------
    float
        In the unit of `period`; close to the ordinary standard deviation
        where that is small against the period, infinite where the unit
        vectors cancel.

    Raises
    ------
    FitError
        If the period is not a positive number.

    References
    ----------
    Mardia & Jupp (2000), "Directional Statistics", equation 2.3.11.
    """
    length = min(1.0, float(np.abs(_resultant(angles, period, weights))))
    with np.errstate(divide="ignore"):
        spread = np.sqrt(-2 * np.log(np.float64(length)))
    return float(spread / (2 * np.pi) * period) + 0.0


def wrap(angles: ArrayLike, period: float, *, centre: float = 0.0) -> Floats:
    """The equal angles within half a period of `centre`.

    Parameters
    ----------
    angles
        Any shape, in the unit of `period`.
    period
        Full turn.
    centre
        Middle of the turn that is returned.

    Returns
    -------
    ndarray
        Shape of `angles`, in [centre - period / 2, centre + period / 2).
    """
    start = centre - period / 2
    turned = np.mod(np.asarray(angles, np.float64) - start, period)
    # A tiny negative remainder rounds up to the full period.
    return np.where(turned == period, 0.0, turned) + start


def _resultant(
    angles: ArrayLike, period: float, weights: ArrayLike | None
) -> np.complex128:
    if not (np.isfinite(period) and period > 0):
        raise FitError(
            Fault(
                "the period of a cyclic parameter must be positive",
                key="period",
                allowed="a finite number above 0",
                value=repr(period),
                code="value",
            )
        )
    vectors = np.exp(2j * np.pi / period * np.asarray(angles, np.float64))
    mass = None if weights is None else np.asarray(weights, np.float64)
    return np.complex128(np.average(vectors, weights=mass))
