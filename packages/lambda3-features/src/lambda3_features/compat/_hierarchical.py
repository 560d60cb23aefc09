"""`lambda3.compat.hierarchical`: several raw series with common means."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from forwardax import ParameterStore
from jax import Array

from .._declare.entries import MODELS
from .._declare.original import HYPER
from ..bayes._model import Independent
from ..bayes._rebuild import taken_apart
from ._base import own_columns

_ENTRY = MODELS["lambda3.compat.hierarchical"]


class Hierarchical(Independent):
    """series = level + index and own features @ beta + noise, in raw units.

    Columns are the index and the own features.
    """

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """The series without noise, `{"series": (series, n)}`."""
        beta = jnp.stack([store[key] for key, *_ in HYPER], axis=-1)
        line = jnp.einsum("snk,sk->sn", self.columns, beta)
        return {"series": line + store["beta_0"][:, None]}

    def noise(self, store: ParameterStore) -> Array:
        """Standard deviation of each point, `(series, n)`."""
        return jnp.broadcast_to(store["sigma_obs"][:, None], self.used.shape)


def hierarchical(**arguments: Any) -> Hierarchical:
    """`lambda3.compat.hierarchical` from the features of the series.

    Parameters
    ----------
    arguments
        Structure value `n_series`; arrays `delta_pos`, `delta_neg`, `rho_t`,
        `local_jump`, each `(series, n)`.
    """
    built, known = taken_apart(_ENTRY, arguments)
    own = own_columns(known)
    time = jnp.arange(own.shape[1], dtype=own.dtype)
    index = jnp.broadcast_to(time[:, None], (*own.shape[:2], 1))
    return Hierarchical(
        columns=jnp.concatenate([index, own], axis=2),
        used=jnp.ones(own.shape[:2], bool),
        known=known,
        built=built,
        system_id=_ENTRY.name,
    )
