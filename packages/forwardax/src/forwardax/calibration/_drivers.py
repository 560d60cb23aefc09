"""Calibration of an estimator on the very problem it is used for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ._coverage import CoverageResult, coverage
from ._sbc import SBCResult, rank_test
from ._simulate import (
    Fit,
    Progress,
    Simulates,
    Simulations,
    simulate_and_fit,
)
from ._tarp import TARPResult, tarp

if TYPE_CHECKING:
    from jax import Array

_LEVELS = (0.5, 0.68, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Calibration:
    """Three tests on one set of simulated data.

    Each has its own chance of a false alarm, `alpha`.
    """

    sbc: SBCResult
    coverage: CoverageResult
    tarp: TARPResult
    simulations: Simulations

    @property
    def passed(self) -> bool:
        """Whether all three passed."""
        return self.sbc.passed and self.coverage.passed and self.tarp.passed

    @property
    def verdict(self) -> str:
        """The three verdicts, a line each."""
        return (
            f"SBC: {self.sbc.verdict}\n"
            f"coverage: {self.coverage.verdict}\n"
            f"TARP: {self.tarp.verdict}"
        )

    def __str__(self) -> str:
        return self.verdict


def judge(
    simulations: Simulations,
    key: Array | int = 0,
    *,
    levels: Sequence[float] = _LEVELS,
    alpha: float = 0.01,
) -> Calibration:
    """Run all the tests on data sets that have been fitted.

    Parameters
    ----------
    simulations
        What `simulate_and_fit` returned.
    key
        JAX key or integer, for ties and reference points.
    levels
        Nominal coverages.
    alpha
        Chance of a false alarm of each test.

    Returns
    -------
    Calibration
        SBC, coverage and TARP with their verdicts.

    Raises
    ------
    FitError
        If fewer than ten data sets were fitted.
    """
    truths, draws = simulations.truths, simulations.draws
    cyclic, elements = simulations.cyclic, simulations.elements
    failed, caveats = simulations.failed, simulations.caveats
    ranked = rank_test(
        truths, draws, key, cyclic=cyclic, elements=elements, alpha=alpha
    )
    covered = coverage(
        truths,
        draws,
        levels,
        key=key,
        cyclic=cyclic,
        elements=elements,
        alpha=alpha,
    )
    balls = tarp(truths, draws, key, cyclic=cyclic, alpha=alpha)
    return Calibration(
        replace(ranked, failed=failed, caveats=caveats),
        replace(covered, failed=failed, caveats=caveats),
        replace(balls, failed=failed, caveats=caveats),
        simulations,
    )


def calibrate(
    problem: Simulates,
    fit: Fit,
    key: Array,
    *,
    n: int = 256,
    draws: int = 63,
    levels: Sequence[float] = _LEVELS,
    alpha: float = 0.01,
    progress: Progress | None = None,
) -> Calibration:
    """Simulate, fit, and test the posteriors in three ways.

    Parameters
    ----------
    problem, fit, key, n, draws, progress
        As for `simulate_and_fit`.
    levels
        Nominal coverages.
    alpha
        Chance of a false alarm of each test.

    Returns
    -------
    Calibration
        SBC, coverage and TARP with their verdicts.

    Raises
    ------
    FitError
        If fewer than ten fits succeeded.
    """
    made = simulate_and_fit(
        problem, fit, key, n=n, draws=draws, progress=progress
    )
    return judge(made, key, levels=levels, alpha=alpha)


def sbc(
    problem: Simulates,
    fit: Fit,
    key: Array,
    *,
    n: int = 256,
    draws: int = 63,
    alpha: float = 0.01,
    progress: Progress | None = None,
) -> SBCResult:
    """Simulation-based calibration of a fit; see `calibrate`.

    Parameters
    ----------
    problem, fit, key, n, draws, progress
        As for `simulate_and_fit`.
    alpha
        Chance of a false alarm over all parameters.

    Returns
    -------
    SBCResult
        Ranks, p-values and verdict.

    Raises
    ------
    FitError
        If fewer than ten fits succeeded.

    References
    ----------
    Talts et al. (2018), arXiv:1804.06788.
    """
    return calibrate(
        problem, fit, key, n=n, draws=draws, alpha=alpha, progress=progress
    ).sbc


def check_coverage(
    problem: Simulates,
    fit: Fit,
    key: Array,
    *,
    n: int = 256,
    draws: int = 63,
    levels: Sequence[float] = _LEVELS,
    alpha: float = 0.01,
    progress: Progress | None = None,
) -> CoverageResult:
    """Coverage of a fit's central intervals; see `calibrate`.

    Parameters
    ----------
    problem, fit, key, n, draws, progress
        As for `simulate_and_fit`.
    levels
        Nominal coverages.
    alpha
        Chance of a false alarm over all parameters and levels.

    Returns
    -------
    CoverageResult
        Coverages, envelopes and verdict.

    Raises
    ------
    FitError
        If fewer than ten fits succeeded.
    """
    return calibrate(
        problem,
        fit,
        key,
        n=n,
        draws=draws,
        levels=levels,
        alpha=alpha,
        progress=progress,
    ).coverage


def check_tarp(
    problem: Simulates,
    fit: Fit,
    key: Array,
    *,
    n: int = 256,
    draws: int = 63,
    alpha: float = 0.01,
    progress: Progress | None = None,
) -> TARPResult:
    """TARP of a fit, over all parameters together; see `calibrate`.

    Parameters
    ----------
    problem, fit, key, n, draws, progress
        As for `simulate_and_fit`.
    alpha
        Chance of a false alarm.

    Returns
    -------
    TARPResult
        Curve, deviation, p-value and verdict.

    Raises
    ------
    FitError
        If fewer than ten fits succeeded.

    References
    ----------
    Lemos et al. (2023), arXiv:2302.03026.
    """
    return calibrate(
        problem, fit, key, n=n, draws=draws, alpha=alpha, progress=progress
    ).tarp
