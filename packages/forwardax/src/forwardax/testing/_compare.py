# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Comparing pytrees of arrays, and saying where they differ."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from ..errors import Fault


def distance(got: Any, want: Any) -> float:
    """Largest difference, relative to the largest magnitude wanted.

    Returns
    -------
    float
        Infinite where shapes differ or where one alone is not finite.
    """
    a, b = np.asarray(got), np.asarray(want)
    if a.shape != b.shape:
        return np.inf
    if a.size == 0 or np.array_equal(a, b, equal_nan=True):
        return 0.0
    with np.errstate(all="ignore"):
        largest = float(np.max(np.abs(b)))
        gap = float(np.max(np.abs(a - b)))
    if not np.isfinite(gap):
        return np.inf
    return gap / max(largest, float(np.finfo(float).tiny))


def differences(
    what: str, got: Any, want: Any, rtol: float, *, fix: str = ""
) -> list[Fault]:
    """Faults where two pytrees are not equal to a relative `rtol`.

    Parameters
    ----------
    what
        Beginning of the sentence: "predict under jit".
    got, want
        Pytrees of arrays.
    rtol
        Of the largest magnitude of each leaf.
    fix
        What to do.
    """
    if jax.tree.structure(got) != jax.tree.structure(want):
        return [
            Fault(
                f"{what} has another tree structure",
                value=str(jax.tree.structure(got)),
                allowed=str(jax.tree.structure(want)),
                fix=fix,
            )
        ]
    found: list[Fault] = []
    paths = jax.tree_util.tree_leaves_with_path(want)
    for (path, b), a in zip(paths, jax.tree.leaves(got), strict=True):
        gap = distance(a, b)
        if gap > rtol:
            found.append(
                Fault(
                    f"{what} differs{place(path)}",
                    key=jax.tree_util.keystr(path),
                    value=f"{gap:.1e} of the largest value"
                    if np.shape(a) == np.shape(b)
                    else f"shape {np.shape(a)}",
                    allowed=f"{rtol:.0e}"
                    if np.shape(a) == np.shape(b)
                    else f"shape {np.shape(b)}",
                    fix=fix,
                )
            )
    return found


def place(path: Any) -> str:
    """Where in a pytree, for the end of a phrase."""
    text = jax.tree_util.keystr(path)
    return f" at {text}" if text else ""


def is_finite(tree: Any) -> bool:
    """Whether every number in a pytree is finite."""
    return all(np.isfinite(np.asarray(x)).all() for x in jax.tree.leaves(tree))
