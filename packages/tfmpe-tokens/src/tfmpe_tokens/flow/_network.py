"""The transformer: conditions are read once, targets once for each time.

Conditions never look at targets, so what they say does not depend on the time
or on the point of the path: it is computed once and kept for all draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from ._attention import Pattern, attend
from ._embed import Embedding, linear
from ._path import normal_velocity
from ._structure import Split
from ._vocabulary import Vocabulary


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Size of the network, and how it attends.

    Parameters
    ----------
    width
        Of a token.
    layers
        Number of layers; more where the rules need more to connect targets
        with conditions.
    heads
        Of the attention; divides the width.
    expansion
        Width of the hidden layer of each block, in widths of a token.
    frequencies
        Number of frequencies of functional inputs.
    attention
        `"dense"`, `"block"`, or `"auto"`, by what it saves.
    rules
        `"posterior"` attends along the moralised graph of the layout's
        rules, `"layout"` along the rules as they are, `"none"` everywhere.
    exchangeable
        Dims whose entries are alike (or `"key.axis"`), True for all axes:
        the network is then equivariant, and serves any size.
    """

    width: int = field(default=64, metadata={"least": 8})
    layers: int = field(default=3, metadata={"least": 1})
    heads: int = field(default=4, metadata={"least": 1})
    expansion: int = field(default=2, metadata={"least": 1})
    frequencies: int = field(default=4, metadata={"least": 1})
    attention: str = "auto"
    rules: str = "posterior"
    exchangeable: bool | tuple[str, ...] = ()


class Inputs(NamedTuple):
    """Arrays of tokens as the network reads them: standardised, float32.

    Attributes
    ----------
    data
        `(n, tokens, width)`.
    functional_inputs
        `(n, tokens, columns)`, or None.
    padding
        `(n, tokens)`, or None.
    summaries
        `(n, *shape)` by key.
    """

    data: Array
    functional_inputs: Array | None
    padding: Array | None
    summaries: Mapping[str, Array]


class Context(NamedTuple):
    """What the conditions say to the targets.

    Attributes
    ----------
    layers
        Keys and values of each layer, `(n, 1, conditions, heads, width)`.
    there
        Which conditions are there, `(n, conditions)`, or None.
    pooled
        Their mean, `(n, 1, width)`, where all are seen; or None.
    targets
        What is known of the targets before their values, `(n, 1, targets,
        width)`.
    target_there
        Which targets are there, `(n, targets)`, or None.
    """

    layers: tuple[tuple[Array, Array], ...]
    there: Array | None
    pooled: Array | None
    targets: Array
    target_there: Array | None


class Block(nnx.Module):
    """Attention and a perceptron, modulated by the time."""

    def __init__(
        self, config: NetworkConfig, dims: int, *, rngs: nnx.Rngs
    ) -> None:
        width = config.width
        self.heads = config.heads
        self.qkv = linear(width, 3 * width, rngs)
        self.out = linear(width, width, rngs)
        self.first = linear(width, config.expansion * width, rngs)
        self.last = linear(config.expansion * width, width, rngs)
        self.modulation = linear(width, 6 * width, rngs, zero=True)
        self.bias = nnx.Param(jnp.zeros((dims, config.heads), jnp.float32))

    def modulate(self, time: Array) -> list[Array]:
        """Shift, scale and gate of attention, then of the perceptron."""
        found = self.modulation(jax.nn.silu(time))[..., None, :]
        return jnp.split(found, 6, axis=-1)

    def project(self, x: Array, by: list[Array]) -> tuple[Array, ...]:
        """Queries, keys and values, `(..., tokens, heads, width)`."""
        parts = jnp.split(self.qkv(_scaled(x, by[0], by[1])), 3, axis=-1)
        return tuple(
            part.reshape(*part.shape[:-1], self.heads, -1) for part in parts
        )

    def finish(self, x: Array, gathered: Array, by: list[Array]) -> Array:
        """The tokens after this block."""
        x = x + (1.0 + by[2]) * self.out(gathered.reshape(x.shape))
        hidden = jax.nn.gelu(self.first(_scaled(x, by[3], by[4])))
        return x + (1.0 + by[5]) * self.last(hidden)


class Network(nnx.Module):
    """Velocity of targets, given conditions.

    Parameters
    ----------
    vocabulary
        Keys that it reads.
    config
        Its size.
    layers
        Number of layers.
    rngs
        Random numbers for the first parameters.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        config: NetworkConfig,
        layers: int,
        *,
        rngs: nnx.Rngs,
    ) -> None:
        width = config.width
        self.vocabulary = vocabulary
        self.embedding = Embedding(vocabulary, config, rngs=rngs)
        dims = len(vocabulary.dims)
        self.blocks = nnx.List(
            [Block(config, dims, rngs=rngs) for _ in range(layers)]
        )
        self.still = nnx.Param(jnp.zeros((width,), jnp.float32))
        self.pool = linear(width, width, rngs)
        self.last = linear(width, 2 * width, rngs, zero=True)
        shape = (len(vocabulary.words), width, vocabulary.width)
        self.readout = nnx.Param(jnp.zeros(shape, jnp.float32))

    def read(self, inputs: Inputs, split: Split) -> Context:
        """Read the conditions.

        Parameters
        ----------
        inputs
            Tokens of the split's layout.
        split
            What is inferred from what.
        """
        plan = split.plan
        x = self.embedding.conditions(inputs, split)
        there = _taken(inputs.padding, plan.condition_index)
        kept: list[tuple[Array, Array]] = []
        time = self.still[...]
        for at, block in enumerate(self.blocks):
            by = block.modulate(time)
            query, key, value = block.project(x, by)
            kept.append((key[:, None], value[:, None]))
            if at + 1 == len(self.blocks) and not plan.pooled:
                break
            gathered = attend(
                query,
                key,
                value,
                plan.conditions,
                there=there,
                bias=self._bias(block, plan.conditions),
            )
            x = block.finish(x, gathered, by)
        pooled = None
        if plan.pooled:
            weight = jnp.ones(x.shape[:-1], x.dtype)
            if there is not None:
                weight = there.astype(x.dtype)
            total = jnp.maximum(weight.sum(-1), 1.0)
            mean = (x * weight[..., None]).sum(-2) / total[..., None]
            pooled = self.pool(mean)[:, None]
        return Context(
            tuple(kept),
            there,
            pooled,
            self.embedding.targets(inputs, split)[:, None],
            _taken(inputs.padding, plan.target_index),
        )

    def velocity(
        self, context: Context, x: Array, t: Array, split: Split
    ) -> Array:
        """Velocity of points of the path.

        Parameters
        ----------
        context
            What `read` returned for `n` samples.
        x
            Points, `(n, draws, targets, width)`.
        t
            Times, `(n, draws)`.
        split
            What is inferred from what.
        """
        plan = split.plan
        draws = x.shape[1]
        when = t[..., None, None]
        prior, scale = normal_velocity(x, when)
        shape = (x.shape[0], draws, plan.target_index.size, -1)
        h = self.embedding.points(x, when, split) + context.targets
        time = self.embedding.time(t)
        if context.pooled is not None:
            time = time + context.pooled
        there = _both(context, plan.condition_index.size, shape[:2])
        for block, (key_c, value_c) in zip(
            self.blocks, context.layers, strict=True
        ):
            by = block.modulate(time)
            query, key_t, value_t = block.project(h, by)
            key = _appended(key_c, key_t)
            value = _appended(value_c, value_t)
            gathered = attend(
                query,
                key,
                value,
                plan.targets,
                there=there,
                bias=self._bias(block, plan.targets),
            )
            h = block.finish(h, gathered, by)
        shift, stretch = jnp.split(
            self.last(jax.nn.silu(time))[..., None, :], 2, axis=-1
        )
        h = _scaled(h, shift, stretch)
        kinds = self.vocabulary.kinds(split.layout)[plan.target_index]
        out = self.embedding.by_kind(h, self.readout[...], kinds)
        mask = split.layout.value_mask[plan.target_index, : out.shape[-1]]
        return (prior + scale * out) * mask.astype(out.dtype)

    def _bias(self, block: Block, pattern: Pattern) -> Array | None:
        del pattern
        return block.bias[...] if self.vocabulary.dims else None


def _scaled(x: Array, shift: Any, scale: Any) -> Array:
    mean = x.mean(-1, keepdims=True)
    centred = x - mean
    variance = jnp.square(centred).mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt(variance + 1e-6) * (1.0 + scale) + shift


def _taken(array: Array | None, index: np.ndarray) -> Array | None:
    return None if array is None else jnp.take(array, index, axis=1)


def _appended(conditions: Array, targets: Array) -> Array:
    shape = (*targets.shape[:2], *conditions.shape[2:])
    wide = jnp.broadcast_to(conditions, shape)
    return jnp.concatenate([wide, targets], axis=2)


def _both(
    context: Context, n_conditions: int, lead: tuple[int, ...]
) -> Array | None:
    """Which conditions and targets are there, `(n, draws, tokens)`."""
    if context.there is None or context.target_there is None:
        return None
    del n_conditions
    both = jnp.concatenate([context.there, context.target_there], -1)
    return jnp.broadcast_to(both[:, None], (*lead, both.shape[-1]))
