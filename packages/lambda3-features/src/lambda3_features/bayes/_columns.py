"""Columns of the regressions: standardised, lagged, and which rows count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
from jax import Array

from .._declare.terms import CROSS, TERMS

FAR = 1e9
"""Noise of a value that is left out, in spreads: it says nothing."""


def lagged(x: Array, lag: int) -> Array:
    """A series, `lag` steps later; zeros come in, `(n,)`."""
    if lag == 0:
        return x
    return jnp.concatenate([jnp.zeros((lag,), x.dtype), x[:-lag]])


def trend(length: int) -> Array:
    """Time, with mean 0 and standard deviation 1, `(n,)`."""
    t = jnp.arange(length) - (length - 1) / 2
    return t / jnp.sqrt((length**2 - 1) / 12)


def rows(length: int, first: int, missing: Any) -> Array:
    """Which rows count, `(n,)`: from `first`, without the missing ones."""
    used = jnp.arange(length) >= first
    return used if missing is None else used & ~jnp.asarray(missing, bool)


def own_columns(
    terms: tuple[str, ...],
    known: Mapping[str, Any],
    spread: Array,
    used: Array,
    lag: int,
) -> list[Array]:
    """Columns of a series' own terms, each `(n,)`."""
    found: list[Array] = []
    for name in terms:
        if name == "trend":
            found.append(trend(used.size))
            continue
        column = jnp.asarray(known[TERMS[name].known], float)
        if name == "tension":
            found.append(above_mean(lagged(column / spread, lag), used))
        else:
            found.append(lagged(column, lag))
    return found


def cross_columns(
    known: Mapping[str, Any], spread: Array, used: Array, lags: tuple[int, ...]
) -> list[Array]:
    """Columns of the other series' terms, for each term by lag."""
    found: list[Array] = []
    for name, term in CROSS.items():
        column = jnp.asarray(known[term.known], float)
        if name == "tension":
            column = column / spread
        for lag in lags:
            shifted = lagged(column, lag)
            keep = name != "tension"
            found.append(shifted if keep else above_mean(shifted, used))
    return found


def own_units(
    terms: tuple[str, ...], spread: Array, length: int
) -> list[Array]:
    """Units of a series' own terms: per step, per event, per tension."""
    step = jnp.sqrt((length**2 - 1) / 12)
    one = {"trend": spread / step, "tension": jnp.ones(())}
    return [one.get(name, spread) for name in terms]


def above_mean(column: Array, used: Array) -> Array:
    """A column without its mean over the rows that count, 0 elsewhere."""
    count = jnp.maximum(used.sum(), 1)
    mean = jnp.where(used, column, 0.0).sum() / count
    return jnp.where(used, column - mean, 0.0)
