"""Records that a spec and a problem compile to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from .declare import DimSize, Target, Validity


@dataclass(frozen=True, slots=True)
class Reference:
    """A prior argument that is another key's value.

    `places` are flat positions in that value, one for each drawn element or
    a single one for all: alignment by dim name is done when compiling.
    """

    key: str
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Elements with one prior family, drawn together onto the pool.

    All elements without references of one family and form share one `Draw`.

    Parameters
    ----------
    form
        `plain`; `noncentred` (loc + scale * standard variate); `circular`
        (angle of two standard normals); `given` (held elements whose prior
        has references: they enter the density as a condition).
    coordinates
        Positions in the unconstrained vector; for `circular` the first
        coordinates, then the second; none for `given`.
    start
        Position of the first element in the pool.
    places
        Positions in the pool of `given` elements.
    arguments
        Names, each with its reference; None is a number in `hyper`.
    bounded
        For `"Flat"`: whether it is bounded below and above.
    shift
        Of the coordinates: a function of the arguments `shift:0`, ...
    """

    name: str
    family: str
    form: Literal["plain", "noncentred", "circular", "given"]
    count: int
    coordinates: tuple[int, ...] = ()
    start: int = 0
    places: tuple[int, ...] = ()
    arguments: tuple[tuple[str, Reference | None], ...] = ()
    transform: str | None = None
    bounded: tuple[bool, bool] = (False, False)
    shift: Target | None = None


@dataclass(frozen=True, slots=True)
class Gather:
    """A key's value: entries of the pool, by position."""

    key: str
    places: tuple[int, ...]
    shape: tuple[int, ...]
    dtype: str = "float"


@dataclass(frozen=True, slots=True)
class Compute:
    """A value that is a function of others.

    Derived values, and primitives solved for a derived one that is free.
    """

    key: str
    target: Target
    deps: tuple[str, ...]


Step = Draw | Gather | Compute


@dataclass(frozen=True)
class PriorPlan:
    """The static half of a spec: what to compute, in which order.

    The pool starts as the held numbers; `Draw` steps append to it. The other
    half is `hyper`, a mapping of leaves: `"held"` (fixed values, defaults),
    `"arguments"` (prior numbers by draw) and `"reference"` (values of a
    valid point, where there are validity conditions).

    Parameters
    ----------
    keys
        The primitives of the store in spec order.
    free
        Keys that are drawn, wholly or in part, in spec order.
    names
        Name of each unconstrained coordinate.
    checks
        Steps after which the validity conditions can be evaluated.
    proper
        False where a flat prior takes part.
    conditioned
        True where held values have priors with references: then the prior
        cannot be drawn from.
    """

    steps: tuple[Step, ...]
    keys: tuple[str, ...]
    free: tuple[str, ...]
    names: tuple[str, ...]
    validity: tuple[Validity, ...] = ()
    checks: tuple[Compute, ...] = ()
    proper: bool = True
    conditioned: bool = False

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # Part of the compile key, hashed at each dispatch.
        return hash((self.steps, self.keys, self.names, self.validity))

    @property
    def size(self) -> int:
        """Length of the unconstrained vector."""
        return len(self.names)


@dataclass(frozen=True, slots=True)
class Slot:
    """Tokens of one key: `batch_shape` of them, each an `event_shape`.

    `parents` are the keys with tokens that it depends on directly. Those in
    `mixed` may matter to it as a whole, the others token by token along the
    dims that both have.
    """

    key: str
    offset: int
    batch_shape: tuple[int, ...]
    event_shape: tuple[int, ...]
    label: int
    dims: tuple[str, ...] = ()
    role: str = "parameter"
    parents: tuple[str, ...] = ()
    summary: bool = False
    mixed: tuple[str, ...] = ()

    @property
    def n_tokens(self) -> int:
        """Number of tokens."""
        count = 1
        for size in self.batch_shape:
            count *= size
        return count


@dataclass(frozen=True, slots=True)
class Layout:
    """Frozen order of tokens: parameters first, then data.

    `dims` are the bound sizes; a ragged dim carries its parent.
    """

    slots: tuple[Slot, ...]
    dims: tuple[tuple[str, DimSize], ...] = ()

    @property
    def n_tokens(self) -> int:
        """Number of tokens over all the slots."""
        return sum(slot.n_tokens for slot in self.slots)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys in token order."""
        return tuple(slot.key for slot in self.slots)

    def __getitem__(self, key: str) -> Slot:
        for slot in self.slots:
            if slot.key == key:
                return slot
        raise KeyError(key)
