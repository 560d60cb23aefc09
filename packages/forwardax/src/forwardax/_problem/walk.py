# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# JAX and NumPyro leave many of their types unknown.
"""Going through a plan: one road for density, sampling and NumPyro.

`walk` assembles every value in order and asks a callable for each draw. What
the callable does makes the difference: read coordinates and add up a density,
draw from a key, or declare a NumPyro site.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .._derived.resolver import compute
from ..contracts import Compute, Draw, Gather, PriorPlan
from .distributions import (
    bijector,
    distribution,
    inside,
    origin,
    pull,
    push,
)


class Cut(NamedTuple):
    """Where a key's value was cut from: `size` entries of a vector."""

    vector: Array
    start: int
    size: int


class Values(dict[str, Any]):
    """Values by key; `cuts` lets equal keys be cut out together again."""

    def __init__(self) -> None:
        super().__init__()
        self.cuts: dict[str, Cut] = {}


Pick = Callable[[Draw, Mapping[str, Array], Any, Array | None], Any]
"""`pick(draw, arguments, distribution, given)` returns the variate.

`given` is the value of held elements (form `given`), else None.
"""


def walk(plan: PriorPlan, hyper: Any, pick: Pick) -> Values:
    """All values of a plan, by key: primitives, and derived ones it needs."""
    pool = jnp.asarray(hyper["held"])
    parts: list[Array] = []
    values = Values()
    for gathered, steps in groupby(plan.steps, lambda s: isinstance(s, Gather)):
        if gathered:
            pool = jnp.concatenate([pool, *parts]) if parts else pool
            parts = []
            _gather_all(pool, list(steps), values)  # pyright: ignore
            continue
        for step in steps:
            if isinstance(step, Compute):
                compute(step, values)
                continue
            assert isinstance(step, Draw)
            arguments = draw_arguments(step, hyper, values)
            made = distribution(step, arguments)
            if step.form == "given":
                pick(step, arguments, made, take(pool, step.places))
            else:
                variate = pick(step, arguments, made, None)
                parts.append(push(step, arguments, variate))
    return values


def _gather_all(pool: Array, steps: list[Gather], values: Values) -> None:
    """Cut the values of several keys from the pool at once.

    One split has one concatenation for a transpose, where a slice for each
    key would have a padding and an addition.
    """
    places = tuple(place for step in steps for place in step.places)
    sizes = [len(step.places) for step in steps]
    vector = take(pool, places)
    start = 0
    for step, piece in zip(steps, jax.lax.split(vector, sizes), strict=True):
        values[step.key] = _cast(piece.reshape(step.shape), step.dtype)
        if step.dtype == "float":
            values.cuts[step.key] = Cut(vector, start, piece.size)
        start += piece.size


def draw_arguments(
    draw: Draw, hyper: Any, values: Mapping[str, Any]
) -> dict[str, Array]:
    """Numbers and referenced values, each `(count,)` or `(1,)`."""
    numbers = hyper["arguments"][draw.name]
    return {
        name: numbers[name]
        if reference is None
        else take(jnp.ravel(values[reference.key]), reference.places)
        for name, reference in draw.arguments
    }


def take(vector: Array, places: tuple[int, ...]) -> Array:
    """Entries at static places; a slice where they are contiguous."""
    if not places:
        return vector[:0]
    first, last = places[0], places[-1]
    if places == tuple(range(first, last + 1)):
        return jax.lax.slice(vector, (first,), (last + 1,))
    return vector[np.asarray(places)]


def _cast(value: Array, dtype: str) -> Array:
    return value if dtype == "float" else value.astype(dtype)


class Unfolded(NamedTuple):
    """An unconstrained point, taken apart.

    Attributes
    ----------
    values
        By key.
    log_prior
        Density of the variates (standard ones where non-centred).
    log_jacobian
        Of the bijectors.
    log_aux
        Part of `log_prior` from the auxiliary normals of cyclic keys.
    gauge
        Minus half the squared distance of their radii from one.
    """

    values: Values
    log_prior: Array
    log_jacobian: Array
    log_aux: Array
    gauge: Array


def unfold(plan: PriorPlan, hyper: Any, u: Array) -> Unfolded:
    """Values and densities at `u`, `(size,)`; pure."""
    zero = jnp.zeros((), u.dtype)
    total = {"prior": zero, "jacobian": zero, "aux": zero, "gauge": zero}

    def pick(
        draw: Draw,
        arguments: Mapping[str, Array],
        made: Any,
        given: Array | None,
    ) -> Any:
        if given is not None:
            total["prior"] += made.log_prob(given).sum()
            return given
        own = take(u, draw.coordinates)
        if draw.form == "circular":
            aux = made.log_prob(own).sum()
            total["prior"] += aux
            total["aux"] += aux
            total["gauge"] += gauge_term(own, draw.count)
            return own
        change = bijector(draw, made)
        own = own + origin(draw, arguments)
        variate = change(own)
        total["prior"] += made.log_prob(variate).sum()
        total["jacobian"] += change.log_abs_det_jacobian(own, variate).sum()
        return variate

    values = walk(plan, hyper, pick)
    return Unfolded(
        values,
        total["prior"],
        total["jacobian"],
        total["aux"],
        total["gauge"],
    )


def gauge_term(own: Array, count: int) -> Array:
    """Pins the radius of auxiliary pairs, and says nothing of the angle."""
    x, y = own.reshape(2, count)
    origin = (x == 0) & (y == 0)
    radius = jnp.hypot(jnp.where(origin, 1e-6, x), y)
    return -0.5 * jnp.square(radius - 1.0).sum()


def fold(plan: PriorPlan, hyper: Any, values: Mapping[str, Any]) -> Array:
    """Unconstrained point of values, `(size,)`; the inverse of `unfold`.

    Values at the edge of their support are moved inside by a millionth of
    its width.
    """
    pool = _pool(plan, values)
    u = jnp.zeros((plan.size,), pool.dtype)

    def pick(
        draw: Draw,
        arguments: Mapping[str, Array],
        made: Any,
        given: Array | None,
    ) -> Any:
        nonlocal u
        if given is not None:
            return given
        value = take(pool, tuple(range(draw.start, draw.start + draw.count)))
        variate = pull(draw, arguments, value)
        own = variate
        if draw.form != "circular":
            change = bijector(draw, made)
            own = inside(made.support, change.inv(variate))
            own = own - origin(draw, arguments)
        u = u.at[np.asarray(draw.coordinates, dtype=int)].set(own)
        return variate

    walk(plan, hyper, pick)
    return u


def _pool(plan: PriorPlan, values: Mapping[str, Any]) -> Array:
    steps = [step for step in plan.steps if isinstance(step, Gather)]
    length = max((max(s.places, default=-1) for s in steps), default=-1) + 1
    dtype = jax.dtypes.canonicalize_dtype(float)
    pool = jnp.zeros((length,), dtype)
    for step in steps:
        if step.places:
            flat = jnp.ravel(jnp.asarray(values[step.key], dtype))
            pool = pool.at[np.asarray(step.places)].set(flat)
    return pool


def draw_prior(plan: PriorPlan, hyper: Any, key: Array) -> Values:
    """One ancestral draw of all values."""
    position = {
        step.name: index
        for index, step in enumerate(plan.steps)
        if isinstance(step, Draw)
    }

    def pick(
        draw: Draw,
        arguments: Mapping[str, Array],
        made: Any,
        given: Array | None,
    ) -> Any:
        del arguments, given
        return made.sample(jax.random.fold_in(key, position[draw.name]))

    return walk(plan, hyper, pick)
