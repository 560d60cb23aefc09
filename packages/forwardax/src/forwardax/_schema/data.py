"""DataSpec: the schema of what is measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..contracts import DataField, DimSize
from ..errors import Fault, Faults, SpecError, listed, nearest, wrong_type
from .bind import bound_sizes
from .part_types import check_data_types
from .table import text_table
from .values import named_sizes

ROLES = ("image", "series", "set", "visibility", "count")
DTYPES = ("float", "int", "bool", "complex")


@dataclass(frozen=True)
class DataSpec(Mapping[str, DataField]):
    """Ordered, frozen mapping of data fields; importing it needs no JAX.

    Parameters
    ----------
    fields
        In the order in which data are listed and tokenised.
    sizes
        Sizes of the bound dims.

    Raises
    ------
    SpecError
        If a part has the wrong type, or if two fields have one key.
    """

    fields: tuple[DataField, ...] = ()
    sizes: tuple[tuple[str, DimSize], ...] = ()

    def __init__(
        self,
        fields: Iterable[DataField] = (),
        *,
        sizes: Iterable[tuple[str, DimSize]] = (),
    ) -> None:
        if not isinstance(fields, Iterable):  # pyright: ignore
            raise SpecError(wrong_type("fields", fields, "several, as a list"))
        object.__setattr__(self, "fields", tuple(fields))
        object.__setattr__(self, "sizes", tuple(sizes))
        check_data_types(self.fields, DataField, SpecError)
        keys = [field.key for field in self.fields]
        faults = Faults(
            Fault(
                f"{key!r} is declared twice",
                key=key,
                allowed="keys that differ from all others",
                code="duplicate",
            )
            for key in dict.fromkeys(keys)
            if keys.count(key) > 1
        )
        faults.throw(SpecError)

    def __getitem__(self, key: str) -> DataField:
        return self._by_key[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self.fields)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.fields, self.sizes))

    @cached_property
    def _by_key(self) -> Mapping[str, DataField]:
        return {field.key: field for field in self.fields}

    def __str__(self) -> str:
        return text_table(
            self.rows(),
            ("key", "unit", "shape", "dtype", "role", "parents", "doc"),
        )

    def bind(self, dims: Mapping[str, DimSize]) -> DataSpec:
        """Give the named dims their sizes; unknown dims are ignored.

        A parameter spec and a data spec share dims, so one mapping serves
        both; `ParamSpec.bind` checks the sizes.
        """
        fields = tuple(
            replace(f, shape=bound_sizes(f.shape, f.dims, dims))
            for f in self.fields
        )
        return DataSpec(fields, sizes=(dict(self.sizes) | dict(dims)).items())

    def rows(self) -> list[dict[str, str]]:
        """Rows of a table, every cell text."""
        return [
            {
                "key": f.key,
                "unit": f.unit,
                "shape": ", ".join(named_sizes(f)),
                "dtype": f.dtype,
                "role": f.role,
                "parents": ", ".join(f.parents),
                "doc": f.doc,
            }
            for f in self.fields
        ]

    def lint(self, parameters: Iterable[str] = ()) -> list[Fault]:
        """What is wrong with the schema.

        Parameters
        ----------
        parameters
            Keys of the parameter spec, for the parents.
        """
        from .units import unit_fault

        known = tuple(parameters)
        found: list[Fault] = []
        for field in self.fields:
            fault = unit_fault(field.key, field.unit)
            if fault:
                found.append(fault)
            for part, allowed in (("role", ROLES), ("dtype", DTYPES)):
                value = getattr(field, part)
                if value not in allowed:
                    found.append(
                        Fault(
                            f"{field.key!r} has the {part} {value!r}",
                            key=field.key,
                            value=repr(value),
                            allowed=", ".join(allowed),
                            nearest=nearest(str(value), allowed),
                            code=part,
                        )
                    )
            found += [
                Fault(
                    f"{parent!r} is not a parameter",
                    key=parent,
                    allowed=listed(known),
                    nearest=nearest(parent, known),
                    needed_by=f"parents of the data field {field.key!r}",
                    code="unknown",
                )
                for parent in field.parents
                if known and parent not in known
            ]
        return found

    def validate(self, data: Any) -> dict[str, Any]:
        """Data as plain NumPy arrays in the declared units.

        Parameters
        ----------
        data
            Array or astropy quantity by key.

        Returns
        -------
        dict
            Arrays in the order of the spec.

        Raises
        ------
        DataError
            With every fault: missing and unknown keys, shapes, dtypes,
            units, values that are not finite or not positive.
        """
        from .data_check import checked_data

        return checked_data(self, data)
