"""Records that say what exists: parameters, data, structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal, cast

from .._freeze import freeze_number, freeze_value

Numbers = float | tuple["Numbers", ...]
"""A number, or a nest of tuples of numbers (an array, hashable)."""
Target = str | Callable[..., Any]
"""`"module:attr"`, or the function itself."""


class NoDefault(Enum):
    """The type of `NO_DEFAULT`."""

    NO_DEFAULT = "NO_DEFAULT"

    def __repr__(self) -> str:
        return "NO_DEFAULT"


NO_DEFAULT: Final = NoDefault.NO_DEFAULT
"""The value must come from a prior, a preset or the user."""


@dataclass(frozen=True, slots=True, init=False)
class Prior:
    """A prior by name: `Prior("Normal", loc=0.0, scale=1.0)`.

    Parameters
    ----------
    family
        A family of `numpyro.distributions`, `"Flat"` (improper), or
        `"module:attr"` of a distribution class.
    centred
        False samples a location-scale family through a standard variate.
    arguments
        Numbers, arrays, or strings: the key (primitive or derived, or one
        element) whose value is the argument.
    """

    family: str
    arguments: tuple[tuple[str, Numbers | str], ...]
    centred: bool

    def __init__(
        self, family: str, /, *, centred: bool = True, **arguments: Any
    ) -> None:
        frozen = {
            name: value if isinstance(value, str) else freeze_number(value)
            for name, value in sorted(arguments.items())
        }
        object.__setattr__(self, "family", family)
        object.__setattr__(self, "arguments", tuple(frozen.items()))
        object.__setattr__(self, "centred", bool(centred))

    def __repr__(self) -> str:
        inside = [repr(self.family)]
        inside += [f"{name}={value!r}" for name, value in self.arguments]
        inside += [] if self.centred else ["centred=False"]
        return f"Prior({', '.join(inside)})"

    @property
    def references(self) -> tuple[str, ...]:
        """Keys that the arguments name."""
        return tuple(v for _, v in self.arguments if isinstance(v, str))


@dataclass(frozen=True, slots=True)
class Shift:
    """Where the unconstrained coordinate of a parameter has its origin.

    The coordinate is what it would be without, less `target(*deps)`. Prior
    and posterior stay as they are: a coordinate that follows what the data
    determine only makes the posterior easier to search and to sample. An
    angle of a full period, and a prior with `centred=False`, have coordinates
    of their own: there it does nothing.

    Parameters
    ----------
    target
        Pure function of the values of `deps`, element by element.
    deps
        Other keys.
    """

    target: Target
    deps: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "deps", freeze_value(self.deps))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamField:
    """One parameter: what it is called, measured in and may be.

    Parameters
    ----------
    key
        One to four dotted lower-case parts.
    kind
        `"primitive"` (lives in the store) or `"derived"` (computed).
    unit
        astropy unit string; `""` is dimensionless.
    shape
        Sizes; None where a dim of that position is bound later.
    dims
        Names of the leading axes; the other axes belong to one event.
    dtype
        `"float"` follows JAX's default precision.
    bounds
        Least and greatest value; None is open. Bounds never truncate.
    cyclic
        Period, for a full-period angle.
    prior, default
        At most one is used: the prior where the key is free, the default
        where it is not.
    transform
        Another bijector for the unconstrained space: `"exp"`, `"softplus"`
        or `"module:attr"` of a NumPyro transform class.
    shift
        Origin of the unconstrained coordinate, where other keys set it.
    symbol, label
        Plain and LaTeX symbol.
    aliases
        Longer or older spellings of the key.
    elements
        Addresses of the entries in C order (`m2.zernike.j4`, ...).
    """

    key: str = field(kw_only=False)
    kind: Literal["primitive", "derived"] = "primitive"
    unit: str = ""
    shape: tuple[int | None, ...] = ()
    dims: tuple[str, ...] = ()
    dtype: Literal["float", "float32", "float64"] = "float"
    bounds: tuple[Numbers | None, Numbers | None] = (None, None)
    cyclic: float | None = None
    prior: Prior | None = None
    transform: str | None = None
    shift: Shift | None = None
    default: Any = NO_DEFAULT
    doc: str = ""
    symbol: str = ""
    label: str = ""
    aliases: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        for name in ("dims", "aliases", "elements"):
            set_(self, name, freeze_value(getattr(self, name)))
        set_(self, "shape", _shape(self.shape, self.dims))
        set_(self, "bounds", freeze_number(self.bounds))
        if self.default is not NO_DEFAULT:
            set_(self, "default", freeze_number(self.default))


def _shape(shape: Any, dims: Any) -> Any:
    """A size yet unknown for each dim, where no shape was given."""
    if shape == () and isinstance(dims, tuple):
        return (None,) * len(cast("tuple[Any, ...]", dims))
    return freeze_value(shape)


@dataclass(frozen=True, slots=True)
class Validity:
    """A condition on values: `target(*deps)` is True where they make sense."""

    text: str
    target: Target
    deps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ragged:
    """Size of a dim nested in another: one size per parent entry."""

    within: str
    sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", tuple(int(n) for n in self.sizes))


DimSize = int | Ragged


@dataclass(frozen=True, slots=True, kw_only=True)
class DataField:
    """One measured array.

    Parameters
    ----------
    role
        What kind of thing it is.
    parents
        Parameter keys it depends on directly (all, where empty).
    positive
        Zero and below are refused (noise maps, exposure times).
    optional
        May be left out.
    """

    key: str = field(kw_only=False)
    unit: str = ""
    dims: tuple[str, ...] = ()
    shape: tuple[int | None, ...] = ()
    dtype: Literal["float", "int", "bool", "complex"] = "float"
    role: Literal["image", "series", "set", "visibility", "count"] = "set"
    parents: tuple[str, ...] = ()
    positive: bool = False
    optional: bool = False
    doc: str = ""

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "dims", freeze_value(self.dims))
        set_(self, "parents", freeze_value(self.parents))
        set_(self, "shape", _shape(self.shape, self.dims))


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureField:
    """One value fixed at build, which may change the program's shape."""

    key: str = field(kw_only=False)
    kind: Literal["int", "str", "bool", "float", "tuple", "mapping"] = "int"
    default: Any = NO_DEFAULT
    choices: tuple[Any, ...] = ()
    bounds: tuple[float | None, float | None] = (None, None)
    doc: str = ""

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "choices", freeze_value(self.choices))
        if self.default is not NO_DEFAULT:
            set_(self, "default", freeze_value(self.default))
