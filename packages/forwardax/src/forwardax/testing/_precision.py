# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Running a check in one precision, whatever the process is set to."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def precision(*, double: bool) -> AbstractContextManager[Any]:
    """Context in which JAX's default float has 64 or 32 bits.

    The setting is the thread's own, and only while the context lasts.
    """
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(double)
    # JAX before 0.8
    from jax.experimental import enable_x64  # pyright: ignore

    return enable_x64(double)  # pyright: ignore


def cast(tree: Any, *, double: bool) -> Any:
    """A pytree whose floats are arrays of the given precision."""
    return jax.tree.map(lambda leaf: _cast_leaf(leaf, double), tree)


def _cast_leaf(leaf: Any, double: bool) -> Any:
    if isinstance(leaf, float | complex):
        leaf = np.asarray(leaf)
    dtype = getattr(leaf, "dtype", None)
    if dtype is None or not jnp.issubdtype(dtype, jnp.inexact):
        return leaf
    kind = "complex" if jnp.issubdtype(dtype, jnp.complexfloating) else "float"
    bits = (128 if kind == "complex" else 64) // (1 if double else 2)
    return jnp.asarray(np.asarray(leaf).astype(f"{kind}{bits}"))
