"""Importance weights of an approximation's draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from forwardax.contracts import Check
from forwardax.estimation import Posterior, psis
from numpy.typing import NDArray


def weigh(
    made: Posterior,
    log_q: NDArray[Any],
    *,
    checks: tuple[Check, ...],
    timings: Mapping[str, float],
) -> Posterior:
    """A posterior with smoothed weights, and the check of their k-hat.

    Parameters
    ----------
    made
        One chain of draws, with their log-density.
    log_q
        Log-density they were drawn with, `(draw,)`, up to a constant.
    checks, timings
        The other parts of the result.
    """
    log_p = made.log_density.ravel().astype(float)
    bad = np.isnan(log_p)
    notes = made.notes
    if bad.any():
        notes += (f"the density is NaN at {bad.sum()} draws: weight zero",)
    with np.errstate(invalid="ignore"):
        ratio = np.where(bad, -np.inf, log_p - log_q)
    if not np.isfinite(ratio).any():
        words = "the true density is zero at all of the draws"
        check = Check("k_hat", False, float("inf"), 0.7, words)
        return replace(
            made, checks=(*checks, check), notes=notes, timings=timings
        )
    smooth = psis(ratio)
    words = (
        f"importance k-hat {smooth.k_hat:.2f} against the true density "
        f"(at most {smooth.threshold:.2f})"
    )
    passed = bool(smooth.k_hat <= smooth.threshold)
    check = Check("k_hat", passed, smooth.k_hat, smooth.threshold, words)
    notes += (f"weights worth {smooth.ess:.0f} of {len(ratio)} draws",)
    return replace(
        made,
        weights=np.exp(smooth.log_weights)[None],
        stats={"log_weight": ratio[None]},
        checks=(*checks, check),
        notes=notes,
        timings=timings,
    )
