"""Series and levels drawn from a posterior."""

from __future__ import annotations

from typing import Any

import forwardax as fx
import jax
import jax.numpy as jnp
from jax import Array


def as_key(key: Any) -> Array:
    """A JAX key of a key or a seed."""
    return jax.random.key(key) if isinstance(key, int) else key


def replicas(problem: fx.Problem, posterior: Any, count: int, key: Any) -> Any:
    """Series simulated from draws of the posterior, `(count, ...)`."""
    first, second = jax.random.split(as_key(key))
    stores = _some(problem, posterior, count, first)
    keys = jax.random.split(second, count)
    return _simulate(problem, keys, stores)


@jax.jit
def _simulate(problem: fx.Problem, keys: Array, stores: Any) -> Array:
    def one(each: Any) -> Array:
        key, store = each
        system: Any = problem.system
        return system.simulate(key, store)["series"]

    return jax.lax.map(one, (keys, stores))


def levels(problem: fx.Problem, posterior: Any, count: int, key: Any) -> Any:
    """Levels of `lambda3.dynamic` from draws of the posterior."""
    first, second = jax.random.split(as_key(key))
    stores = _some(problem, posterior, count, first)
    keys = jax.random.split(second, count)
    return _levels(problem, keys, stores)


@jax.jit
def _levels(problem: fx.Problem, keys: Array, stores: Any) -> Array:
    def one(each: Any) -> Array:
        key, store = each
        system: Any = problem.system
        return system.level_draw(key, store, problem.data)

    return jax.lax.map(one, (keys, stores))


def _some(problem: fx.Problem, posterior: Any, count: int, key: Array) -> Any:
    """Stores of some draws, by their weights, `(count, *shape)`."""
    whole = posterior.stores(problem.system)
    flat = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), whole)
    total = posterior.log_density.size
    weights = posterior.weights
    chances = None if weights is None else jnp.ravel(jnp.asarray(weights))
    chosen = jax.random.choice(key, total, (count,), p=chances)
    return jax.tree.map(lambda x: x[chosen], flat)
