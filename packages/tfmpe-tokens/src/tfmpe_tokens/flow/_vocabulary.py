"""What a network knows of tokens: keys, widths, positions, dims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from forwardax.errors import Fault, Faults, nearest

from .._errors import TokenError
from .._layout import Layout
from ._structure import group_dims, position_rows


@dataclass(frozen=True)
class Word:
    """One key.

    Parameters
    ----------
    name
        The key.
    width
        Values in each of its tokens.
    positions
        Places that are told apart; 1 where order does not matter.
    shape
        Of the array of a summary key; empty for others.
    """

    name: str
    width: int
    positions: int
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """The part of a layout that a network's parameters depend on.

    Sizes of groups are not in it: one network serves them all.

    Parameters
    ----------
    words
        The keys, in order of their labels.
    functional_width
        Columns of the functional inputs.
    dims
        Names of dims that group tokens.
    exchangeable
        Dims whose entries are alike; `("*",)` for all axes.
    """

    words: tuple[Word, ...]
    functional_width: int
    dims: tuple[str, ...]
    exchangeable: tuple[str, ...]

    @classmethod
    def of(
        cls, layout: Layout, exchangeable: bool | Iterable[str] = ()
    ) -> Vocabulary:
        """The vocabulary of a layout."""
        alike = _names(exchangeable)
        rows = position_rows(layout, _as_set(alike))
        words = [
            Word(
                key.name,
                key.width,
                1 + int(rows[key.name].max(initial=0)),
                key.batch_shape if key.summary else (),
            )
            for key in layout.keys
        ]
        return cls(
            tuple(words), layout.functional_width, group_dims(layout), alike
        )

    @cached_property
    def width(self) -> int:
        """Columns of the value array."""
        return max([1, *(word.width for word in self.words)])

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Number of each key."""
        return {word.name: i for i, word in enumerate(self.words)}

    @cached_property
    def starts(self) -> np.ndarray:
        """First row of each key in a table of all positions."""
        counts = [word.positions for word in self.words]
        return np.concatenate([[0], np.cumsum(counts)]).astype(int)

    def kinds(self, layout: Layout) -> np.ndarray:
        """Number of the key of each token of a layout, `(n_tokens,)`."""
        numbers = [self.index[key.name] for key in layout.keys]
        return np.repeat(numbers, [key.n_tokens for key in layout.keys])

    def places(self, layout: Layout) -> np.ndarray:
        """Row of each token in a table of all positions, `(n_tokens,)`."""
        rows = position_rows(layout, _as_set(self.exchangeable))
        return np.concatenate(
            [self.starts[self.index[name]] + rows[name] for name in layout]
        ).astype(int)

    def check(self, layout: Layout) -> None:
        """Refuse a layout that a network of this vocabulary cannot read.

        Raises
        ------
        TokenError
            Naming each key that does not fit.
        """
        faults = Faults()
        other = Vocabulary.of(layout, self.exchangeable)
        for word in other.words:
            if word.name not in self.index:
                faults.append(
                    Fault(
                        f"the network was not trained with {word.name!r}",
                        key=word.name,
                        allowed=", ".join(self.index),
                        nearest=nearest(word.name, self.index),
                        code="layout",
                    )
                )
                continue
            known = self.words[self.index[word.name]]
            for what in ("width", "shape"):
                came, wanted = getattr(word, what), getattr(known, what)
                if came != wanted:
                    faults.append(_differs(word.name, what, came, str(wanted)))
            if word.positions > known.positions:
                faults.append(
                    _differs(
                        word.name,
                        "number of positions",
                        word.positions,
                        f"at most {known.positions}",
                        "train with exchangeable=(...) where entries are "
                        "alike, or with groups that are as large",
                    )
                )
        if layout.functional_width != self.functional_width:
            faults.append(
                _differs(
                    "functional_inputs",
                    "number of columns",
                    layout.functional_width,
                    str(self.functional_width),
                )
            )
        unknown = [dim for dim in other.dims if dim not in self.dims]
        if unknown:
            faults.append(
                Fault(
                    f"the network was not trained with the dims {unknown}",
                    key=unknown[0],
                    allowed=", ".join(self.dims) or "none",
                    code="layout",
                )
            )
        faults.throw(TokenError, "the layout does not fit the network")

    def to_json(self) -> dict[str, Any]:
        """As plain lists and numbers."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Vocabulary:
        """What `to_json` wrote."""
        words = [
            Word(w["name"], w["width"], w["positions"], tuple(w["shape"]))
            for w in record["words"]
        ]
        return cls(
            tuple(words),
            record["functional_width"],
            tuple(record["dims"]),
            tuple(record["exchangeable"]),
        )


def _names(exchangeable: bool | Iterable[str]) -> tuple[str, ...]:
    if isinstance(exchangeable, bool):
        return ("*",) if exchangeable else ()
    return tuple(sorted(exchangeable))


def _as_set(names: tuple[str, ...]) -> frozenset[str] | bool:
    return True if names == ("*",) else frozenset(names)


def _differs(
    key: str, what: str, came: Any, allowed: str, fix: str = ""
) -> Fault:
    return Fault(
        f"the {what} of {key!r} is not that of the network",
        key=key,
        value=str(came),
        allowed=allowed,
        fix=fix,
        code="layout",
    )
