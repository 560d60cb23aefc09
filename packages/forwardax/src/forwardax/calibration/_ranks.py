"""Rank statistics of simulation-based calibration, on plain arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._diagnostics.circular import wrap
from ..errors import Fault, FitError
from ._null import chi_square_survival
from ._random import Key, generator
from ._scalars import rank, scalars

Floats = NDArray[np.float64]


def ranks(
    truths: Mapping[str, ArrayLike],
    draws: Mapping[str, ArrayLike],
    key: Key = 0,
    *,
    cyclic: Mapping[str, float] | None = None,
    elements: Mapping[str, tuple[str, ...]] | None = None,
) -> dict[str, NDArray[np.int64]]:
    """Ranks of true values among posterior draws.

    Uniform from 0 to the number of draws, if the posteriors are exact and
    the draws of each data set independent.

    Parameters
    ----------
    truths
        By key, shape (dataset, *shape): the values that the data sets were
        simulated from, themselves drawn from the prior.
    draws
        By key, shape (dataset, draw, *shape), in the units of the truths.
    key
        JAX key or integer. It breaks ties; and on the circle, which has no
        first point, it picks one for each data set.
    cyclic
        Periods by key.
    elements
        Names of a key's entries in C order, by key.

    Returns
    -------
    dict
        By scalar name, shape (dataset,).

    Raises
    ------
    FitError
        Naming every key that is missing, misshapen or not finite.

    References
    ----------
    Talts et al. (2018), arXiv:1804.06788, theorem 1.
    """
    rng = generator(key)
    result: dict[str, NDArray[np.int64]] = {}
    for name, true, drawn, period in scalars(truths, draws, cyclic, elements):
        if period is not None:
            origin = rng.uniform(0, period, size=len(true))
            true = wrap(true - origin, period)
            drawn = wrap(drawn - origin[:, None], period)
        result[name] = rank(true, drawn, rng)
    return result


def chi_square(
    ranks: ArrayLike, n_draws: int, *, bins: int | None = None
) -> float:
    """P-value of ranks against the uniform distribution.

    Parameters
    ----------
    ranks
        Shape (dataset,): integers from 0 to `n_draws`.
    n_draws
        Posterior draws that each truth was ranked among.
    bins
        Number of bins. By default as many as leave ten ranks to each, at
        most 20, so that the chi-square approximation holds.

    Returns
    -------
    float
        Small where the ranks are not uniform.

    Raises
    ------
    FitError
        If there are under ten ranks, or one is out of range.

    References
    ----------
    Talts et al. (2018), arXiv:1804.06788, section 4.
    """
    values = np.asarray(ranks)
    outside = values.size and (values.min() < 0 or values.max() > n_draws)
    if values.ndim != 1 or values.size < 10 or outside:
        raise FitError(
            Fault(
                "a chi-square test needs a row of at least ten ranks",
                value=f"{values.size} ranks, shape {values.shape}",
                allowed=f"integers from 0 to {n_draws}",
                fix="simulate more data sets",
                code="value",
            )
        )
    if bins is None:
        bins = min(20, values.size // 10)
    bins = min(max(bins, 2), n_draws + 1)
    edges = np.linspace(0, n_draws + 1, bins + 1).round()
    counts = np.histogram(values, edges)[0]
    # Bins differ by one rank where they do not divide the ranks evenly.
    expected = np.diff(edges) / (n_draws + 1) * values.size
    statistic = float((np.square(counts - expected) / expected).sum())
    return chi_square_survival(statistic, bins - 1)


def ecdf_band(
    count: int,
    n_draws: int,
    *,
    alpha: float = 0.05,
    key: Key = 0,
    simulations: int = 2000,
) -> tuple[Floats, Floats]:
    """Simultaneous band for the ECDF of uniform ranks minus its mean.

    Parameters
    ----------
    count
        Number of ranks.
    n_draws
        Ranks run from 0 to `n_draws`.
    alpha
        Chance that the ECDF of calibrated ranks leaves the band anywhere.
    key
        JAX key or integer, for the simulation.
    simulations
        How many sets of uniform ranks are simulated.

    Returns
    -------
    fraction, half_width
        Shape (n_draws,): P(rank <= r) for r = 0, ..., n_draws - 1, and the
        half width of the band there, which is everywhere the same multiple
        of the binomial standard deviation.

    References
    ----------
    Saeilynoja, Buerkner, Vehtari (2022), "Graphical test for discrete
    uniformity", Statistics and Computing 32, 32, section 2.
    """
    fraction = np.arange(1, n_draws + 1) / (n_draws + 1)
    spread = np.sqrt(fraction * (1 - fraction) / count)
    chances = np.full(n_draws + 1, 1 / (n_draws + 1))
    counts = generator(key).multinomial(count, chances, size=simulations)
    ecdf = counts.cumsum(axis=1)[:, :-1] / count
    largest = (np.abs(ecdf - fraction) / spread).max(axis=1)
    return fraction, float(np.quantile(largest, 1 - alpha)) * spread
