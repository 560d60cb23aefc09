"""A spec without its numbers, for compile keys.

Systems and stores carry their spec as static data. Numbers there would make
every change of a prior a new program, so a resolver carries the skeleton, and
the system in a problem a spec that compares by its skeleton.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cached_property, lru_cache
from typing import Any

from ..contracts import NO_DEFAULT, ParamField, Prior
from .spec import ParamSpec


def skeleton(spec: ParamSpec) -> ParamSpec:
    """Names, structure and families of a spec; its numbers become zero."""
    return spec.bare if isinstance(spec, SharedSpec) else _skeleton(spec)


@lru_cache(maxsize=256)
def _skeleton(spec: ParamSpec) -> ParamSpec:
    return ParamSpec(
        (_bare_field(field) for field in spec.fields),
        validity=spec.validity,
        ties=spec.ties,
        priors=((name, _bare_prior(prior)) for name, prior in spec.priors),
        sizes=spec.sizes,
    )


def _bare_field(field: ParamField) -> ParamField:
    low, high = field.bounds
    return replace(
        field,
        bounds=(None if low is None else 0.0, None if high is None else 0.0),
        cyclic=None if field.cyclic is None else 0.0,
        prior=field.prior and _bare_prior(field.prior),
        default=NO_DEFAULT,
    )


def _bare_prior(prior: Prior) -> Prior:
    arguments = {
        name: value if isinstance(value, str) else 0.0
        for name, value in prior.arguments
    }
    return Prior(prior.family, centred=prior.centred, **arguments)


class SharedSpec(ParamSpec):
    """A spec that equals every spec of the same skeleton.

    It keeps its numbers for people. Traced code must not read them: a
    program may be shared with other numbers, which live in `hyper`.
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SharedSpec) and self.bare == other.bare

    def __hash__(self) -> int:
        return hash(self.bare)

    @cached_property
    def bare(self) -> ParamSpec:
        """The skeleton."""
        return _skeleton(plain(self))


def shared(spec: ParamSpec) -> SharedSpec:
    """The spec as one that compares by its skeleton."""
    if isinstance(spec, SharedSpec):
        return spec
    return SharedSpec(**_parts(spec))


def plain(spec: ParamSpec) -> ParamSpec:
    """The spec as one that compares by its content."""
    if type(spec) is ParamSpec:
        return spec
    return ParamSpec(**_parts(spec))


def _parts(spec: ParamSpec) -> dict[str, Any]:
    return {part.name: getattr(spec, part.name) for part in fields(spec)}
