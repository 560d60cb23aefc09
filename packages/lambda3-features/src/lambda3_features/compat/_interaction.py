"""`lambda3.compat.interaction`: both series at the same moment, raw units."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from forwardax import LinearGaussian, ParameterStore
from jax import Array

from .._declare.entries import MODELS
from .._declare.original import INTERACTION
from ..bayes._model import Independent
from ..bayes._normal import coefficients, prior_scale
from ..bayes._rebuild import taken_apart
from ._base import own_columns

_ENTRY = MODELS["lambda3.compat.interaction"]
_KEYS = tuple(INTERACTION.primitives)[:-1]


class Interaction(Independent):
    """series = columns @ beta + noise, in raw units.

    Columns are ones, the index, four own features and three of the other.
    """

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """The series without noise, `{"series": (n,)}`."""
        return {"series": self.columns @ coefficients(store, _KEYS)}

    def noise(self, store: ParameterStore) -> Array:
        """Standard deviation of each point, `(n,)`."""
        return store["sigma_obs"] * jnp.ones((self.length,))

    def linear_gaussian(self, store: ParameterStore) -> LinearGaussian:
        """The series, given the noise, is linear in all else."""
        scale = prior_scale(self.spec, _KEYS)
        return LinearGaussian(
            keys=_KEYS,
            design=self.columns,
            offset=jnp.zeros((self.length,)),
            noise_scale=store["sigma_obs"],
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
    built, known = taken_apart(_ENTRY, arguments)
    own = own_columns(known)
    names = ("other_pos", "other_neg", "other_rho_t")
    other = [known[k] for k in names]
    time = jnp.arange(own.shape[0], dtype=own.dtype)
    first = jnp.stack([jnp.ones_like(time), time], axis=1)
    rest = jnp.stack(other, axis=1)
    return Interaction(
        columns=jnp.concatenate([first, own, rest], axis=1),
        used=jnp.ones(time.shape, bool),
        known=known,
        built=built,
        system_id=_ENTRY.name,
    )
