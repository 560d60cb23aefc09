"""Predictive checks: whether the model makes data like those measured."""

# JAX leaves the types of key paths unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import Fault, Faults, FitError
from ._thin import thin

if TYPE_CHECKING:
    from jax import Array

Floats = NDArray[np.float64]
Statistics = Mapping[str, Callable[[Any], Any]]
"""Numbers that describe a data set: by name, a function of the data."""


@dataclass(frozen=True)
class PredictiveResult:
    """Statistics of the measured data among those of simulated data.

    Parameters
    ----------
    observed
        By name of the statistic.
    replicated
        By name, shape (simulation,).
    p_values
        By name, two-sided: small where the measured data lie in either tail.
        Posterior predictive p-values use the data twice and are therefore
        on the large side.
    alpha
        Chance of a false alarm over all statistics, at most.
    """

    observed: Mapping[str, float]
    replicated: Mapping[str, Floats]
    p_values: Mapping[str, float]
    alpha: float

    @property
    def rejected(self) -> tuple[str, ...]:
        """Statistics whose p-value is at most alpha over their number."""
        limit = self.alpha / len(self.p_values)
        return tuple(k for k, p in self.p_values.items() if p <= limit)

    @property
    def passed(self) -> bool:
        """Whether no statistic is rejected."""
        return not self.rejected

    @property
    def verdict(self) -> str:
        """One sentence."""
        total = len(self.p_values)
        if not self.rejected:
            return (
                f"the data look like the model's in all {total} statistics "
                f"(false alarms at most {100 * self.alpha:g} %)"
            )
        parts = [
            f"{name} is {self.observed[name]:.4g}, simulated "
            f"{np.median(self.replicated[name]):.4g} "
            f"(p = {self.p_values[name]:.2g})"
            for name in self.rejected
        ]
        return "the model does not make such data: " + "; ".join(parts)

    def __str__(self) -> str:
        width = max(map(len, self.p_values))
        lines = [f"{k:<{width}}  p = {p:.3g}" for k, p in self.p_values.items()]
        return "\n".join([*lines, self.verdict])


def predictive_check(
    observed: Mapping[str, float],
    replicated: Mapping[str, Floats],
    *,
    alpha: float = 0.05,
) -> PredictiveResult:
    """Two-sided p-values of observed statistics, on plain numbers.

    Parameters
    ----------
    observed
        By name of the statistic.
    replicated
        By name, shape (simulation,).
    alpha
        Chance of a false alarm over all statistics (Bonferroni).

    Returns
    -------
    PredictiveResult
        P-values and verdict.

    Raises
    ------
    FitError
        If a number is not finite, or there are too few simulations for any
        p-value to fall under alpha over the number of statistics.
    """
    faults = Faults()
    p_values: dict[str, float] = {}
    for name, value in observed.items():
        made = np.asarray(replicated[name], np.float64)
        if not (np.isfinite(value) and np.isfinite(made).all()):
            faults.append(
                Fault(f"statistic {name!r} is not finite", name, code="value")
            )
        enough = ceil(2 * len(observed) / alpha)
        if len(made) + 1 < enough:
            faults.append(
                Fault(
                    f"{len(made)} simulations cannot tell {len(observed)} "
                    "statistics from chance",
                    fix=f"pass n={enough} or more",
                    code="value",
                )
            )
            break
        # The measured value counts as one simulation: then p <= x has
        # chance x at most.
        above = (1 + int((made >= value).sum())) / (len(made) + 1)
        below = (1 + int((made <= value).sum())) / (len(made) + 1)
        p_values[name] = min(1.0, 2 * min(above, below))
    faults.throw(FitError, "predictive check")
    return PredictiveResult(observed, replicated, p_values, alpha)


def posterior_predictive(
    problem: Any,
    posterior: Any,
    key: Array,
    statistic: Statistics | None = None,
    *,
    n: int = 500,
    alpha: float = 0.05,
) -> PredictiveResult:
    """Compare the data with data simulated from the posterior.

    Parameters
    ----------
    problem
        Has `data`, `free_keys`, `simulate(key) -> (store, data)` and
        `system.simulate(key, store) -> data`.
    posterior
        Its `draws`: by key, shape (chain, draw, *shape).
    key
        JAX key.
    statistic
        Functions of a data set to a number, by name. By default mean,
        standard deviation, least and greatest value of each array.
    n
        Data sets to simulate.
    alpha
        Chance of a false alarm over all statistics.

    Returns
    -------
    PredictiveResult
        P-values and verdict.

    Raises
    ------
    FitError
        If the problem has no data, a statistic is not finite, or n is too
        small.

    References
    ----------
    Gelman, Meng, Stern (1996), Statistica Sinica 6, 733.
    """
    import equinox as eqx
    import jax

    store, _ = problem.simulate(key)
    drawn = {k: v for k, v in posterior.draws.items() if k in store}
    total = min(int(np.prod(np.shape(v)[:2])) for v in drawn.values())
    weights = getattr(posterior, "weights", None)
    few, _ = thin(drawn, min(n, total), key, weights=weights)
    # Structure is static, numbers are leaves: compiled once for all draws.
    simulate = eqx.filter_jit(_simulate)

    def one(i: int) -> Any:
        values = {k: v[i % min(n, total)] for k, v in few.items()}
        changed = _replaced(store, values)
        return simulate(problem.system, jax.random.fold_in(key, i), changed)

    return _compare(problem.data, one, statistic, n, alpha)


def prior_predictive(
    problem: Any,
    key: Array,
    statistic: Statistics | None = None,
    *,
    n: int = 500,
    alpha: float = 0.05,
) -> PredictiveResult:
    """Compare the data with data simulated from the prior.

    Parameters
    ----------
    problem
        Has `data` and `simulate(key) -> (store, data)`.
    key
        JAX key.
    statistic
        Functions of a data set to a number, by name; as for
        `posterior_predictive`.
    n
        Data sets to simulate.
    alpha
        Chance of a false alarm over all statistics.

    Returns
    -------
    PredictiveResult
        P-values, which are exact here, and verdict.

    Raises
    ------
    FitError
        If the problem has no data, a statistic is not finite, or n is too
        small.

    References
    ----------
    Box (1980), JRSS A 143, 383.
    """
    import jax

    def one(i: int) -> Any:
        return problem.simulate(jax.random.fold_in(key, i))[1]

    return _compare(problem.data, one, statistic, n, alpha)


def _compare(
    data: Any,
    one: Callable[[int], Any],
    statistic: Statistics | None,
    n: int,
    alpha: float,
) -> PredictiveResult:
    if data is None:
        raise FitError(
            Fault(
                "the problem has no data to compare with",
                fix="problem.with_data(data)",
                code="missing",
            )
        )
    observed = _describe(data, statistic)
    made = [_describe(one(i), statistic) for i in range(n)]
    replicated = {k: np.array([m[k] for m in made]) for k in observed}
    return predictive_check(observed, replicated, alpha=alpha)


def _describe(data: Any, statistic: Statistics | None) -> dict[str, float]:
    if statistic is not None:
        return {name: float(f(data)) for name, f in statistic.items()}
    import jax

    numbers: dict[str, float] = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(data):
        name = jax.tree_util.keystr(path, simple=True, separator=".")
        values = np.asarray(leaf, np.float64)
        for label, function in _DEFAULT.items():
            numbers[f"{label} of {name or 'data'}"] = float(function(values))
    return numbers


_DEFAULT: dict[str, Callable[[Floats], Any]] = {
    "mean": np.mean,
    "sd": np.std,
    "least": np.min,
    "greatest": np.max,
}


def _simulate(system: Any, key: Any, store: Any) -> Any:
    return system.simulate(key, store)


def _replaced(store: Any, values: Mapping[str, Any]) -> Any:
    if hasattr(store, "replace"):
        return store.replace(values)
    return {**store, **values}
