# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# JAX and NumPyro leave many of their types unknown.
"""Making a posterior from unconstrained draws."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import jax
import numpy as np
from jax import Array

from .._problem.density import log_density
from .._problem.problem import Problem
from ..contracts import Check, Draw, Gather
from .posterior import Posterior

_BATCH = 256
"""Draws pushed through the model at a time: enough to vectorise well."""


def make_posterior(
    problem: Problem,
    unconstrained: Any,
    *,
    estimator: str,
    declared: tuple[str, ...],
    checks: tuple[Check, ...],
    log_densities: Any = None,
    **parts: Any,
) -> Posterior:
    """Constrain draws, compute derived values, and put it all together.

    Parameters
    ----------
    problem
        The problem that was fitted.
    unconstrained
        `(chain, draw, size)`.
    estimator, declared, checks
        As in `Posterior`.
    log_densities
        `(chain, draw)`, where the estimator knows them.
    parts
        Other fields of `Posterior`.
    """
    chains, draws = unconstrained.shape[:2]
    flat = unconstrained.reshape(chains * draws, -1)
    if log_densities is None:
        values, density = push_draws(problem, flat)
        log_densities = np.asarray(density).reshape(chains, draws)
    else:
        values = _push_values(problem, flat)
    moving = moving_keys(problem)
    arrays = {
        key: np.asarray(value).reshape(chains, draws, *value.shape[1:])
        for key, value in values.items()
    }
    derived = set(problem.system.resolver.derived)
    return Posterior(
        estimator=estimator,
        spec=problem.spec,
        draws={k: v for k, v in arrays.items() if k in moving},
        derived={k: v for k, v in arrays.items() if k in derived},
        held={
            k: v[0, 0]
            for k, v in arrays.items()
            if k not in moving and k not in derived
        },
        unconstrained=np.asarray(unconstrained),
        log_density=np.asarray(log_densities),
        declared=declared,
        checks=checks,
        versions=versions(),
        **parts,
    )


@jax.jit
def push_draws(problem: Problem, flat: Array) -> tuple[dict[str, Array], Array]:
    """Values and log-densities of draws `(n, size)`, in batches."""

    def one(u: Array) -> tuple[dict[str, Array], Array]:
        return problem.values(u), log_density(problem, u)

    return jax.lax.map(one, flat, batch_size=min(_BATCH, flat.shape[0]))


@jax.jit
def _push_values(problem: Problem, flat: Array) -> dict[str, Array]:
    """Values of draws `(n, size)`; no likelihood is computed."""
    batch = min(_BATCH, flat.shape[0])
    return jax.lax.map(problem.values, flat, batch_size=batch)


def moving_keys(problem: Problem) -> frozenset[str]:
    """Primitives that change with `u`: drawn, tied to drawn, or solved."""
    plan = problem.plan
    held = problem.hyper["held"].shape[0]
    moving: set[str] = set()
    for step in plan.steps:
        if isinstance(step, Gather):
            if any(place >= held for place in step.places):
                moving.add(step.key)
        elif not isinstance(step, Draw):
            moving.add(step.key)
    return frozenset(moving & set(plan.keys))


def versions() -> Mapping[str, str]:
    """Versions of the packages a result depends on."""
    found: dict[str, str] = {}
    for name in ("forwardax", "jax", "jaxlib", "numpyro", "equinox", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
