# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Contracts that tie the capabilities of a system to each other."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .._problem.density import log_likelihood
from .._problem.problem import Problem
from .._problem.walk import unfold
from .._system.linear import LinearGaussian
from ..errors import Fault
from ._case import Case
from ._compare import differences

_TOLERANCE = 1e-9


def log_likelihood_scalar(case: Case) -> list[Fault]:
    """`log_likelihood` is one finite number."""
    system: Any = case.system
    found: list[Fault] = []
    for store in case.stores[:2]:
        made = system.log_likelihood(store, case.data)
        if np.shape(made) != ():
            return [
                Fault(
                    "log_likelihood is not a scalar",
                    value=f"shape {np.shape(made)}",
                    allowed="shape ()",
                    fix="sum it; terms are for pointwise_log_likelihood",
                )
            ]
    for store in case.stores:
        value = float(case.log_likelihood(system, store, case.data))
        if np.isnan(value) or value == np.inf:
            found.append(
                Fault(
                    "log_likelihood is not a number below infinity",
                    value=f"{value} at {store!r}",
                    fix="guard the argument that leaves its domain",
                )
            )
    # The wrapper takes the same road, with the Jacobian beside it.
    if not found and case.problem.size:
        u = case.points[0]
        want = case.log_likelihood(system, case.problem.to_store(u), case.data)
        got = log_likelihood(case.problem, u)
        found += differences("log_likelihood of the problem", got, want, 1e-9)
    return found[:3]


def residuals(case: Case) -> list[Fault]:
    """-2 log L is the sum of squared residuals, up to a constant."""
    system: Any = case.system
    squares = jax.jit(
        lambda s, store, data: -0.5 * jnp.sum(s.residuals(store, data) ** 2)
    )
    return _constant(
        "minus half the squared residuals less the log-likelihood",
        [float(squares(system, s, case.data)) for s in case.stores],
        _log_likelihoods(case),
        fix="divide by the standard deviation that the likelihood uses",
    )


def pointwise(case: Case) -> list[Fault]:
    """The pointwise terms sum to the log-likelihood."""
    system: Any = case.system
    total = jax.jit(
        lambda s, store, data: jnp.sum(s.pointwise_log_likelihood(store, data))
    )
    found: list[Fault] = []
    for store, want in zip(case.stores, _log_likelihoods(case), strict=True):
        got = float(total(system, store, case.data))
        if abs(got - want) > _TOLERANCE * max(1.0, abs(want)):
            found.append(
                Fault(
                    "the pointwise terms do not sum to the log-likelihood",
                    value=f"{got:.10g}",
                    allowed=f"{want:.10g}",
                    fix="keep the normalisation in every term",
                )
            )
    return found[:1]


def _log_likelihoods(case: Case) -> list[float]:
    return [
        float(case.log_likelihood(case.system, store, case.data))
        for store in case.stores
    ]


def _constant(
    what: str, got: list[float], want: list[float], *, fix: str
) -> list[Fault]:
    gaps = np.asarray(got) - np.asarray(want)
    size = max(1.0, float(np.max(np.abs(want))), float(np.max(np.abs(got))))
    if not np.ptp(gaps) <= _TOLERANCE * size:
        return [
            Fault(
                f"{what} changes with the parameters",
                value=f"from {gaps.min():.8g} to {gaps.max():.8g}",
                allowed="a constant",
                fix=fix,
            )
        ]
    return []


# --- Linear-Gaussian coefficients ------------------------------------------


def linear_gaussian(case: Case) -> list[Fault]:
    """Design, offset, noise and prior say what the other methods say."""
    system: Any = case.system
    describe = jax.jit(lambda s, store: s.linear_gaussian(store))
    first: LinearGaussian = describe(system, case.stores[0])
    found = _shape_faults(case, first)
    if found:
        return found
    # One other set of coefficients at each point, all else kept.
    pairs = [
        (store, store.replace({key: other[key] for key in first.keys}))
        for store, other in zip(case.stores[:-1], case.stores[1:], strict=True)
    ]
    for store, other in pairs[:2]:
        found += differences(
            "linear_gaussian at other coefficients",
            describe(system, other),
            describe(system, store),
            1e-12,
            fix="it must not depend on the coefficients",
        )
    stores = [s for pair in pairs for s in pair]
    described = [describe(system, store) for store in stores]
    density = jax.jit(_density)
    modelled = [
        float(density(d, s, case.data))
        for d, s in zip(described, stores, strict=True)
    ]
    told = [float(case.log_likelihood(system, s, case.data)) for s in stores]
    if len(case.system.data) > 1:  # other data may depend on the rest
        told, modelled = told[:2], modelled[:2]
    found += _constant(
        "the density of linear_gaussian less the log-likelihood",
        modelled,
        told,
        fix="design, offset and noise_scale are those of the data as given",
    )
    found += _predicted(case, described[0], stores[0])
    return found or _prior(case, described[0], pairs[0])


def _shape_faults(case: Case, d: LinearGaussian) -> list[Fault]:
    n = int(np.size(case.data[d.data_key]))
    k = sum(int(np.size(case.stores[0][key])) for key in d.keys)
    wanted = {
        "design": [(n, k)],
        "offset": [(n,)],
        "noise_scale": [(), (n,), (n, n)],
        "prior_mean": [(k,)],
        "prior_scale": [(k,), (k, k)],
        "used": [(n,)],
    }
    if d.used is None:
        del wanted["used"]
    else:  # only independent noise can leave data out
        wanted["noise_scale"] = [(), (n,)]
    return [
        Fault(
            f"{name} of linear_gaussian has the wrong shape",
            key=name,
            value=str(np.shape(getattr(d, name))),
            allowed=" or ".join(map(str, shapes)),
        )
        for name, shapes in wanted.items()
        if np.shape(getattr(d, name)) not in shapes
    ]


def _mean(d: LinearGaussian, store: Any) -> Array:
    return d.offset + d.design @ _coefficients(d, store)


def _coefficients(d: LinearGaussian, store: Any) -> Array:
    return jnp.concatenate([jnp.ravel(store[key]) for key in d.keys])


def _density(d: LinearGaussian, store: Any, data: Any) -> Array:
    gap = jnp.ravel(data[d.data_key]) - _mean(d, store)
    if d.used is None:
        return _normal(gap, d.noise_scale)
    scale = jnp.where(d.used, d.noise_scale, 1.0)
    return _normal(jnp.where(d.used, gap, 0.0), scale)


def _normal(gap: Array, scale: Array) -> Array:
    """Log-density, but for factors of 2 pi."""
    if scale.ndim < 2:
        scale = jnp.broadcast_to(scale, gap.shape)
        return -0.5 * jnp.sum((gap / scale) ** 2) - jnp.sum(jnp.log(scale))
    white = jax.scipy.linalg.solve_triangular(scale, gap, lower=True)
    return -0.5 * jnp.sum(white**2) - jnp.sum(jnp.log(jnp.diag(scale)))


def _predicted(case: Case, d: LinearGaussian, store: Any) -> list[Fault]:
    made: Any = case.predict(case.system, store)
    if isinstance(made, dict):
        made = made.get(d.data_key)  # pyright: ignore
    if np.size(made) != np.size(d.offset):
        return []  # predict is free to return something else
    return differences(
        "offset + design @ coefficients, against predict,",
        _mean(d, store),
        jnp.ravel(made),
        _TOLERANCE,
    )


def _prior(case: Case, d: LinearGaussian, pair: Any) -> list[Fault]:
    """The coefficients' prior, against the spec's."""
    problem = case.problem

    @jax.jit
    def log_prior(problem: Problem, store: Any) -> Array:
        u = problem.to_unconstrained(store)
        return unfold(problem.plan, problem.hyper, u).log_prior

    return _constant(
        "the prior of linear_gaussian less the spec's",
        [
            float(_normal(_coefficients(d, s) - d.prior_mean, d.prior_scale))
            for s in pair
        ],
        [float(log_prior(problem, s)) for s in pair],
        fix="give the prior of the spec in prior_mean and prior_scale",
    )
