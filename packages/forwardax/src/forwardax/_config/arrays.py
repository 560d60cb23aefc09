"""Arrays that a configuration names: read, checked, nothing compiled.

Files, numbers and mappings become NumPy arrays; each is checked against its
field, then dims against each other, then everything by the system's own
`check`. None of it needs JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._freeze import Frozen
from .._plugins.entries import SystemEntry
from .._plugins.entry_specs import data_of, known_of
from .._plugins.registry import Registry
from .._schema.data import DataSpec
from .._schema.data_check import checked_array, lacking
from .._schema.structure import Structure
from .._targets import load_target
from ..contracts import DataField
from ..errors import ConfigError, DataError, Fault, Faults, ForwardaxError
from .files import read_array
from .settings import Places

if TYPE_CHECKING:
    from .config import RunConfig

Arrays = dict[str, Any]
_NUMBERS = (bool, int, float, tuple)


class Gathered:
    """Arrays of a system, with what is wrong with them.

    Parameters
    ----------
    registry
        Where data sets are looked up.
    entry
        The system.
    structure
        Its structure; a plain mapping is what is right of a faulty one, whose
        arrays are looked at for their own faults alone.
    places
        Where the values were set.
    """

    def __init__(
        self,
        registry: Registry,
        entry: SystemEntry,
        structure: Mapping[str, Any],
        places: Places,
    ) -> None:
        self._registry = registry
        self._entry = entry
        self._structure = structure
        self._places = places
        self._arrays: Arrays = {}
        self._sizes: dict[str, tuple[int, str]] = {}
        self._complete = isinstance(structure, Structure)
        self._lost = not self._complete
        self.faults = Faults()

    def data(self, given: Mapping[str, Any]) -> Arrays:
        """Measured arrays; one value under `""` stands for all of them."""
        spec = self._spec(self._entry.data, data_of)
        if "" in given:
            try:
                given = self._whole(spec, given[""])
            except ForwardaxError as error:
                self.faults.extend(map(self._places.locate, error.faults))
                return {}
        return self._fields(spec, given, "the data lack")

    def known(self, given: Mapping[str, Any]) -> Arrays:
        """Arrays that the system holds."""
        spec = self._spec(self._entry.known, known_of)
        owner = f"the system {self._entry.name!r} lacks"
        return self._fields(spec, given, owner)

    def check(self) -> None:
        """Let the system say what is wrong with all of it together."""
        if self._entry.check is not None:
            check = load_target(self._entry.check, needed_by=self._entry.name)
            try:
                found = list(check(self._structure, dict(self._arrays)))
            except Exception:
                if self._complete:
                    raise
                return  # it asked for what is not right
            self.faults.extend(map(self._places.locate, found))

    def _spec(
        self,
        source: object,
        make: Callable[[SystemEntry, Mapping[str, Any]], DataSpec | None],
    ) -> DataSpec:
        """Fields of the arrays; none where the structure hides them."""
        if not (self._complete or isinstance(source, DataSpec)):
            return DataSpec()
        return make(self._entry, self._structure) or DataSpec()

    def _whole(self, spec: DataSpec, value: Any) -> Mapping[str, Any]:
        """Data of a data set, of an archive, or of a system's only field."""
        if isinstance(value, str):
            return self._registry.load("datasets", value)()
        if isinstance(value, Path) and value.suffix == ".npz":
            try:
                with np.load(value, allow_pickle=False) as archive:
                    return {name: archive[name] for name in archive.files}
            except (OSError, ValueError) as error:
                return {key: _Failed(value, error) for key in spec}
        if len(spec) == 1:
            return dict.fromkeys(spec, value)
        what = f"data is one thing, and {self._entry.name!r} measures several"
        allowed = "{" + ", ".join(f"{key}: FILE" for key in spec) + "}"
        allowed += ", or a .npz file of them"
        raise DataError(Fault(what, "data", str(value), allowed, code="data"))

    def _fields(
        self, spec: DataSpec, given: Mapping[str, Any], owner: str
    ) -> Arrays:
        found: Arrays = {}
        # A number takes its shape from its dims: arrays come first.
        numbers = {k for k, v in given.items() if isinstance(v, int | float)}
        for field in sorted(spec.values(), key=lambda f: f.key in numbers):
            faults = Faults()
            if absent(given.get(field.key)):
                self._lost = True
                continue
            if field.key not in given:
                if not field.optional:
                    fix = f"give {field.key}: a file, or numbers"
                    faults.append(replace(lacking(field, owner), fix=fix))
            else:
                value = self._array(field, given[field.key], faults)
                if value is not None:
                    value = checked_array(field, value, faults)
                    self._bind(field, value, faults)
                if value is not None and not faults:
                    found[field.key] = self._arrays[field.key] = value
            self._lost |= bool(faults)
            self.faults.extend(map(self._places.locate, faults))
        return {key: found[key] for key in spec if key in found}

    def _array(self, field: DataField, value: Any, faults: Faults) -> Any:
        """The array of a value; None where it cannot be had."""
        key = field.key
        if isinstance(value, _NUMBERS):
            return self._number(field, value, faults)
        if isinstance(value, Path | Frozen | _Failed):
            try:
                return self._read(key, value)
            except ForwardaxError as error:
                # Where what it is made of has a fault, that one is enough.
                faults.extend(
                    f
                    for f in error.faults
                    if not (f.code == "missing" and self._lost)
                )
            except Exception as error:
                if not (isinstance(error, KeyError) and self._lost):
                    what = f"{key!r} cannot be read from {value}: {error}"
                    allowed = "a file that can be read"
                    fault = Fault(what, key, allowed=allowed, code="file")
                    faults.append(fault)
            return None
        return value

    def _read(self, key: str, value: Any) -> Any:
        if isinstance(value, _Failed):
            raise value.error
        if self._entry.reader is not None:
            read = load_target(self._entry.reader, needed_by=self._entry.name)
            return read(key, value, self._structure, dict(self._arrays))
        return read_array(key, value)

    def _number(self, field: DataField, value: Any, faults: Faults) -> Any:
        """Numbers as an array; one number is spread over the field's dims."""
        try:
            array = np.asarray(value)
        except ValueError:
            faults.append(
                Fault(
                    f"{field.key!r} has rows of unequal length",
                    field.key,
                    f"{value!r:.60}",
                    "rows of one length",
                    code="shape",
                )
            )
            return None
        if array.shape or not field.shape:
            return array
        sizes = [
            size if size is not None else self._sizes.get(dim, (None, ""))[0]
            for size, dim in zip(field.shape, field.dims, strict=False)
        ]
        if len(sizes) < len(field.shape) or None in sizes:
            what = f"{field.key!r} is one number, and no array says its shape"
            faults.append(
                Fault(
                    what,
                    field.key,
                    str(value),
                    "a file, or one number beside an array of the same dims",
                    code="shape",
                )
            )
            return None
        return np.full(tuple(sizes), array)  # pyright: ignore

    def _bind(self, field: DataField, array: Any, faults: Faults) -> None:
        """Dims of one name have one size."""
        if faults:
            return
        wrong: dict[str, list[tuple[str, int, int]]] = {}
        for dim, size in zip(field.dims, array.shape, strict=False):
            known, owner = self._sizes.setdefault(dim, (size, field.key))
            if known != size:
                wrong.setdefault(owner, []).append((dim, size, known))
        for owner, dims in wrong.items():
            along = " and ".join(dim for dim, *_ in dims)
            sizes = ", ".join(str(known) for *_, known in dims)
            faults.append(
                Fault(
                    f"{field.key!r} and {owner!r} differ in their size along "
                    f"{along}",
                    key=field.key,
                    value=", ".join(str(size) for _, size, _ in dims),
                    allowed=f"{sizes}, as {owner!r} has",
                    code="shape",
                )
            )


def absent(value: Any) -> bool:
    """Whether a value is the path of a file that is not there."""
    return isinstance(value, Path) and not value.is_file()


def read_arrays(
    config: RunConfig, *, registry: Registry | None = None, data: bool = True
) -> tuple[Arrays, Arrays]:
    """Known and measured arrays of a configuration.

    Parameters
    ----------
    config
        From `load_run` or `configure`.
    registry
        Where names are looked up; the installed plugins by default.
    data
        Whether measured arrays are read.

    Raises
    ------
    ConfigError
        With every fault and its line.
    """
    registry = registry or Registry.default()
    entry: Any = registry.get("systems", config.system.value)
    structure = Structure.of(entry.structure, config.structure.plain)
    gathered = Gathered(registry, entry, structure, config.places)
    measured = gathered.data(config.data.plain) if data else {}
    known = gathered.known(config.known.plain)
    gathered.check()
    gathered.faults.throw(ConfigError, "configuration")
    return known, measured


class _Failed:
    """A file that could not be read, in place of each of its arrays."""

    def __init__(self, path: Path, error: Exception) -> None:
        self.path, self.error = path, error

    def __str__(self) -> str:
        return str(self.path)
