"""Standard units: one mean and one scale for all tokens of a kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from .._layout import Layout
from .._tokens import Tokens
from ._embed import SAID
from ._network import Inputs
from ._vocabulary import Vocabulary

Floats = NDArray[np.float64]
_FLOOR = 0.05
"""Least scale of an entry of an image, in units of the scale of them all."""
_FAR, _HEAVY = 8.0, 3.0
"""Deviations of the farthest value, and deviations in half the central range
of a normal distribution, above which tails are heavy."""


@dataclass(frozen=True, eq=False)
class Scaling:
    """Means and scales of what a network reads and returns.

    Values have one of each for a key (its label), and for a position where
    order matters.

    Parameters
    ----------
    mean, scale
        `(positions, width)`, by the rows of the vocabulary.
    input_mean, input_scale
        Of the functional inputs, `(columns,)`.
    summary_mean, summary_scale
        Of the arrays of summary keys, `shape` by key.
    """

    mean: Floats
    scale: Floats
    input_mean: Floats
    input_scale: Floats
    summary_mean: Mapping[str, Floats] = field(default_factory=dict)
    summary_scale: Mapping[str, Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, tokens: Tokens, vocabulary: Vocabulary) -> Scaling:
        """Means and scales of tokens `(n, tokens, width)`."""
        layout = tokens.layout
        there = np.asarray(tokens.padding_mask)[..., None]
        mask = _columns(layout.value_mask, vocabulary.width) > 0
        weight = (there & mask).astype(float)
        # What is not there may be anything.
        raw = _columns(tokens.data, vocabulary.width)
        data = np.where(weight > 0, raw, 0.0)
        places = vocabulary.places(layout)
        shape = (int(vocabulary.starts[-1]), vocabulary.width)
        count, total, square = (np.zeros(shape) for _ in range(3))
        np.add.at(count, places, weight.sum(0))
        np.add.at(total, places, (data * weight).sum(0))
        mean = total / np.maximum(count, 1.0)
        np.add.at(
            square, places, (np.square(data - mean[places]) * weight).sum(0)
        )
        scale = np.sqrt(square / np.maximum(count, 1.0))
        scale = np.where(scale > 0, scale, 1.0)
        _tame(data, weight > 0, places, mean, scale)
        inputs = _input_moments(tokens)
        means: dict[str, Floats] = {}
        scales: dict[str, Floats] = {}
        for name, array in tokens.summaries.items():
            real = as_real(array)
            means[name] = real.mean(0)
            own = real.std(0)
            floor = _FLOOR * float(real.std())
            scales[name] = np.maximum(own, floor if floor > 0 else 1.0)
        return cls(mean, scale, *inputs, means, scales)

    def inputs(self, tokens: Tokens, vocabulary: Vocabulary) -> Inputs:
        """Tokens `(n, tokens, width)` as the network reads them."""
        places = vocabulary.places(tokens.layout)
        data = _columns(tokens.data, vocabulary.width)
        mask = _columns(tokens.layout.value_mask, vocabulary.width)
        unit = (data - self.mean[places]) / self.scale[places] * mask
        functional = None
        if tokens.functional_inputs is not None and vocabulary.functional_width:
            raw = np.asarray(tokens.functional_inputs, float)
            said = raw > SAID
            units = (raw - self.input_mean) / self.input_scale
            functional = _single(np.where(said, units, 2 * SAID))
        padding = tokens.padding
        summaries = {
            name: _single(
                (as_real(array) - self.summary_mean[name])
                / self.summary_scale[name]
            )
            for name, array in tokens.summaries.items()
            if name in self.summary_mean
        }
        return Inputs(
            _single(unit),
            functional,
            None if padding is None else jnp.asarray(padding, bool),
            summaries,
        )

    def values(
        self, unit: Any, layout: Layout, index: Any, vocabulary: Vocabulary
    ) -> Floats:
        """Values of standardised targets `(..., targets, width)`."""
        places = vocabulary.places(layout)[index]
        mask = _columns(layout.value_mask[index], vocabulary.width)
        units = np.asarray(unit, float)
        return (units * self.scale[places] + self.mean[places]) * mask

    def units(
        self, values: Any, layout: Layout, index: Any, vocabulary: Vocabulary
    ) -> Floats:
        """The inverse of `values`."""
        places = vocabulary.places(layout)[index]
        mask = _columns(layout.value_mask[index], vocabulary.width)
        data = _columns(values, vocabulary.width)
        return (data - self.mean[places]) / self.scale[places] * mask

    def log_volume(
        self, layout: Layout, index: Any, vocabulary: Vocabulary, there: Any
    ) -> Floats:
        """Log of the product of the scales of targets that are there."""
        places = vocabulary.places(layout)[index]
        mask = _columns(layout.value_mask[index], vocabulary.width)
        each = (np.log(self.scale[places]) * mask).sum(-1)
        return (each * np.asarray(there, float)).sum(-1)

    def arrays(self) -> dict[str, Floats]:
        """All numbers by name, for a file."""
        found = {
            "mean": self.mean,
            "scale": self.scale,
            "input_mean": self.input_mean,
            "input_scale": self.input_scale,
        }
        for name in self.summary_mean:
            found[f"summary_mean/{name}"] = self.summary_mean[name]
            found[f"summary_scale/{name}"] = self.summary_scale[name]
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Floats]) -> Scaling:
        """What `arrays` returned."""
        parts: dict[str, dict[str, Floats]] = {
            "summary_mean": {},
            "summary_scale": {},
        }
        plain: dict[str, Floats] = {}
        for name, value in arrays.items():
            kind, _, key = name.partition("/")
            if key:
                parts[kind][key] = value
            else:
                plain[name] = value
        return cls(
            plain["mean"],
            plain["scale"],
            plain["input_mean"],
            plain["input_scale"],
            parts["summary_mean"],
            parts["summary_scale"],
        )


def _tame(
    data: Floats, there: Any, places: Any, mean: Floats, scale: Floats
) -> None:
    """Median and central range instead, where the tails are the moments."""
    far = np.zeros(mean.shape)
    units = np.abs(data - mean[places]) / scale[places]
    np.maximum.at(far, places, np.where(there, units, 0.0).max(0))
    for place, column in zip(*np.nonzero(far > _FAR), strict=True):
        own = places == place
        values = data[:, own, column][there[:, own, column]]
        low, middle, high = np.quantile(values, (0.159, 0.5, 0.841))
        half = (high - low) / 2
        if 0 < _HEAVY * half < scale[place, column]:
            mean[place, column], scale[place, column] = middle, half


def as_real(array: Any) -> Floats:
    """An array of real numbers; complex ones as pairs in a last axis."""
    found = np.asarray(array)
    if np.iscomplexobj(found):
        found = np.stack([np.real(found), np.imag(found)], axis=-1)
    return found.astype(float)


def _single(array: Any) -> Any:
    return jnp.asarray(np.asarray(array, np.float32))


def _columns(array: Any, width: int) -> Floats:
    """The first columns, with zeros where there are fewer."""
    found = np.asarray(array, float)[..., :width]
    missing = width - found.shape[-1]
    if not missing:
        return found
    return np.pad(found, [(0, 0)] * (found.ndim - 1) + [(0, missing)])


def _input_moments(tokens: Tokens) -> tuple[Floats, Floats]:
    columns = tokens.layout.functional_width
    if tokens.functional_inputs is None or not columns:
        return np.zeros(columns), np.ones(columns)
    raw = np.asarray(tokens.functional_inputs, float).reshape(-1, columns)
    mean, scale = np.zeros(columns), np.ones(columns)
    for at in range(columns):
        said = raw[raw[:, at] > SAID, at]
        if said.size:
            mean[at] = said.mean()
            scale[at] = said.std() or 1.0
    return mean, scale
