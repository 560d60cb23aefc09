"""Local jumps: steps that are large against what is around them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._events import known
from ._numba import kernel
from ._quantile import percentile, rounding_of, two_sided_threshold
from ._rolling import window_moments
from ._validate import Series

CORRELATION_LOSS = 1.5
"""Loss of information on the variance where differences are of white noise.

One plus twice the sum of squared autocorrelations; that of differences of
independent values is -1/2 at lag 1.
"""

LEAST_AROUND = 3
"""Differences that a window has to hold for its scale to be known."""

COMPATIBLE_EPSILON = 1e-8
"""What the original adds to a standard deviation before it divides."""


def compatible_scores(
    sizes: Series, local_std: Series, q: float, gaps: bool | None = None
) -> tuple[Series, float]:
    """Sizes of differences over the local standard deviation; a percentile.

    The scores take the place of the sizes.

    The jump is part of the window that it is measured by: a step of any size
    has a score of about 2, a spike one of ``(2 w + 1) / sqrt(2 w)`` at most.
    """
    _divide(sizes, local_std, COMPATIBLE_EPSILON)
    return sizes, percentile(known(sizes, gaps), q)


@kernel
def _divide(
    sizes: Series, by: Series, epsilon: float
) -> None:  # pragma: no cover - compiled
    """Divide in place, without an array between."""
    for i in range(sizes.size):
        sizes[i] /= by[i] + epsilon


def excluding_scores(
    x: Series,
    diff: Series,
    half_width: int,
    alpha: float,
    out: Series | None = None,
) -> tuple[Series, float]:
    """Differences against those around them, themselves left out.

    A difference and its two neighbours are left out of the window whose mean
    and standard deviation it is measured by. Differences of white noise are
    uncorrelated beyond their neighbours, so that the score is that of
    Student's t for white noise and for random walks. `out`, if given, is
    filled with the scores.

    Returns
    -------
    tuple
        Scores, shape (n,), NaN where there is no difference, and one
        threshold. Scores whose windows hold fewer points are scaled so that
        the threshold has the same meaning for all.
    """
    n = x.size
    steps = diff.copy()
    steps[0] = np.nan
    length = half_width - 1
    # Before and after a point are windows of one length. Those that the end
    # cuts are made of the last points alone.
    inside = _moments(steps, length - 1, 0)
    last = max(n - 2 * length, 0)
    ends = _moments(steps[last:], 0, length - 1)
    tests = max(n - 1, 1)
    most = min(2 * length, n)
    limits = np.full(most + 1, np.inf)
    for count in range(LEAST_AROUND, most + 1):
        freedom = max((count - 1) / CORRELATION_LOSS, 1.0)
        limits[count] = two_sided_threshold(alpha, tests, freedom)
    threshold = float(limits[-1])
    out = np.empty(n) if out is None else out
    floor = rounding_of(x)
    _merge(steps, *inside, *ends, length, floor, threshold / limits, out)
    return out, threshold


def _moments(
    steps: Series, before: int, after: int
) -> tuple[NDArray[np.int64], Series, Series]:
    count = np.empty(steps.size, np.int64)
    mean, squares = np.empty(steps.size), np.empty(steps.size)
    window_moments(steps, before, after, count, mean, squares)
    return count, mean, squares


@kernel
def _merge(
    steps: Series,
    before_n: NDArray[np.int64],
    before_mean: Series,
    before_m2: Series,
    after_n: NDArray[np.int64],
    after_mean: Series,
    after_m2: Series,
    length: int,
    floor: float,
    factor: Series,
    out: Series,
) -> None:  # pragma: no cover - compiled
    """Join the windows on both sides, and score what is between them."""
    n = steps.size
    last = n - after_n.size
    for i in range(n):
        a, b = 0, 0
        mean, m2 = 0.0, 0.0
        if i >= 2:
            a = before_n[i - 2]
            mean, m2 = before_mean[i - 2], before_m2[i - 2]
        if i + 2 < n:
            end = i + 1 + length
            if end < n:
                b, other, more = before_n[end], before_mean[end], before_m2[end]
            else:
                k = i + 2 - last
                b, other, more = after_n[k], after_mean[k], after_m2[k]
            if b > 0:
                gap = other - mean
                share = b / (a + b)
                mean += gap * share
                m2 += more + gap * gap * a * share
        both = a + b
        if both < LEAST_AROUND or steps[i] != steps[i]:
            out[i] = np.nan
            continue
        scale = max(np.sqrt(m2 / (both - 1)), floor)
        size = abs(steps[i] - mean)
        if size == 0.0:
            out[i] = 0.0
        else:
            out[i] = size / (scale * np.sqrt(1 + 1 / both)) * factor[both]
