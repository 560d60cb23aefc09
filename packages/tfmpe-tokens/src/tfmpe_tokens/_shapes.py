"""From shapes by key to the keys of a layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from forwardax.errors import Fault, Faults, unknown

from ._errors import TokenError, static_size, unknown_keys
from ._key import KeySpec

Shape = tuple[int, ...]


def ordered(names: Iterable[str], order: Iterable[str] | None) -> list[str]:
    """Keys in the order asked for, which must name each once.

    Raises
    ------
    TokenError
        If it does not.
    UnknownKey
        If it names others.
    """
    found = list(names)
    if order is None:
        return found
    wanted = list(order)
    missing = [name for name in wanted if name not in found]
    if missing:
        raise unknown_keys(missing, found)
    if sorted(wanted) != sorted(found):
        raise TokenError(
            Fault(
                "the order must name every key once",
                key="order",
                value=", ".join(wanted),
                allowed=", ".join(found),
                code="order",
            )
        )
    return wanted


def key_specs(
    shapes: Mapping[str, Sequence[int]],
    *,
    batch_ndims: int | Mapping[str, int] | None,
    order: Iterable[str] | None,
    dims: Mapping[str, Sequence[str]],
    labels: Mapping[str, int] | None,
    parents: Mapping[str, Sequence[str]] | None,
    mixed: Mapping[str, Sequence[str]],
    summaries: Iterable[str],
) -> tuple[KeySpec, ...]:
    """See `Layout.from_shapes`."""
    if not shapes:
        raise TokenError("there are no keys to make tokens of")
    summaries = tuple(summaries)
    _check_names(shapes, batch_ndims, dims, parents, summaries)
    faults = Faults()
    keys: list[KeySpec] = []
    offset = 0
    for rank, name in enumerate(ordered(shapes, order)):
        shape = tuple(static_size(n, f"shape of {name}") for n in shapes[name])
        apart = name in summaries
        split = 0 if apart else len(shape) - _batch_ndims(name, batch_ndims)
        if split < 0:
            faults.append(_too_few_axes(name, shape, len(shape) - split))
            continue
        key = KeySpec(
            name,
            offset,
            shape[:split],
            shape[split:],
            rank if labels is None else _label(name, labels),
            tuple(dims.get(name, ())),
            None if parents is None else tuple(parents.get(name, ())),
            tuple(mixed.get(name, ())),
            apart,
        )
        if len(key.dims) > len(key.event_shape):
            faults.append(_too_many_dims(key))
        keys.append(key)
        offset += key.n_tokens
    _check_dims(keys, faults)
    faults.throw(TokenError)
    return tuple(keys)


def _check_names(
    shapes: Mapping[str, Any],
    batch_ndims: Any,
    dims: Mapping[str, Any],
    parents: Mapping[str, Any] | None,
    summaries: tuple[str, ...],
) -> None:
    per_key = {"dims": dims, "summaries": summaries}
    if isinstance(batch_ndims, Mapping):
        per_key["batch_ndims"] = batch_ndims
    if parents is not None:
        per_key["parents"] = parents
    Faults(
        unknown("a key", name, shapes, owner="the tokens", fix=f"in {what}")
        for what, names in per_key.items()
        for name in names
        if name not in shapes
    ).throw(TokenError)


def _batch_ndims(name: str, batch_ndims: Any) -> int:
    if isinstance(batch_ndims, Mapping):
        batch_ndims = batch_ndims.get(name, 1)
    return static_size(1 if batch_ndims is None else batch_ndims, "batch_ndims")


def _label(name: str, labels: Mapping[str, int]) -> int:
    if name not in labels:
        raise unknown_keys([name], labels)
    return static_size(labels[name], "label")


def _too_few_axes(name: str, shape: Shape, batch_ndims: int) -> Fault:
    return Fault(
        f"{name!r} has fewer axes than its value in one token",
        key=name,
        value=f"shape {shape} without the sample axes",
        allowed=f"{batch_ndims} axes or more",
        fix="set sample_ndims or batch_ndims, or give scalars a last axis",
        code="shape",
    )


def _too_many_dims(key: KeySpec) -> Fault:
    return Fault(
        f"{key.name!r} has more dims than event axes",
        key=key.name,
        value=f"{key.dims} for the event shape {key.event_shape}",
        code="shape",
    )


def _check_dims(keys: Iterable[KeySpec], faults: Faults) -> None:
    sizes: dict[str, tuple[int, str]] = {}
    for key in keys:
        for dim, size in zip(key.dims, key.event_shape, strict=False):
            first, owner = sizes.setdefault(dim, (size, key.name))
            if dim and first != size:
                faults.append(
                    Fault(
                        f"the dim {dim!r} has size {size} in {key.name!r} "
                        f"but {first} in {owner!r}",
                        key=key.name,
                        allowed="one size",
                        code="shape",
                    )
                )
