"""Tokens: structured parameters and data as one array, with its layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ._arrange import from_arrays
from ._bridge import layout_of, problem_arrays
from ._errors import TokenError, unknown_keys
from ._flatten import check_tokens, decode
from ._layout import Layout, checked_names
from ._masks import cross_mask, mask_between, self_mask
from ._replace import checked_value, replace_tokens
from ._rules import Rules
from ._view import TokenView

if TYPE_CHECKING:
    from forwardax import Problem


class Partition(NamedTuple):
    """Tokens to condition on, and tokens to infer."""

    conditions: Tokens
    targets: Tokens


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["data", "functional_inputs", "padding", "summaries"],
    meta_fields=["layout"],
)
@dataclass(frozen=True)
class Tokens:
    """Values of many samples as tokens; a pytree with a static layout.

    Labels, masks and slices follow from the layout, so they are neither
    stored nor made twice, and tokens of one layout share every compiled
    program.

    Parameters
    ----------
    data
        Values, `(*samples, n_tokens, value_width)`; columns that a key does
        not fill hold 0.
    functional_inputs
        Where each token was evaluated, `(*samples, n_tokens, columns)`;
        -1e8 where there is nothing to say. None without any.
    padding
        Which tokens are there, `(*samples, n_tokens)`; None if all are.
    summaries
        Arrays of the keys that are one node each, by key.
    layout
        Everything static.
    """

    data: Array
    functional_inputs: Array | None
    padding: Array | None
    summaries: dict[str, Array]
    layout: Layout

    @classmethod
    def from_pytree(
        cls,
        data: Mapping[str, Any],
        independence: Rules | Mapping[str, Any] | None = None,
        functional_inputs: Mapping[str, Any] | None = None,
        sample_ndims: int = 1,
        batch_ndims: int | Mapping[str, int] | None = None,
        *,
        order: Sequence[str] | None = None,
        dims: Mapping[str, Sequence[str]] | None = None,
        nests: Mapping[str, Any] | None = None,
        labels: Mapping[str, int] | None = None,
        parents: Mapping[str, Sequence[str]] | None = None,
        sizes: Mapping[str, Any] | None = None,
        counts: Mapping[str, Any] | None = None,
        summaries: Iterable[str] = (),
        layout: Layout | None = None,
    ) -> Tokens:
        """Tokens of arrays by key.

        Parameters
        ----------
        data
            `(*samples, *event, *batch)` by key. Event axes make tokens, in
            row-major order; batch axes are the value of one token.
        independence
            Rules: `{"local": [...], "cross": [...], "cross_local": [...]}`.
        functional_inputs
            `(*samples, *event, columns)` for some keys.
        sample_ndims
            Number of sample axes.
        batch_ndims
            Number of batch axes, for all keys or by key; 1 if not said.
        order
            The key order; that of `data` if not given. Mappings that went
            through `jax.jit`, `jax.vmap` or `jax.tree.map` come out sorted,
            so give the order there, or `layout`.
        dims, nests, labels, parents
            Names of event axes, nested dims, label ids and the graph of the
            model: see `Layout.from_shapes`.
        sizes
            Actual sizes by key, `(*samples, event axes)`, where groups are
            padded.
        counts
            Actual sizes by dim, where groups are ragged: see `padding_mask`.
        summaries
            Keys that are one node each, with their array kept apart.
        layout
            A layout made before, in place of all that is static.

        Raises
        ------
        TokenError
            If arrays, rules or inputs do not fit together.
        UnknownKey
            If keys are missing.
        """
        parts = from_arrays(
            data,
            layout,
            functional_inputs=functional_inputs,
            sample_ndims=sample_ndims,
            batch_ndims=batch_ndims,
            sizes=sizes,
            counts=counts,
            rules=independence,
            order=order,
            dims=dims,
            nests=nests,
            labels=labels,
            parents=parents,
            summaries=summaries,
        )
        return cls(*parts)

    @classmethod
    def from_problem(
        cls,
        problem: Problem,
        parameters: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        *,
        rules: str | Rules | Mapping[str, Any] | None = "model",
    ) -> Tokens:
        """Tokens of the free parameters and the data of a problem.

        Everything static comes from the schema: see `layout_of`.

        Parameters
        ----------
        problem
            A `forwardax.Problem`.
        parameters
            Free parameters by key, with any number of leading sample axes:
            a store, a draw or draws of a posterior. Zero, if not given.
        data
            Data by key with the same sample axes; the problem's own, if not
            given.
        rules
            `"model"`, `"posterior"` (the moralised graph), rules of your
            own, or None.

        Raises
        ------
        TokenError
            If values are missing, or samples differ.
        """
        layout = layout_of(problem, rules)
        arrays, sample_ndims = problem_arrays(problem, layout, parameters, data)
        parts = from_arrays(arrays, layout, sample_ndims=sample_ndims)
        return cls(*parts)

    @property
    def labels(self) -> np.ndarray:
        """Label of each token, `(n_tokens,)`, the same in every sample."""
        return self.layout.labels

    @property
    def self_attention_mask(self) -> np.ndarray:
        """Who may attend to whom, `(n_tokens, n_tokens)` of bool."""
        return self_mask(self.layout)

    @property
    def value_mask(self) -> np.ndarray:
        """Which columns of a token hold a value, `(n_tokens, value_width)`."""
        return self.layout.value_mask

    @property
    def slices(self) -> Mapping[str, Mapping[str, Any]]:
        """`{key: {"offset", "event_shape", "batch_shape"}}`, read-only."""
        return self.layout.slices

    @property
    def label_map(self) -> Mapping[str, int]:
        """Label of each key."""
        return self.layout.label_map

    @property
    def key_order(self) -> tuple[str, ...]:
        """Keys in token order."""
        return self.layout.key_order

    @property
    def n_tokens(self) -> int:
        """Number of tokens."""
        return self.layout.n_tokens

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of the samples; smaller inside `jax.vmap`."""
        return self.data.shape[:-2]

    @property
    def padding_mask(self) -> Any:
        """Which tokens are there, `(*samples, n_tokens)` of bool."""
        if self.padding is None:
            return np.broadcast_to(True, self.data.shape[:-1])
        return self.padding

    def cross_attention_mask(
        self,
        query_keys: Iterable[str],
        key_keys: Iterable[str],
        *,
        symmetric: bool = False,
    ) -> np.ndarray:
        """Who among some tokens may attend to whom among others.

        Parameters
        ----------
        query_keys, key_keys
            Keys whose tokens attend, and are attended to.
        symmetric
            Take the part of the self-attention mask. Otherwise a rule on
            `(a, b)` applies only where `a` is a query key and `b` a key key.

        Returns
        -------
        numpy.ndarray
            Of bool, `(query tokens, key tokens)`.
        """
        between = mask_between if symmetric else cross_mask
        return between(self.layout, query_keys, key_keys)

    def select_tokens(self, keys: Iterable[str]) -> TokenView:
        """A view of some keys, in the order they have here.

        Raises
        ------
        UnknownKey
            If a key is not there.
        """
        return TokenView(self, self.layout.select(keys).key_order)

    def partition(
        self,
        target_keys: Iterable[str],
        conditioning_keys: Iterable[str] | None = None,
    ) -> Partition:
        """Tokens to condition on, and tokens to infer, each by themselves.

        Parameters
        ----------
        target_keys
            Keys to infer.
        conditioning_keys
            Keys to condition on; all others, if not given.

        Raises
        ------
        TokenError
            If a key is in both, or nothing is left to condition on.
        """
        targets = checked_names(target_keys, self.layout)
        if conditioning_keys is None:
            conditioning_keys = [k for k in self.key_order if k not in targets]
        conditions = checked_names(conditioning_keys, self.layout)
        both = sorted(set(targets) & set(conditions))
        if both:
            raise TokenError(f"{both} are both targets and conditions")
        return Partition(
            self.select_tokens(conditions).tokens(),
            self.select_tokens(targets).tokens(),
        )

    def with_values(
        self, values: Mapping[str, Any] | None = None, /, **key_values: Any
    ) -> Tokens:
        """The same tokens with other values of some keys.

        Parameters
        ----------
        values, key_values
            `(*samples, *event, *batch)` by key, as a mapping (keys may have
            dots) or as keywords; without sample axes, the same for all.

        Raises
        ------
        UnknownKey
            If a key is not there.
        TokenError
            If a shape is wrong.
        """
        given = {**(values or {}), **key_values}
        missing = [name for name in given if name not in self.layout]
        if missing:
            raise unknown_keys(missing, self.key_order)
        lead = self.sample_shape
        new = {
            name: checked_value(self.layout[name], value, lead)
            for name, value in given.items()
        }
        apart = {n: v for n, v in new.items() if self.layout[n].summary}
        return replace(
            self,
            data=replace_tokens(self.layout, self.data, new),
            summaries=self.summaries | apart,
        )

    def with_rules(self, rules: Rules | Mapping[str, Any] | None) -> Tokens:
        """The same tokens under other independence rules."""
        return replace(self, layout=self.layout.with_rules(rules))

    def decode(self, flat_array: Any = None) -> dict[str, Array]:
        """Values by key, `(*samples, *event, *batch)`.

        Parameters
        ----------
        flat_array
            Another array of these tokens, `(..., n_tokens, width)`, without
            the arrays of summary nodes.

        Raises
        ------
        TokenError
            If it has another number of tokens.
        """
        return self.select_tokens(self.key_order).decode(flat_array)

    def decode_keys(
        self, flat_array: Any, keys: Iterable[str]
    ) -> dict[str, Array]:
        """Values of some keys out of an array of tokens.

        Parameters
        ----------
        flat_array
            `(..., tokens, width)`: all the tokens, or only those of `keys`.
        keys
            What to decode.

        Raises
        ------
        TokenError
            If it has neither number of tokens.
        """
        view = self.select_tokens(keys)
        flat = jnp.asarray(flat_array)
        if flat.ndim > 1 and flat.shape[-2] == view.layout.n_tokens:
            return view.decode(flat)
        check_tokens(flat, self.layout)
        names = [k for k in view.key_order if not self.layout[k].summary]
        return decode(self.layout, flat, names)
