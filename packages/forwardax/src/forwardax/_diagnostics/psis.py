"""Pareto-smoothed importance sampling.

The largest importance weights are replaced by the expected order statistics
of a generalised Pareto distribution fitted to them. Its shape, k-hat, tells
whether the weights can be trusted at all.

References
----------
Vehtari, Simpson, Gelman, Yao, Gabry (2024), "Pareto smoothed importance
sampling", JMLR 25(72) (arXiv:1507.02646).
Zhang & Stephens (2009), "A new and efficient estimation method for the
generalized Pareto distribution", Technometrics 51, 316.
"""

from __future__ import annotations

from math import ceil, inf, log10
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import Fault, FitError

Floats = NDArray[np.float64]

_SMALLEST_TAIL = 5
_ROUNDING = float(np.sqrt(np.finfo(np.float64).eps))


class Smoothed(NamedTuple):
    """Smoothed importance weights and what they are worth.

    Parameters
    ----------
    log_weights
        Shape (draw,), normalised: their exponentials sum to 1.
    k_hat
        Pareto shape of the raw weights' tail, dimensionless. Infinite where
        the tail has under 5 distinct draws and cannot be judged, minus
        infinity where its draws all have the largest weight.
    threshold
        `k_threshold(draw)`: above it the estimates are not reliable.
    ess
        Effective sample size 1 / sum(weights ** 2), in draws.
    """

    log_weights: Floats
    k_hat: float
    threshold: float
    ess: float

    @property
    def reliable(self) -> bool:
        """Whether k-hat is below its threshold."""
        return self.k_hat < self.threshold


def k_threshold(n_draws: int) -> float:
    """Largest k-hat with which `n_draws` weights give usable estimates.

    Parameters
    ----------
    n_draws
        Number of weights.

    Returns
    -------
    float
        min(1 - 1 / log10(n_draws), 0.7), dimensionless; minus infinity for
        one draw.

    References
    ----------
    Vehtari et al. (2024), section 3.2.4.
    """
    return min(1 - 1 / log10(n_draws), 0.7) if n_draws > 1 else -inf


def psis(log_weights: ArrayLike, *, relative_ess: float = 1.0) -> Smoothed:
    """Smooth importance weights and measure the heaviness of their tail.

    Parameters
    ----------
    log_weights
        Shape (draw,): log target minus log proposal density, up to one
        constant. Minus infinity is a weight of zero.
    relative_ess
        Effective sample size of the proposal's draws over their number; 1
        for independent draws.

    Returns
    -------
    Smoothed
        Weights, k-hat, its threshold and the effective sample size.

    Raises
    ------
    FitError
        If a weight is NaN or infinite, or none is above zero.

    References
    ----------
    Vehtari et al. (2024), algorithm 1.
    """
    values = _checked(log_weights, relative_ess)
    count = len(values)
    values = values - values.max()
    # Closer together their variance is lost in that of one: rounding.
    if values.min() > -_ROUNDING:
        equal = np.full(count, -np.log(count))
        return Smoothed(equal, -inf, k_threshold(count), float(count))

    tail_size = ceil(min(0.2 * count, 3 * np.sqrt(count / relative_ess)))
    order = np.argsort(values)
    # Weights that underflow are no tail: cut where exp would return 0.
    tiny = float(np.log(np.finfo(np.float64).tiny))
    cutoff = max(float(values[order[-min(tail_size + 1, count)]]), tiny)
    tail = order[values[order] > cutoff]
    k_hat = inf
    if cutoff == 0.0 and tail_size >= _SMALLEST_TAIL:
        k_hat = -inf  # the whole tail is the largest weight
    elif len(tail) >= _SMALLEST_TAIL:
        excess = np.exp(values[tail]) - np.exp(cutoff)
        k_hat, sigma = fit_generalised_pareto(excess)
        if np.isfinite(k_hat):
            places = (np.arange(len(tail)) + 0.5) / len(tail)
            expected = pareto_quantile(places, k_hat, sigma)
            # No smoothed weight exceeds the largest raw one, which is 1.
            smooth = np.log(expected + np.exp(cutoff))
            values[tail] = np.minimum(smooth, 0.0)
    values -= np.log(np.exp(values).sum())
    ess = float(1 / np.exp(2 * values).sum())
    return Smoothed(values, float(k_hat), k_threshold(count), ess)


def fit_generalised_pareto(excess: Floats) -> tuple[float, float]:
    """Empirical-Bayes fit of a generalised Pareto distribution.

    Parameters
    ----------
    excess
        Shape (draw,): positive distances above the cutoff, ascending.

    Returns
    -------
    k, sigma
        Shape (positive for a heavy tail, drawn to 0.5 with the weight of
        ten draws) and scale (unit of `excess`).

    References
    ----------
    Zhang & Stephens (2009), section 4, with b = k / sigma of the opposite
    sign of k; the prior on k is that of Vehtari et al. (2024), appendix G.
    """
    count = len(excess)
    points = 30 + int(np.sqrt(count))
    quartile = excess[int(count / 4 + 0.5) - 1]
    grid = np.arange(1, points + 1) - 0.5
    b = 1 / excess[-1] + (1 - np.sqrt(points / grid)) / (3 * quartile)
    k = np.log1p(-b[:, None] * excess).mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        profile = count * (np.log(-b / k) - k - 1)
    weights = np.exp(profile - profile.max())
    b_mean = float(np.average(b, weights=weights))
    shape = float(np.log1p(-b_mean * excess).mean())
    sigma = -shape / b_mean
    return (count * shape + 10 * 0.5) / (count + 10), sigma


def pareto_quantile(probability: Floats, k: float, sigma: float) -> Floats:
    """Quantiles of the generalised Pareto distribution.

    Parameters
    ----------
    probability
        Any shape, in (0, 1).
    k, sigma
        Shape and scale.

    Returns
    -------
    ndarray
        Shape of `probability`, in the unit of `sigma`.
    """
    survival = np.log1p(-probability)
    if abs(k) < np.finfo(np.float64).eps:
        return -sigma * survival
    return sigma * np.expm1(-k * survival) / k


def _checked(log_weights: ArrayLike, relative_ess: float) -> Floats:
    values = np.asarray(log_weights, np.float64)
    faults: list[Fault] = []
    if values.ndim != 1 or not values.size:
        faults.append(
            Fault(
                "log weights must be one number for each draw",
                key="log_weights",
                value=f"shape {values.shape}",
                allowed="shape (draw,)",
                fix="pool the chains: log_weights.reshape(-1)",
                code="shape",
            )
        )
    wrong = int((np.isnan(values) | (values == inf)).sum())
    if wrong:
        faults.append(
            Fault(
                f"{wrong} of {values.size} log weights are NaN or infinite",
                key="log_weights",
                allowed="finite numbers, or minus infinity",
                fix="check that both densities are finite at the draws",
                code="value",
            )
        )
    elif values.size and values.max() == -inf:
        faults.append(
            Fault(
                "every weight is zero",
                key="log_weights",
                allowed="one finite number at least",
                fix="the target's density vanishes at all of the draws; "
                "use a proposal that covers it",
                code="value",
            )
        )
    if not relative_ess > 0:
        faults.append(
            Fault(
                "relative_ess must be positive",
                key="relative_ess",
                allowed="numbers above 0",
                value=repr(relative_ess),
                code="value",
            )
        )
    if faults:
        raise FitError(faults, context="importance weights")
    return values
