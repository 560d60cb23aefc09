"""NUTS chains as two compiled programs: begin, and go on.

`numpyro.infer.hmc.hmc` is driven inside our own `jit`, with the problem as an
argument: problems that differ only in numbers share the programs. How many
steps are made is a number too, so warm-up and sampling, long and short runs
are the same program, and a chunk costs no compilation.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from forwardax import log_density
from forwardax.estimation import Problem
from jax import Array
from jax.sharding import NamedSharding, PartitionSpec
from numpyro.infer.hmc import hmc
from numpyro.infer.util import ParamInfo

from ._coordinates import chart_of
from ._devices import mesh_of, over_devices
from ._frame import Frame
from ._ring import off_ring, on_ring, ring_term
from ._starts import TRIES, draw_points, first_finite

CHUNK = 100
"""Draws between two reports of progress."""
_FREEDOM = 4
"""Degrees of freedom of the starts: a spread of sqrt(2), and some far out."""


_BELIEF = 20
"""Draws that a variance of one counts for before there are any."""
_RADIUS = 0x52
"""Stream of the fresh radii. The kernel splits its key in three, and a split
gives the streams 0, 1 and 2: those are taken."""


class Plan(NamedTuple):
    """What is compiled into the programs.

    Parameters
    ----------
    warmup
        Steps of adaptation.
    mass
        `"dense"` or `"diagonal"`, adapted by each chain for itself, or
        `"pooled"`: one diagonal for all, which `pooled` makes.
    depth
        Largest tree depth.
    method
        `"sequential"`, `"vectorized"` or `"parallel"`.
    """

    warmup: int
    mass: str
    depth: int
    method: str


class Drawn(NamedTuple):
    """What is kept of each draw; leaves `(chain, CHUNK, ...)`."""

    u: Any
    log_density: Any
    energy: Any
    accept_prob: Any
    num_steps: Any
    diverging: Any


def potential(problem: Problem, frame: Frame) -> Any:
    """Minus the log-density, on rings, as a function of `z`."""
    return partial(_energy, problem, frame)


# A program of its own, for the kernel asks for its gradient in many places.
@jax.jit
def _energy(problem: Problem, frame: Frame, z: Array) -> Array:
    chart = chart_of(problem.plan)
    u = frame.centre + frame.factor @ z
    return -log_density(problem, u) - ring_term(chart, u, frame.widths)


def _kernel(plan: Plan, target: Array, state: ParamInfo, key: Array) -> Any:
    init, step = hmc(potential_fn_gen=potential, algo="NUTS")
    # With potential and gradient given, nothing is evaluated here; it is
    # also what tells the kernel its settings.
    first = partial(
        init,
        state,
        plan.warmup,
        dense_mass=plan.mass == "dense",
        adapt_mass_matrix=plan.mass != "pooled",
        target_accept_prob=target,  # pyright: ignore
        trajectory_length=None,  # pyright: ignore
        max_tree_depth=plan.depth,
        rng_key=key,
    )
    return first, step


@partial(jax.jit, static_argnames=("chains", "plan", "white"))
def begin(
    problem: Problem,
    frame: Frame,
    target: Array,
    key: Array,
    *,
    chains: int,
    plan: Plan,
    white: bool,
) -> tuple[Any, Array]:
    """First states of the chains.

    Starts are overdispersed: draws of a multivariate t in whitened
    coordinates, or of the prior where there is no whitening. One whose
    density is zero or not finite is drawn again.

    Returns
    -------
    state
        Of NumPyro's kernel, leaves `(chains, ...)`.
    invalid
        Number of points passed over.
    """
    key_start, key_chain = jax.random.split(key)
    count = chains * TRIES
    if white:
        shape = (count, problem.size + _FREEDOM)
        normal = jax.random.normal(key_start, shape, frame.centre.dtype)
        z, width = normal[:, _FREEDOM:], normal[:, :_FREEDOM]
        z /= jnp.sqrt(jnp.square(width).mean(axis=1, keepdims=True))
    else:
        u = draw_points(problem, key_start, count)
        u = jax.vmap(partial(on_ring, chart_of(problem.plan)))(u)
        z = (u - frame.centre) / jnp.diagonal(frame.factor)
    energy = potential(problem, frame)
    height, slope = jax.lax.map(jax.value_and_grad(energy), z)
    usable = jnp.isfinite(height) & jnp.isfinite(slope).all(axis=1)
    found, passed = first_finite(
        jnp.where(usable, height, jnp.inf).reshape(chains, TRIES)
    )
    rows = jnp.arange(chains) * TRIES + found

    def first(each: Array, at: Array, high: Array, steep: Array) -> Any:
        start, _ = _kernel(plan, target, ParamInfo(at, high, steep), each)
        return start(model_args=(problem, frame))

    keys = jax.random.split(key_chain, chains)
    state = jax.vmap(first)(keys, z[rows], height[rows], slope[rows])
    return state, passed.sum()


@partial(jax.jit, static_argnames=("plan",))
def advance(
    problem: Problem,
    frame: Frame,
    target: Array,
    state: Any,
    sums: Array,
    count: Array,
    thin: Array,
    *,
    plan: Plan,
) -> tuple[Any, Drawn, Array]:
    """Go on for `count` draws of `thin` steps each.

    Returns
    -------
    state
        After exactly `count * thin` steps.
    drawn
        Of which the first `count` are filled.
    sums
        With `z` and its square of each draw added, `(chain, 2, size)`.
    """

    def chain(shared: Any, each: Any) -> tuple[Any, Drawn, Array]:
        state, sums = each
        problem, frame, target, count, thin = shared
        model = (problem, frame)
        here = ParamInfo(state.z, state.potential_energy, state.z_grad)
        start, kernel = _kernel(plan, target, here, state.rng_key)
        start(model_args=model)

        def step(_: Any, carry: Any) -> Any:
            state, diverging = carry
            state = kernel(state, model_args=model)
            return state, diverging | state.diverging

        def draw(i: Array, carry: Any) -> Any:
            state, out, sums = carry
            none = jnp.zeros((), bool)
            state, diverging = jax.lax.fori_loop(0, thin, step, (state, none))
            u, density = off_ring(
                chart_of(problem.plan),
                frame.centre + frame.factor @ state.z,
                -state.potential_energy,
                frame.widths,
                jax.random.fold_in(state.rng_key, _RADIUS),
            )
            now = Drawn(
                u,
                density,
                state.energy,
                state.accept_prob,
                state.num_steps,
                diverging,
            )
            out = jax.tree.map(lambda o, n: o.at[i].set(n), out, now)
            sums += jnp.stack([state.z, jnp.square(state.z)])
            return state, out, sums

        dtype = state.z.dtype
        row = jnp.zeros((CHUNK,), dtype)
        empty = Drawn(
            jnp.zeros((CHUNK, problem.size), dtype),
            row.astype(state.potential_energy.dtype),
            row.astype(state.energy.dtype),
            row.astype(state.accept_prob.dtype),
            jnp.zeros((CHUNK,), state.num_steps.dtype),
            jnp.zeros((CHUNK,), bool),
        )
        return jax.lax.fori_loop(0, count, draw, (state, empty, sums))

    shared = (problem, frame, target, count, thin)
    if plan.method == "vectorized":
        return jax.vmap(partial(chain, shared))((state, sums))
    if plan.method == "sequential":
        return jax.lax.map(partial(chain, shared), (state, sums))
    return over_devices(chain, shared, (state, sums))


def pooled(state: Any, sums: Any, count: int) -> Any:
    """States with one diagonal mass, of what all the chains have drawn.

    In whitened coordinates the variances are near one; that counts as much
    as some draws, so that few do not mislead.

    Parameters
    ----------
    state
        Of the chains.
    sums
        As `advance` gives them.
    count
        Draws of each chain that they hold.
    """
    total = count * len(sums)
    first, second = np.asarray(sums).sum(axis=0) / max(total, 1)
    variance = np.maximum(second - first**2, 0.0)
    variance = (total * variance + _BELIEF) / (total + _BELIEF)
    whole = np.broadcast_to(variance, state.z.shape)
    dtype = state.z.dtype
    adapted = state.adapt_state._replace(
        inverse_mass_matrix=jnp.asarray(whole, dtype),
        mass_matrix_sqrt=jnp.asarray(whole**-0.5, dtype),
        mass_matrix_sqrt_inv=jnp.asarray(whole**0.5, dtype),
    )
    return state._replace(adapt_state=adapted)


def no_sums(state: Any) -> Array:
    """What `advance` adds to, to begin with."""
    chains, size = state.z.shape
    return jnp.zeros((chains, 2, size), state.z.dtype)


def place(plan: Plan, each: Any, shared: Any) -> tuple[Any, Any]:
    """Chains where they run, and what they share on every device.

    Placed before the first step as after it: another placement would be
    another program.
    """
    if plan.method != "parallel":
        return each, shared
    mesh = mesh_of(jax.tree.leaves(each)[0].shape[0])
    split = NamedSharding(mesh, PartitionSpec("each"))
    whole = NamedSharding(mesh, PartitionSpec())
    return jax.device_put(each, split), jax.device_put(shared, whole)


def method_for(asked: str, chains: int) -> str:
    """How chains run where `"auto"` leaves it open.

    On a CPU, chains in one batch wait for the longest trajectory of each
    step: over devices where the process has several, else in turn.
    """
    if asked != "auto":
        return asked
    if jax.default_backend() != "cpu":
        return "vectorized"
    several = mesh_of(chains).size > 1
    return "parallel" if several else "sequential"
