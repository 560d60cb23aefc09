"""`fit_model`: from features to a posterior in the units of the series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import forwardax as fx

from .._types import FeatureSet
from ..boundary import to_numpy
from ._known import pose_model
from ._results import BatchResults, BayesianResults, in_units


def model_problem(
    features: FeatureSet | Sequence[FeatureSet],
    other: FeatureSet | None = None,
    *,
    model: str | None = None,
    change_points: Sequence[int] | None = None,
    **structure: Any,
) -> fx.Problem:
    """The problem that `fit_model` fits: a system with its data.

    Any estimator and any tool of forwardax takes it.

    Parameters
    ----------
    features, other, model, change_points, structure
        As in `fit_model`.

    Raises
    ------
    SeriesError
        If the features do not fit the model.
    StructureError
        If a structure value is wrong.
    """
    posed = pose_model(
        model or _model_of(features, other),
        features,
        other,
        structure,
        change_points,
    )
    system = fx.system(posed.name, **posed.structure, **posed.known)
    return fx.Problem(system, {"series": posed.series})


def fit_model(
    features: FeatureSet | Sequence[FeatureSet],
    other: FeatureSet | None = None,
    *,
    model: str | None = None,
    change_points: Sequence[int] | None = None,
    estimator: str = "exact.linear",
    key: Any = 0,
    settings: dict[str, Any] | None = None,
    **structure: Any,
) -> BayesianResults:
    """Fit a Bayesian model to features.

    Parameters
    ----------
    features
        From `extract_features`; several for the hierarchical model. Missing
        values are left out: NaN in `data`, and wherever a term is NaN.
    other
        Features of the series that may act on the first, for the interaction
        and pair models.
    model
        `"base"`, `"interaction"`, `"dynamic"`, `"hierarchical"` or `"pair"`;
        by default hierarchical for several, interaction where there is an
        `other`, else base.
    change_points
        First indices of new levels, for the dynamic model (`pelt(...)`).
    estimator
        Any that fits: `"exact.linear"`, `"numpyro.nuts"`, `"optim.map"`, ...
    key
        JAX key or seed.
    settings
        Of the estimator.
    structure
        Of the model: `terms`, `lags`, `own_lag`, `skip`, ...

    Returns
    -------
    BayesianResults
        In the units of the series; `.posterior` is the generic one.

    Raises
    ------
    SeriesError
        If the features do not fit the model.
    ForwardaxError
        With every fault of structure and settings.
    """
    chosen = model or _model_of(features, other)
    problem = model_problem(
        features,
        other,
        model=chosen,
        change_points=change_points,
        **structure,
    )
    posterior = fx.fit(problem, estimator, key=key, **(settings or {}))
    return BayesianResults.of(chosen, problem, posterior)


def fit_many(
    features: Sequence[FeatureSet],
    others: Sequence[FeatureSet] | None = None,
    *,
    model: str | None = None,
    key: Any = 0,
    **structure: Any,
) -> BatchResults:
    """Fit one model to many series at once, in one compiled program.

    Moments and evidences of each by itself, from `exact.linear`; no draws.

    Parameters
    ----------
    features
        Of each series; all of one length.
    others
        For the interaction and pair models, one for each.
    model, key, structure
        As in `fit_model`.

    Returns
    -------
    BatchResults
        With one row a series.

    Raises
    ------
    SeriesError
        If features do not fit the model.
    ProblemError
        If lengths differ.
    """
    chosen = model or ("base" if others is None else "interaction")
    each = others if others is not None else [None] * len(features)
    problems = [
        model_problem(own, other, model=chosen, **structure)
        for own, other in zip(features, each, strict=True)
    ]
    found = to_numpy(exact_batch(fx.stack(problems), key)._asdict())
    units = [in_units(problem) for problem in problems]
    return BatchResults.of(chosen, problems[0], found, units)


def exact_batch(problems: fx.Problem, key: Any) -> Any:
    """Moments and evidence of stacked problems, from `exact.linear`."""
    exact: Any = fx.Registry.default().load("estimators", "exact.linear")
    return exact().batch(problems, key)


def _model_of(features: Any, other: Any) -> str:
    if isinstance(features, list | tuple):
        return "hierarchical"
    return "base" if other is None else "interaction"
