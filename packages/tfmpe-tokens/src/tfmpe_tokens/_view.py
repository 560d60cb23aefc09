"""TokenView: some keys of tokens, without a copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ._flatten import check_tokens, cut, decode
from ._masks import self_mask

if TYPE_CHECKING:
    from ._layout import Layout
    from ._tokens import Tokens


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["parent"],
    meta_fields=["selected_keys"],
)
@dataclass(frozen=True)
class TokenView:
    """Some keys of tokens; `Tokens.select_tokens` makes one.

    A pytree that holds its parent and nothing else. What it shows is taken
    from the parent when it is asked for: by slices, never by a gather.

    Parameters
    ----------
    parent
        The tokens.
    selected_keys
        In the order of the parent, whatever order was asked for.
    """

    parent: Tokens
    selected_keys: tuple[str, ...]

    @property
    def layout(self) -> Layout:
        """Layout of the selected keys alone."""
        return self.parent.layout.select(self.selected_keys)

    @property
    def data(self) -> Array:
        """Values, `(*samples, tokens, value_width)`."""
        return self._taken(self.parent.data, -2)

    @property
    def functional_inputs(self) -> Array | None:
        """Functional inputs, `(*samples, tokens, columns)`."""
        inputs = self.parent.functional_inputs
        return None if inputs is None else self._taken(inputs, -2)

    @property
    def padding(self) -> Array | None:
        """Which tokens are there, `(*samples, tokens)`; None if all are."""
        padding = self.parent.padding
        return None if padding is None else self._taken(padding, -1)

    @property
    def padding_mask(self) -> Any:
        """Which tokens are there, `(*samples, tokens)`."""
        return self._taken(self.parent.padding_mask, -1)

    @property
    def summaries(self) -> dict[str, Array]:
        """Arrays of the summary nodes among the selected keys."""
        found = self.parent.summaries
        return {name: found[name] for name in self.layout.summaries}

    @property
    def labels(self) -> np.ndarray:
        """Label of each token, `(tokens,)`."""
        return self.layout.labels

    @property
    def self_attention_mask(self) -> np.ndarray:
        """Who may attend to whom among the selected, `(tokens, tokens)`."""
        return self_mask(self.layout)

    @property
    def slices(self) -> Mapping[str, Mapping[str, Any]]:
        """Where each key is in this view, counted from 0."""
        return self.layout.slices

    @property
    def label_map(self) -> Mapping[str, int]:
        """Label of each selected key."""
        return self.layout.label_map

    @property
    def key_order(self) -> tuple[str, ...]:
        """The selected keys, in the order of the parent."""
        return self.selected_keys

    def decode(self, flat_array: Any = None) -> dict[str, Array]:
        """Values by key, of this view or of an array of its tokens.

        Raises
        ------
        TokenError
            If the array has another number of tokens.
        """
        layout = self.layout
        flat = self.data if flat_array is None else flat_array
        check_tokens(flat, layout)
        plain = [key.name for key in layout.keys if not key.summary]
        found = decode(layout, flat, plain)
        if flat_array is None:
            found |= self.summaries
        return {name: found[name] for name in layout if name in found}

    def tokens(self) -> Tokens:
        """The selected keys as tokens of their own."""
        return type(self.parent)(
            self.data,
            self.functional_inputs,
            self.padding,
            self.summaries,
            self.layout,
        )

    def _taken(self, array: Any, axis: int) -> Any:
        runs = self.parent.layout.runs(self.selected_keys)
        parts = [cut(array, *run, axis) for run in runs]
        return parts[0] if len(parts) == 1 else jnp.concatenate(parts, axis)
