"""A network that turns an image or a series into a few tokens."""

from __future__ import annotations

from math import ceil, prod

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

_TOKENS = 16
"""Most tokens that one array is turned into."""


class PatchEncoder(nnx.Module):
    """Patches of an array, each to one token.

    Parameters
    ----------
    shape
        Of the array: `(n,)` or `(n, channels)` with few channels is a
        series, anything else an image in its first two axes.
    width
        Width of the tokens.
    """

    def __init__(
        self, shape: tuple[int, ...], width: int, *, rngs: nnx.Rngs
    ) -> None:
        self.shape = shape
        self.patch, self.count = patches(shape)
        inputs = 2 * prod(self.patch) * _channels(shape)
        self.first = _linear(inputs, 2 * width, rngs)
        self.second = _linear(2 * width, 2 * width, rngs)
        self.last = _linear(2 * width, width, rngs)
        size = (prod(self.count), width)
        self.places = nnx.Param(
            0.1 * jax.random.normal(rngs.params(), size, jnp.float32)
        )

    def __call__(self, array: Array) -> Array:
        """Tokens `(n, tokens, width)` of standardised arrays `(n, *shape)`."""
        axes = len(self.patch)
        full = array.reshape(*array.shape[: 1 + axes], -1)
        full = jnp.pad(
            full,
            [
                (0, 0),
                *(
                    (0, count * size - extent)
                    for count, size, extent in zip(
                        self.count, self.patch, self.shape, strict=False
                    )
                ),
                (0, 0),
            ],
        )
        split = [
            part for pair in zip(self.count, self.patch, strict=True)
            for part in pair
        ]  # fmt: skip
        cut = full.reshape(full.shape[0], *split, full.shape[-1])
        order = [0, *range(1, 2 * axes, 2), *range(2, 2 * axes + 1, 2)]
        cut = cut.transpose(*order, 2 * axes + 1)
        flat = cut.reshape(full.shape[0], prod(self.count), -1)
        hidden = jax.nn.gelu(self.first(compressed(flat)))
        hidden = hidden + jax.nn.gelu(self.second(hidden))
        return self.last(hidden) + self.places[...]


def compressed(values: Array) -> Array:
    """Values beside their logarithm, so that no scale is lost, `(..., 2 n)`."""
    scale = np.asarray(8.0, values.dtype)
    return jnp.concatenate([values, jnp.arcsinh(scale * values) / 3], axis=-1)


def patches(shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Size of a patch and number of patches, along each axis."""
    series = len(shape) == 1 or (len(shape) == 2 and shape[1] <= 4 < shape[0])
    axes = 1 if series else 2
    most = _TOKENS if series else int(_TOKENS**0.5)
    sizes = tuple(ceil(extent / most) for extent in shape[:axes])
    counts = tuple(
        ceil(extent / size) for extent, size in zip(shape, sizes, strict=False)
    )
    return sizes, counts


def n_patches(shape: tuple[int, ...]) -> int:
    """Number of tokens that an array of this shape is turned into."""
    return prod(patches(shape)[1])


def _channels(shape: tuple[int, ...]) -> int:
    return prod(shape[len(patches(shape)[0]) :])


def _linear(inputs: int, outputs: int, rngs: nnx.Rngs) -> nnx.Linear:
    return nnx.Linear(
        inputs, outputs, rngs=rngs, param_dtype=jnp.float32, dtype=jnp.float32
    )
