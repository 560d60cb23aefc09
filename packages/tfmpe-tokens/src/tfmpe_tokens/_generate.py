"""Tokens from a prior and a simulator: batch by batch, or all at once.

The random key of sample i is `fold_in(root, i)`, so a sample does not depend
on the batch it is in, nor on how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ._combine import concat
from ._errors import static_size
from ._layout import Layout
from ._rules import Rules
from ._sample import FunctionalInput, Maker, Prior, Simulator
from ._tokens import Tokens


class TokenGenerator:
    """Batches of simulated tokens, made when they are asked for.

    Iterating again gives the same batches. All of them but a shorter last
    one share one compiled program, here and in whatever consumes them.

    Parameters
    ----------
    prior_fn
        `key -> parameters` of one sample, arrays `(*event, *batch)` by key.
    simulator_fn
        `(key, parameters) -> observations` of one sample.
    functional_input_fn
        `(key, parameters, observations) -> inputs` of one sample, arrays
        `(*event, columns)` for some keys; None without any.
    independence
        Rules, as for `Tokens.from_pytree`.
    n_samples, batch_size
        Number of samples in all, and in a batch.
    seed
        Integer, or a random key.
    drop_last
        Leave out a last batch that is not full.
    order
        The key order; parameters, then observations, as the functions
        return them, if not given.
    batch_ndims
        Number of trailing batch axes, for all or by key.
    static
        `dims`, `nests`, `labels`, `parents`, `summaries`: see
        `Layout.from_shapes`.

    Raises
    ------
    TokenError
        If sizes are not positive, or the functions do not fit together.
    """

    def __init__(
        self,
        prior_fn: Prior,
        simulator_fn: Simulator,
        functional_input_fn: FunctionalInput | None = None,
        independence: Rules | Mapping[str, Any] | None = None,
        n_samples: int = 1024,
        batch_size: int = 128,
        seed: int | Array = 0,
        *,
        drop_last: bool = False,
        order: Sequence[str] | None = None,
        batch_ndims: int | Mapping[str, int] | None = None,
        **static: Any,
    ) -> None:
        self.n_samples = static_size(n_samples, "n_samples", least=1)
        self.batch_size = static_size(batch_size, "batch_size", least=1)
        self.drop_last = drop_last
        self._root = jax.random.key(seed) if isinstance(seed, int) else seed
        static = {"rules": independence, **static}
        self._maker = Maker(
            prior_fn,
            simulator_fn,
            functional_input_fn,
            order,
            batch_ndims,
            static,
        )

    @property
    def layout(self) -> Layout:
        """Layout of every batch."""
        return self._maker.layout

    def __len__(self) -> int:
        """Number of batches."""
        full, rest = divmod(self.n_samples, self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Tokens]:
        """Batches of tokens, one after the other."""
        for i in range(len(self)):
            start = i * self.batch_size
            stop = min(start + self.batch_size, self.n_samples)
            # A shorter last batch is cut from a full one: no new program.
            numbers = start + jnp.arange(self.batch_size, dtype=jnp.uint32)
            batch = self._maker.tokens(self._root, numbers)
            if stop - start < self.batch_size:
                batch = _first(batch, stop - start)
            yield batch


def _first(tokens: Tokens, count: int) -> Tokens:
    return jax.tree.map(lambda leaf: leaf[:count], tokens)


def generate_static_dataset(
    key: Array | int,
    prior_fn: Prior,
    simulator_fn: Simulator,
    functional_input_fn: FunctionalInput | None = None,
    independence: Rules | Mapping[str, Any] | None = None,
    n_samples: int = 1024,
    *,
    chunk: int | None = None,
    order: Sequence[str] | None = None,
    batch_ndims: int | Mapping[str, int] | None = None,
    **static: Any,
) -> Tokens:
    """All samples at once: those of a `TokenGenerator` of the same seed.

    Parameters
    ----------
    key
        Random key, or seed.
    prior_fn, simulator_fn, functional_input_fn, independence, n_samples
        As for `TokenGenerator`.
    chunk
        Simulate so many at a time, which takes less memory. With the batch
        size of a generator, equal to its batches to the last bit.
    order, batch_ndims, static
        As for `TokenGenerator`.

    Returns
    -------
    Tokens
        With one sample axis of `n_samples`.
    """
    made = TokenGenerator(
        prior_fn,
        simulator_fn,
        functional_input_fn,
        independence,
        n_samples,
        n_samples if chunk is None else chunk,
        key,
        order=order,
        batch_ndims=batch_ndims,
        **static,
    )
    batches = list(made)
    return batches[0] if len(batches) == 1 else concat(batches)
