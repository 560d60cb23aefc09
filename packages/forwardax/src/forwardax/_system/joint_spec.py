"""The spec of a joint system: children's keys under global names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from .._schema.merge import rename_spec
from .._schema.spec import ParamSpec
from ..errors import Fault, Faults, SpecError, listed, nearest, wrong_type

if TYPE_CHECKING:
    from .system import System

Share = Iterable[str] | Mapping[str, Mapping[str, str]]


def joint_spec(
    children: Mapping[str, System], share: Share
) -> tuple[ParamSpec, dict[str, dict[str, str]]]:
    """Merged spec, and by child the global name of each local key.

    Raises
    ------
    SpecError
        With every fault of the names and of what is shared.
    """
    if not isinstance(children, Mapping) or not children:  # pyright: ignore
        raise SpecError(wrong_type("children", children, "{name: system}"))
    faults = Faults()
    for name, child in children.items():
        if not hasattr(child, "spec"):
            raise SpecError(wrong_type(str(name), child, "a forwardax.System"))
        if not (name.isidentifier() and name.islower()):
            faults.append(
                Fault(
                    f"{name!r} cannot name a child",
                    key=name,
                    allowed="one lower-case word",
                    code="key",
                )
            )
    shared = _shared(children, share, faults)
    faults.throw(SpecError, "cannot join")
    specs: list[ParamSpec] = []
    names: dict[str, dict[str, str]] = {}
    for name, child in children.items():
        spec = _private_dims(name, child.spec)
        own = {
            local: global_
            for global_, at in shared.items()
            for child_, local in at.items()
            if child_ == name
        }
        # What is shared keeps its other names, as it keeps its own.
        for local in tuple(own):
            field = child.spec.by_key[local]
            own |= {n: n for n in (*field.aliases, *field.elements)}

        def rename(
            key: str, name: str = name, own: Mapping[str, str] = own
        ) -> str:
            return own.get(key, f"{name}.{key}")

        specs.append(_same_aliases(specs, rename_spec(spec, rename)))
        names[name] = {key: rename(key) for key in spec}
    return ParamSpec().merge(*specs), names


def _same_aliases(before: list[ParamSpec], spec: ParamSpec) -> ParamSpec:
    """Shared fields with the aliases they have in the first child."""
    first = {f.key: f for other in reversed(before) for f in other.fields}
    fields = tuple(
        replace(f, aliases=first[f.key].aliases) if f.key in first else f
        for f in spec.fields
    )
    return replace(spec, fields=fields)


def _private_dims(name: str, spec: ParamSpec) -> ParamSpec:
    """A child's dims under its own name: sizes may differ."""
    fields = tuple(
        replace(f, dims=tuple(f"{name}.{dim}" for dim in f.dims))
        for f in spec.fields
    )
    sizes = tuple(
        (
            f"{name}.{dim}",
            size
            if isinstance(size, int)
            else replace(size, within=f"{name}.{size.within}"),
        )
        for dim, size in spec.sizes
    )
    return replace(spec, fields=fields, sizes=sizes)


def _shared(
    children: Mapping[str, System], share: Share, faults: Faults
) -> dict[str, dict[str, str]]:
    chosen: Mapping[str, Mapping[str, str]]
    if isinstance(share, Mapping):
        chosen = cast("Mapping[str, Mapping[str, str]]", share)
    else:
        if isinstance(share, str):
            share = (share,)
        chosen = {
            key: {
                name: key
                for name, child in children.items()
                if key in child.spec.by_key
            }
            or {name: key for name in children}
            for key in share
        }
    found: dict[str, dict[str, str]] = {}
    for global_, at in chosen.items():
        found[global_] = {}
        if not isinstance(at, Mapping):  # pyright: ignore
            faults.append(wrong_type(global_, at, "{child: local key}"))
            continue
        for name, local in at.items():
            if name not in children:
                faults.append(
                    Fault(
                        f"{name!r} is not a child",
                        key=name,
                        allowed=", ".join(children),
                        nearest=nearest(name, children),
                        needed_by=f"the shared key {global_!r}",
                        code="unknown",
                    )
                )
            elif local not in children[name].spec.by_key:
                known = children[name].spec.by_key
                faults.append(
                    Fault(
                        f"{local!r} is not a parameter of the child {name!r}",
                        key=local,
                        allowed=listed(known),
                        nearest=nearest(local, known),
                        needed_by=f"the shared key {global_!r}",
                        code="unknown",
                    )
                )
            else:
                found[global_][name] = local
    return found
