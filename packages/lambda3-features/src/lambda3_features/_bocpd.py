"""Online detection of change points: how long ago the last one was.

The series is Gaussian with a level and a variance that change together; the
run length is the number of points since the last change. Its distribution is
updated with each point (Adams and MacKay 2007), so that nothing looks ahead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import lgamma, log, pi
from typing import Any

import numpy as np
from forwardax.errors import Fault
from numpy.typing import NDArray

from ._errors import SeriesError, require_number
from ._numba import kernel
from ._segmentation import Segmentation, segmentation_at
from ._validate import Series, refuse_constant, validate_series

NEGLIGIBLE = 1e-12
"""Probability below which a run length is forgotten."""


@dataclass(frozen=True, kw_only=True)
class LevelPrior:
    """What is known of a level and a variance before their first point.

    The variance is inverse-gamma, the level normal about `mean` with the
    variance over `weight`.

    Parameters
    ----------
    mean
        Expected level, in units of the series.
    weight
        Number of points that this is worth.
    shape
        Half the number of points that the variance is worth.
    scale
        Typical variance times `shape`, in squared units.

    Raises
    ------
    OptionError
        If one of them is not positive (the mean: not finite).
    """

    mean: float = 0.0
    weight: float = 1.0
    shape: float = 1.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        require_number("mean", self.mean, -np.inf, np.inf)
        for name in ("weight", "shape", "scale"):
            require_number(name, getattr(self, name), 0, np.inf)


@dataclass(frozen=True, eq=False, kw_only=True)
class OnlineChanges:
    """Change points as they appear; arrays of shape (n,).

    Parameters
    ----------
    run_length
        Most probable number of points since the last change, given the
        points up to and including each one; causal.
    p_change
        Probability that each point begins a segment, given the points up to
        and including it; causal. 1 at the first.
    expected_run
        Mean of the run length; causal.
    log_evidence
        Log density of all the points, one after the other.
    segmentation
        The most probable one, given all the points; looks ahead.
    """

    run_length: NDArray[np.int64]
    p_change: Series
    expected_run: Series
    log_evidence: float
    segmentation: Segmentation


class OnlineDetector:
    """Detector that takes one point at a time.

    Parameters
    ----------
    hazard
        Chance of a change at each point, between 0 and 1.
    prior
        Of level and variance, in units of the series.

    Raises
    ------
    OptionError
        If the hazard is not allowed.
    """

    def __init__(
        self, hazard: float = 0.01, prior: LevelPrior | None = None
    ) -> None:
        require_number("hazard", hazard, 0, 1)
        self.hazard = float(hazard)
        self.prior = LevelPrior() if prior is None else prior
        self.n = 0
        """Points so far."""
        self.log_evidence = 0.0
        """Log density of all the points so far."""
        self._runs = np.zeros(1, np.int64)
        self._log_p = np.zeros(1)
        self._mean = np.array([self.prior.mean])
        self._scale = np.array([self.prior.scale])

    def update(self, value: float) -> float:
        """Take one point, and give the probability that it begins a segment.

        Parameters
        ----------
        value
            Finite, in units of the series.

        Returns
        -------
        float
            Probability, given this and all points before, that the last
            change was at this point; 1 at the first.

        Raises
        ------
        SeriesError
            If the value is no finite number.
        """
        if isinstance(value, bool) or not np.isfinite(value):
            raise SeriesError(
                Fault(
                    "'value' is no finite number",
                    key="value",
                    value=f"{value!r:.40}",
                    code="infinite",
                )
            )
        value = float(value)
        p = self.prior
        weight = p.weight + self._runs
        shape = p.shape + self._runs / 2
        spread = self._scale * (weight + 1) / (weight * shape)
        from scipy.special import gammaln

        log_density = (
            gammaln(shape + 0.5)
            - gammaln(shape)
            - 0.5 * np.log(2 * shape * pi * spread)
            - (shape + 0.5)
            * np.log1p((value - self._mean) ** 2 / (2 * shape * spread))
        )
        if self.n == 0:
            log_p, runs = log_density, self._runs + 1
        else:
            # A change at this point: its density is that of a fresh segment.
            fresh = _log_predictive(
                value, p.mean, p.weight, p.shape, p.scale
            ) + log(self.hazard)
            grown = self._log_p + log_density + np.log1p(-self.hazard)
            log_p = np.r_[fresh, grown]
            runs = np.r_[1, self._runs + 1]
        largest = log_p.max()
        total = largest + np.log(np.exp(log_p - largest).sum())
        self.log_evidence += float(total)
        log_p = log_p - total
        mean, scale = self._mean, self._scale
        if self.n:
            mean = np.r_[p.mean, mean]
            scale = np.r_[p.scale, scale]
        weight = p.weight + runs - 1
        scale = scale + weight * (value - mean) ** 2 / (2 * (weight + 1))
        mean = (weight * mean + value) / (weight + 1)
        keep = log_p > log(NEGLIGIBLE)
        self._runs, self._log_p = runs[keep], log_p[keep]
        self._mean, self._scale = mean[keep], scale[keep]
        self.n += 1
        return float(np.exp(log_p[0])) if runs[0] == 1 else 0.0

    @property
    def run_length(self) -> int:
        """Most probable number of points since the last change."""
        return int(self._runs[np.argmax(self._log_p)]) if self.n else 0

    def update_many(self, values: Iterable[float]) -> Series:
        """Take points one after the other; see `update`."""
        return np.array([self.update(value) for value in values])


def bocpd(
    x: Any, hazard: float = 0.01, prior: LevelPrior | None = None
) -> OnlineChanges:
    """Change points one point at a time, and the most probable segmentation.

    Parameters
    ----------
    x
        Series, shape (n,).
    hazard
        Chance of a change at each point, between 0 and 1.
    prior
        Of level and variance, in units of the series. By default those of the
        whole series, with a weight of one point: that looks ahead. An online
        result needs a prior, as `OnlineDetector` does.

    Returns
    -------
    OnlineChanges
        Run lengths, probabilities, evidence and segmentation.

    Raises
    ------
    SeriesError
        If the series cannot be used.
    OptionError
        If the hazard is not allowed.

    References
    ----------
    Adams and MacKay, arXiv:0710.3742; Fearnhead and Liu (2007) for the most
    probable segmentation.
    """
    require_number("hazard", hazard, 0, 1)
    data = validate_series(x, min_length=4)
    refuse_constant(data)
    if prior is None:
        prior = LevelPrior(mean=float(data.mean()), scale=float(data.var()))
    n = data.size
    run, last = np.empty(n, np.int64), np.empty(n + 1, np.int64)
    p_change, expected = np.empty(n), np.empty(n)
    evidence = _run_lengths(
        data,
        float(hazard),
        float(prior.mean),
        float(prior.weight),
        float(prior.shape),
        float(prior.scale),
        log(NEGLIGIBLE),
        run,
        p_change,
        expected,
        last,
    )
    found: list[int] = []
    at = n
    while last[at] > 0:
        at = int(last[at])
        found.append(at)
    return OnlineChanges(
        run_length=run,
        p_change=p_change,
        expected_run=expected,
        log_evidence=float(evidence),
        segmentation=segmentation_at(
            data, np.array(found[::-1], int), float("nan"), "bocpd"
        ),
    )


@kernel
def _log_predictive(
    value: float, mean: float, weight: float, shape: float, scale: float
) -> float:  # pragma: no cover - compiled
    """Log density of the next point: Student's t."""
    spread = scale * (weight + 1) / (weight * shape)
    d = value - mean
    return (
        lgamma(shape + 0.5)
        - lgamma(shape)
        - 0.5 * log(2 * shape * pi * spread)
        - (shape + 0.5) * np.log1p(d * d / (2 * shape * spread))
    )


@kernel
def _run_lengths(
    x: Series,
    hazard: float,
    mean_0: float,
    weight_0: float,
    shape_0: float,
    scale_0: float,
    least: float,
    run: NDArray[np.int64],
    p_change: Series,
    expected: Series,
    last: NDArray[np.int64],
) -> float:  # pragma: no cover - compiled
    """Distribution of the run length after each point.

    `last` gets the last change of the most probable segmentation up to each
    point, by the same recursion with a maximum in place of the sum.
    """
    n = x.size
    begin = np.empty(n + 1, np.int64)  # first point of each possible run
    log_p = np.empty(n + 1)
    best_p = np.empty(n + 1)
    mean = np.empty(n + 1)
    scale = np.empty(n + 1)
    change, stay = np.log(hazard), np.log1p(-hazard)
    evidence = 0.0
    best_here = 0.0
    kept = 0
    last[0] = 0
    for t in range(n):
        if t > 0:
            for k in range(kept):
                log_p[k] += stay
                best_p[k] += stay
        begin[kept] = t
        log_p[kept] = change if t > 0 else 0.0
        best_p[kept] = best_here + (change if t > 0 else 0.0)
        mean[kept] = mean_0
        scale[kept] = scale_0
        kept += 1
        largest = -np.inf
        best_here = -np.inf
        for k in range(kept):
            points = t - begin[k]
            weight = weight_0 + points
            shape = shape_0 + 0.5 * points
            density = _log_predictive(x[t], mean[k], weight, shape, scale[k])
            log_p[k] += density
            best_p[k] += density
            d = x[t] - mean[k]
            scale[k] += weight * d * d / (2 * (weight + 1))
            mean[k] += d / (weight + 1)
            largest = max(largest, log_p[k])
            if best_p[k] > best_here:
                best_here = best_p[k]
                last[t + 1] = begin[k]
        total = 0.0
        for k in range(kept):
            total += np.exp(log_p[k] - largest)
        total = largest + np.log(total)
        evidence += total
        alive = 0
        top = -np.inf
        recent = 0.0
        length = 0.0
        for k in range(kept):
            value = log_p[k] - total
            p = np.exp(value)
            points = t + 1 - begin[k]
            length += p * points
            if points == 1:
                recent = p
            if value > top:
                top = value
                run[t] = points
            if value > least or best_p[k] > best_here + least:
                begin[alive] = begin[k]
                log_p[alive] = value
                best_p[alive] = best_p[k]
                mean[alive] = mean[k]
                scale[alive] = scale[k]
                alive += 1
        kept = alive
        p_change[t] = recent
        expected[t] = length
    return evidence
