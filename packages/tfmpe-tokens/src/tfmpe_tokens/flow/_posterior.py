"""From draws of a flow to a posterior with its checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from forwardax.contracts import Check
from forwardax.estimation import Posterior, psis

LEAST_ESS = 0.01
"""Least share of the draws that importance weights must be worth."""


def weighed(
    made: Posterior, log_q: Any, *, least: float = LEAST_ESS
) -> Posterior:
    """A posterior with importance weights, and what they are worth.

    The weights are kept where they can be trusted, and the draws then are
    draws of the true density; elsewhere the draws stay as they are.

    Parameters
    ----------
    made
        One chain of draws, with the true log-density.
    log_q
        Log-density that they were drawn with, `(draw,)`.
    least
        Share of the draws below which the check of the ESS fails.
    """
    log_p = np.asarray(made.log_density, float).ravel()
    bad = np.isnan(log_p) | ~np.isfinite(log_q)
    with np.errstate(invalid="ignore"):
        ratio = np.where(bad, -np.inf, log_p - np.asarray(log_q, float))
    n = ratio.size
    if not np.isfinite(ratio).any():
        words = "the true density is zero at all of the draws"
        checks = (
            Check("importance_ess", False, 0.0, least * n, words),
            Check("k_hat", False, float("inf"), 0.7, words),
        )
        return replace(made, checks=(*made.checks, *checks))
    smooth = psis(ratio)
    ess = Check(
        "importance_ess",
        bool(smooth.ess >= least * n),
        float(smooth.ess),
        least * n,
        f"importance weights are worth {smooth.ess:.0f} of {n} draws "
        f"(at least {least * n:.0f})",
    )
    k_hat = Check(
        "k_hat",
        bool(smooth.k_hat <= smooth.threshold),
        float(smooth.k_hat),
        float(smooth.threshold),
        f"importance k-hat {smooth.k_hat:.2f} against the true density "
        f"(at most {smooth.threshold:.2f})",
    )
    trusted = ess.passed and k_hat.passed
    note = (
        "weighted to the true density"
        if trusted
        else "draws of the network as they are: the weights towards the true "
        "density cannot be trusted"
    )
    return replace(
        made,
        weights=np.exp(smooth.log_weights)[None] if trusted else None,
        stats={**made.stats, "log_weight": ratio[None]},
        checks=(*made.checks, ess, k_hat),
        notes=(*made.notes, note),
    )


def calibration_check(p_values: Mapping[str, float], alpha: float) -> Check:
    """Check that ranks of held-aside simulations are uniform.

    Parameters
    ----------
    p_values
        Of the chi-square test, by coordinate.
    alpha
        Chance of a false alarm over all coordinates.
    """
    name = min(p_values, key=p_values.__getitem__)
    limit = alpha / len(p_values)
    return Check(
        "calibration",
        bool(p_values[name] >= limit),
        float(p_values[name]),
        limit,
        f"ranks of held-aside simulations: least p-value {p_values[name]:.2g}"
        f", of {name} (at least {limit:.1g})",
    )
