"""Results of a model in the units of the series; NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import forwardax as fx
import numpy as np
from forwardax.calibration import PredictiveResult, posterior_predictive
from forwardax.errors import Fault, UnknownKey, listed, nearest
from forwardax.estimation import Posterior, element_names
from numpy.typing import NDArray

from ..boundary import to_numpy

Floats = NDArray[np.float64]


def in_units(problem: fx.Problem) -> dict[str, tuple[Any, Any]]:
    """By name `(offset, factor)`, from the model to the series' units."""
    system: Any = problem.system
    found: dict[str, tuple[Any, Any]] = {}
    for key, pair in to_numpy(system.in_units()).items():
        field = problem.spec[key]
        shape = tuple(size or 0 for size in field.shape)
        offset, factor = (np.broadcast_to(x, shape).ravel() for x in pair)
        for i, name in enumerate(element_names(field)):
            found[name] = (float(offset[i]), float(factor[i]))
    return found


@dataclass(frozen=True, eq=False)
class BayesianResults:
    """What a model says of a series, in the units of the series.

    Parameters
    ----------
    model
        Short name.
    problem, posterior
        What was fitted and what came out, in standardised units.
    mean, sd
        By name of the parameter.
    draws
        By name, `(draw,)`, all of one weight.
    log_evidence, log_evidence_error
        Log of the marginal likelihood of the series, and the relative error
        of the likelihood; NaN where the estimator gives none.
    """

    model: str
    problem: fx.Problem
    posterior: Posterior
    mean: Mapping[str, float]
    sd: Mapping[str, float]
    draws: Mapping[str, Floats]
    log_evidence: float
    log_evidence_error: float

    @classmethod
    def of(
        cls, model: str, problem: fx.Problem, posterior: Posterior
    ) -> BayesianResults:
        """Results of a posterior of a model's problem."""
        units = in_units(problem)
        drawn = _equal_draws(posterior)
        extras = posterior.extras
        exact = dict(
            zip(
                (str(n) for n in extras.get("moment_names", ())),
                zip(
                    extras.get("moment_mean", ()),
                    extras.get("moment_sd", ()),
                    strict=True,
                ),
                strict=True,
            )
        )
        mean: dict[str, float] = {}
        sd: dict[str, float] = {}
        draws: dict[str, Floats] = {}
        for name, values in drawn.items():
            offset, factor = units[name]
            middle, width = exact.get(name, (values.mean(), values.std()))
            mean[name] = float(offset + factor * middle)
            sd[name] = float(factor * width)
            draws[name] = offset + factor * values
        nothing = float("nan")
        return cls(
            model,
            problem,
            posterior,
            mean,
            sd,
            draws,
            float(extras.get("log_evidence", nothing)),
            float(extras.get("log_evidence_error", nothing)),
        )

    @property
    def converged(self) -> bool:
        """Whether every check of the estimator passed."""
        return self.posterior.converged

    @property
    def verdict(self) -> str:
        """What the checks say, in words."""
        return self.posterior.verdict

    def __getitem__(self, name: str) -> Floats:
        """Draws of a parameter, in the units of the series."""
        if name not in self.draws:
            raise UnknownKey(
                Fault(
                    f"{name!r} is no parameter of the model {self.model!r}",
                    key=name,
                    allowed=listed(self.draws),
                    nearest=nearest(name, self.draws),
                    code="unknown",
                )
            )
        return self.draws[name]

    def interval(self, name: str, probability: float = 0.89) -> Any:
        """Central interval of a parameter, `(low, high)`."""
        tail = (1 - probability) / 2
        return tuple(np.quantile(self[name], [tail, 1 - tail]).tolist())

    def probability_positive(self, name: str) -> float:
        """Posterior probability that a parameter is above zero."""
        return float(np.mean(self[name] > 0))

    def rows(self) -> list[dict[str, Any]]:
        """Rows of a table: name, mean, sd and the interval of 89 %."""
        found = []
        for name in self.draws:
            low, high = self.interval(name)
            row = {"name": name, "mean": self.mean[name], "sd": self.sd[name]}
            found.append(row | {"low": low, "high": high})
        return found

    def summary(self) -> str:
        """Table and verdict, as text."""
        width = max(len(name) for name in self.draws)
        lines = [f"{'':<{width}}  {'mean':>10} {'sd':>10}  89 % interval"]
        for row in self.rows():
            lines.append(
                f"{row['name']:<{width}}  {row['mean']:>10.4g} "
                f"{row['sd']:>10.3g}  [{row['low']:.4g}, {row['high']:.4g}]"
            )
        if np.isfinite(self.log_evidence):
            lines.append(f"log evidence {self.log_evidence:.3f}")
        return "\n".join([*lines, self.verdict])

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, Any]:
        """Numbers and words for a report, as JSON takes them."""
        proper = np.isfinite(self.log_evidence)
        return {
            "model": self.model,
            "estimator": self.posterior.estimator,
            "parameters": self.rows(),
            "log_evidence": self.log_evidence if proper else None,
            "converged": self.converged,
            "verdict": self.verdict,
            "notes": list(self.posterior.notes),
        }

    def predictive_check(
        self, key: Any = 0, *, n: int = 500, statistics: Any = None
    ) -> PredictiveResult:
        """Whether the fitted model makes series like the one measured.

        Series are simulated from the model that was fitted, noise that grows
        with tension, walks and correlations included. Values that are missing
        take no part.

        Parameters
        ----------
        key
            JAX key or seed.
        n
            Series to simulate.
        statistics
            Functions of `{"series": ...}` to a number, by name; by default
            mean, standard deviation, extremes, and the correlation and size
            of successive differences.
        """
        from ._predict import as_key

        chosen = statistics or default_statistics(self.problem)
        return posterior_predictive(
            self.problem, self.posterior, as_key(key), chosen, n=n
        )

    def replicas(self, count: int = 200, key: Any = 0) -> Floats:
        """Series simulated from the posterior, `(count, ...)`."""
        from ._predict import replicas

        return to_numpy(replicas(self.problem, self.posterior, count, key))

    def level(self, count: int = 200, key: Any = 0) -> Floats:
        """Draws of the level at each time, `(count, n)`; dynamic model only.

        Raises
        ------
        UnknownKey
            If the model has no level that moves.
        """
        from ._predict import levels

        if self.model != "dynamic":
            raise UnknownKey(
                Fault(
                    f"the level of the model {self.model!r} does not move",
                    key="level",
                    allowed="the model 'dynamic'",
                    fix="results['level'] is its level",
                    code="model",
                )
            )
        return to_numpy(levels(self.problem, self.posterior, count, key))


def default_statistics(problem: fx.Problem) -> dict[str, Any]:
    """Numbers that tell a series, over the rows that count."""
    system: Any = problem.system
    used = np.asarray(system.used, bool)

    def of(function: Any) -> Any:
        def statistic(data: Any) -> float:
            series = np.asarray(data["series"], float)
            if used.ndim < series.ndim:
                kept = [row[used] for row in series]
            elif series.ndim == 1:
                kept = [series[used]]
            else:
                kept = [
                    row[here] for row, here in zip(series, used, strict=True)
                ]
            return float(np.mean([function(row) for row in kept]))

        return statistic

    return {
        "mean": of(np.mean),
        "sd": of(np.std),
        "least": of(np.min),
        "greatest": of(np.max),
        "size of differences": of(lambda x: np.abs(np.diff(x)).mean()),
        "correlation of neighbours": of(_neighbours),
    }


def _neighbours(series: Floats) -> float:
    gap = series - series.mean()
    total = np.square(gap).sum()
    return float((gap[1:] * gap[:-1]).sum() / total) if total else 0.0


def _equal_draws(posterior: Posterior) -> dict[str, Floats]:
    """Draws of one weight by element name, `(draw,)`."""
    count = posterior.log_density.size
    chosen = np.arange(count)
    if posterior.weights is not None:
        # Systematic: the number of copies is within one of the weight's.
        at = (np.arange(count) + 0.5) / count
        total = np.cumsum(np.ravel(posterior.weights))
        chosen = np.searchsorted(total / total[-1], at)
    found: dict[str, Floats] = {}
    for key, value in posterior.draws.items():
        flat = np.reshape(value, (count, -1))[chosen]
        names = element_names(posterior.spec[key])
        found |= {name: flat[:, i] for i, name in enumerate(names)}
    return found


@dataclass(frozen=True, eq=False)
class BatchResults:
    """Moments and evidences of many series, in the units of each.

    Parameters
    ----------
    model
        Short name.
    names
        Of the parameters.
    mean, sd
        `(series, parameter)`.
    log_evidence
        `(series,)`.
    sound
        Whether the quadrature of each is good to a thousandth, `(series,)`.
    """

    model: str
    names: tuple[str, ...]
    mean: Floats
    sd: Floats
    log_evidence: Floats
    sound: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        model: str,
        problem: fx.Problem,
        found: Mapping[str, Any],
        units: list[dict[str, tuple[Any, Any]]],
    ) -> BatchResults:
        """Results of `exact_batch`."""
        names = tuple(
            name
            for key in problem.free_keys
            for name in element_names(problem.spec[key])
        )
        offset = np.array([[one[n][0] for n in names] for one in units])
        factor = np.array([[one[n][1] for n in names] for one in units])
        evidence = np.asarray(found["log_evidence"], float)
        sound = (found["error"] < 1e-3) & (found["edge"] < 1e-3)
        return cls(
            model,
            names,
            offset + factor * found["mean"],
            factor * found["sd"],
            evidence,
            sound & np.isfinite(evidence),
        )

    def __getitem__(self, name: str) -> tuple[Floats, Floats]:
        """Mean and standard deviation of a parameter, `(series,)` each."""
        if name not in self.names:
            raise UnknownKey(
                Fault(
                    f"{name!r} is no parameter of the model {self.model!r}",
                    key=name,
                    allowed=listed(self.names),
                    nearest=nearest(name, self.names),
                    code="unknown",
                )
            )
        place = self.names.index(name)
        return self.mean[:, place], self.sd[:, place]
