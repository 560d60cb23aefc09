"""`SheraThreePlane_Model`: a telescope and its parameters as one object."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import jax
import numpy as np
import yaml
from forwardax import ParameterStore
from forwardax.errors import (
    Fault,
    Faults,
    SpecError,
    StoreError,
    nearest,
    wrong_type,
)
from jax import Array

from ._declare.parameters import PITCH, SCALE
from ._declare.structure import FIELDS
from ._legacy import NAMES
from ._many_plane import DESIGNS, KNOWN, ManyPlane, make
from ._two_plane import KNOWN as TWO_PLANE_KNOWN
from ._two_plane import TwoPlane, two_plane

AnyTelescope = ManyPlane | TwoPlane
SOLVED = {SCALE: PITCH}
"""What gives way to a derived value that is set."""
BINARY = {
    "binary.astrometry.x_position": 0.0,
    "binary.astrometry.y_position": 0.0,
    "binary.astrometry.separation": 10.0,
    "binary.astrometry.position_angle": 90.0,
    "binary.photometry.contrast": 0.3,
}
STARS: Mapping[str, Mapping[str, float]] = {
    "shera_testbed": {**BINARY, "binary.photometry.log_flux": 6.78},
    "shera_flight": {**BINARY, "binary.photometry.log_flux": 7.13},
    "toliman": {
        **BINARY,
        "binary.photometry.contrast": 3.37,
        "binary.photometry.log_flux": 6.832,
    },
    "lab_bench": {
        "star.astrometry.x_position": 0.0,
        "star.astrometry.y_position": 0.0,
        "star.photometry.log_flux": 6.0,
    },
}
"""What the facade looks at unless told otherwise."""
SCOPES = {
    "two_plane": FIELDS,
    **{scope: design.fields for scope, design in DESIGNS.items()},
}
"""Fields of the structure of each telescope."""
ARRAYS = frozenset({*KNOWN, *TWO_PLANE_KNOWN})


class SheraThreePlane_Model:  # noqa: N801
    """A telescope with the values of its parameters.

    It is immutable: `set` and `with_params` return another one.

    Parameters
    ----------
    params
        Values by key: canonical keys, aliases, elements and older names, of
        structure, parameters and known arrays alike.
    system_id
        `two_plane`, `three_plane`, `four_plane` or `four_plane_relay`.
    preset
        Where the rest comes from: `shera_testbed` or `shera_flight`;
        `lab_bench`, which has a relay, as `four_plane_relay`; `toliman`, of
        two planes; or None for the defaults alone. Zernike coefficients are
        zero, and the stars are the preset's, unless given.

    Raises
    ------
    SpecError
        If a key is nobody's; with the nearest ones.
    StructureError, StoreError
        If values make no sense.
    """

    def __init__(
        self,
        params: Mapping[str, Any] | None = None,
        system_id: str = "three_plane",
        preset: str | None = "shera_testbed",
    ) -> None:
        system_id = _scope(system_id, preset)
        structure, values = _preset(preset)
        given = _canonical(params or {})
        fields = {f.key for f in SCOPES[system_id]}
        built = {k: v for k, v in structure.items() if k in fields}
        built |= {k: v for k, v in given.items() if k in fields}
        if "p2_diameter" in (params or {}):
            _obscure(built, given)
        arrays = {k: v for k, v in given.items() if k in ARRAYS}
        system = _made(system_id, {**built, **arrays})
        rest = {
            k: v
            for k, v in given.items()
            if k not in fields and k not in ARRAYS
        }
        start = {k: v for k, v in values.items() if k in system.spec}
        self._system = system
        self._store = _assigned(system, _defaults(system, start, rest), rest)

    @classmethod
    def _of(cls, system: AnyTelescope, store: ParameterStore) -> Any:
        made = object.__new__(cls)
        made._system, made._store = system, store
        return made

    @property
    def system(self) -> AnyTelescope:
        """The telescope, for `forwardax.Problem` and the estimators."""
        return self._system

    @property
    def store(self) -> ParameterStore:
        """Values of the primitives."""
        return self._store

    def model(self) -> Array:
        """Mean photons in each pixel, `(n, n)`."""
        return _image(self._system, self._store)

    def get(self, name: str) -> Any:
        """A value: structure, known array, primitive or derived.

        Older names give it in the unit that they had.
        """
        key = NAMES.canonical(name)
        structure = self._system.structure
        if key in structure:
            return structure[key]
        if key in self._system.known or key == "noise_map":
            every = {**self._system.known, "noise_map": self._system.noise_map}
            return every[key]
        field = _field(self._system, key, name)
        if field.kind == "derived":
            value = self._store.derived(field.key)[field.key]
        else:
            value = self._store[key]
        return NAMES.legacy_value(name, value)

    def set(
        self,
        key: str | Mapping[str, Any],
        value: Any = None,
        *,
        solve_for: str | None = None,
    ) -> SheraThreePlane_Model:
        """This model with one value changed, or several.

        Parameters
        ----------
        key
            A key or older name; or values by key.
        value
            The new value.
        solve_for
            What gives way to a derived value, such as `"m2.focal_length"`.
            For the pixel scale it is the pixel pitch unless said otherwise.

        Raises
        ------
        StoreError, StructureError, SpecError
            If it cannot be.
        """
        changes = key if isinstance(key, Mapping) else {key: value}
        given = _canonical(changes)
        fields = self._system.structure
        if any(k in fields or k in ARRAYS for k in given):
            every = {**self.extract_params(), **given}
            if "p2_diameter" in changes:
                _obscure(every, given)
            return type(self)(every, self._system.system_id, None)
        store = _assigned(self._system, self._store, given, solve_for)
        return self._of(self._system, store)

    def with_params(self, params: Mapping[str, Any]) -> SheraThreePlane_Model:
        """This model with several values changed."""
        return self.set(params)

    def extract_params(self) -> dict[str, Any]:
        """Everything that this model is made of, by canonical key.

        A model made of it has the same image to the last bit.
        """
        system = self._system
        arrays = {**system.known, "noise_map": system.noise_map}
        found = {k: v for k, v in arrays.items() if v is not None}
        numbers = {k: np.asarray(self._store[k]) for k in _free_keys(system)}
        plain = {k: v.item() if v.ndim == 0 else v for k, v in numbers.items()}
        return {**system.structure, **found, **plain}


@jax.jit
def _image(system: AnyTelescope, store: ParameterStore) -> Array:
    return system.predict(store)["image"]


def _made(scope: str, arguments: dict[str, Any]) -> AnyTelescope:
    if scope == "two_plane":
        return two_plane(**arguments)
    return make(scope, arguments)


def _scope(system_id: str, preset: str | None) -> str:
    """The scope of a system, with or without `optics.` before it."""
    scope = str(system_id).removeprefix("optics.")
    faults = Faults()
    for what, word, allowed in (
        ("system_id", scope, list(SCOPES)),
        ("preset", preset, [*STARS, None]),
    ):
        if word not in allowed:
            faults.append(
                Fault(
                    f"{word!r} is no {what}",
                    key=what,
                    value=repr(word),
                    allowed=", ".join(map(repr, allowed)),
                    nearest=nearest(str(word), [str(a) for a in allowed]),
                    code="unknown",
                )
            )
    faults.throw(SpecError)
    if preset is not None and (scope == "two_plane") != (preset == "toliman"):
        own = "two_plane" if preset == "toliman" else "one with mirrors"
        raise SpecError(
            Fault(
                f"the preset {preset!r} is of another kind of telescope",
                key="preset",
                value=f"system_id {scope!r}",
                allowed=f"system_id {own!r}",
                fix="preset=None takes the defaults of the system",
                code="preset",
            )
        )
    return scope


@lru_cache(maxsize=8)
def _preset(name: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Structure and values of a preset, by key."""
    if name is None:
        return {}, {}
    text = (files("optics_dlux") / "presets" / f"{name}.yaml").read_text()
    document = yaml.safe_load(text)
    fixed = document["params"]["fixed"]
    return dict(_flat(document["system"])), {**fixed, **STARS[name]}


def _flat(values: Mapping[str, Any], path: str = "") -> Any:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _canonical(params: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(params, Mapping):
        raise SpecError(wrong_type("params", params, "{key: value}"))
    found: dict[str, Any] = {}
    faults = Faults()
    for name, value in params.items():
        key = NAMES.canonical(name)
        if key in found:
            faults.append(
                Fault(
                    f"{key!r} is given twice, also as {name!r}",
                    key=key,
                    allowed="each value once",
                    code="duplicate",
                )
            )
        value = NAMES.value(name, value)
        whole = key.endswith(".noll") and not isinstance(value, str)
        found[key] = tuple(int(j) for j in value) if whole else value
    faults.throw(SpecError)
    return found


def _obscure(built: dict[str, Any], given: Mapping[str, Any]) -> None:
    """The older diameter of M2 was that of the obscuration as well."""
    if "m1.aperture.obscuration" not in given:
        ratio = built["m2.aperture.diameter"] / built["m1.aperture.diameter"]
        built["m1.aperture.obscuration"] = ratio


def _field(system: AnyTelescope, key: str, name: str) -> Any:
    if key in system.spec:
        return system.spec[key]
    known = [*system.spec, *system.structure, *NAMES, *system.known]
    raise SpecError(
        Fault(
            f"{name!r} is neither a parameter nor structure of this telescope",
            key=str(name),
            allowed="keys of system.spec and system.structure, and older names",
            nearest=nearest(name, known),
            code="unknown",
        )
    )


def _free_keys(system: AnyTelescope) -> list[str]:
    """Primitives that do not follow from the structure."""
    spec = system.spec
    return [k for k in spec.primitives if "follows from" not in spec[k].doc]


def _defaults(
    system: AnyTelescope,
    start: Mapping[str, Any],
    given: Mapping[str, Any],
) -> ParameterStore:
    """A store of the preset's values, and of zeros for coefficients."""
    spec, free = system.spec, _free_keys(system)
    zeros = {
        k: np.zeros(spec[k].shape)  # pyright: ignore
        for k in spec.primitives
        if k.endswith(".coefficients")
    }
    plain = {
        spec[k].key: v
        for k, v in given.items()
        if k in spec and _whole(spec, k) and spec[k].key in free
    }
    # A preset may give single entries: those of a value given whole are not
    # wanted.
    entries = {
        k: v
        for k, v in start.items()
        if not _whole(spec, k) and spec[k].key not in plain
    }
    whole = {k: v for k, v in start.items() if _whole(spec, k)}
    return system.store({**zeros, **whole, **plain}).replace(entries)


def _whole(spec: Any, key: str) -> bool:
    """Whether a key addresses a whole parameter, not one entry."""
    return key in (spec[key].key, *spec[key].aliases)


def _assigned(
    system: AnyTelescope,
    store: ParameterStore,
    values: Mapping[str, Any],
    solve_for: str | None = None,
) -> ParameterStore:
    """A store with values put in: primitives first, then derived ones."""
    fields = {key: _field(system, key, key) for key in values}
    pinned = [k for k, f in fields.items() if "follows from" in f.doc]
    if pinned:
        raise StoreError(
            Fault(
                f"{pinned[0]!r} follows from the structure",
                key=pinned[0],
                allowed="values of the structure: diameters, pixels, padding",
                code="pinned",
            )
        )
    plain = {k: v for k, v in values.items() if fields[k].kind == "primitive"}
    store = store.replace(plain)
    for key in (k for k in values if k not in plain):
        chosen = solve_for or SOLVED.get(fields[key].key)
        store = store.assign(fields[key].key, values[key], solve_for=chosen)
    return store.validate(system.spec)
