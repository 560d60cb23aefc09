"""A network with its parameters: loss, draws and densities as programs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array

from ._network import Inputs, Network, NetworkConfig
from ._ode import flow_log_prob, integrate
from ._path import cfm_loss, flow_path
from ._structure import Split
from ._vocabulary import Vocabulary

Parameters = dict[str, Array]
"""Arrays by their path in the network."""


@dataclass(frozen=True)
class Form:
    """Everything about a network but its numbers; hashable."""

    vocabulary: Vocabulary
    config: NetworkConfig
    layers: int

    def parameters(self, key: Array) -> Parameters:
        """Random parameters to start from."""
        network = Network(
            self.vocabulary,
            self.config,
            self.layers,
            rngs=nnx.Rngs(params=key),
        )
        names, _, _ = _graph(self)
        leaves = jax.tree.leaves(nnx.split(network)[1])
        return dict(zip(names, leaves, strict=True))

    def network(self, parameters: Parameters) -> Network:
        """The network with these parameters."""
        names, tree, graph = _graph(self)
        leaves = [parameters[name] for name in names]
        return nnx.merge(graph, jax.tree.unflatten(tree, leaves))

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each parameter."""
        found = jax.eval_shape(self.parameters, jax.random.key(0))
        return {name: leaf.shape for name, leaf in found.items()}


@lru_cache(maxsize=32)
def _graph(form: Form) -> tuple[tuple[str, ...], Any, Any]:
    def make() -> Network:
        return Network(
            form.vocabulary,
            form.config,
            form.layers,
            rngs=nnx.Rngs(params=jax.random.key(0)),
        )

    graph, state = nnx.split(nnx.eval_shape(make))
    paths = jax.tree_util.tree_flatten_with_path(state)[0]
    names = tuple(
        "/".join(str(_step(part)) for part in path if _step(part) != "value")
        for path, _ in paths
    )
    return names, jax.tree.structure(state), graph


def _step(part: Any) -> Any:
    for attribute in ("key", "name", "idx"):
        if hasattr(part, attribute):
            return getattr(part, attribute)
    return part


class Rows(NamedTuple):
    """What a network learns from.

    Attributes
    ----------
    inputs
        Tokens, for the conditions.
    targets
        What the regression leaves of the targets of each split, `(n,
        targets, width)`.
    """

    inputs: Inputs
    targets: tuple[Array, ...]


@dataclass(frozen=True)
class FlowLoss:
    """Conditional flow matching over one or more splits.

    Parameters
    ----------
    form
        The network.
    splits
        What is inferred from what; the loss is their mean.
    draws
        Times and noises for each row.
    time_power
        Density of times, as a power of the time.
    """

    form: Form
    splits: tuple[Split, ...]
    draws: int = 1
    time_power: float = 0.0

    def __call__(self, parameters: Parameters, rows: Rows, key: Array) -> Array:
        """Mean squared error of the velocity, over all entries there are."""
        network = self.form.network(parameters)
        keys = jax.random.split(key, len(self.splits))
        losses = [
            self._one(network, rows.inputs, x1, split, own)
            for x1, split, own in zip(
                rows.targets, self.splits, keys, strict=True
            )
        ]
        return sum(losses[1:], losses[0]) / len(losses)

    def _one(
        self,
        network: Network,
        rows: Inputs,
        x1: Array,
        split: Split,
        key: Array,
    ) -> Array:
        index = split.plan.target_index
        time_key, noise_key = jax.random.split(key)
        x1 = x1[:, None]
        n, draws = x1.shape[0], self.draws
        shape = (n, draws, *x1.shape[2:])
        mask = _value_mask(split, x1.shape[-1])
        x0 = jax.random.normal(noise_key, shape, x1.dtype) * mask
        # One time in each of as many equal parts: less noise in the loss.
        part = jax.random.uniform(time_key, (n * draws,), x1.dtype)
        order = jnp.arange(n * draws, dtype=x1.dtype)
        t = ((order + part) / (n * draws)).reshape(draws, n).T
        t = jnp.power(t, 1.0 / (1.0 + self.time_power))
        point = flow_path(jnp.broadcast_to(x1, shape), x0, t)
        context = network.read(rows, split)
        velocity = network.velocity(context, point.x, t, split)
        there = None
        if rows.padding is not None:
            there = jnp.broadcast_to(rows.padding[:, None, index], shape[:-1])
        return cfm_loss(velocity, point.velocity, there, mask)


def _value_mask(split: Split, width: int) -> Any:
    mask = split.layout.value_mask[split.plan.target_index]
    missing = width - mask.shape[-1]
    found = jnp.pad(jnp.asarray(mask), ((0, 0), (0, max(missing, 0))))
    return found[:, :width].astype(jnp.float32)


@partial(jax.jit, static_argnums=(0, 1, 5, 6, 7, 8))
def draw(
    form: Form,
    split: Split,
    parameters: Parameters,
    inputs: Inputs,
    key: Array,
    n: int,
    solver: str,
    steps: int,
    tolerance: float,
) -> Array:
    """Draws in units of the regression, `(samples, n, targets, width)`.

    `key` has one key a sample, so that draws of a sample do not depend on
    which others are drawn with it.
    """
    network = form.network(parameters)
    context = network.read(inputs, split)
    shape = (n, split.plan.target_index.size, inputs.data.shape[-1])
    start = jax.vmap(lambda k: jax.random.normal(k, shape, jnp.float32))(key)
    start = start * _value_mask(split, shape[-1])

    def field(x: Array, t: Array) -> Array:
        times = jnp.broadcast_to(t, x.shape[:2])
        return network.velocity(context, x, times, split)

    return integrate(
        field, start, solver=solver, steps=steps, tolerance=tolerance
    )


@partial(jax.jit, static_argnums=(0, 1, 6, 7, 8, 9, 10))
def density(
    form: Form,
    split: Split,
    parameters: Parameters,
    inputs: Inputs,
    points: Array,
    key: Array,
    trace: str,
    probes: int,
    solver: str,
    steps: int,
    tolerance: float,
) -> Array:
    """Log-density of points in these units, `(samples, n)`."""
    network = form.network(parameters)
    context = network.read(inputs, split)
    samples, n, *event = points.shape
    mask = jnp.broadcast_to(_value_mask(split, event[-1]), points.shape)
    if inputs.padding is not None:
        own = jnp.take(inputs.padding, split.plan.target_index, axis=1)
        mask = mask * own[:, None, :, None]

    def field(x: Array, t: Array) -> Array:
        x = x.reshape(samples, n, *event)
        times = jnp.broadcast_to(t, (samples, n))
        found = network.velocity(context, x, times, split)
        return found.reshape(samples * n, *event)

    found = flow_log_prob(
        field,
        points.reshape(samples * n, *event),
        mask=mask.reshape(samples * n, *event),
        trace=trace,  # pyright: ignore
        key=key,
        probes=probes,
        solver=solver,
        steps=steps,
        tolerance=tolerance,
    )
    return found.reshape(samples, n)
