# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Regression of a series on covariates, linear in its coefficients.

The pattern: standardisation constants are known, hence held by the system;
`linear_gaussian` lets an estimator integrate the coefficients exactly; many
series are a batch of systems.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from forwardax import (
    DataField,
    DataSpec,
    LinearGaussian,
    ParameterStore,
    ParamField,
    ParamSpec,
    Prior,
    System,
    TransformRegistry,
)

SPEC = ParamSpec(
    [
        ParamField("level", prior=Prior("Normal", loc=0.0, scale=1.0)),
        ParamField(
            "weights",
            dims=("covariate",),
            prior=Prior("Normal", loc=0.0, scale=1.0),
            doc="Slopes of the standardised series.",
        ),
        ParamField(
            "noise.scale",
            bounds=(0.0, None),
            prior=Prior("LogNormal", loc=-1.0, scale=0.5),
            doc="In units of the series' standard deviation.",
        ),
    ]
)
DATA = DataSpec([DataField("series", dims=("time",), role="series")])


class Regression(System):
    """series = centre + spread * (level + covariates @ weights + noise).

    Make one with `Regression.of(series, covariates)`.

    Parameters
    ----------
    covariates
        `(n, k)`.
    centre, spread
        Constants that standardise the series; scalars.
    shape
        `(n, k)`.
    """

    covariates: Array
    centre: Array
    spread: Array
    shape: tuple[int, int] = eqx.field(static=True)

    system_id = "toy.regression"  # pyright: ignore
    transforms = TransformRegistry()

    @classmethod
    def of(cls, series: Any, covariates: Any) -> Regression:
        """A regression standardised with a series.

        Parameters
        ----------
        series
            `(n,)`.
        covariates
            `(n, k)`.
        """
        series = jnp.asarray(series, float)
        covariates = jnp.asarray(covariates, float)
        n, k = covariates.shape
        return cls(covariates, series.mean(), series.std(), (n, k))

    @property
    def spec(self) -> ParamSpec:
        """Coefficients and noise."""
        return SPEC.bind({"covariate": self.shape[1]})

    @property
    def data(self) -> DataSpec:
        """The series as it was measured."""
        return DATA.bind({"time": self.shape[0]})

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """The series without noise, `{"series": (n,)}`."""
        line = store["level"] + self.covariates @ store["weights"]
        return {"series": self.centre + self.spread * line}

    def pointwise_log_likelihood(
        self, store: ParameterStore, data: Any
    ) -> Array:
        """Term of each time, `(n,)`."""
        scale = self.spread * store["noise.scale"]
        gap = (data["series"] - self.predict(store)["series"]) / scale
        return -0.5 * gap**2 - jnp.log(scale) - 0.5 * jnp.log(2 * jnp.pi)

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """Independent normal noise."""
        return self.pointwise_log_likelihood(store, data).sum()

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Array]:
        """A series with noise."""
        mean = self.predict(store)["series"]
        noise = jax.random.normal(key, mean.shape, mean.dtype)
        scale = self.spread * store["noise.scale"]
        return {"series": mean + scale * noise}

    def linear_gaussian(self, store: ParameterStore) -> LinearGaussian:
        """The series, given the noise, is linear in level and weights."""
        n, k = self.shape
        ones = jnp.ones((n, 1), self.covariates.dtype)
        return LinearGaussian(
            keys=("level", "weights"),
            design=self.spread * jnp.hstack([ones, self.covariates]),
            offset=self.centre * ones[:, 0],
            noise_scale=self.spread * store["noise.scale"],
            prior_mean=jnp.zeros(k + 1),
            prior_scale=jnp.ones(k + 1),
            data_key="series",
        )
