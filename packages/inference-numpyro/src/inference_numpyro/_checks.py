"""Checks that MAP and Laplace share."""

from __future__ import annotations

from math import ceil

import numpy as np
from forwardax.contracts import Check

from ._locate import Agreement, Located

_NEAR = 0.01
"""Standard deviations from the maximum: too few to be seen in any plot."""


def gradient_check(found: Located) -> Check:
    """Whether the gradient vanishes, against the local curvature.

    Its size is the Newton decrement, a distance in standard deviations: a
    gradient alone, or one in units of the prior, would be small or large
    with the amount of data. The loss is a sum that is rounded, and what is
    below its rounding cannot be resolved; the threshold says so.
    """
    rounding = np.finfo(found.peak.loss.dtype).eps
    loss = abs(float(found.peak.loss))
    threshold = max(_NEAR, float(np.sqrt(20 * rounding * loss)))
    value = found.decrement
    if not np.isfinite(value):
        words = "the curvature at the maximum is not positive definite"
    else:
        words = (
            f"the maximum is {value:.2g} standard deviations away "
            f"(at most {threshold:.2g})"
        )
    passed = bool(value <= threshold)
    return Check("gradient_norm", passed, value, threshold, words)


def agreement_check(found: Agreement, starts: int) -> Check:
    """Whether enough of the searches ended at the same point."""
    # A best point that was found once may well be missed another time.
    least = max(2, ceil(starts / 4))
    words = (
        f"{found.same} of {found.searches} searches ended at the best point "
    )
    words += f"(at least {least})"
    if starts == 1:
        words = "one search cannot agree with another: use more starts"
    elif found.others:
        gap = max(found.gap, 0.0)
        words += f", {found.others} at other optima, the best {gap:.2g} worse"
    passed = found.same >= least
    value = found.same / found.searches
    threshold = least / found.searches
    return Check("agreement", passed, value, threshold, words)
