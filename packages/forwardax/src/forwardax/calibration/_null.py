"""Null distributions: what a calibrated fit would give."""

from __future__ import annotations

from math import erfc, exp, lgamma, log, sqrt

import numpy as np


def chi_square_survival(statistic: float, dof: int) -> float:
    """P(X > statistic) of a chi-square variable.

    Parameters
    ----------
    statistic
        Not negative.
    dof
        Degrees of freedom, a positive integer.

    Returns
    -------
    float
        In double precision, whatever JAX is set to: for whole degrees of
        freedom the incomplete gamma function is a finite sum.

    References
    ----------
    Abramowitz & Stegun (1964), equations 26.4.4 and 26.4.5.
    """
    half = statistic / 2
    if half <= 0:
        return 1.0
    if dof % 2:
        total, order = erfc(sqrt(half)), 0.5
    else:
        total, order = exp(-half), 1.0
    while order < dof / 2:
        total += exp(order * log(half) - half - lgamma(order + 1))
        order += 1
    return min(total, 1.0)


def binomial_interval(
    count: int, probability: float, alpha: float
) -> tuple[int, int]:
    """Numbers of successes that a binomial variable rarely leaves.

    Parameters
    ----------
    count, probability
        Trials, and the chance of success of each, in (0, 1).
    alpha
        Largest chance of falling outside, at most half of it on each side.

    Returns
    -------
    low, high
        Smallest and largest number inside.
    """
    successes = np.arange(count + 1)
    log_factorial = np.array([lgamma(k + 1) for k in range(count + 1)])
    log_mass = (
        log_factorial[-1]
        - log_factorial
        - log_factorial[::-1]
        + successes * log(probability)
        + successes[::-1] * np.log1p(-probability)
    )
    mass = np.exp(log_mass)
    low = int(np.argmax(np.cumsum(mass) > alpha / 2))
    high = count - int(np.argmax(np.cumsum(mass[::-1]) > alpha / 2))
    return low, high
