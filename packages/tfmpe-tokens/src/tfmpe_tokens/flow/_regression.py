"""What conditions say of targets linearly: where each is, and how far about.

The flow is learned of what a linear regression leaves of the targets, in
units of its spread: narrow posteriors are then as wide as the noise that they
are made of, and a normal posterior of constant width is the noise itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from .._layout import Layout
from ._network import Inputs
from ._structure import Split
from ._vocabulary import Vocabulary

Floats = NDArray[np.float64]
_ROWS = 40
"""Rows that each coefficient needs; with fewer, nothing is regressed on."""
_ELEMENTS = 1 << 24
"""Most numbers in an array of features."""
_CURVES = 3
"""Features of each value; see `_curves`."""
_LEAST = 1e-3
"""Least spread that is left, in standard units."""


@dataclass(frozen=True, eq=False)
class Regression:
    """Linear regression of the targets of a split on its conditions.

    Of each conditioning key there are the mean over its tokens, by position
    where order matters, and the mean over those that share an entry of a dim
    with the target: sizes of groups may vary.

    Parameters
    ----------
    weight
        `(positions, features, width)`, by the rows of the vocabulary.
    scale
        Spread of what is left, `(positions, width)`.
    """

    weight: Floats
    scale: Floats

    @classmethod
    def of(
        cls, inputs: Inputs, split: Split, vocabulary: Vocabulary
    ) -> Regression:
        """Least squares on standardised tokens."""
        index = split.plan.target_index
        places = vocabulary.places(split.layout)[index]
        n = inputs.data.shape[0]
        size = n_features(split, vocabulary)
        n = min(n, max(2, _ELEMENTS // (index.size * size)))
        few = _rows(inputs, slice(0, n))
        features = _features(few, split, vocabulary)
        data = np.asarray(few.data, float)[:, index]
        there = _there(few, index)
        rows = int(vocabulary.starts[-1])
        weight = np.zeros((rows, size, vocabulary.width))
        scale = np.ones((rows, vocabulary.width))
        for place in np.unique(places):
            own = places == place
            kept = there[:, own]
            x, y = features[:, own][kept], data[:, own][kept]
            if len(x) < _ROWS * size:
                continue
            # The prior of a unit normal on each coefficient.
            matrix = x.T @ x + np.eye(size)
            weight[place] = np.linalg.solve(matrix, x.T @ y)
            left = (y - x @ weight[place]).std(0)
            # Columns that hold no value have no spread.
            scale[place] = np.where(y.std(0) > 0, np.maximum(left, _LEAST), 1)
        return cls(weight, scale)

    def centre(
        self, inputs: Inputs, split: Split, vocabulary: Vocabulary
    ) -> Floats:
        """Means of the targets, `(n, targets, width)`."""
        index = split.plan.target_index
        own = self.weight[vocabulary.places(split.layout)[index]]
        n, size = inputs.data.shape[0], own.shape[1]
        step = max(1, _ELEMENTS // (index.size * size))
        found = [
            np.einsum(
                "ntf,tfw->ntw",
                _features(_rows(inputs, slice(a, a + step)), split, vocabulary),
                own,
            )
            for a in range(0, n, step)
        ]
        return np.concatenate(found)

    def spread(self, split: Split, vocabulary: Vocabulary) -> Floats:
        """Spread about the means, `(targets, width)`."""
        index = split.plan.target_index
        return self.scale[vocabulary.places(split.layout)[index]]

    def left(
        self, units: Any, inputs: Inputs, split: Split, vocabulary: Vocabulary
    ) -> Array:
        """What is left of targets, in units of the spread about the means.

        Parameters
        ----------
        units
            Targets in standard units, `(n, draws, targets, width)`.
        inputs, split, vocabulary
            Their conditions.

        Returns
        -------
        Array
            As `units`; zero in columns that hold no value.
        """
        centre = self.centre(inputs, split, vocabulary)[:, None]
        unit = (units - centre) / self.spread(split, vocabulary)
        return jnp.asarray(unit * _columns(split, vocabulary), jnp.float32)

    def values(
        self, left: Any, inputs: Inputs, split: Split, vocabulary: Vocabulary
    ) -> Floats:
        """Targets in standard units, of what `left` returns."""
        centre = self.centre(inputs, split, vocabulary)[:, None]
        return centre + self.spread(split, vocabulary) * left

    def log_volume(
        self, split: Split, vocabulary: Vocabulary, there: np.ndarray
    ) -> Floats:
        """Log-volume of a unit of `left` over the targets that are there.

        Parameters
        ----------
        split, vocabulary
            Of the targets.
        there
            `(n, targets)`.

        Returns
        -------
        ndarray
            `(n,)`.
        """
        spread = np.log(self.spread(split, vocabulary))
        each = (spread * _columns(split, vocabulary)).sum(-1)
        return (each * there).sum(-1)

    def arrays(self) -> dict[str, Floats]:
        """All numbers by name, for a file."""
        return {"weight": self.weight, "scale": self.scale}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Floats]) -> Regression:
        """What `arrays` returned."""
        return cls(arrays["weight"], arrays["scale"])


def n_features(split: Split, vocabulary: Vocabulary) -> int:
    """Number of features, whatever the sizes of groups."""
    words = [vocabulary.words[vocabulary.index[k]] for k in _plain(split)]
    each = sum(w.width * (w.positions + len(vocabulary.dims)) for w in words)
    return 1 + _CURVES * each


def _columns(split: Split, vocabulary: Vocabulary) -> np.ndarray:
    """Columns of the targets that hold values, `(targets, width)`."""
    index = split.plan.target_index
    widths = np.array([word.width for word in vocabulary.words])
    own = widths[vocabulary.kinds(split.layout)[index]]
    return np.arange(vocabulary.width) < own[:, None]


def _plain(split: Split) -> list[str]:
    """Conditions in the order of their names: that of a layout may differ."""
    summaries = split.layout.summaries
    return sorted(k for k in split.conditions if k not in summaries)


def _rows(inputs: Inputs, rows: slice) -> Inputs:
    padding = inputs.padding
    return Inputs(
        inputs.data[rows],
        None,
        None if padding is None else padding[rows],
        {},
    )


def _there(inputs: Inputs, index: Any) -> np.ndarray:
    if inputs.padding is None:
        return np.ones((inputs.data.shape[0], len(index)), bool)
    return np.asarray(inputs.padding)[:, index]


def _features(inputs: Inputs, split: Split, vocabulary: Vocabulary) -> Floats:
    """Features of each target, `(n, targets, features)`."""
    layout, index = split.layout, split.plan.target_index
    n = inputs.data.shape[0]
    places = vocabulary.places(layout)
    found = [np.ones((n, index.size, 1))]
    for name in _plain(split):
        word = vocabulary.words[vocabulary.index[name]]
        tokens = np.arange(layout[name].offset, layout[name].stop)
        values = np.asarray(inputs.data, float)[:, tokens, : word.width]
        values = _curves(values)
        there = _there(inputs, tokens)[..., None].astype(float)
        first = int(vocabulary.starts[vocabulary.index[name]])
        position = places[tokens] - first == np.arange(word.positions)[:, None]
        every = _means(values, there, position)
        wide = (n, index.size, _CURVES * word.positions * word.width)
        found.append(np.broadcast_to(every.reshape(n, 1, -1), wide))
        for dim in vocabulary.dims:
            same = _same(layout, dim, index, tokens)
            found.append(_means(values, there, same))
    return np.concatenate(found, axis=-1)


def _curves(values: Floats) -> Floats:
    """Values, compressed where they are large, and bent within the bulk."""
    cube = np.clip(values, -3.0, 3.0) ** 3 / 9.0
    return np.concatenate([values, np.arcsinh(8 * values) / 3, cube], -1)


def _same(
    layout: Layout, dim: str, targets: np.ndarray, tokens: np.ndarray
) -> np.ndarray:
    """Which tokens share a target's entry of a dim, `(targets, tokens)`."""
    if dim not in layout.dim_sizes:
        return np.zeros((targets.size, tokens.size), bool)
    entry = layout.dim_index(dim)
    own = entry[targets][:, None]
    return (own == entry[tokens]) & (own >= 0)


def _means(values: Floats, there: Floats, members: np.ndarray) -> Floats:
    """Means over members that are there, `(n, groups, columns)`; 0 of none."""
    choose = members.astype(float)
    total = np.einsum("ntw,gt->ngw", values * there, choose, optimize=True)
    count = np.einsum("ntw,gt->ngw", there, choose, optimize=True)
    return total / np.maximum(count, 1.0)
