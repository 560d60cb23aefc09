"""Training a hierarchical posterior from simulations of single sites.

Sites are independent given their parameters, so the likelihood is a product
over sites. A flow learns one factor from simulations of one site each; the
data of many sites are then drawn from it, and the posterior of everything is
learned from those. A row of J sites costs one simulated site instead of J.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault
from jax import Array

from .._errors import TokenError
from .._tokens import Tokens
from ._estimator import FlowEstimator

Prior = Callable[[Array, int], Mapping[str, Array]]
"""`prior(key, sites)`: parameters of one draw; local keys `(sites, ...)`."""
Simulator = Callable[[Array, Mapping[str, Array]], Mapping[str, Array]]
"""Observations `(sites, ...)` of parameters."""


class BottomUp(NamedTuple):
    """What bottom-up training gives.

    Attributes
    ----------
    posterior
        Infers all parameters from the data of any number of sites seen.
    likelihood
        Draws the data of one site from its parameters.
    site_simulations
        Sites that were simulated.
    """

    posterior: FlowEstimator
    likelihood: FlowEstimator
    site_simulations: int


def fit_bottom_up(
    prior: Prior,
    simulator: Simulator,
    *,
    local_keys: Iterable[str],
    sites: int,
    simulations: int,
    key: Array,
    rows: int | None = None,
    likelihood: FlowEstimator | None = None,
    posterior: FlowEstimator | None = None,
    conditions: Iterable[str] | None = None,
    solver_steps: int = 8,
    **static: Any,
) -> BottomUp:
    """Learn the posterior of many sites from simulations of one.

    Parameters
    ----------
    prior
        `prior(key, sites)` returns parameters by key, `(*event, *batch)`;
        the first event axis of local keys has one entry a site.
    simulator
        `simulator(key, parameters)` returns observations by key, `(sites,
        ...)`; it is only called for one site.
    local_keys
        Parameters that each site has its own of.
    sites
        Number of sites of the posterior.
    simulations
        Simulated sites.
    key
        JAX key.
    rows
        Draws of all sites that the posterior learns from; as many as
        simulations, if not given. They cost no simulation.
    likelihood, posterior
        Estimators to train.
    conditions
        Parameters that the data of a site depend on directly; all, if not
        given.
    solver_steps
        Steps of the draws from the likelihood.
    static
        Independence rules, dims and the like of `Tokens.from_pytree`.

    Raises
    ------
    TokenError
        If a local key is not among the parameters.

    References
    ----------
    Charles, Santoni, Flaxman, Semenova (2026), arXiv:2604.20723.
    """
    keys = jax.random.split(key, 6)
    local = tuple(local_keys)
    rows = simulations if rows is None else rows
    one = _prior_draws(prior, keys[0], simulations, 1)
    missing = [name for name in local if name not in one]
    if missing:
        raise TokenError(
            Fault(
                f"{missing} are not among the parameters",
                key=missing[0],
                allowed=", ".join(one),
                code="unknown",
            )
        )
    noise = jax.random.split(keys[1], simulations)
    seen = jax.jit(jax.vmap(simulator))(noise, one)
    names = [*one, *seen]
    given = tuple(one) if conditions is None else tuple(conditions)
    factor = (likelihood or FlowEstimator()).fit(
        Tokens.from_pytree({**one, **seen}, order=names, **static),
        tuple(seen),
        given,
        key=keys[2],
    )
    many = _prior_draws(prior, keys[3], rows, sites)
    flat = {
        name: _by_site(value, name in local, rows, sites)
        for name, value in many.items()
    }
    blank = {
        name: np.zeros((rows * sites, *value.shape[1:]))
        for name, value in seen.items()
    }
    # One draw of the data of each site, given its parameters.
    drawn = factor.sample(
        Tokens.from_pytree({**flat, **blank}, order=names, **static),
        tuple(seen),
        given,
        key=keys[4],
        n=1,
        steps=solver_steps,
    ).decode()
    data = {
        name: np.asarray(drawn[name]).reshape(
            rows, sites * value.shape[1], *value.shape[2:]
        )
        for name, value in seen.items()
    }
    whole = (posterior or FlowEstimator()).fit(
        Tokens.from_pytree({**many, **data}, order=names, **static),
        tuple(many),
        tuple(data),
        key=keys[5],
    )
    return BottomUp(whole, factor, simulations)


def _prior_draws(
    prior: Prior, key: Array, n: int, sites: int
) -> dict[str, Array]:
    """Draws `(n, ...)` by key, in the order that the prior names them."""
    order: list[str] = []

    def one(key: Array) -> dict[str, Array]:
        found = dict(prior(key, sites))
        order[:] = found
        return found

    drawn = jax.jit(jax.vmap(one))(jax.random.split(key, n))
    return {name: drawn[name] for name in order}


def _by_site(value: Array, local: bool, rows: int, sites: int) -> Array:
    """Parameters of each site by itself, `(rows * sites, ...)`."""
    if local:
        return value.reshape(rows * sites, 1, *value.shape[2:])
    return jnp.repeat(value, sites, axis=0)
