"""Images of a telescope as one parameter goes through values."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from forwardax import ParameterStore

from .._telescope import Telescope


class Sweep(NamedTuple):
    """One parameter at several values, all others held.

    Attributes
    ----------
    values
        `(k,)`, in `unit`.
    start
        The value that images are compared with.
    gaps
        Images minus that at `start`, in standard deviations of each pixel
        there, `(k, n, n)`.
    unit
        Of the values.
    """

    values: np.ndarray
    start: float
    gaps: np.ndarray
    unit: str

    @property
    def distances(self) -> np.ndarray:
        """How well each image is told from that at `start`, `(k,)`, in sigma.

        The root of the expected difference of chi-square.
        """
        return np.sqrt((self.gaps**2).sum((1, 2)))


def swept(
    system: Telescope,
    store: ParameterStore,
    key: str,
    values: Any,
    solve_for: str | None = None,
) -> Sweep:
    """Images at several values of one parameter."""
    field = system.spec[key]
    numbers = np.atleast_1d(np.asarray(values, float))
    if field.kind == "derived":
        stores = [
            store.assign(key, float(v), solve_for=solve_for) for v in numbers
        ]
        start = store.derived(field.key)[field.key]
    else:
        stores = [store.replace({key: v}) for v in numbers]
        start = store[key]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *stores)
    gaps = np.asarray(_gaps(system, store, stacked))
    return Sweep(numbers, float(jnp.mean(start)), gaps, field.unit)


@jax.jit
def _gaps(system: Any, store: ParameterStore, stores: ParameterStore) -> Any:
    mean = system.predict(store)["image"]
    sigma = jnp.sqrt(system.variance(store, mean))

    def gap(one: ParameterStore) -> Any:
        return (system.predict(one)["image"] - mean) / sigma

    return jax.lax.map(gap, stores)
