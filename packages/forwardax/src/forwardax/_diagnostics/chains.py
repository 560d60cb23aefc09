"""The numerics behind the convergence diagnostics.

All functions take finite draws of shape (scalar, chain, draw) that are not
all equal, and return one number for each scalar. Equations are those of
Vehtari et al. (2021), arXiv:1903.08008.
"""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def split(x: Floats) -> Floats:
    """Halves of the chains as chains of their own."""
    half = x.shape[-1] // 2
    return np.concatenate([x[..., :half], x[..., -half:]], axis=-2)


@lru_cache(maxsize=8)
def _score_table(count: int) -> Floats:
    """Normal scores of the ranks 1, 1.5, ..., count (equation 14)."""
    quantile = NormalDist().inv_cdf
    upper = [
        quantile((twice / 2 - 3 / 8) / (count + 1 / 4))
        for twice in range(count + 1, 2 * count + 1)
    ]
    lower = -np.array(upper[::-1])
    return np.concatenate([lower[: count - 1], upper])


def normal_scores(x: Floats) -> Floats:
    """Normal scores of the ranks over all chains; ties share a rank."""
    flat = x.reshape(len(x), -1)
    count = flat.shape[1]
    order = np.argsort(flat, axis=1)
    ordered = np.take_along_axis(flat, order, axis=1)
    place = np.arange(count)
    new = np.ones(flat.shape, bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first = np.maximum.accumulate(np.where(new, place, 0), axis=1)
    ends = np.roll(new, -1, axis=1)
    last = np.minimum.accumulate(np.where(ends, place, count)[:, ::-1], axis=1)[
        :, ::-1
    ]
    scores = np.empty(flat.shape)
    # first + last is twice the average rank, counted from 0.
    np.put_along_axis(scores, order, _score_table(count)[first + last], axis=1)
    return scores.reshape(x.shape)


def _basic_r_hat(x: Floats) -> Floats:
    length = x.shape[-1]
    within = x.var(axis=-1, ddof=1).mean(axis=-1)
    between = length * x.mean(axis=-1).var(axis=-1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt((between / within + length - 1) / length)


def rank_r_hat(x: Floats) -> Floats:
    """R-hat of the normal scores, or of their folded form if larger."""
    halves = split(x)
    middle = np.median(halves, axis=(1, 2), keepdims=True)
    bulk = _basic_r_hat(normal_scores(halves))
    tail = _basic_r_hat(normal_scores(np.abs(halves - middle)))
    # Two equal spikes have constant distances: the tail says nothing then.
    return np.fmax(bulk, tail)


def chain_ess(x: Floats) -> Floats:
    """Effective sample size by Geyer's initial monotone sequence."""
    chains, length = x.shape[-2:]
    centred = x - x.mean(axis=-1, keepdims=True)
    padded = 1 << (2 * length - 1).bit_length()  # no wrap-around
    power = np.abs(np.fft.rfft(centred, padded)) ** 2
    covariance = np.fft.irfft(power, padded)[..., :length] / length
    covariance = covariance.mean(axis=-2)
    within = covariance[:, :1] * length / (length - 1)
    total = covariance[:, :1] + x.mean(axis=-1).var(
        axis=-1, ddof=1, keepdims=True
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = 1 - (within - covariance) / total
    rho[:, 0] = 1.0

    even, odd = rho[:, 0 : length - 1 : 2], rho[:, 1::2]
    pairs: Floats = even + odd
    # The last pair looked at: the first that is not positive, or the third
    # last lag, beyond which the autocovariances are too few to use.
    stop = np.full(len(x), max((length - 3) // 2, 0))
    negative = ~(pairs > 0)
    found = negative.argmax(axis=1)
    stop = np.where(negative.any(axis=1), np.minimum(found, stop), stop)
    places = np.arange(pairs.shape[-1], dtype=np.float64)
    before = places < stop[:, None].astype(np.float64)
    monotone = np.minimum.accumulate(pairs, axis=1)
    at_stop = (np.arange(len(x)), stop)
    edge = np.where(
        (even[at_stop] > 0) | (pairs[at_stop] >= 0), even[at_stop], 0.0
    )
    tau = -1 + 2 * np.where(before, monotone, 0.0).sum(axis=1) + edge
    count = chains * length
    return count / np.maximum(tau, 1 / np.log10(count))


def mean_ess(x: Floats) -> Floats:
    """Effective sample size for the mean."""
    return chain_ess(split(x))


def bulk_ess(x: Floats) -> Floats:
    """Effective sample size of the rank-normalised draws."""
    return chain_ess(normal_scores(split(x)))


def tail_ess(x: Floats) -> Floats:
    """Smaller effective sample size of the 5 % and 95 % quantiles."""
    sizes: list[Floats] = []
    for quantile in np.quantile(x, (0.05, 0.95), axis=(1, 2)):
        below = x <= quantile[:, None, None]
        halves = split(below.astype(np.float64))
        size = np.full(len(x), float(halves[0].size))
        # Ties may put all draws on one side: no error to speak of.
        mixed = np.ptp(halves, axis=(1, 2)) > 0
        size[mixed] = chain_ess(halves[mixed])
        sizes.append(size)
    return np.minimum(*sizes)


def mean_error(x: Floats) -> Floats:
    """Standard error of the mean."""
    return x.std(axis=(1, 2), ddof=1) / np.sqrt(mean_ess(x))


def sd_error(x: Floats) -> Floats:
    """Standard error of the standard deviation (delta method)."""
    squares = (x - x.mean(axis=(1, 2), keepdims=True)) ** 2
    variance = squares.mean(axis=(1, 2))
    spread = squares.var(axis=(1, 2)) / mean_ess(squares)
    return np.sqrt(spread / variance) / 2
