"""Convergence diagnostics of Markov chains.

Every function takes draws of shape (chain, draw, *shape) and returns one
number for each scalar, of shape `shape`. The definitions are those of
Vehtari et al. (2021), with the conventions of ArviZ: each chain is cut in two
halves (the middle draw of an odd count is dropped), ties share their average
rank, and quantiles interpolate linearly.

NaN says that a diagnostic is not defined, never that all is well:

- fewer than 4 draws a chain (for R-hat also: fewer than 2 chains);
- a draw of that scalar is not finite;
- all draws of that scalar are equal.

R-hat is infinite where no chain moved but the chains differ.

References
----------
Vehtari, Gelman, Simpson, Carpenter, Buerkner (2021), "Rank-normalization,
folding, and localization: an improved R-hat for assessing convergence of
MCMC", Bayesian Analysis 16, 667 (arXiv:1903.08008).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ..errors import Fault, FitError
from . import chains as _chains
from .chains import Floats

_BLOCK = 1 << 22  # draws in work at once: some 100 MB with the transforms


def r_hat(draws: ArrayLike) -> Floats:
    """Rank-normalised split R-hat; below 1.01 where the chains agree.

    Parameters
    ----------
    draws
        Shape (chain, draw, *shape), any unit.

    Returns
    -------
    ndarray
        Shape `shape`, dimensionless: the larger of the R-hat of the
        rank-normalised draws and of their distances from the median.

    Raises
    ------
    FitError
        If `draws` has no chain and draw axes, or is not real.

    References
    ----------
    Vehtari et al. (2021), equations 3, 4, 14 and section 4.2.
    """
    return _per_scalar(_chains.rank_r_hat, draws, min_chains=2)


def ess_bulk(draws: ArrayLike) -> Floats:
    """Effective sample size of the rank-normalised draws.

    Parameters
    ----------
    draws
        Shape (chain, draw, *shape), any unit.

    Returns
    -------
    ndarray
        Shape `shape`, in draws. More than there are where chains are
        antithetic, at most log10(draws) times as many.

    Raises
    ------
    FitError
        If `draws` has no chain and draw axes, or is not real.

    References
    ----------
    Vehtari et al. (2021), equations 10 to 14.
    """
    return _per_scalar(_chains.bulk_ess, draws)


def ess_tail(draws: ArrayLike) -> Floats:
    """Effective sample size of the 5 % or the 95 % quantile, if smaller.

    Parameters
    ----------
    draws
        Shape (chain, draw, *shape), any unit.

    Returns
    -------
    ndarray
        Shape `shape`, in draws.

    Raises
    ------
    FitError
        If `draws` has no chain and draw axes, or is not real.

    References
    ----------
    Vehtari et al. (2021), section 4.3.
    """
    return _per_scalar(_chains.tail_ess, draws)


def ess_mean(draws: ArrayLike) -> Floats:
    """Effective sample size for the mean of the draws as they are.

    Parameters
    ----------
    draws
        Shape (chain, draw, *shape), any unit.

    Returns
    -------
    ndarray
        Shape `shape`, in draws.

    Raises
    ------
    FitError
        If `draws` has no chain and draw axes, or is not real.

    References
    ----------
    Vehtari et al. (2021), equations 10 to 13.
    """
    return _per_scalar(_chains.mean_ess, draws)


def mcse_mean(draws: ArrayLike) -> Floats:
    """Monte Carlo standard error of the mean.

    Parameters
    ----------
    draws
        Shape (chain, draw, *shape), any unit.

    Returns
    -------
    ndarray
        Shape `shape`, in the unit of the draws.

    Raises
    ------
    FitError
        If `draws` has no chain and draw axes, or is not real.

    References
    ----------
    Vehtari et al. (2021), section 4.4.
    """
    return _per_scalar(_chains.mean_error, draws)


def mcse_sd(draws: ArrayLike) -> Floats:
    """Monte Carlo standard error of the standard deviation.

    Parameters
    ----------
    draws
        Shape (chain, draw, *shape), any unit.

    Returns
    -------
    ndarray
        Shape `shape`, in the unit of the draws. From the error of the
        variance by the delta method.

    Raises
    ------
    FitError
        If `draws` has no chain and draw axes, or is not real.

    References
    ----------
    Vehtari et al. (2021), section 4.4.
    """
    return _per_scalar(_chains.sd_error, draws)


def e_bfmi(energy: ArrayLike) -> Floats:
    """Estimated Bayesian fraction of missing information, for each chain.

    Parameters
    ----------
    energy
        Hamiltonian energy, shape (chain, draw), dimensionless.

    Returns
    -------
    ndarray
        Shape (chain,). Below about 0.3 momentum resampling cannot follow
        the energy. NaN where the energy never changes.

    Raises
    ------
    FitError
        If `energy` is not of shape (chain, draw).

    References
    ----------
    Betancourt (2016), arXiv:1604.00695, section 3.
    """
    values = _as_draws(energy, "energy")
    if values.ndim != 2:
        raise FitError(
            Fault(
                "energy needs one number for each chain and draw",
                key="energy",
                value=f"shape {values.shape}",
                allowed="shape (chain, draw)",
                code="shape",
            )
        )
    steps = np.square(np.diff(values, axis=1)).mean(axis=1)
    with np.errstate(invalid="ignore"):
        return steps / values.var(axis=1, ddof=1)


def _as_draws(draws: ArrayLike, name: str = "draws") -> Floats:
    values = np.asarray(draws)
    real = values.dtype.kind in "biuf"
    if values.ndim < 2 or 0 in values.shape[:2] or not real:
        raise FitError(
            Fault(
                f"{name} must be real with chain and draw axes first",
                key=name,
                value=f"{values.dtype} of shape {values.shape}",
                allowed="real numbers of shape (chain, draw, *shape)",
                fix="give one chain as draws[None]",
                code="shape",
            )
        )
    return values.astype(np.float64)


def _per_scalar(
    statistic: Callable[[Floats], Floats],
    draws: ArrayLike,
    min_chains: int = 1,
) -> Floats:
    """Apply a statistic of (scalar, chain, draw) to what it is defined for."""
    values = _as_draws(draws)
    chains, length, *shape = values.shape
    flat = np.moveaxis(values.reshape(chains, length, -1), -1, 0)
    result = np.full(len(flat), np.nan)
    if chains >= min_chains and length >= 4:
        low, high = flat.min(axis=(1, 2)), flat.max(axis=(1, 2))
        # Equality, not a tolerance: the diagnostics have no scale.
        defined = np.isfinite(low) & np.isfinite(high) & (low < high)
        wanted = np.flatnonzero(defined)
        step = max(1, _BLOCK // (chains * length))
        for start in range(0, len(wanted), step):
            block = wanted[start : start + step]
            result[block] = statistic(np.ascontiguousarray(flat[block]))
    return result.reshape(shape)
