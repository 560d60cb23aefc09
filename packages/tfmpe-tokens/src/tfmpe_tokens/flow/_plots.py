"""Plots of the diagnostics; each returns a matplotlib figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from forwardax.calibration import CoverageResult, SBCResult, TARPResult
    from forwardax.estimation import Posterior
    from matplotlib.figure import Figure

    from ._lc2st import LocalC2ST


def plot_ranks(result: SBCResult, *, alpha: float = 0.05) -> Figure:
    """Rank ECDFs minus the uniform one, with their simultaneous band.

    Parameters
    ----------
    result
        Of `forwardax.calibration.rank_test`.
    alpha
        Chance that calibrated ranks of one parameter leave the band.
    """
    figure, axes = _figure("rank / draws", "ECDF minus uniform")
    half = fraction = None
    for name in result.ranks:
        fraction, difference, half = result.ecdf_difference(name, alpha=alpha)
        axes.step(fraction, difference, where="post", label=name, lw=1)
    if fraction is not None and half is not None:
        axes.fill_between(fraction, -half, half, color="0.85", zorder=0)
    if len(result.ranks) <= 10:
        axes.legend(fontsize="small")
    return figure


def plot_tarp(result: TARPResult) -> Figure:
    """Expected coverage against credibility.

    Parameters
    ----------
    result
        Of `forwardax.calibration.tarp`.
    """
    figure, axes = _figure("credibility", "expected coverage")
    axes.plot([0, 1], [0, 1], color="0.7", lw=1)
    axes.plot(result.levels, result.curve, lw=1.5)
    axes.set_title(f"deviation {result.deviation:.3f}", fontsize="medium")
    axes.set_aspect("equal")
    return figure


def plot_coverage(result: CoverageResult) -> Figure:
    """Coverage of central intervals, with its envelope.

    Parameters
    ----------
    result
        Of `forwardax.calibration.coverage`.
    """
    figure, axes = _figure("nominal", "covered")
    axes.plot([0, 1], [0, 1], color="0.7", lw=1)
    for name, covered in result.observed.items():
        axes.plot(result.levels, covered, "o-", ms=3, lw=1, label=name)
    axes.fill_between(
        result.levels, result.low, result.high, color="0.85", zorder=0
    )
    if len(result.observed) <= 10:
        axes.legend(fontsize="small")
    return figure


def plot_local_c2st(result: LocalC2ST) -> Figure:
    """The statistic of the observed data among those of chance.

    Parameters
    ----------
    result
        Of `local_c2st`.
    """
    figure, axes = _figure("statistic", "swapped pairs")
    axes.hist(result.null, bins=20, color="0.8")
    axes.axvline(result.statistic, color="C3", lw=1.5)
    axes.set_title(f"p = {result.p_value:.2g}", fontsize="medium")
    return figure


def plot_importance(posterior: Posterior) -> Figure:
    """Importance weights in falling order, and the share they add up to.

    Parameters
    ----------
    posterior
        Of a flow, on a system that has a likelihood.
    """
    ratio = np.ravel(posterior.stats["log_weight"])
    finite = ratio[np.isfinite(ratio)]
    weight = np.sort(np.exp(finite - finite.max()))[::-1]
    weight /= weight.sum()
    figure, axes = _figure("draws", "importance weight")
    rank = np.arange(1, weight.size + 1)
    axes.loglog(rank, weight, lw=1.5)
    axes.axhline(1 / ratio.size, color="0.7", lw=1)
    ess = 1 / np.square(weight).sum()
    axes.set_title(f"worth {ess:.0f} of {ratio.size} draws", fontsize="medium")
    return figure


def plot_weights(result: Any) -> Figure | None:
    """Importance weights of a run; None where it has none.

    Parameters
    ----------
    result
        A `forwardax.RunResult`.
    """
    posterior = result.posterior
    if posterior.estimator != "tfmpe.flow":
        return None
    if "log_weight" not in posterior.stats:
        return None
    return plot_importance(posterior)


def _figure(x: str, y: str) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes
