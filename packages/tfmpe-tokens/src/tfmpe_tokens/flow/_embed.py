"""From values, labels, positions and functional inputs to wide tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from ._summary import PatchEncoder, compressed
from ._vocabulary import Vocabulary

if TYPE_CHECKING:
    from ._network import Inputs, NetworkConfig
    from ._structure import Split

_TIMES = 16
"""Frequencies of the time."""
SAID = -1e7
"""Functional inputs below this are not there."""


def linear(
    inputs: int, outputs: int, rngs: nnx.Rngs, *, zero: bool = False
) -> nnx.Linear:
    """A linear layer in single precision."""
    start = nnx.initializers.zeros if zero else nnx.initializers.lecun_normal()
    return nnx.Linear(
        inputs,
        outputs,
        rngs=rngs,
        kernel_init=start,
        param_dtype=jnp.float32,
        dtype=jnp.float32,
    )


class Embedding(nnx.Module):
    """Every way in which something enters the network."""

    def __init__(
        self, vocabulary: Vocabulary, config: NetworkConfig, *, rngs: nnx.Rngs
    ) -> None:
        self.vocabulary = vocabulary
        self.frequencies = config.frequencies
        words, width = len(vocabulary.words), config.width
        scale = vocabulary.width**-0.5

        def start(shape: tuple[int, ...], by: float) -> nnx.Param:
            found = jax.random.normal(rngs.params(), shape, jnp.float32)
            return nnx.Param(by * found)

        # A condition enters as it is and compressed; a point of the path
        # scaled to unit variance, and as it is.
        both = 2 * vocabulary.width
        self.given = start((words, both, width), scale)
        self.moving = start((words, both, width), scale)
        self.roles = start((2, words, width), 0.5)
        self.positions = start((int(vocabulary.starts[-1]), width), 0.5)
        columns = vocabulary.functional_width
        self.inputs = linear(
            columns * (2 + 2 * config.frequencies) or 1, width, rngs
        )
        self.time_in = linear(2 * _TIMES + 1, width, rngs)
        self.time_out = linear(width, width, rngs)
        self.summaries = nnx.Dict(
            {
                _attribute(i): PatchEncoder(word.shape, width, rngs=rngs)
                for i, word in enumerate(vocabulary.words)
                if word.shape
            }
        )

    def conditions(self, inputs: Inputs, split: Split) -> Array:
        """Tokens to condition on, `(n, conditions, width)`."""
        plan, layout = split.plan, split.layout
        plain = np.asarray(
            [k for k in split.conditions if k not in layout.summaries]
        )
        index = plan.condition_index
        kinds = self.vocabulary.kinds(layout)[index]
        data = inputs.data[:, index]
        h = self.by_kind(compressed(data), self.given[...], kinds)
        h = h + self._standing(inputs, split, index, 1)
        if len(plain) == len(split.conditions):
            return h
        parts: list[Array] = []
        at = 0
        summaries = dict(split.summary_tokens)
        for name in split.conditions:
            count = summaries.get(name, layout[name].n_tokens)
            part = h[:, at : at + count]
            if layout[name].summary:
                number = self.vocabulary.index[name]
                encoder = self.summaries[_attribute(number)]
                part = part + encoder(inputs.summaries[name])
            parts.append(part)
            at += count
        return jnp.concatenate(parts, axis=1)

    def targets(self, inputs: Inputs, split: Split) -> Array:
        """What is known of targets without their values."""
        return self._standing(inputs, split, split.plan.target_index, 0)

    def points(self, x: Array, t: Array, split: Split) -> Array:
        """What the points of the path add, `(n, draws, targets, width)`."""
        kinds = self.vocabulary.kinds(split.layout)[split.plan.target_index]
        unit = x * jax.lax.rsqrt(jnp.square(t) + jnp.square(1.0 - t))
        values = jnp.concatenate([unit, x], axis=-1)
        return self.by_kind(values, self.moving[...], kinds)

    def time(self, t: Array) -> Array:
        """The time `(n, draws)` as a vector, `(n, draws, width)`."""
        rates = np.linspace(0.5, 0.5 * _TIMES, _TIMES, dtype=np.float32)
        angle = t[..., None] * (2 * np.pi * rates).astype(np.float32)
        # The end of the path is where the field is sharpest.
        late = -jnp.log(1.0 - np.float32(1 - 1e-3) * t)[..., None] / 7
        waves = jnp.concatenate([jnp.sin(angle), jnp.cos(angle), late], -1)
        return self.time_out(jax.nn.silu(self.time_in(waves)))

    def by_kind(self, x: Array, tables: Array, kinds: np.ndarray) -> Array:
        """Each token by the matrix of its key; `(..., tokens, outputs)`."""
        present = np.unique(kinds)
        if present.size == 1:
            return x @ tables[int(present[0])]
        edges = np.flatnonzero(np.diff(kinds)) + 1
        starts = [0, *edges.tolist()]
        stops = [*edges.tolist(), kinds.size]
        parts = [
            x[..., a:b, :] @ tables[int(kinds[a])]
            for a, b in zip(starts, stops, strict=True)
        ]
        return jnp.concatenate(parts, axis=-2)

    def _standing(
        self, inputs: Inputs, split: Split, index: np.ndarray, role: int
    ) -> Array:
        """Label, role, position and functional inputs."""
        layout = split.layout
        kinds = self.vocabulary.kinds(layout)[index]
        places = self.vocabulary.places(layout)[index]
        h = self.roles[...][role, kinds] + self.positions[...][places]
        h = jnp.broadcast_to(h, (inputs.data.shape[0], *h.shape))
        if inputs.functional_inputs is None:
            return h
        values = inputs.functional_inputs[:, index]
        said = values > SAID
        f = jnp.where(said, values, 0.0)
        rates = (np.pi * 2.0 ** np.arange(self.frequencies)).astype(np.float32)
        angle = (f[..., None] * rates / 4).reshape(*f.shape[:-1], -1)
        waves = jnp.concatenate(
            [f, said.astype(f.dtype), jnp.sin(angle), jnp.cos(angle)], -1
        )
        there = said.any(-1, keepdims=True)
        return h + jnp.where(there, self.inputs(waves), 0.0)


def _attribute(number: int) -> str:
    return f"word{number}"
