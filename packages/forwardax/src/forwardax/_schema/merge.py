"""Merging, prefixing and selecting specs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields as dc_fields
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..contracts import ParamField, Prior, Shift, Validity
from ..errors import Fault, Faults, SpecError, listed, nearest, wrong_type

if TYPE_CHECKING:
    from .spec import ParamSpec

_DECISIONS = ("reference", "fixed", "ties", "priors", "sizes")


def merge_specs(first: ParamSpec, others: Iterable[Any]) -> ParamSpec:
    """See `ParamSpec.merge`."""
    faults = Faults()
    fields: dict[str, ParamField] = {}
    validity: dict[Validity, None] = {}
    decisions: dict[str, dict[str, Any]] = {part: {} for part in _DECISIONS}
    for spec in (first, *others):
        if not isinstance(spec, type(first)):
            faults.append(wrong_type("merge", spec, "a ParamSpec"))
            continue
        for field in spec.fields:
            _put(fields, field.key, field, "declared", faults)
        validity |= dict.fromkeys(spec.validity)
        for part in _DECISIONS:
            for name, value in getattr(spec, part):
                _put(decisions[part], name, value, "decided", faults)
    faults.throw(SpecError, "cannot merge")
    parts = {part: tuple(found.items()) for part, found in decisions.items()}
    return type(first)(fields.values(), validity=validity, **parts)


def _put(
    into: dict[str, Any], name: str, value: Any, verb: str, faults: Faults
) -> None:
    if name in into and into[name] != value:
        faults.append(
            Fault(
                f"{name!r} is {verb} in two ways",
                key=name,
                value=_difference(into[name], value),
                allowed="one way in all of the specs",
                fix="prefix one of the specs",
                code="conflict",
            )
        )
    into.setdefault(name, value)


def _difference(first: Any, second: Any) -> str:
    """What differs; of two fields, only those parts that do."""
    if not isinstance(first, ParamField):
        return f"{first!r} and {second!r}"
    parts = [part.name for part in dc_fields(first)]
    return "; ".join(
        f"{part}={getattr(first, part)!r} and {getattr(second, part)!r}"
        for part in parts
        if getattr(first, part) != getattr(second, part)
    )


def prefix_spec(spec: ParamSpec, prefix: str) -> ParamSpec:
    """See `ParamSpec.prefixed`."""
    if not isinstance(prefix, str) or not prefix:  # pyright: ignore
        raise SpecError(wrong_type("prefix", prefix, "one word or more"))
    return rename_spec(spec, lambda name: f"{prefix}.{name}")


def rename_spec(spec: ParamSpec, rename: Callable[[str], str]) -> ParamSpec:
    """A spec whose every key, alias and element has another name."""

    def name(address: str) -> str:
        key, bracket, index = address.partition("[")
        return rename(key) + bracket + index

    def prior(old: Prior | None) -> Prior | None:
        if old is None:
            return None
        arguments = {
            k: name(v) if isinstance(v, str) else v for k, v in old.arguments
        }
        return Prior(old.family, centred=old.centred, **arguments)

    def shift(old: Shift | None) -> Shift | None:
        return old and replace(old, deps=tuple(map(name, old.deps)))

    fields = tuple(
        replace(
            f,
            key=name(f.key),
            prior=prior(f.prior),
            shift=shift(f.shift),
            aliases=tuple(map(name, f.aliases)),
            elements=tuple(map(name, f.elements)),
        )
        for f in spec.fields
    )
    return type(spec)(
        fields,
        validity=(
            replace(v, deps=tuple(map(name, v.deps))) for v in spec.validity
        ),
        reference=((name(k), v) for k, v in spec.reference),
        fixed=((name(k), v) for k, v in spec.fixed),
        ties=((name(k), name(v)) for k, v in spec.ties),
        priors=((name(k), prior(p) or p) for k, p in spec.priors),
        sizes=spec.sizes,
    )


def select_spec(spec: ParamSpec, globs: tuple[str, ...]) -> ParamSpec:
    """See `ParamSpec.select`."""
    faults = Faults()
    kept: set[str] = set()
    for glob in globs:
        if not isinstance(glob, str):  # pyright: ignore
            faults.append(wrong_type("select", glob, "globs of keys"))
            continue
        found = spec.matching(glob)
        kept |= set(found)
        if not found:
            faults.append(
                Fault(
                    f"{glob!r} matches no key of this spec",
                    key=glob,
                    allowed=f"globs of {listed(spec)}",
                    nearest=nearest(glob, spec),
                    code="unknown",
                )
            )
    faults.throw(SpecError, "cannot select")

    def inside(name: str) -> bool:
        return spec.find(name).key in kept

    def without(f: ParamField) -> ParamField:
        """A field whose coordinate does not follow what is left out."""
        lost = f.shift and not all(map(inside, f.shift.deps))
        return replace(f, shift=None) if lost else f

    return type(spec)(
        (without(f) for f in spec.fields if f.key in kept),
        validity=(v for v in spec.validity if all(map(inside, v.deps))),
        reference=((k, v) for k, v in spec.reference if inside(k)),
        fixed=((k, v) for k, v in spec.fixed if inside(k)),
        ties=((k, v) for k, v in spec.ties if inside(k) and inside(v)),
        priors=((k, p) for k, p in spec.priors if inside(k)),
        sizes=spec.sizes,
    )
