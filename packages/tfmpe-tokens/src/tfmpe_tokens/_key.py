"""The tokens of one key."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod


@dataclass(frozen=True, slots=True)
class KeySpec:
    """Where the tokens of one key are, and what each of them holds.

    Parameters
    ----------
    name
        The key.
    offset
        Index of its first token.
    event_shape
        Sizes of the axes that make tokens, in row-major order.
    batch_shape
        Shape of the value in one token.
    label
        Integer that tells this kind of token from the others.
    dims
        Names of the event axes, from the first on; `""` has no name.
    parents
        Keys that it depends on directly; None where nobody said.
    mixed
        Those parents every token of which may matter to each of its own.
    summary
        One node for a whole array (an image, a long series), which is kept
        apart from the other values.
    """

    name: str
    offset: int
    event_shape: tuple[int, ...]
    batch_shape: tuple[int, ...]
    label: int
    dims: tuple[str, ...] = ()
    parents: tuple[str, ...] | None = None
    mixed: tuple[str, ...] = ()
    summary: bool = False

    @property
    def n_tokens(self) -> int:
        """Number of tokens."""
        return prod(self.event_shape)

    @property
    def width(self) -> int:
        """Number of values in each token; none in a summary node."""
        return 0 if self.summary else prod(self.batch_shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample of the key."""
        return self.event_shape + self.batch_shape

    @property
    def stop(self) -> int:
        """Index after its last token."""
        return self.offset + self.n_tokens
