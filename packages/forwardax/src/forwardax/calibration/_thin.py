"""Independent draws out of a posterior's chains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._diagnostics import diagnostics
from .._diagnostics.circular import circular_mean, wrap
from ..errors import Fault, FitError
from ._random import Key, generator

Floats = NDArray[np.float64]


def thin(
    draws: Mapping[str, ArrayLike],
    n_draws: int,
    key: Key = 0,
    *,
    weights: ArrayLike | None = None,
    cyclic: Mapping[str, float] | None = None,
) -> tuple[dict[str, Floats], float]:
    """Few draws, evenly spaced along the chains, and what they are worth.

    Parameters
    ----------
    draws
        By key, shape (chain, draw, *shape).
    n_draws
        How many to keep.
    key
        JAX key or integer: where to start, and resampling by weight.
    weights
        Shape (chain, draw), not negative: draws are then resampled.
    cyclic
        Periods by key.

    Returns
    -------
    kept
        By key, shape (n_draws, *shape).
    ess
        Smallest bulk effective sample size of any scalar that varies (Kish's
        with weights), in draws. The kept draws are independent, nearly, if
        it is not below `n_draws`.

    Raises
    ------
    FitError
        If there are fewer draws than wanted.

    References
    ----------
    Talts et al. (2018), arXiv:1804.06788, algorithm 2.
    """
    arrays = {key_: np.asarray(v, np.float64) for key_, v in draws.items()}
    total = min(int(np.prod(v.shape[:2])) for v in arrays.values())
    if total < n_draws:
        raise FitError(
            Fault(
                "the posterior has too few draws to rank a truth among",
                value=f"{total} draws",
                allowed=f"at least {n_draws}",
                fix="draw more, or pass a smaller draws=",
                code="value",
            )
        )
    rng = generator(key)
    if weights is None:
        ess = _smallest_ess(arrays, cyclic or {})
        offset = rng.uniform(0, total / n_draws)
        chosen = (np.arange(n_draws) * (total / n_draws) + offset).astype(int)
    else:
        mass = np.asarray(weights, np.float64).reshape(-1)
        mass = mass / mass.sum()
        ess = float(1 / np.square(mass).sum())
        chosen = rng.choice(total, size=n_draws, p=mass)
    kept = {
        key_: value.reshape(total, *value.shape[2:])[chosen]
        for key_, value in arrays.items()
    }
    return kept, ess


def _smallest_ess(
    arrays: Mapping[str, Floats], cyclic: Mapping[str, float]
) -> float:
    smallest = np.inf
    for key, value in arrays.items():
        period = cyclic.get(key)
        if period is not None:
            flat = value.reshape(*value.shape[:2], -1)
            for i in range(flat.shape[2]):
                centre = circular_mean(flat[:, :, i], period)
                turned = wrap(flat[:, :, i], period, centre=centre)
                ess = float(diagnostics.ess_bulk(turned))
                smallest = float(np.fmin(smallest, ess))
        else:
            ess_all = np.append(diagnostics.ess_bulk(value), np.inf)
            smallest = float(np.fmin(smallest, np.fmin.reduce(ess_all)))
    return smallest
