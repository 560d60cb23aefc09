"""Tokens of sample numbers, from a prior and a simulator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
from jax import Array

from ._errors import TokenError
from ._layout import Layout
from ._tokens import Tokens

Prior = Callable[[Array], Mapping[str, Any]]
"""Parameters of one sample, `(*event, *batch)` by key, from a random key."""
Simulator = Callable[[Array, Mapping[str, Any]], Mapping[str, Any]]
"""Observations of one sample from a random key and its parameters."""
FunctionalInput = Callable[
    [Array, Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]
]
"""Functional inputs of one sample, from a key, parameters, observations."""


class Maker:
    """Makes the tokens of sample numbers, with one program for a size."""

    def __init__(
        self,
        prior_fn: Prior,
        simulator_fn: Simulator,
        functional_input_fn: FunctionalInput | None,
        order: Sequence[str] | None,
        batch_ndims: Any,
        static: Mapping[str, Any],
    ) -> None:
        self._functions = prior_fn, simulator_fn, functional_input_fn
        self._order: list[str] = []
        shapes, inputs = jax.eval_shape(self._sample, jax.random.key(0))
        names = self._order if order is None else list(order)
        columns = [value.shape[-1] for value in inputs.values() if value.shape]
        self.layout = Layout.from_shapes(
            {name: shapes[name].shape for name in self._order},
            order=names,
            batch_ndims=batch_ndims,
            functional_width=max(columns, default=0),
            **static,
        )
        self.tokens = jax.jit(self._tokens)

    def _sample(self, key: Array) -> tuple[dict[str, Any], dict[str, Any]]:
        prior_fn, simulator_fn, functional_input_fn = self._functions
        keys = jax.random.split(key, 3)
        parameters = dict(prior_fn(keys[0]))
        observed = dict(simulator_fn(keys[1], parameters))
        both = sorted(set(parameters) & set(observed))
        if both:
            raise TokenError(
                f"prior and simulator both return {both}; keys must differ"
            )
        # Transformations sort mappings: only here is their order known.
        self._order = [*parameters, *observed]
        inputs: dict[str, Any] = {}
        if functional_input_fn is not None:
            inputs = dict(functional_input_fn(keys[2], parameters, observed))
        return parameters | observed, inputs

    def _tokens(self, root: Array, numbers: Array) -> Tokens:
        keys = jax.vmap(jax.random.fold_in, (None, 0))(root, numbers)
        values, inputs = jax.vmap(self._sample)(keys)
        return Tokens.from_pytree(values, None, inputs, layout=self.layout)
