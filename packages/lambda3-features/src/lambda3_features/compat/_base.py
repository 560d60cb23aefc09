"""`lambda3.compat.base`: a sampled level, own features, uneven noise."""

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

from ..bayes._declare import SERIES_DATA
from ..bayes._normal import log_normal
from ..bayes._rebuild import taken_apart, with_structure
from ._declare import BASE_KNOWN, BASE_STRUCTURE, BETAS, base_spec


class Base(System):
    """series = level + own features @ beta + jumps + noise, in raw units.

    Attributes
    ----------
    columns
        Own features, `(n, 4)`.
    after
        1 from each step on, `(n, steps)`.
    tension
        What the noise grows with, `(n,)`.
    known
        What it was built from, by name.
    """

    columns: Array
    after: Array
    tension: Array
    known: dict[str, Array]
    built: Structure = eqx.field(static=True)

    system_id = "lambda3.compat.base"  # pyright: ignore
    transforms = TransformRegistry()

    @property
    def spec(self) -> ParamSpec:
        """Parameters that follow from the structure."""
        return base_spec(self.built)

    @property
    def data(self) -> DataSpec:
        """The series."""
        return SERIES_DATA.bind({"time": self.built["length"]})

    @property
    def structure(self) -> Structure:
        """Length and steps."""
        return self.built

    def with_structure(self, structure: Structure) -> Base:
        """This model with another structure and the same arrays.

        Raises
        ------
        StructureError
            If it needs arrays that are not there.
        """
        return with_structure(base, BASE_KNOWN, self.known, structure)

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

    def pointwise_log_likelihood(
        self, store: ParameterStore, data: Any
    ) -> Array:
        """Term of each point, `(n,)`."""
        gap = data["series"] - self.predict(store)["series"]
        return log_normal(gap, self.noise(store))

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """Independent normal noise."""
        return self.pointwise_log_likelihood(store, data).sum()

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Array]:
        """A series with noise, conditional on the features."""
        mean = self.predict(store)["series"]
        noise = jax.random.normal(key, mean.shape, mean.dtype)
        return {"series": mean + self.noise(store) * noise}


def base(**arguments: Any) -> Base:
    """`lambda3.compat.base` from its structure and features.

    Parameters
    ----------
    arguments
        Structure values `length`, `steps`; arrays `delta_pos`, `delta_neg`,
        `rho_t`, `local_jump`, `(n,)`.
    """
    built, known = taken_apart(BASE_STRUCTURE, arguments)
    columns = own_columns(known)
    steps = jnp.asarray(built["steps"], float)
    after = jnp.arange(built["length"])[:, None] >= steps
    return Base(
        columns=columns,
        after=after.astype(columns.dtype),
        tension=columns[:, 2],
        known=known,
        built=built,
    )


def own_columns(known: Any) -> Array:
    """Own features in the order of `BETAS`, `(..., n, 4)`."""
    names = ("delta_pos", "delta_neg", "rho_t", "local_jump")
    return jnp.stack([jnp.asarray(known[k], float) for k in names], axis=-1)
