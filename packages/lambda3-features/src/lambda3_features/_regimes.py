"""Regimes of tension: calm, tense, and how long each lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from forwardax.errors import Fault
from numpy.typing import NDArray

from ._errors import (
    SeriesError,
    require_choice,
    require_integer,
    require_number,
)
from ._hmm import best_path, fit_gaussian_hmm, log_densities
from ._types import FeatureSet
from ._validate import Series, refuse_constant, validate_series


@dataclass(frozen=True, eq=False, kw_only=True)
class Regimes:
    """Regimes of a series, calmest first; offline.

    Parameters
    ----------
    labels
        Regime of each point, 0 to ``n_regimes - 1``, shape (n,).
    tension
        Mean tension in each regime, in units of the series, ascending; NaN
        for a regime that no point is in.
    transition_matrix
        Share of the points in a regime (row) that are followed by one in
        another (column); rows sum to 1.
    durations
        Mean length of an uninterrupted stay in each regime, in points.
    n_transitions
        Number of changes of regime.
    log_likelihood
        Of the hidden Markov model, at the weight that points have; NaN for
        clusters.
    converged
        Whether the fit came to rest.
    method
        ``"hmm"`` or ``"kmeans"``.
    """

    labels: NDArray[np.int64]
    tension: Series
    transition_matrix: Series
    durations: Series
    n_transitions: int
    log_likelihood: float
    converged: bool
    method: str

    @property
    def n_regimes(self) -> int:
        """Number of regimes."""
        return len(self.tension)

    def transitions(self) -> NDArray[np.int64]:
        """First point of each new stay."""
        return np.flatnonzero(np.diff(self.labels)) + 1


def hmm_regimes(
    features: FeatureSet | Any,
    n_regimes: int = 2,
    *,
    overlap: int | None = None,
    max_iterations: int = 500,
    tolerance: float = 1e-8,
) -> Regimes:
    """Regimes by a hidden Markov model of the logarithm of the tension.

    Tension looks back on a window, and so do the regimes: a change is seen
    about half a window late. Windows overlap, so that neighbours repeat one
    another; each counts as a part of a point only, or the model would take
    every wave of the tension for a regime.

    Parameters
    ----------
    features
        `FeatureSet`, or a tension of shape (n,). Points without tension (the
        first, and constant stretches) carry no information.
    n_regimes
        Number of regimes, 2 or more.
    overlap
        How many points share what one window says: the length of the window
        by default, and 1 where a tension came without its window.
    max_iterations, tolerance
        Of the fit; the tolerance is that of the log-likelihood per point.

    Returns
    -------
    Regimes
        The most probable sequence of regimes.

    Raises
    ------
    SeriesError
        If the tension is constant, or positive at too few points.
    OptionError
        If an option is not allowed.

    References
    ----------
    Rabiner (1989), Proc. IEEE 77, 257.
    """
    require_integer("n_regimes", n_regimes, least=2)
    require_integer("max_iterations", max_iterations, least=1)
    require_number("tolerance", tolerance, 0, 1)
    if overlap is None:
        known = isinstance(features, FeatureSet)
        overlap = features.config.window + 1 if known else 1
    require_integer("overlap", overlap, least=1)
    rho = _tension(features)
    some = rho > 0
    if np.count_nonzero(some) < 5 * n_regimes:
        raise SeriesError(
            Fault(
                "the tension is positive at too few points",
                key="rho_T",
                value=str(np.count_nonzero(some)),
                allowed=f"{5 * n_regimes} or more for {n_regimes} regimes",
                code="length",
            )
        )
    x = np.full(rho.size, np.nan)
    x[some] = np.log(rho[some])
    refuse_constant(x, "rho_T")
    x -= np.nanmean(x)
    x /= np.nanstd(x)
    mean, sd, move, start, likelihood, converged = fit_gaussian_hmm(
        x, n_regimes, overlap, max_iterations, tolerance
    )
    labels = np.empty(x.size, np.int64)
    log_density = log_densities(x, mean, sd) / overlap
    best_path(log_density, np.log(start), np.log(move), labels)
    return _described(
        labels, rho, n_regimes, likelihood, converged=converged, method="hmm"
    )


def kmeans_regimes(
    features: FeatureSet,
    n_regimes: int = 3,
    *,
    using: Sequence[str] = ("delta_pos", "delta_neg", "rho_T"),
    n_starts: int = 10,
    seed: int = 0,
) -> Regimes:
    """Regimes by clusters of standardised features, as the original has them.

    The order of points does not matter to clusters, so that regimes flicker,
    and flags make clusters of their own; see `hmm_regimes`.

    Parameters
    ----------
    features
        Features of a series without missing values.
    n_regimes
        Number of clusters, 2 or more.
    using
        Names of the features.
    n_starts, seed
        Random starts; the tightest clusters are kept.

    Returns
    -------
    Regimes
        Clusters by ascending tension.

    Raises
    ------
    SeriesError
        If a feature is constant or missing.
    OptionError
        If an option is not allowed.

    References
    ----------
    Arthur and Vassilvitskii (2007) for the starts.
    """
    from scipy.cluster.vq import kmeans2

    require_integer("n_regimes", n_regimes, least=2)
    require_integer("n_starts", n_starts, least=1)
    columns: list[Series] = []
    for name in using:
        require_choice("using", name, FeatureSet.causality())
        column = validate_series(getattr(features, name), name, min_length=2)
        refuse_constant(column, name)
        columns.append((column - column.mean()) / column.std())
    table = np.stack(columns, axis=1)
    rng = np.random.default_rng(seed)
    best, labels = np.inf, np.zeros(len(table), np.int64)
    for _ in range(n_starts):
        centres, found = kmeans2(
            table,
            _spread_out(table, n_regimes, rng),
            iter=100,
            minit="matrix",
            missing="raise",
        )
        inertia = float(((table - centres[found]) ** 2).sum())
        if inertia < best:
            best, labels = inertia, found.astype(np.int64)
    return _described(
        labels,
        features.rho_T,
        n_regimes,
        float("nan"),
        converged=True,
        method="kmeans",
    )


def _spread_out(table: Series, k: int, rng: np.random.Generator) -> Series:
    """Starts that are far from each other: k-means++."""
    chosen = [table[rng.integers(len(table))]]
    distance = ((table - chosen[0]) ** 2).sum(axis=1)
    while len(chosen) < k:
        total = distance.sum()
        if total == 0:
            raise SeriesError(
                Fault(
                    "there are fewer different points than regimes",
                    value=str(len(chosen)),
                    allowed=f"{k} or more",
                    code="constant",
                )
            )
        chosen.append(table[rng.choice(len(table), p=distance / total)])
        distance = np.minimum(distance, ((table - chosen[-1]) ** 2).sum(axis=1))
    return np.stack(chosen)


def _tension(features: FeatureSet | Any) -> Series:
    array = features.rho_T if isinstance(features, FeatureSet) else features
    rho = validate_series(array, "rho_T", min_length=2, missing="mask")
    if np.any(rho < 0):
        raise SeriesError(
            Fault(
                "a tension is negative",
                key="rho_T",
                value=f"{np.nanmin(rho):g} at index {int(np.nanargmin(rho))}",
                allowed="0 or more",
                fix="give a FeatureSet, or its rho_T",
                code="range",
            )
        )
    return rho


def _described(
    labels: NDArray[np.int64],
    rho: Series,
    n_regimes: int,
    log_likelihood: float,
    *,
    converged: bool,
    method: str,
) -> Regimes:
    """Name regimes by ascending tension, and count their changes."""

    def mean_of(label: int) -> float:
        inside = rho[(labels == label) & ~np.isnan(rho)]
        return float(inside.mean()) if inside.size else float("nan")

    tension = np.array([mean_of(k) for k in range(n_regimes)])
    order = np.argsort(tension, kind="stable")
    rank = np.empty(n_regimes, np.int64)
    rank[order] = np.arange(n_regimes)
    labels = rank[labels]
    counts = np.zeros((n_regimes, n_regimes))
    np.add.at(counts, (labels[:-1], labels[1:]), 1)
    totals = counts.sum(axis=1, keepdims=True)
    # A regime that is left by nobody, or that nobody is in, stays.
    matrix = np.where(
        totals > 0, counts / np.maximum(totals, 1), np.eye(n_regimes)
    )
    bounds = np.r_[0, np.flatnonzero(np.diff(labels)) + 1, labels.size]
    stays, lengths = labels[bounds[:-1]], np.diff(bounds)
    durations = np.array(
        [
            lengths[stays == k].mean() if np.any(stays == k) else 0.0
            for k in range(n_regimes)
        ]
    )
    return Regimes(
        labels=labels,
        tension=tension[order],
        transition_matrix=matrix,
        durations=durations,
        n_transitions=int(bounds.size - 2),
        log_likelihood=log_likelihood,
        converged=converged,
        method=method,
    )
