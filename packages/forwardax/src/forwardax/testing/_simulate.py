# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Contracts on `simulate`: keys, form, and agreement with the likelihood."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import DataError, Fault
from ._case import Case
from ._compare import differences

_SIMULATIONS = 400
_SIGMAS = 6.0
"""Chance of a false alarm: below 1e-7 over a hundred parameters."""


def simulate_keys(case: Case) -> list[Fault]:
    """One key gives the same data again, another key gives others."""
    system: Any = case.system
    first, second = jax.random.split(case.key)
    simulate = jax.jit(lambda s, key, store: s.simulate(key, store))
    one = simulate(system, first, case.stores[0])
    again = simulate(system, first, case.stores[0])
    found = differences("simulate with the same key", again, one, 0.0)
    other = simulate(system, second, case.stores[0])
    if not differences("simulate", other, one, 0.0):
        found.append(
            Fault(
                "simulate gives the same data for different keys",
                fix="use the key it is given for all that is random",
            )
        )
    return found


def simulate_data(case: Case) -> list[Fault]:
    """Simulated data are exactly what the other methods take."""
    system: Any = case.system
    made = system.simulate(case.key, case.stores[0])
    try:
        checked = system.check_data(made)
    except DataError as error:
        return list(error.faults)
    except TypeError as error:
        return [Fault("simulated data cannot be checked", value=str(error))]
    return differences(
        "data simulated, against the same data checked,",
        jax.tree.map(jnp.asarray, made),
        checked,
        0.0,
        fix="return arrays by the keys of the data spec",
    )


def simulate_score(case: Case) -> list[Fault]:
    """Simulated data follow the likelihood.

    Over data simulated at a point, the slope of the log-likelihood there
    averages to zero, and the square of a slope to minus the curvature
    (Bartlett's identities). Tested at six standard errors.
    """
    system: Any = case.system
    problem = case.problem
    u = next((u for u in case.points if case.valid(u)), case.points[0])
    store = problem.to_store(u)
    random = jax.random.normal(jax.random.key(11), u.shape)
    direction = case.scales * random / jnp.linalg.norm(random)

    def terms(key: Array) -> Array:
        data = system.simulate(key, store)

        def log_likelihood(x: Array) -> Array:
            made = system.log_likelihood(problem.to_store(x), data)
            return jnp.sum(made)

        def slope(step: Array) -> Array:
            return jax.jvp(
                log_likelihood, (u + step * direction,), (direction,)
            )[1]

        along, curvature = jax.jvp(slope, (jnp.zeros(()),), (jnp.ones(()),))
        return jnp.stack([along, along**2 + curvature])

    keys = jax.random.split(case.key, _SIMULATIONS)
    try:
        jax.eval_shape(terms, keys[0])
    except Exception:  # the contract on forward gradients tells
        return []
    rows = np.asarray(jax.jit(lambda k: jax.lax.map(terms, k))(keys))
    if np.ptp(rows, axis=0).max() == 0:  # the contract on keys tells
        return []
    error = rows.std(0) / np.sqrt(len(rows)) + 1e-12 * np.abs(rows).max(0)
    sigmas = np.abs(rows.mean(0)) / np.maximum(error, 1e-300)
    sayings = (
        "the slope of the log-likelihood does not average to zero",
        "the squared slope of the log-likelihood is not minus its curvature",
    )
    return [
        Fault(
            f"over simulated data {what}",
            value=f"{sigma:.1f} standard errors away",
            allowed=f"{_SIGMAS:g}",
            fix="simulate with the noise that the likelihood assumes",
        )
        for what, sigma in zip(sayings, sigmas, strict=True)
        if not sigma <= _SIGMAS
    ]
