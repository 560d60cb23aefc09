"""Protocols: what a system may offer, what fits it, what comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from .plan import Layout, PriorPlan

if TYPE_CHECKING:
    from jax import Array

    from .._schema.data import DataSpec
    from .._schema.spec import ParamSpec
    from .._system.store import ParameterStore

CAPABILITIES: Final = (
    "log_likelihood",
    "gradient",
    "residuals",
    "pointwise",
    "simulate",
    "linear_gaussian",
    "proper_prior",
)
"""What a problem may offer and an estimator may need."""


@runtime_checkable
class System(Protocol):
    """A forward model: an `equinox.Module` (subclass `forwardax.System`)."""

    @property
    def system_id(self) -> str: ...
    @property
    def spec(self) -> ParamSpec: ...
    @property
    def data(self) -> DataSpec: ...
    def predict(self, store: ParameterStore, /) -> Any: ...


@runtime_checkable
class HasLogLikelihood(Protocol):
    """Capabilities `log_likelihood` and `gradient`: a scalar density."""

    def log_likelihood(self, store: ParameterStore, data: Any, /) -> Array: ...


@runtime_checkable
class HasSimulate(Protocol):
    """Capability `simulate`: exactly what `log_likelihood` takes."""

    def simulate(self, key: Array, store: ParameterStore, /) -> Any: ...


@runtime_checkable
class HasResiduals(Protocol):
    """Capability `residuals`: -2 log L is their sum of squares + const."""

    def residuals(self, store: ParameterStore, data: Any, /) -> Array: ...


@runtime_checkable
class HasPointwise(Protocol):
    """Capability `pointwise`: terms that sum to the log-likelihood."""

    def pointwise_log_likelihood(
        self, store: ParameterStore, data: Any, /
    ) -> Array: ...


@runtime_checkable
class HasLinearGaussian(Protocol):
    """Capability `linear_gaussian`: conditionally linear coefficients.

    Given the other parameters, data = design @ c + offset + noise with
    c ~ Normal; returns a `forwardax.LinearGaussian`.
    """

    def linear_gaussian(self, store: ParameterStore, /) -> Any: ...


@runtime_checkable
class Whitens(Protocol):
    """A `LinearGaussian` that knows its noise better than as a matrix.

    `whiten` takes columns `(n, m)` to units of the noise: the inverse of the
    lower Cholesky factor `noise_scale`, times the columns. Estimators prefer
    it, so `noise_scale` is then only computed where somebody looks at it.
    """

    def whiten(self, columns: Array, /) -> Array: ...


class Problem(Protocol):
    """A system with data, priors and fixed values: a pytree.

    `forwardax.log_density(problem, u)` is the density estimators use.
    """

    plan: PriorPlan
    hyper: Any
    data: Any

    @property
    def capabilities(self) -> frozenset[str]: ...
    def to_store(self, u: Array, /) -> ParameterStore: ...
    def layout(self) -> Layout: ...


@dataclass(frozen=True, slots=True)
class Check:
    """One declared check of a fit, with its verdict in words."""

    name: str
    passed: bool
    value: float
    threshold: float
    words: str


class Posterior(Protocol):
    """Draws as stores with derived values, checks and timings."""

    @property
    def draws(self) -> Mapping[str, Any]: ...
    @property
    def checks(self) -> tuple[Check, ...]: ...
    @property
    def converged(self) -> bool: ...
    def summary(self) -> Any: ...


class Estimator(Protocol):
    """Anything that turns a problem into a posterior."""

    name: str
    needs: frozenset[str]
    checks: tuple[str, ...]

    def fit(
        self,
        problem: Any,
        key: Array,
        *,
        config: Any,
        progress: Callable[[str, int, int], None] | None = None,
        checkpoint: Any = None,
    ) -> Posterior: ...


class Trained(Protocol):
    """An amortised estimator after training on a problem's simulations."""

    def condition(self, data: Any, /) -> Posterior: ...
