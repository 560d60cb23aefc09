"""Hidden Markov model with Gaussian states, of one series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._numba import kernel
from ._validate import Series


@kernel
def forward_backward(
    density: Series,
    start: Series,
    move: Series,
    alpha: Series,
    state: Series,
    pairs: Series,
) -> float:  # pragma: no cover - compiled
    """Probabilities of states and of moves, given the whole series.

    Forward probabilities are normalised at each point (Rabiner 1989, section
    V.A); the log-likelihood is the sum of the logarithms of what that takes,
    up to the scale of the densities.
    """
    n, k = density.shape
    norm = np.empty(n)
    log_likelihood = 0.0
    for t in range(n):
        total = 0.0
        for j in range(k):
            p = start[j]
            if t > 0:
                p = 0.0
                for i in range(k):
                    p += alpha[t - 1, i] * move[i, j]
            alpha[t, j] = p * density[t, j]
            total += alpha[t, j]
        norm[t] = total
        log_likelihood += np.log(total)
        for j in range(k):
            alpha[t, j] /= total
    pairs[:] = 0.0
    later = np.ones(k)
    earlier = np.empty(k)
    for t in range(n - 1, -1, -1):
        for j in range(k):
            state[t, j] = alpha[t, j] * later[j]
        if t == 0:
            break
        for i in range(k):
            earlier[i] = 0.0
            for j in range(k):
                p = move[i, j] * density[t, j] * later[j] / norm[t]
                earlier[i] += p
                pairs[i, j] += alpha[t - 1, i] * p
        later[:] = earlier
    return log_likelihood


@kernel
def best_path(
    log_density: Series,
    log_start: Series,
    log_move: Series,
    path: NDArray[np.int64],
) -> None:  # pragma: no cover - compiled
    """The most probable sequence of states (Viterbi)."""
    n, k = log_density.shape
    value = log_start + log_density[0]
    fresh = np.empty(k)
    origin = np.zeros((n, k), np.int64)
    for t in range(1, n):
        for j in range(k):
            best = 0
            for i in range(1, k):
                if value[i] + log_move[i, j] > value[best] + log_move[best, j]:
                    best = i
            origin[t, j] = best
            fresh[j] = value[best] + log_move[best, j] + log_density[t, j]
        value[:] = fresh
    path[n - 1] = np.argmax(value)
    for t in range(n - 1, 0, -1):
        path[t - 1] = origin[t, path[t]]


def log_densities(x: Series, mean: Series, sd: Series) -> Series:
    """Log density of each point in each state; 0 where it is missing."""
    known = ~np.isnan(x)
    z = (np.where(known, x, 0.0)[:, None] - mean) / sd
    found = -0.5 * z * z - np.log(sd) - 0.5 * np.log(2 * np.pi)
    return np.where(known[:, None], found, 0.0)


def fit_gaussian_hmm(
    x: Series,
    states: int,
    overlap: float,
    max_iterations: int,
    tolerance: float,
) -> tuple[Series, Series, Series, Series, float, bool]:
    """Means, deviations, moves and start by expectation-maximisation.

    Starts at the means of equal groups of the ordered values: no random
    numbers. Points of overlapping windows repeat one another: each counts as
    the part ``1 / overlap`` of one. States keep a hundredth of the overall
    deviation at least, and moves half a count of each kind, so that no state
    shrinks to a point.

    Returns
    -------
    tuple
        Means (k,), deviations (k,), moves (k, k), start (k,), log-likelihood,
        and whether it came to rest.
    """
    known = np.sort(x[~np.isnan(x)])
    groups = np.array_split(known, states)
    mean = np.array([group.mean() for group in groups])
    overall = known.std()
    least = 0.01 * overall
    sd = np.full(states, max(overall / states, least))
    move = np.full((states, states), 0.05 / max(states - 1, 1))
    np.fill_diagonal(move, 0.95 if states > 1 else 1.0)
    start = np.full(states, 1 / states)
    alpha, state = np.empty((2, x.size, states))
    pairs = np.empty((states, states))
    present = ~np.isnan(x)
    values = np.where(present, x, 0.0)
    previous = likelihood = -np.inf
    converged = False
    for _ in range(max_iterations):
        log_density = log_densities(x, mean, sd) / overlap
        top = log_density.max(axis=1)
        density = np.exp(log_density - top[:, None])
        found = forward_backward(density, start, move, alpha, state, pairs)
        likelihood = float(found + top.sum())
        if likelihood - previous < tolerance * x.size:
            converged = True
            break
        previous = likelihood
        weight = state * present[:, None]
        total = np.maximum(weight.sum(axis=0), 1e-12)
        mean = (weight * values[:, None]).sum(axis=0) / total
        square = weight * (values[:, None] - mean) ** 2
        sd = np.maximum(np.sqrt(square.sum(axis=0) / total), least)
        move = pairs + 0.5
        move /= move.sum(axis=1, keepdims=True)
        start = state[0] + 1e-6
        start /= start.sum()
    return mean, sd, move, start, likelihood, converged
