# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
# Two versions of ArviZ are served, of which one is installed.
"""A posterior as a NetCDF file that ArviZ and xarray read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from .._atomic import atomic, remove
from ..errors import Fault, FitError
from .summary_rows import summary_json

if TYPE_CHECKING:
    from .result import RunResult

PIP_LINE: Final = 'pip install "forwardax[netcdf]"'
_NEEDED = {"arviz": "ArviZ", "netCDF4": "netCDF4"}


def check_netcdf() -> None:
    """Refuse to go on without what writes NetCDF.

    Raises
    ------
    FitError
        With the line that installs it.
    """
    missing: list[str] = []
    for module, name in _NEEDED.items():
        if find_spec(module) is None:
            missing.append(name)
    if missing:
        raise FitError(
            Fault(
                f"export needs {' and '.join(missing)}, not installed here",
                fix=PIP_LINE,
                code="missing",
            )
        )


def export_netcdf(result: RunResult, path: Path) -> Path:
    """Write the posterior of a fit as NetCDF 4, in the schema of ArviZ.

    Groups are `posterior` (with derived values), `sample_stats`,
    `observed_data` and `constant_data` (what was held). Units are attributes
    of the variables; the checks, notes, timings and versions are attributes
    of the file, as JSON texts. A complex value is stored as two, `.real` and
    `.imag`.

    All numbers carry checksums, so that damage is an error on reading. The
    index of where they are in the file does not: where that is damaged,
    HDF5 reads a whole variable as NaN. `sha256sum -c FILE.sha256` finds any
    damage, by the file that is written beside this one.

    Parameters
    ----------
    result
        A fit.
    path
        The file; it is replaced as a whole where it exists.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FitError
        If ArviZ or netCDF4 is missing, with the line that installs them.
    SaveError
        If it cannot be written.
    """
    check_netcdf()
    groups = dict(_groups(result))
    beside = path.with_name(f"{path.name}.sha256")
    remove(beside)
    with atomic(path) as temporary:
        _attributes(result).to_netcdf(temporary, mode="w", engine="netcdf4")
        for name, group in groups.items():
            group.to_netcdf(
                temporary,
                mode="a",
                group=name,
                engine="netcdf4",
                # One more than a scalar has: NetCDF checks only arrays.
                encoding={key: {"fletcher32": True} for key in group.variables},
            )
        digest = sha256(temporary.read_bytes()).hexdigest()
    with atomic(beside) as temporary:
        temporary.write_text(f"{digest}  {path.name}\n")
    return path


def _groups(result: RunResult) -> Iterator[tuple[str, Any]]:
    """Data sets by group."""
    import xarray

    found = result.posterior
    made = found.to_arviz()
    for name in ("posterior", "sample_stats"):
        group = made[name]
        if not isinstance(group, xarray.Dataset):  # a node of ArviZ 1.x
            group = group.to_dataset()
        if name == "sample_stats" and found.weights is not None:
            weights = np.asarray(found.weights)
            group = group.assign(weights=(("chain", "draw"), weights))
        yield name, _real(group)
    measured = dict(_flat(result.problem.data or {}))
    spec = result.posterior.spec
    for name, arrays in (
        ("observed_data", measured),
        ("constant_data", dict(found.held)),
    ):
        group = xarray.Dataset(
            {
                key: (
                    [f"{key}_dim_{i}" for i in range(max(1, value.ndim))],
                    np.atleast_1d(value),
                    {"units": spec.by_key[key].unit} if key in spec else {},
                )
                for key, value in arrays.items()
            }
        )
        if arrays:
            yield name, _real(group)


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[Any]:
    """Arrays of data that may be a mapping of mappings."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            inner = cast("Mapping[str, Any]", value)
            yield from _flat(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", np.asarray(value)


def _real(group: Any) -> Any:
    """A data set whose complex variables are two each."""
    for key in list(group.data_vars):
        one = group[key]
        if np.iscomplexobj(one.values):
            halves = {f"{key}.real": one.real, f"{key}.imag": one.imag}
            for half in halves.values():
                half.attrs.update(one.attrs)
            group = group.drop_vars(key).assign(halves)
    return group


def _attributes(result: RunResult) -> Any:
    """An empty data set with what is told of the whole."""
    import xarray

    told = summary_json(result)
    spec = result.posterior.spec
    texts = {
        "system": told["system"],
        "estimator": told["estimator"],
        "converged": int(told["converged"]),
        "verdict": result.posterior.verdict,
        "forwardax_spec": spec.to_json(),
    }
    for name in ("checks", "notes", "timings", "versions"):
        texts[f"forwardax_{name}"] = json.dumps(told[name], allow_nan=False)
    return xarray.Dataset(attrs=texts)
