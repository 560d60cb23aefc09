"""Binding named dims to sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..contracts import DimSize, Ragged
from ..errors import Fault, Faults, SpecError, nearest, wrong_type

if TYPE_CHECKING:
    from .spec import ParamSpec


def bind_spec(spec: ParamSpec, dims: Mapping[str, Any]) -> ParamSpec:
    """See `ParamSpec.bind`."""
    if not isinstance(dims, Mapping):  # pyright: ignore
        raise SpecError(wrong_type("dims", dims, "{dim: size}"))
    faults = Faults()
    known = {dim for field in spec.fields for dim in field.dims}
    known |= {size.within for size in dims.values() if isinstance(size, Ragged)}
    sizes = dict(spec.sizes)
    for dim, size in dims.items():
        if dim not in known:
            faults.append(
                Fault(
                    f"{dim!r} is not a dim of this spec",
                    key=str(dim),
                    allowed=", ".join(sorted(known)) or "nothing",
                    nearest=nearest(dim, known),
                    code="unknown",
                )
            )
        elif dim in sizes and sizes[dim] != size:
            faults.append(
                Fault(
                    f"{dim!r} is already bound to {sizes[dim]}",
                    key=dim,
                    value=repr(size),
                    allowed=repr(sizes[dim]),
                    code="conflict",
                )
            )
        elif not _is_size(size):
            faults.append(
                Fault(
                    f"the size of {dim!r} is no size",
                    key=dim,
                    value=repr(size),
                    allowed="a positive integer, or "
                    "Ragged(within=..., sizes=(...))",
                    code="shape",
                )
            )
        else:
            sizes[dim] = size if isinstance(size, Ragged) else int(size)
    faults.extend(_ragged_faults(sizes))
    faults.throw(SpecError, "cannot bind dims")
    fields = tuple(
        replace(f, shape=bound_sizes(f.shape, f.dims, sizes))
        for f in spec.fields
    )
    return replace(spec, fields=fields, sizes=tuple(sizes.items()))


def bound_sizes(
    shape: tuple[int | None, ...],
    dims: tuple[str, ...],
    sizes: Mapping[str, DimSize],
) -> tuple[int | None, ...]:
    """A shape with the sizes of its named axes put in."""
    return tuple(
        total(sizes[dims[axis]])
        if axis < len(dims) and dims[axis] in sizes
        else size
        for axis, size in enumerate(shape)
    )


def total(size: DimSize) -> int:
    """Length of an axis: a ragged one is flat."""
    return sum(size.sizes) if isinstance(size, Ragged) else size


def _is_size(size: Any) -> bool:
    if isinstance(size, Ragged):
        return bool(size.sizes) and all(n > 0 for n in size.sizes)
    try:
        whole = int(size)
    except (TypeError, ValueError):
        return False
    return not isinstance(size, bool) and whole == size and whole > 0


def _ragged_faults(sizes: Mapping[str, DimSize]) -> Iterable[Fault]:
    for dim, size in sizes.items():
        if not isinstance(size, Ragged):
            continue
        parent = sizes.get(size.within)
        if parent is None:
            yield Fault(
                f"{dim!r} is nested in {size.within!r}, which has no size",
                key=dim,
                allowed="a dim that has a size",
                fix=f'bind "{size.within}" too',
                code="missing",
            )
        elif total(parent) != len(size.sizes):
            yield Fault(
                f"{dim!r} has sizes for {len(size.sizes)} entries of "
                f"{size.within!r}, which has {total(parent)}",
                key=dim,
                allowed=f"{total(parent)} sizes",
                code="shape",
            )
