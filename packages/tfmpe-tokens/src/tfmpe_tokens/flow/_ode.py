"""Along the flow: draws from noise, and the density of draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
from forwardax.errors import Fault, nearest
from jax import Array

from .._errors import TokenError

Field = Callable[[Array, Array], Array]
"""`field(x, t)`: velocities `(*samples, ...)` at a scalar time."""
Solver = Literal["rk4", "tsit5"]
SOLVERS = ("rk4", "tsit5")
TOLERANCE = 1e-5


def integrate(
    field: Callable[[Any, Any], Any],
    start: Any,
    *,
    solver: str = "rk4",
    steps: int = 20,
    tolerance: float = TOLERANCE,
    backwards: bool = False,
) -> Any:
    """Follow a flow from time 0 to 1, or back.

    Parameters
    ----------
    field
        `field(state, t)`, the derivative of a state at a scalar time.
    start
        Any pytree of arrays: the whole batch is one state.
    solver
        `"rk4"` takes `steps` equal steps; `"tsit5"` as many as an error of
        `tolerance` needs, the same for the whole batch.
    steps
        Number of steps of `"rk4"`, four evaluations each.
    tolerance
        Relative and absolute, of `"tsit5"`.
    backwards
        From time 1 to 0.

    Raises
    ------
    TokenError
        If there is no such solver.
    """
    if solver not in SOLVERS:
        raise TokenError(
            Fault(
                f"there is no solver {solver!r}",
                key="solver",
                value=repr(solver),
                allowed=", ".join(map(repr, SOLVERS)),
                nearest=nearest(solver, SOLVERS),
                code="unknown",
            )
        )
    ends = (1.0, 0.0) if backwards else (0.0, 1.0)
    if solver == "rk4":
        return _rk4(field, start, ends, steps)
    return _tsit5(field, start, ends, tolerance)


def _rk4(
    field: Callable[[Any, Any], Any],
    start: Any,
    ends: tuple[float, float],
    steps: int,
) -> Any:
    dtype = jax.tree.leaves(start)[0].dtype
    first, last = ends
    h = jnp.asarray((last - first) / steps, dtype)

    def moved(state: Any, slope: Any, by: Any) -> Any:
        return jax.tree.map(lambda x, k: x + by * k, state, slope)

    def step(state: Any, i: Array) -> tuple[Any, None]:
        t = first + h * i.astype(dtype)
        k1 = field(state, t)
        k2 = field(moved(state, k1, h / 2), t + h / 2)
        k3 = field(moved(state, k2, h / 2), t + h / 2)
        k4 = field(moved(state, k3, h), t + h)
        mean = jax.tree.map(
            lambda a, b, c, d: (a + 2 * b + 2 * c + d) / 6, k1, k2, k3, k4
        )
        return moved(state, mean, h), None

    return jax.lax.scan(step, start, jnp.arange(steps))[0]


def _tsit5(
    field: Callable[[Any, Any], Any],
    start: Any,
    ends: tuple[float, float],
    tolerance: float,
) -> Any:
    import diffrax

    dtype = jax.tree.leaves(start)[0].dtype
    first, last = ends

    def along(t: Any, state: Any, args: Any) -> Any:
        del args
        return field(state, jnp.asarray(t, dtype))

    found = diffrax.diffeqsolve(
        diffrax.ODETerm(along),  # pyright: ignore
        diffrax.Tsit5(),
        t0=jnp.asarray(first, dtype),
        t1=jnp.asarray(last, dtype),
        dt0=jnp.asarray((last - first) / 20, dtype),
        y0=start,
        stepsize_controller=diffrax.PIDController(
            rtol=tolerance, atol=tolerance
        ),
        saveat=diffrax.SaveAt(t1=True),
        max_steps=4096,
    )
    assert found.ys is not None
    return jax.tree.map(lambda x: x[0], found.ys)


def flow_log_prob(
    field: Field,
    x: Any,
    *,
    mask: Any = None,
    trace: Literal["exact", "hutchinson"] = "exact",
    key: Array | None = None,
    probes: int = 1,
    solver: str = "rk4",
    steps: int = 40,
    tolerance: float = TOLERANCE,
) -> Array:
    """Log-density of draws under a flow from a standard normal.

    Parameters
    ----------
    field
        `field(x, t)`; the velocity of a sample depends on that sample alone.
    x
        Draws, `(n, *event)`.
    mask
        Which entries are part of the state, broadcastable to `x`; the others
        stay at rest and have no density.
    trace
        `"exact"` takes as many derivatives as a draw has entries;
        `"hutchinson"` estimates their trace with random signs.
    key
        JAX key for the signs.
    probes
        Number of random directions a draw.
    solver, steps, tolerance
        As in `integrate`.

    Returns
    -------
    Array
        `(n,)`, one for each draw.

    References
    ----------
    Grathwohl et al. (2019), arXiv:1810.01367, equations 4 and 8.
    """
    x = jnp.asarray(x)
    n, event = x.shape[0], x.shape[1:]
    there = jnp.broadcast_to(True if mask is None else mask, x.shape)
    weight = there.astype(x.dtype).reshape(n, -1)
    directions = _directions(weight, trace, key, probes)

    def derivative(state: tuple[Array, Array], t: Array) -> Any:
        points = state[0]

        def flat(points: Array) -> Array:
            found = field(points.reshape(n, *event), t).reshape(n, -1)
            return found * weight

        # One linearisation serves all the directions.
        velocity, push = jax.linearize(flat, points)

        def along(direction: Array) -> Array:
            return (push(direction) * direction).sum(-1)

        if trace == "exact":
            traces = jax.lax.map(along, directions, batch_size=8).sum(0)
        else:
            traces = jax.vmap(along)(directions).mean(0)
        return velocity, traces

    start = ((x.reshape(n, -1) * weight), jnp.zeros(n, x.dtype))
    ends, change = integrate(
        derivative,
        start,
        solver=solver,
        steps=steps,
        tolerance=tolerance,
        backwards=True,
    )
    log_normal = -0.5 * (jnp.square(ends) + jnp.log(2 * jnp.pi)) * weight
    return log_normal.sum(-1) + change


def _directions(
    weight: Array, trace: str, key: Array | None, probes: int
) -> Array:
    """Unit vectors, or random signs, `(directions, n, entries)`."""
    n, size = weight.shape
    if trace == "exact":
        units = jnp.eye(size, dtype=weight.dtype)[:, None]
        return jnp.broadcast_to(units, (size, n, size)) * weight
    if trace != "hutchinson" or key is None:
        raise TokenError(
            Fault(
                "the trace is exact, or by random signs with a key",
                key="trace",
                value=repr(trace),
                allowed="'exact', or 'hutchinson' and key=jax.random.key(0)",
                code="unknown" if trace != "hutchinson" else "missing",
            )
        )
    shape = (probes, n, size)
    return jax.random.rademacher(key, shape, weight.dtype) * weight
