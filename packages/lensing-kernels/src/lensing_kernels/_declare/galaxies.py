"""The galaxies of a lens model: what they may be, and their parameters.

`galaxies` is a mapping of names, from the nearest galaxy to the farthest or
in any other order::

    lens: {redshift: 0.2, light: {bulge: sersic}, mass: {main: isothermal}}
    source: {redshift: 0.6, light: {disk: sersic_core}}

The parameters of the profile `main` are `lens.main.centre`, and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from forwardax import ParamField, ParamSpec, Validity
from forwardax.errors import Faults, StructureError

from .galaxy_faults import KINDS, galaxies_faults
from .profiles import ELL_COMPS, PROFILES, Profile

_HERE: Final = "lensing_kernels._declare.galaxies"


def spec(structure: Mapping[str, Any]) -> ParamSpec:
    """Parameters of all the profiles of all the galaxies.

    Parameters
    ----------
    structure
        With `galaxies`; the other entries do not matter.

    Returns
    -------
    ParamSpec
        Keys are `<galaxy>.<profile>.<parameter>`, in the order of the
        galaxies, light before mass.

    Raises
    ------
    StructureError
        With every fault of the galaxies.
    """
    galaxies = structure["galaxies"]
    faults = Faults(galaxies_faults(galaxies))
    faults.throw(StructureError, "the galaxies make no lens model")
    fields: list[ParamField] = []
    conditions: list[Validity] = []
    for galaxy, kind, name, profile in components(galaxies):
        del kind
        prefix = f"{galaxy}.{name}"
        fields += [_placed(field, prefix) for field in profile.fields]
        if ELL_COMPS.key in profile.parameters:
            key = f"{prefix}.{ELL_COMPS.key}"
            text = f"the length of {key} is below 1"
            conditions.append(Validity(text, f"{_HERE}:inside_disk", (key,)))
    return ParamSpec(fields, validity=conditions)


def components(
    galaxies: Mapping[str, Any],
) -> Iterator[tuple[str, str, str, Profile]]:
    """Galaxy, kind, name and profile of every part of a sound model."""
    for galaxy, parts in galaxies.items():
        for kind in KINDS:
            for name, profile in parts.get(kind, {}).items():
                yield galaxy, kind, name, PROFILES[profile]


def inside_disk(vector: Any) -> Any:
    """Whether a vector `(2,)` is shorter than 1."""
    return vector[0] * vector[0] + vector[1] * vector[1] < 1.0


def _placed(field: ParamField, prefix: str) -> ParamField:
    """A profile's field under the name of its galaxy and profile."""
    shift = field.shift
    if shift is not None:
        shift = replace(shift, deps=_under(prefix, shift.deps))
    return replace(
        field,
        key=f"{prefix}.{field.key}",
        elements=_under(prefix, field.elements),
        shift=shift,
    )


def _under(prefix: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{prefix}.{name}" for name in names)
