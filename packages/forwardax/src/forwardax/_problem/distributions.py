# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# JAX and NumPyro leave many of their types unknown.
"""Prior records as NumPyro distributions, inside the trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array
from numpyro.distributions import constraints
from numpyro.distributions.transforms import (
    ExpTransform,
    SoftplusTransform,
    biject_to,
)

from .._schema.families import FLAT
from .._targets import load_target
from ..contracts import Draw

Arguments = Mapping[str, Array]

_TRANSFORMS = {"exp": ExpTransform, "softplus": SoftplusTransform}
_MARGIN = 13.8
"""Interval coordinate of 1e-6 of the width: start values stay inside."""
_DEEP = 80.0
"""Coordinate at which exp still is a normal number in single precision."""
_SHIFT = "shift:"
"""Arguments of the shift of the coordinates begin so."""


def distribution(draw: Draw, arguments: Arguments) -> Any:
    """Distribution of the variate that is sampled, `(count,)`."""
    if draw.form == "circular":
        return dist.Normal(0.0, 1.0).expand((2 * draw.count,))
    numbers = {
        name: jnp.broadcast_to(value, (draw.count,))
        for name, value in arguments.items()
        if not name.startswith(_SHIFT)
    }
    if draw.form == "noncentred":
        numbers = {
            k: v for k, v in numbers.items() if k not in ("loc", "scale")
        }
    if draw.family == FLAT:
        made: Any = dist.ImproperUniform(_flat_support(draw, numbers), (), ())
    elif ":" in draw.family:
        made = load_target(draw.family)(**numbers)
    else:
        made = getattr(dist, draw.family)(**numbers)
    if made.batch_shape == (draw.count,):
        return made
    return made.expand((draw.count,))


def _flat_support(draw: Draw, numbers: Mapping[str, Array]) -> Any:
    if draw.bounded[0]:
        return constraints.greater_than(numbers["low"])
    if draw.bounded[1]:
        return constraints.less_than(numbers["high"])
    return constraints.real


def bijector(draw: Draw, made: Any) -> Any:
    """From the real line to the support of the variate."""
    if draw.transform is None:
        return biject_to(made.support)
    if draw.transform in _TRANSFORMS:
        return _TRANSFORMS[draw.transform]()
    return load_target(draw.transform)()


def origin(draw: Draw, arguments: Arguments) -> Array | float:
    """Where the coordinates of the variate have their origin."""
    if draw.shift is None:
        return 0.0
    deps = [v for name, v in arguments.items() if name.startswith(_SHIFT)]
    return load_target(draw.shift)(*deps)


def push(draw: Draw, arguments: Arguments, variate: Array) -> Array:
    """Parameter values of a variate."""
    if draw.form == "noncentred":
        loc = arguments.get("loc", 0.0)
        return loc + arguments.get("scale", 1.0) * variate
    if draw.form == "circular":
        return _angle(arguments, *variate.reshape(2, draw.count))
    return variate


def pull(draw: Draw, arguments: Arguments, value: Array) -> Array:
    """A variate that gives the values; circular ones have radius one."""
    if draw.form == "noncentred":
        loc = arguments.get("loc", 0.0)
        return (value - loc) / arguments.get("scale", 1.0)
    if draw.form == "circular":
        low, high = arguments["low"], arguments["high"]
        phase = 2 * jnp.pi * (value - low) / (high - low)
        return jnp.concatenate([jnp.cos(phase), jnp.sin(phase)])
    return value


def _angle(arguments: Arguments, x: Array, y: Array) -> Array:
    low, high = arguments["low"], arguments["high"]
    # atan2 has no gradient at the origin; any fixed direction will do there.
    origin = (x == 0) & (y == 0)
    phase = jnp.arctan2(jnp.where(origin, 0.0, y), jnp.where(origin, 1.0, x))
    turns = phase / (2 * jnp.pi)
    return low + (high - low) * jnp.where(turns < 0, turns + 1.0, turns)


def inside(support: Any, coordinate: Array) -> Array:
    """Coordinates kept where the bijector can be inverted again."""
    ends = isinstance(support, type(constraints.interval(0.0, 1.0)))
    limit = _MARGIN if ends else _DEEP
    if support is constraints.real:
        return coordinate
    return jnp.clip(coordinate, -limit, limit)
