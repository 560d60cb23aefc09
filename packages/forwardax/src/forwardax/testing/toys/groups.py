"""Sites in groups of different size: a simulator without a likelihood.

The pattern: a dim nested in another (`Ragged`), priors that refer to the
level above, and data that say which parameters they depend on.
"""

from __future__ import annotations

from collections.abc import Iterable

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from forwardax import (
    DataField,
    DataSpec,
    ParameterStore,
    ParamField,
    ParamSpec,
    Prior,
    Ragged,
    System,
    TransformRegistry,
)

SPEC = ParamSpec(
    [
        ParamField("rate.mean", prior=Prior("Normal", loc=0.0, scale=1.0)),
        ParamField(
            "rate.spread",
            bounds=(0.0, None),
            prior=Prior("HalfNormal", scale=1.0),
        ),
        ParamField(
            "group.rate",
            dims=("group",),
            prior=Prior("Normal", loc="rate.mean", scale="rate.spread"),
        ),
        ParamField(
            "site.rate",
            dims=("site",),
            prior=Prior("Normal", loc="group.rate", scale=0.3),
            doc="Log of the mean waiting time.",
        ),
    ]
)
DATA = DataSpec(
    [
        DataField("longest", dims=("site",), parents=("site.rate",)),
        DataField("total", dims=("site",), parents=("site.rate",)),
    ]
)
WAITS = 5
"""Waiting times behind each site; only two numbers of them are measured."""


class Groups(System):
    """Longest and total of a few waiting times at each site.

    Parameters
    ----------
    sizes
        Number of sites in each group.
    """

    sizes: tuple[int, ...] = eqx.field(static=True)

    system_id = "toy.groups"  # pyright: ignore
    transforms = TransformRegistry()

    def __init__(self, sizes: Iterable[int]) -> None:
        self.sizes = tuple(int(n) for n in sizes)

    @property
    def _dims(self) -> dict[str, int | Ragged]:
        return {"group": len(self.sizes), "site": Ragged("group", self.sizes)}

    @property
    def spec(self) -> ParamSpec:
        """Rates on three levels."""
        return SPEC.bind(self._dims)

    @property
    def data(self) -> DataSpec:
        """Two numbers a site."""
        return DATA.bind(self._dims)

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """Mean of the data: `longest` and `total`, each `(n_sites,)`."""
        mean = jnp.exp(store["site.rate"])
        # The maximum of n exponential times: the n-th harmonic number.
        harmonic = sum(1 / n for n in range(1, WAITS + 1))
        return {"longest": harmonic * mean, "total": WAITS * mean}

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Array]:
        """Draw the waiting times, and keep what is measured."""
        mean = jnp.exp(store["site.rate"])
        waits = jax.random.exponential(key, (WAITS, *mean.shape), mean.dtype)
        waits *= mean
        return {"longest": waits.max(0), "total": waits.sum(0)}
