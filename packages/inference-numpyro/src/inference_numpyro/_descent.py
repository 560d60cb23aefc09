"""First-order descents with a rate for each parameter, and their history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import partial
from math import inf, isfinite
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import (
    Fault,
    Faults,
    FitError,
    UnknownKey,
    listed,
    nearest,
    wrong_type,
)
from forwardax.estimation import Posterior, Problem, element_names
from jax import Array
from numpy.typing import NDArray

from ._coordinates import chart_of, lift
from ._curvature import around
from ._eigen import Eigenbasis, point_of
from ._locate import FLAT
from ._search import objective
from ._starts import has_prior, make_starts, prior_scale

_LEAST_PACE = 1e-6
"""What is left of a rate that was halved over and over."""


class DescentHistory(NamedTuple):
    """Where descents went, step by step.

    Attributes
    ----------
    points
        Unconstrained, `(start, step, size)`; the first step is the start.
    losses
        Minus the log-density, `(start, step)`: without the Jacobian of the
        unconstrained coordinates, as in `optim.map`.
    values
        Free and derived values by key, `(start, step, *shape)`.
    """

    points: NDArray[Any]
    losses: NDArray[Any]
    values: Mapping[str, NDArray[Any]]

    @property
    def best(self) -> int:
        """The start whose descent ended lowest."""
        return int(np.argmin(self.losses[:, -1]))

    def last(self) -> dict[str, NDArray[Any]]:
        """Values at the end of the best descent."""
        return {key: x[self.best, -1] for key, x in self.values.items()}


def gradient_descent(
    problem: Problem,
    starts: int | Mapping[str, Any] | Posterior | Array,
    *,
    steps: int = 100,
    rate: float = 0.5,
    rates: Mapping[str, float] | None = None,
    momentum: float = 0.0,
    basis: Eigenbasis | None = None,
    key: int = 0,
) -> DescentHistory:
    """Descend from one start or several, and keep what happened.

    Each coordinate is measured in units of its own error, that which it would
    have if all others were known: a rate of one is a Newton step along it. A
    step that raises the loss is taken back, and the start goes on at half the
    pace. No step is longer than one prior width.

    `optim.map` finds maxima faster, and from afar. This shows how a fit gets
    there, holds parameters back, and fits along chosen directions; rates along
    a basis are those at its origin, so begin near it.

    Parameters
    ----------
    problem
        With data.
    starts
        How many draws from the prior; or values by key, a posterior, or
        unconstrained points, `(size,)` or `(start, size)`.
    steps
        Of each descent.
    rate
        Of all coordinates.
    rates
        Factors on it by key, alias, element or pattern (`"m1.*"`); later ones
        win, and zero holds a parameter where it started.
    momentum
        Share of the last step that is added to the next one.
    basis
        Directions to go along; what is across them stays as it is at the
        basis's origin. Coordinates as they are where None.
    key
        Seed of the starts that are drawn.

    Raises
    ------
    FitError
        With everything that is wrong with the arguments.
    """
    faults = Faults(_number_faults(steps, rate, momentum))
    factors = _factors(problem, rates, basis, faults)
    faults.throw(FitError, "gradient_descent")
    points = _points(problem, starts, key)
    dtype = points.dtype
    scale = None
    if has_prior(problem):
        scale = prior_scale(problem).astype(dtype)
    begin = None
    if basis is not None:
        begin = jnp.stack([basis.coefficients(problem, u) for u in points])
    visited, losses, values = _descents(
        problem,
        points,
        begin,
        basis,
        scale,
        jnp.asarray(rate * factors, dtype),
        jnp.asarray(momentum, dtype),
        steps=steps,
        keys=(*problem.free_keys, *problem.system.resolver.derived),
    )
    return DescentHistory(
        np.asarray(visited),
        np.asarray(losses),
        {name: np.asarray(value) for name, value in values.items()},
    )


@partial(jax.jit, static_argnames=("steps", "keys"))
def _descents(
    problem: Problem,
    points: Array,
    begin: Array | None,
    basis: Eigenbasis | None,
    scale: Array | None,
    rates: Array,
    momentum: Array,
    *,
    steps: int,
    keys: tuple[str, ...],
) -> tuple[Array, Array, dict[str, Array]]:
    chart = chart_of(problem.plan)
    without = jnp.zeros((), points.dtype)

    def one(each: tuple[Array, Array | None]) -> tuple[Array, Array]:
        start, first = each
        if basis is None:
            origin = start
            own = jnp.diagonal(around(problem, start, without)[0])
            move = jnp.diag(_inverse_root(own, scale))
            c = jnp.zeros_like(own)
        else:
            assert first is not None
            origin = basis.origin
            unit = _inverse_root(basis.curvature, None)
            move = basis.scale[:, None] * basis.directions * unit
            c = first / unit

        def value(c: Array) -> Array:
            return objective(problem, lift(chart, origin, move @ c), without)

        slope = jax.value_and_grad(value)

        def step(carry: Any, _: None) -> Any:
            c, loss, gradient, speed, pace = carry
            fresh = momentum * speed - pace * rates * gradient
            if scale is not None:
                longest = jnp.max(jnp.abs(move @ fresh) / scale)
                fresh = fresh / jnp.maximum(longest, 1.0)
            after, steep = slope(c + fresh)
            usable = jnp.isfinite(after) & jnp.isfinite(steep).all()
            better = usable & (after <= loss)
            slower = jnp.maximum(pace / 2, _LEAST_PACE)
            carry = (
                jnp.where(better, c + fresh, c),
                jnp.where(better, after, loss),
                jnp.where(better, steep, gradient),
                jnp.where(better, fresh, 0.0),
                jnp.where(better, jnp.minimum(1.1 * pace, 1.0), slower),
            )
            return carry, (carry[0], carry[1])

        loss, gradient = slope(c)
        gradient = jnp.where(jnp.isfinite(gradient), gradient, 0.0)
        carry = (c, loss, gradient, jnp.zeros_like(c), jnp.ones_like(loss))
        _, (visited, losses) = jax.lax.scan(step, carry, length=steps)
        visited = jnp.concatenate([c[None], visited])
        lifted = jax.vmap(lambda c: lift(chart, origin, move @ c))(visited)
        return lifted, jnp.concatenate([loss[None], losses])

    visited, losses = jax.lax.map(one, (points, begin))

    def named(u: Array) -> dict[str, Array]:
        found = problem.values(u)
        return {key: found[key] for key in keys}

    flat = visited.reshape(-1, visited.shape[-1])
    values = jax.lax.map(named, flat, batch_size=min(64, len(flat)))
    shape = visited.shape[:2]
    return (
        visited,
        losses,
        {k: v.reshape(*shape, *v.shape[1:]) for k, v in values.items()},
    )


def _inverse_root(curvature: Array, scale: Array | None) -> Array:
    """Own errors; the prior's width where nothing is curved."""
    width = jnp.ones_like(curvature) if scale is None else scale
    curved = curvature * width**2 > FLAT
    return jnp.where(curved, jnp.where(curved, curvature, 1.0) ** -0.5, width)


def _points(
    problem: Problem,
    starts: int | Mapping[str, Any] | Posterior | Array,
    key: int,
) -> Array:
    if isinstance(starts, int) and starts < 1:
        raise FitError(
            Fault(
                "there is no start",
                key="starts",
                value=repr(starts),
                allowed="at least 1",
                code="bounds",
            )
        )
    if isinstance(starts, int):
        # The values decide nothing here: is there data at all?
        point_of(problem, np.zeros(problem.size))  # pyright: ignore
        return make_starts(problem, jax.random.key(key), starts).points
    if isinstance(starts, Mapping | Posterior) or np.ndim(starts) < 2:
        return point_of(problem, starts)[None]
    return jnp.stack([point_of(problem, one) for one in starts])


def _number_faults(steps: Any, rate: Any, momentum: Any) -> Iterator[Fault]:
    for name, value, least, most in (
        ("steps", steps, 1, inf),
        ("rate", rate, 0.0, 2.0),
        ("momentum", momentum, 0.0, 1.0),
    ):
        kinds = int if name == "steps" else int | float
        if not isinstance(value, kinds) or isinstance(value, bool):
            yield wrong_type(name, value, "a number")
        elif not (isfinite(value) and least <= value <= most):
            yield Fault(
                f"{name!r} is out of bounds",
                key=name,
                value=repr(value),
                allowed=f"{least} to {most}"
                if most < inf
                else f"at least {least}",
                code="bounds",
            )


def _factors(
    problem: Problem,
    rates: Mapping[str, float] | None,
    basis: Eigenbasis | None,
    faults: Faults,
) -> NDArray[Any]:
    """Factor of each coordinate's rate."""
    names = chart_of(problem.plan).names
    if basis is not None:
        if basis.names != names:
            faults.append(
                Fault(
                    "the basis is of another problem",
                    key="basis",
                    value=listed(basis.names),
                    allowed=listed(names),
                    code="basis",
                )
            )
        if rates:
            faults.append(
                Fault(
                    "directions have no rates by name",
                    key="rates",
                    allowed="rates= without basis=",
                    fix="hold parameters by Problem(fixed=...)",
                    code="basis",
                )
            )
        return np.ones(basis.number)
    factors = np.ones(len(names))
    for name, factor in (rates or {}).items():
        places = _places(problem, name, names)
        if not places:
            faults.append(
                Fault(
                    f"{name!r} names no free parameter",
                    key=name,
                    allowed=listed(names),
                    nearest=nearest(name, (*names, *problem.free_keys)),
                    code="unknown",
                )
            )
        number = isinstance(factor, int | float)
        if not number or not 0 <= factor < inf:
            faults.append(
                Fault(
                    f"the rate of {name!r} is wrong",
                    key=name,
                    value=repr(factor),
                    allowed="a factor, zero or more",
                    code="bounds",
                )
            )
        else:
            factors[places] = factor
    return factors


def _places(problem: Problem, name: str, names: tuple[str, ...]) -> list[int]:
    """Coordinates that a key, alias, element or pattern means."""
    try:
        at = problem.spec.find(name)
    except UnknownKey:
        return [i for i, one in enumerate(names) if fnmatchcase(one, name)]
    own = element_names(problem.spec.by_key[at.key])
    chosen = own if at.element is None else own[at.element : at.element + 1]
    return [i for i, one in enumerate(names) if one in chosen]
