"""ParamSpec: the schema of a system's parameters.

A spec is an ordered, frozen mapping from keys to fields, together with what
was decided about them: which values are fixed, tied or drawn from another
prior. Every method is pure and returns a spec. Nothing here needs JAX.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import fields as dc_fields
from fnmatch import fnmatchcase
from functools import cached_property
from types import MappingProxyType
from typing import Any

from .._freeze import freeze_number
from ..contracts import (
    DimSize,
    Numbers,
    ParamField,
    Prior,
    Ragged,
    Validity,
)
from ..errors import Fault, Faults, SpecError, UnknownKey, wrong_type
from .address import Address, AddressBook, element_names
from .bind import bind_spec
from .decide import choose_priors, fix_spec, free_spec, tie_spec
from .lint import lint_spec
from .merge import merge_specs, prefix_spec, select_spec
from .part_types import check_param_types
from .spec_json import spec_digest, spec_from_json, spec_to_json
from .table import spec_rows, spec_table


@dataclass(frozen=True)
class ParamSpec(Mapping[str, ParamField]):
    """Ordered, frozen mapping of parameter fields.

    Parameters
    ----------
    fields
        In the order in which parameters are stored.
    validity
        Conditions under which values make sense.
    reference
        Values of a valid point; keys left out use their defaults.
    fixed, ties, priors
        Decisions by address: held values, targets with their sources, and
        priors that replace the fields' own. Usually made with the methods.
    sizes
        Sizes of the bound dims.

    Raises
    ------
    SpecError
        If a part has the wrong type, or if two fields share a key, alias or
        element name.
    """

    fields: tuple[ParamField, ...] = ()
    validity: tuple[Validity, ...] = ()
    reference: tuple[tuple[str, Numbers], ...] = ()
    fixed: tuple[tuple[str, Numbers], ...] = ()
    ties: tuple[tuple[str, str], ...] = ()
    priors: tuple[tuple[str, Prior], ...] = ()
    sizes: tuple[tuple[str, DimSize], ...] = ()

    def __init__(
        self,
        fields: Iterable[ParamField] = (),
        *,
        validity: Iterable[Validity] = (),
        reference: Mapping[str, Any] | Iterable[tuple[str, Numbers]] = (),
        fixed: Iterable[tuple[str, Numbers]] = (),
        ties: Iterable[tuple[str, str]] = (),
        priors: Iterable[tuple[str, Prior]] = (),
        sizes: Iterable[tuple[str, DimSize]] = (),
    ) -> None:
        set_ = object.__setattr__
        _check_iterable("fields", fields)
        _check_iterable("reference", reference)
        set_(self, "fields", tuple(fields))
        set_(self, "validity", tuple(validity))
        points: Any = reference  # pyright: ignore
        if isinstance(reference, Mapping):
            points = reference.items()  # pyright: ignore
        set_(
            self,
            "reference",
            tuple((key, freeze_number(value)) for key, value in points),
        )
        set_(self, "fixed", tuple(fixed))
        set_(self, "ties", tuple(ties))
        set_(self, "priors", tuple(priors))
        set_(self, "sizes", tuple(sizes))
        check_param_types(self.fields, self.validity, self.priors, SpecError)
        _check_names(self.fields)

    def __getitem__(self, key: str) -> ParamField:
        return self.by_key[self.find(key).key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_key)

    def __len__(self) -> int:
        return len(self.fields)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and isinstance(self.look(key), Address)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # A spec is part of compile keys and hashed at each dispatch.
        return hash(tuple(getattr(self, f.name) for f in dc_fields(self)))

    @cached_property
    def by_key(self) -> Mapping[str, ParamField]:
        """Fields by canonical key alone."""
        return MappingProxyType({f.key: f for f in self.fields})

    @cached_property
    def _book(self) -> AddressBook:
        return AddressBook(self.fields)

    def __str__(self) -> str:
        return spec_table(self)

    # --- Reading -----------------------------------------------------------

    @property
    def primitives(self) -> tuple[str, ...]:
        """Keys that live in the store, in order."""
        return tuple(f.key for f in self.fields if f.kind == "primitive")

    @property
    def derived(self) -> tuple[str, ...]:
        """Keys that are computed, in order."""
        return tuple(f.key for f in self.fields if f.kind == "derived")

    @property
    def bound(self) -> bool:
        """Whether every size is known."""
        return all(None not in f.shape for f in self.fields)

    @property
    def digest(self) -> str:
        """Content digest, equal across processes and Python versions."""
        return spec_digest(self)

    def look(self, name: str) -> Address | Fault:
        """What an address means, or what is wrong with it."""
        return self._book.find(name, owner="this spec")

    def find(self, name: str) -> Address:
        """Canonical key, and element, of a key, alias or element address.

        Raises
        ------
        UnknownKey
            With the nearest names.
        """
        found = self.look(name)
        if isinstance(found, Fault):
            raise UnknownKey(found)
        return found

    def name(self, address: Address) -> str:
        """Canonical name of an address."""
        if address.element is None:
            return address.key
        return element_names(self.by_key[address.key])[address.element]

    def prior_of(self, name: str) -> Prior | None:
        """Prior in force at an address, fixed or not."""
        address = self.find(name)
        chosen = self.by_key[address.key].prior
        for where, prior in self.priors:
            at = self.find(where)
            if at.key == address.key and at.element in (None, address.element):
                chosen = prior
        return chosen

    def rows(self) -> list[dict[str, str]]:
        """Rows of a table: key, kind, unit, shape, bounds, prior, ..."""
        return spec_rows(self)

    def lint(self) -> list[Fault]:
        """Everything that is wrong with the spec; needs no numbers."""
        return lint_spec(self)

    def to_json(self) -> str:
        """Canonical JSON; `ParamSpec.from_json` reads it back identical.

        Raises
        ------
        SpecError
            If a validity condition is a function, not `"module:attr"`.
        """
        return spec_to_json(self)

    @staticmethod
    def from_json(text: str) -> ParamSpec:
        """Read what `to_json` wrote.

        Raises
        ------
        SpecError
            If the text is not a spec; every fault is named.
        """
        return spec_from_json(ParamSpec, text)

    # --- Making others -----------------------------------------------------

    def merge(self, *others: ParamSpec) -> ParamSpec:
        """Fields and decisions of all; equal fields count once.

        Raises
        ------
        SpecError
            If two specs declare one key, size or value differently.
        """
        return merge_specs(self, others)

    def prefixed(self, prefix: str) -> ParamSpec:
        """All keys, aliases and references under `prefix.`."""
        return prefix_spec(self, prefix)

    def select(self, *globs: str) -> ParamSpec:
        """Fields whose key matches one of the globs, with their decisions.

        Raises
        ------
        SpecError
            If a glob matches nothing.
        """
        return select_spec(self, globs)

    def matching(self, glob: str) -> tuple[str, ...]:
        """Keys that match a glob."""
        return tuple(key for key in self if fnmatchcase(key, glob))

    def bind(self, dims: Mapping[str, int | Ragged | Any]) -> ParamSpec:
        """Give the named dims their sizes.

        Parameters
        ----------
        dims
            Size by name; a `Ragged(within, sizes)` nests one dim in another.

        Raises
        ------
        SpecError
            If a dim is unknown, bound to something else, or no size.
        """
        return bind_spec(self, dims)

    def fix(self, values: Mapping[str, Any] | Iterable[str]) -> ParamSpec:
        """Hold keys or elements at values, or at their defaults.

        Parameters
        ----------
        values
            Value by address, or addresses to hold at their defaults.

        Raises
        ------
        SpecError
            For unknown or derived keys, wrong shapes, missing defaults.
        """
        return fix_spec(self, values)

    def free(self, names: Iterable[str]) -> ParamSpec:
        """Undo `fix` for keys or single elements.

        Raises
        ------
        SpecError
            For unknown or derived keys, and keys that have no prior.
        """
        return free_spec(self, names)

    def tie(self, ties: Mapping[str, str]) -> ParamSpec:
        """Make keys or elements take the value of others.

        Parameters
        ----------
        ties
            Source address by target address.

        Raises
        ------
        SpecError
            For unknown addresses and shapes that differ.
        """
        return tie_spec(self, ties)

    def with_priors(self, priors: Mapping[str, Prior]) -> ParamSpec:
        """Replace the priors of keys or elements.

        Raises
        ------
        SpecError
            For unknown addresses and things that are not a `Prior`.
        """
        return choose_priors(self, priors)


def _check_iterable(name: str, value: object) -> None:
    if not isinstance(value, Iterable):
        raise SpecError(wrong_type(name, value, "several, as a list"))


def _check_names(fields: tuple[ParamField, ...]) -> None:
    faults = Faults()
    owner: dict[str, str] = {}
    for f in fields:
        for name in (f.key, *f.aliases, *f.elements):
            if name in owner:
                faults.append(
                    Fault(
                        f"{name!r} is declared twice, by {owner[name]!r} "
                        f"and by {f.key!r}",
                        key=name,
                        allowed="names that differ from all others",
                        code="duplicate",
                    )
                )
            owner.setdefault(name, f.key)
    faults.throw(SpecError)
