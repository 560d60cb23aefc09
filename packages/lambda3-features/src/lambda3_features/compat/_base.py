"""`lambda3.compat.base`: a sampled level, own features, uneven noise."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from forwardax import ParameterStore
from jax import Array

from .._declare.entries import MODELS
from .._declare.original import BETAS
from ..bayes._model import Independent
from ..bayes._rebuild import taken_apart

_ENTRY = MODELS["lambda3.compat.base"]


class Base(Independent):
    """series = level + own features @ beta + jumps + noise, in raw units.

    Attributes
    ----------
    after
        1 from each step on, `(n, steps)`.
    tension
        What the noise grows with, `(n,)`.
    """

    after: Array
    tension: Array

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """The series without noise, `{"series": (n,)}`."""
        beta = jnp.stack([store[key] for key, _ in BETAS])
        line = jnp.cumsum(store["innovations"]) + self.columns @ beta
        count = len(self.built["steps"])
        if count:
            jumps = jnp.stack([store[f"jump_{k}"] for k in range(count)])
            line = line + self.after @ jumps
        return {"series": line}

    def noise(self, store: ParameterStore) -> Array:
        """Standard deviation of each point, `(n,)`."""
        return store["sigma_base"] + store["sigma_scale"] * self.tension


def base(**arguments: Any) -> Base:
    """`lambda3.compat.base` from its structure and features.

    Parameters
    ----------
    arguments
        Structure values `length`, `steps`; arrays `delta_pos`, `delta_neg`,
        `rho_t`, `local_jump`, `(n,)`.
    """
    built, known = taken_apart(_ENTRY, arguments)
    columns = own_columns(known)
    steps = jnp.asarray(built["steps"], float)
    after = jnp.arange(built["length"])[:, None] >= steps
    return Base(
        columns=columns,
        used=jnp.ones(columns.shape[:1], bool),
        after=after.astype(columns.dtype),
        tension=columns[:, 2],
        known=known,
        built=built,
        system_id=_ENTRY.name,
    )


def own_columns(known: Any) -> Array:
    """Own features in the order of `BETAS`, `(..., n, 4)`."""
    names = ("delta_pos", "delta_neg", "rho_t", "local_jump")
    return jnp.stack([jnp.asarray(known[k], float) for k in names], axis=-1)
