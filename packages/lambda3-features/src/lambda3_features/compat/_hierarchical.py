"""`lambda3.compat.hierarchical`: several raw series with common means."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from forwardax import (
    DataSpec,
    ParameterStore,
    ParamSpec,
    Structure,
    System,
    TransformRegistry,
)
from jax import Array

from ..bayes._normal import log_normal
from ..bayes._rebuild import taken_apart, with_structure
from ._base import own_columns
from ._declare import (
    HIERARCHICAL_STRUCTURE,
    HYPER,
    group_data,
    hierarchical_known,
    hierarchical_spec,
)


class Hierarchical(System):
    """series = level + index and own features @ beta + noise, in raw units.

    Attributes
    ----------
    columns
        Index and own features, `(series, n, 5)`.
    known
        What it was built from, by name.
    """

    columns: Array
    known: dict[str, Array]
    built: Structure = eqx.field(static=True)
    length: int = eqx.field(static=True)

    system_id = "lambda3.compat.hierarchical"  # pyright: ignore
    transforms = TransformRegistry()

    @property
    def spec(self) -> ParamSpec:
        """Parameters that follow from the structure."""
        return hierarchical_spec(self.built)

    @property
    def data(self) -> DataSpec:
        """The series."""
        return group_data(self.built).bind({"time": self.length})

    @property
    def structure(self) -> Structure:
        """Number of series."""
        return self.built

    def with_structure(self, structure: Structure) -> Hierarchical:
        """This model with another structure and the same arrays.

        Raises
        ------
        StructureError
            If it needs arrays that are not there.
        """
        return with_structure(
            hierarchical, hierarchical_known, self.known, structure
        )

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """The series without noise, `{"series": (series, n)}`."""
        beta = jnp.stack([store[key] for key, *_ in HYPER], axis=-1)
        line = jnp.einsum("snk,sk->sn", self.columns, beta)
        return {"series": line + store["beta_0"][:, None]}

    def pointwise_log_likelihood(
        self, store: ParameterStore, data: Any
    ) -> Array:
        """Term of each point, `(series, n)`."""
        gap = data["series"] - self.predict(store)["series"]
        return log_normal(gap, store["sigma_obs"][:, None])

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """Independent normal noise."""
        return self.pointwise_log_likelihood(store, data).sum()

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Array]:
        """Series with noise, conditional on the features."""
        mean = self.predict(store)["series"]
        noise = jax.random.normal(key, mean.shape, mean.dtype)
        return {"series": mean + store["sigma_obs"][:, None] * noise}


def hierarchical(**arguments: Any) -> Hierarchical:
    """`lambda3.compat.hierarchical` from the features of the series.

    Parameters
    ----------
    arguments
        Structure value `n_series`; arrays `delta_pos`, `delta_neg`, `rho_t`,
        `local_jump`, each `(series, n)`.
    """
    built, known = taken_apart(HIERARCHICAL_STRUCTURE, arguments)
    own = own_columns(known)
    time = jnp.arange(own.shape[1], dtype=own.dtype)
    index = jnp.broadcast_to(time[:, None], (*own.shape[:2], 1))
    return Hierarchical(
        columns=jnp.concatenate([index, own], axis=2),
        known=known,
        built=built,
        length=own.shape[1],
    )
