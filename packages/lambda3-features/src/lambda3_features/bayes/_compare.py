"""Which model says it better: evidence and prediction; NumPy only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import forwardax as fx
import numpy as np
from forwardax.errors import Fault, FitError
from numpy.typing import NDArray

from ._results import BayesianResults

Floats = NDArray[np.float64]
EXACT = "exact.linear"


@dataclass(frozen=True, eq=False)
class FutureScore:
    """Log predictive density of blocks, each from all that came before.

    Parameters
    ----------
    ends
        Where blocks end, `(block + 1,)`; the first is where they begin.
    scores
        Log-density of each block given the past, `(block,)`.
    notes
        What a reader should know.
    """

    ends: NDArray[np.int64]
    scores: Floats
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """Log-density of all that comes after the first end."""
        return float(self.scores.sum())


def leave_future_out(
    results: BayesianResults,
    *,
    first: int | None = None,
    block: int | None = None,
    key: Any = 0,
) -> FutureScore:
    """Predict each block of a series from what came before it.

    The predictive density of a block is a ratio of evidences, so it is exact:
    parameters are integrated over their posterior given the past alone. The
    features are taken as given; those that look ahead flatter a model.

    Parameters
    ----------
    results
        Of a model with at most three parameters beside its coefficients.
    first
        Points before the first block; half of them by default.
    block
        Points of a block; a tenth of the rest by default.
    key
        JAX key or seed.

    Raises
    ------
    FitError
        If the blocks do not fit into the series, or a quadrature fails.
    """
    from ._future import truncated

    system: Any = results.problem.system
    length = int(np.shape(system.used)[-1])
    begin = length // 2 if first is None else first
    size = max(1, (length - begin) // 10) if block is None else block
    if not (2 <= begin < length and size >= 1):
        raise FitError(
            Fault(
                "the blocks do not fit into the series",
                key="first",
                value=f"first={begin}, block={size}",
                allowed=f"first from 2 to {length - 1}, block from 1",
                code="blocks",
            )
        )
    ends = np.unique([*range(begin, length, size), length])
    # Problems that differ in numbers alone: one compilation for all.
    fits = [
        fx.fit(truncated(results.problem, int(end)), EXACT, key=key, draws=200)
        for end in ends
    ]
    wrong = [
        (end, one.verdict)
        for end, one in zip(ends, fits, strict=True)
        if not one.converged
    ]
    if wrong:
        raise FitError(
            Fault(
                f"the fit to the first {end} points is not sound",
                key="results",
                value=verdict,
                allowed="fits of exact.linear that converge",
                fix="begin with more points: first=",
                code="quadrature",
            )
            for end, verdict in wrong
        )
    evidences = np.array([float(one.extras["log_evidence"]) for one in fits])
    return FutureScore(ends, np.diff(evidences), _ahead(system))


def _ahead(system: Any) -> tuple[str, ...]:
    terms = system.structure.get("terms", ())
    ahead = [t for t in ("positive", "negative", "local") if t in terms]
    if not ahead:
        return ()
    return (
        "whether a step is an event is decided by the whole series: the terms "
        f"{', '.join(ahead)} look ahead",
    )


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models of the same data, the best first.

    Parameters
    ----------
    names
        By falling evidence.
    log_evidence
        `(model,)`.
    probability
        Posterior probability of each, if all were as likely before.
    future
        Leave-future-out totals by name, where they were asked for.
    """

    names: tuple[str, ...]
    log_evidence: Floats
    probability: Floats
    future: Mapping[str, float]

    @property
    def log_bayes_factor(self) -> Floats:
        """Of each against the best, `(model,)`; at most 0."""
        return self.log_evidence - self.log_evidence[0]

    def __str__(self) -> str:
        width = max(map(len, self.names))
        lines = [f"{'':<{width}}  log evidence  probability  future"]
        for i, name in enumerate(self.names):
            ahead = self.future.get(name, float("nan"))
            lines.append(
                f"{name:<{width}}  {self.log_evidence[i]:>12.2f}  "
                f"{self.probability[i]:>11.3g}  {ahead:>6.1f}"
            )
        return "\n".join(lines)


def compare_models(
    results: Mapping[str, BayesianResults],
    *,
    future: bool = False,
    key: Any = 0,
    **blocks: Any,
) -> Comparison:
    """Compare models of one series by their evidence.

    Parameters
    ----------
    results
        By name, all of the same points: give models with lags the same
        `skip`.
    future
        Whether to score leave-future-out prediction too.
    key
        JAX key or seed.
    blocks
        `first` and `block` of `leave_future_out`.

    Raises
    ------
    FitError
        If models are of different points, or one has no evidence.
    """
    names = list(results)
    _check_same([results[name] for name in names], names)
    evidence = np.array([results[name].log_evidence for name in names])
    order = np.argsort(-evidence)
    evidence = evidence[order]
    weight = np.exp(evidence - evidence[0])
    scores = {
        name: leave_future_out(results[name], key=key, **blocks).total
        for name in names
        if future
    }
    return Comparison(
        tuple(names[i] for i in order),
        evidence,
        weight / weight.sum(),
        scores,
    )


def _check_same(results: Sequence[BayesianResults], names: list[str]) -> None:
    faults: list[Fault] = []
    rows = [_points(one) for one in results]
    for name, one, row in zip(names, results, rows, strict=True):
        if not np.isfinite(one.log_evidence):
            faults.append(
                Fault(
                    f"{name!r} has no evidence",
                    key=name,
                    value=one.posterior.estimator,
                    allowed="results of exact.linear with proper priors",
                    code="evidence",
                )
            )
        if not np.array_equal(row, rows[0], equal_nan=True):
            faults.append(
                Fault(
                    f"{name!r} and {names[0]!r} are fitted to different points",
                    key=name,
                    value=f"{np.isfinite(row).sum()} points",
                    allowed=f"the {np.isfinite(rows[0]).sum()} points of "
                    f"{names[0]!r}",
                    fix="give both the same skip, at least the largest lag",
                    code="data",
                )
            )
    if faults:
        raise FitError(faults)


def _points(one: BayesianResults) -> Floats:
    system: Any = one.problem.system
    series = np.asarray(one.problem.data["series"], float)
    return np.where(np.asarray(system.used, bool), series, np.nan)
