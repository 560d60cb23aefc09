"""Tests of accuracy with random points, on plain arrays.

The distance of the truth from a reference point is ranked among the
distances of the draws; unlike a test of each scalar, this sees a wrong
dependence between parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._diagnostics.circular import wrap
from ..errors import Fault, FitError
from ._random import Key, generator
from ._scalars import Scalar, fractional_rank, scalars

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TARPResult:
    """Expected coverage against credibility.

    Parameters
    ----------
    levels
        Shape (level,): credibilities.
    curve
        Shape (level,): expected coverage there; the levels, if calibrated.
    deviation
        Largest distance of the curve from the diagonal, over all levels.
    p_value
        Chance of at least this deviation for exact posteriors.
    count
        Number of data sets.
    alpha
        Chance of a false alarm.
    failed
        Data sets whose fit gave nothing, with the reason.
    caveats
        What else limits the result, in words.
    """

    levels: Floats
    curve: Floats
    deviation: float
    p_value: float
    count: int
    alpha: float
    failed: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the p-value is at least alpha and no fit failed."""
        return self.p_value >= self.alpha and not self.failed

    @property
    def verdict(self) -> str:
        """One sentence, and one for each thing that limits it."""
        says = (
            f"expected coverage deviates by at most {self.deviation:.3f} "
            f"over {self.count} data sets (p = {self.p_value:.2g}, false "
            f"alarms {100 * self.alpha:g} %)"
        )
        if self.p_value < self.alpha:
            says = f"NOT calibrated: {says}"
        elif self.failed:
            says = f"NOT calibrated, though {says}"
        return ". ".join([says, *self.caveats])

    def __str__(self) -> str:
        return self.verdict


def tarp(
    truths: Mapping[str, ArrayLike],
    draws: Mapping[str, ArrayLike],
    key: Key = 0,
    *,
    references: ArrayLike | None = None,
    cyclic: Mapping[str, float] | None = None,
    alpha: float = 0.01,
    simulations: int = 4999,
) -> TARPResult:
    """Expected coverage of balls about random points, over all parameters.

    The deviation is judged by its exact null distribution (uniform
    fractional ranks, simulated for this number of data sets): a fixed limit
    would fail perfect posteriors at a rate that depends on their number.

    An estimator that ignores its data and returns the prior passes, unless
    the references depend on the data.

    Parameters
    ----------
    truths
        By key, shape (dataset, *shape), drawn from the prior.
    draws
        By key, shape (dataset, draw, *shape), in the units of the truths;
        independent draws.
    key
        JAX key or integer: references, ties and the null distribution.
    references
        Shape (dataset, scalar), in the order and units of the scalars: one
        point for each data set, which may depend on the data but not on the
        truth. By default uniform over the central 99 % of all values.
    cyclic
        Periods by key; distances are then along the circle.
    alpha
        Chance of a false alarm.
    simulations
        Null deviations simulated; the p-value is at least 1 over one more.

    Returns
    -------
    TARPResult
        Curve, deviation, p-value and verdict.

    Raises
    ------
    FitError
        If arrays do not fit or are not finite.

    References
    ----------
    Lemos, Coogan, Hezaveh, Perreault-Levasseur (2023), "Sampling-based
    accuracy testing of posterior estimators for general inference",
    ICML (arXiv:2302.03026), algorithm 2.
    """
    rng = generator(key)
    parts = scalars(truths, draws, cyclic)
    count = len(parts[0].truths)
    boxes = np.array([_box(part) for part in parts])
    points = _references(references, parts, boxes, rng)
    from_truth = np.zeros(count)
    from_draws = np.zeros(parts[0].draws.shape)
    for part, point, (low, high) in zip(parts, points.T, boxes, strict=True):
        to_truth, to_draws = part.truths - point, part.draws - point[:, None]
        if part.period is not None:
            to_truth = wrap(to_truth, part.period)
            to_draws = wrap(to_draws, part.period)
        scale = (high - low) or 1.0  # units must not matter
        from_truth += np.square(to_truth / scale)
        from_draws += np.square(to_draws / scale)

    credibility = np.sort(fractional_rank(from_truth, from_draws, rng))
    deviation = float(_deviation(credibility[None])[0])
    null = _deviation(np.sort(rng.random((simulations, count)), axis=1))
    p_value = (1 + int((null >= deviation).sum())) / (simulations + 1)
    levels = np.linspace(0, 1, 101)
    curve = np.searchsorted(credibility, levels, side="right") / count
    return TARPResult(levels, curve, deviation, p_value, count, alpha)


def _deviation(ordered: Floats) -> Floats:
    """Largest distance of ECDFs from the diagonal; rows are ascending."""
    count = ordered.shape[1]
    steps = np.linspace(0, 1, count + 1)
    above = np.max(steps[1:] - ordered, axis=1)
    below = np.max(ordered - steps[:-1], axis=1)
    return np.maximum(above, below)


def _box(part: Scalar) -> tuple[float, float]:
    """Range of one scalar, from which references are drawn.

    Truths count like draws: only then are they exchangeable given the box.
    """
    if part.period is not None:
        return -part.period / 2, part.period / 2
    together = np.concatenate([part.truths[:, None], part.draws], axis=1)
    low, high = np.quantile(together, (0.005, 0.995))
    return float(low), float(high)


def _references(
    given: ArrayLike | None,
    parts: list[Scalar],
    boxes: Floats,
    rng: np.random.Generator,
) -> Floats:
    count = len(parts[0].truths)
    if given is None:
        return rng.uniform(*boxes.T, size=(count, len(parts)))
    points = np.asarray(given, np.float64)
    if points.shape != (count, len(parts)) or not np.isfinite(points).all():
        raise FitError(
            Fault(
                "references must be one finite point for each data set",
                value=f"shape {points.shape}",
                allowed=f"shape {(count, len(parts))} for "
                + ", ".join(part.name for part in parts[:12]),
                code="shape",
            )
        )
    return points
