"""Specs as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..contracts import NO_DEFAULT, Numbers, ParamField, Prior
from .families import FAMILIES
from .values import interval

if TYPE_CHECKING:
    from .spec import ParamSpec

COLUMNS = (
    "key",
    "kind",
    "unit",
    "shape",
    "prior",
    "bounds",
    "default",
    "state",
    "doc",
)


def spec_rows(spec: ParamSpec) -> list[dict[str, str]]:
    """One row a field, every cell text."""
    return [_row(spec, field) for field in spec.fields]


def spec_table(spec: ParamSpec) -> str:
    """Aligned text table."""
    return text_table(spec_rows(spec), COLUMNS)


def text_table(rows: list[dict[str, str]], columns: tuple[str, ...]) -> str:
    """Aligned columns with a header; empty columns are left out."""
    used = [c for c in columns if any(row.get(c) for row in rows)]
    widths = {
        c: max(len(c), *(len(row.get(c, "")) for row in rows)) for c in used
    }
    lines = [
        "  ".join(row.get(c, "").ljust(widths[c]) for c in used).rstrip()
        for row in [dict(zip(used, used, strict=True)), *rows]
    ]
    return "\n".join(lines)


def prior_text(prior: Prior | None) -> str:
    """Short text of a prior."""
    if prior is None:
        return ""
    given = dict(prior.arguments)
    # In the order of the family's signature: low before high.
    known = FAMILIES[prior.family].arguments if prior.family in FAMILIES else ()
    names = [n for n in known if n in given] + [
        n for n in given if n not in known
    ]
    inside = ", ".join(f"{name}={_number(given[name])}" for name in names)
    return f"{prior.family}({inside})" + (
        "" if prior.centred else " non-centred"
    )


def _row(spec: ParamSpec, field: ParamField) -> dict[str, str]:
    shape = ", ".join(
        f"{field.dims[axis]}={size or '?'}"
        if axis < len(field.dims)
        else str(size or "?")
        for axis, size in enumerate(field.shape)
    )
    open_ends = field.bounds == (None, None)
    whole = all(not isinstance(b, tuple) for b in field.bounds)
    low, high = field.bounds
    limits = (
        interval(low, high)  # pyright: ignore
        if whole
        else "by element"
    )
    return {
        "key": field.key,
        "kind": field.kind,
        "unit": field.unit,
        "shape": f"({shape})" if shape else "",
        "prior": prior_text(
            field.prior if None in field.shape else spec.prior_of(field.key)
        ),
        "bounds": "" if open_ends else limits,
        "default": ""
        if field.default is NO_DEFAULT
        else _number(field.default),
        "state": _state(spec, field),
        "doc": field.doc,
    }


def _state(spec: ParamSpec, field: ParamField) -> str:
    if field.kind == "derived":
        return "derived"
    for target, source in spec.ties:
        if target == field.key:
            return f"tied to {source}"
    names = {field.key, *field.elements}

    def own(decided: tuple[tuple[str, Any], ...]) -> list[str]:
        return [k for k, _ in decided if k.partition("[")[0] in names]

    if field.key in own(spec.fixed):
        return "fixed"
    counts = {"fixed": len(own(spec.fixed)), "tied": len(own(spec.ties))}
    partly = [f"{count} {what}" for what, count in counts.items() if count]
    if partly:
        return ", ".join(partly)
    if spec.by_key[field.key].prior or dict(spec.priors).get(field.key):
        return "free"
    return "held" if field.default is not NO_DEFAULT else "needs a value"


def _number(value: Numbers | str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        inside = ", ".join(_number(v) for v in value[:4])
        return f"[{inside}{', ...' if len(value) > 4 else ''}]"
    return f"{value:.6g}"
