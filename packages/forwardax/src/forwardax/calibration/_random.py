"""JAX keys for statistics that run in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from jax import Array

Key: TypeAlias = "int | Array"
"""An integer or a JAX key, typed (`jax.random.key`) or raw."""


def generator(key: Key) -> np.random.Generator:
    """NumPy generator that the key determines.

    Parameters
    ----------
    key
        JAX key or integer.

    Returns
    -------
    numpy.random.Generator
        The same stream for the same key.
    """
    if isinstance(key, int):
        return np.random.default_rng(key)
    import jax  # whoever has a key has JAX loaded

    typed = jax.numpy.issubdtype(key.dtype, jax.dtypes.prng_key)
    words = np.asarray(jax.random.key_data(key) if typed else key)
    return np.random.default_rng([int(word) for word in words.reshape(-1)])
