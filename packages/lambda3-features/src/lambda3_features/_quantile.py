"""Order statistics by selection, and quantiles of null distributions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ._numba import kernel
from ._validate import Series

MANY = 8192
"""Values from which on they are sorted into bins before a selection."""

NORMAL_MAD = 1.482602218505602
"""Standard deviation of a normal over its median absolute deviation."""
NORMAL_MEAN_DEVIATION = 1.2533141373155003
"""Standard deviation of a normal over its mean absolute deviation."""


def percentile(values: Series, q: float) -> float:
    """A percentile, interpolated linearly between order statistics.

    It is what ``numpy.percentile`` gives, by one selection. `values` hold no
    NaN.
    """
    position = (values.size - 1) * (q / 100)
    below = int(position)
    if below >= values.size - 1:
        return float(values.max())
    share = position - below
    if values.size > MANY:
        values, skipped = _some(values, below)
        below -= skipped
    values = np.partition(values, below + 1)
    high, low = values[below + 1], values[: below + 1].max()
    step = high - low
    # From the nearer side, as NumPy does: the last digit is the same.
    if share >= 0.5:
        return float(high - step * (1 - share))
    return float(low + step * share)


def _some(values: Series, rank: int) -> tuple[Series, int]:
    """The values about a rank and the next, and how many are below them.

    Those in the upper tail are told by a sample, which has to be right but
    for the number of those that are looked at.
    """
    n = values.size
    tail = n - rank
    if tail < n // 8:
        sample = np.sort(values[:: n // 1024])
        share = tail / n
        spread = np.sqrt(share * (1 - share) / sample.size)
        place = int((1 - share - 4 * spread) * sample.size) - 1
        found, count = _above(values, sample[max(place, 0)], n // 4)
        if tail <= count <= n // 4:
            return found[:count], n - count
    return _near(values, values.view(np.uint64), rank)


@kernel
def _above(
    values: Series, least: float, most: int
) -> tuple[Series, int]:  # pragma: no cover - compiled
    """The values from `least` on, and how many: at most one more than fit."""
    found = np.empty(most)
    count = 0
    for value in values:
        if value >= least:
            if count == most:
                return found, most + 1
            found[count] = value
            count += 1
    return found, count


@kernel
def _near(
    values: Series, bits: NDArray[np.uint64], rank: int
) -> tuple[Series, int]:  # pragma: no cover - compiled
    """The values about a rank and the next, and how many are below them.

    Floating-point numbers are in the order of their bits, once those of the
    negative ones are turned round; the upper 16 make bins.
    """
    counts = np.zeros(65536, np.int64)
    for b in bits:
        top = np.int64(b >> np.uint64(48))
        counts[65535 - top if top >= 32768 else top + 32768] += 1
    skipped = 0
    low = 0
    while skipped + counts[low] <= rank:
        skipped += counts[low]
        low += 1
    high = low
    upto = skipped + counts[low]
    while upto <= rank + 1:
        high += 1
        upto += counts[high]
    found = np.empty(upto - skipped)
    k = 0
    for i in range(values.size):
        top = np.int64(bits[i] >> np.uint64(48))
        bin_ = 65535 - top if top >= 32768 else top + 32768
        if low <= bin_ <= high:
            found[k] = values[i]
            k += 1
    return found, skipped


def robust_scale(values: Series, floor: float) -> tuple[float, float]:
    """Median, and standard deviation by the median absolute deviation.

    Where more than half of the values are equal the mean absolute deviation
    stands in (Iglewicz and Hoaglin 1993).

    Parameters
    ----------
    values
        Shape (n,), without NaN.
    floor
        What the values are rounded to: the least scale.
    """
    centre = percentile(values, 50.0)
    deviations = np.abs(values - centre)
    scale = NORMAL_MAD * percentile(deviations, 50.0)
    if scale <= floor:
        scale = NORMAL_MEAN_DEVIATION * float(deviations.mean())
    return centre, max(scale, floor)


def two_sided_threshold(alpha: float, tests: int, freedom: float) -> float:
    """Size that any of many Student variables exceeds with chance `alpha`.

    Bonferroni over `tests` variables and both signs.
    """
    return float(-special.stdtrit(freedom, alpha / (2 * tests)))


def rounding_of(x: Series) -> float:
    """What differences of a series are rounded to."""
    return float(np.finfo(np.float64).eps * 2 * np.fmax.reduce(np.abs(x)))
