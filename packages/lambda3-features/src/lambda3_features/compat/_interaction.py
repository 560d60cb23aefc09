"""`lambda3.compat.interaction`: both series at the same moment, raw units."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from forwardax import (
    DataSpec,
    LinearGaussian,
    ParameterStore,
    System,
    TransformRegistry,
)
from jax import Array

from ..bayes._declare import SERIES_DATA
from ..bayes._normal import coefficients, log_normal, prior_scale
from ._base import own_columns
from ._declare import INTERACTION

_KEYS = tuple(INTERACTION.primitives)[:-1]


class Interaction(System):
    """series = columns @ beta + noise, in raw units.

    Attributes
    ----------
    columns
        Ones, the index, four own features and three of the other, `(n, 9)`.
    """

    columns: Array

    spec = INTERACTION  # pyright: ignore
    system_id = "lambda3.compat.interaction"  # pyright: ignore
    transforms = TransformRegistry()

    @property
    def data(self) -> DataSpec:
        """The series."""
        return SERIES_DATA.bind({"time": self.columns.shape[-2]})

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """The series without noise, `{"series": (n,)}`."""
        return {"series": self.columns @ coefficients(store, _KEYS)}

    def pointwise_log_likelihood(
        self, store: ParameterStore, data: Any
    ) -> Array:
        """Term of each point, `(n,)`."""
        gap = data["series"] - self.predict(store)["series"]
        return log_normal(gap, store["sigma_obs"])

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """Independent normal noise."""
        return self.pointwise_log_likelihood(store, data).sum()

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Array]:
        """A series with noise, conditional on the features."""
        mean = self.predict(store)["series"]
        noise = jax.random.normal(key, mean.shape, mean.dtype)
        return {"series": mean + store["sigma_obs"] * noise}

    def linear_gaussian(self, store: ParameterStore) -> LinearGaussian:
        """The series, given the noise, is linear in all else."""
        ones = jnp.ones(self.columns.shape[:1], self.columns.dtype)
        scale = prior_scale(self.spec, _KEYS)
        return LinearGaussian(
            keys=_KEYS,
            design=self.columns,
            offset=jnp.zeros_like(ones),
            noise_scale=store["sigma_obs"] * ones,
            prior_mean=jnp.zeros_like(scale),
            prior_scale=scale,
            data_key="series",
        )


def interaction(**arguments: Any) -> Interaction:
    """`lambda3.compat.interaction` from the features of two series.

    Parameters
    ----------
    arguments
        Arrays `delta_pos`, `delta_neg`, `rho_t`, `local_jump` of the series,
        `other_pos`, `other_neg`, `other_rho_t` of the other one, each `(n,)`.
    """
    own = own_columns(arguments)
    names = ("other_pos", "other_neg", "other_rho_t")
    other = [jnp.asarray(arguments[k], float) for k in names]
    time = jnp.arange(own.shape[0], dtype=own.dtype)
    first = jnp.stack([jnp.ones_like(time), time], axis=1)
    rest = jnp.stack(other, axis=1)
    return Interaction(jnp.concatenate([first, own, rest], axis=1))
