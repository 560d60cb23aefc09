"""The types of what records are made of, checked before anything else is.

Annotations promise them, but nobody checks a plugin's annotations. Whatever
reads a spec may rely on them; everything subtler is found by `lint`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from ..contracts import NO_DEFAULT, ParamField, Prior, Shift, Validity
from ..errors import Fault, Faults, ForwardaxError, wrong_type

Holds = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return _all(value, _text)


def _sizes(value: Any) -> bool:
    return _all(value, lambda n: n is None or type(n) is int)


def _number(value: Any) -> bool:
    """Whether it is a number, or a nest of tuples of numbers."""
    return isinstance(value, float) or _all(value, _number)


def _bounds(value: Any) -> bool:
    pair = _all(value, lambda end: end is None or _number(end))
    return pair and len(value) == 2


def _all(value: Any, holds: Holds) -> bool:
    if not isinstance(value, tuple):
        return False
    return all(map(holds, cast("tuple[Any, ...]", value)))


def _target(value: Any) -> bool:
    return isinstance(value, str) or callable(value)


def _shift(value: Any) -> bool:
    if value is None:
        return True
    sound = isinstance(value, Shift) and _target(value.target)
    return sound and _texts(value.deps)


_TEXT = ("text", _text)
_TEXTS = ("a tuple of names", _texts)
_SHAPE = ("a tuple of sizes; None where a dim is bound later", _sizes)
_PARAM: Mapping[str, tuple[str, Holds]] = {
    **dict.fromkeys(("key", "kind", "unit", "dtype"), _TEXT),
    **dict.fromkeys(("doc", "symbol", "label"), _TEXT),
    **dict.fromkeys(("dims", "aliases", "elements"), _TEXTS),
    "shape": _SHAPE,
    "bounds": ("(low, high), each numbers or None", _bounds),
    "cyclic": (
        "a period, or None",
        lambda value: value is None or type(value) in (int, float),
    ),
    "prior": (
        'a record such as Prior("Normal", loc=0.0, scale=1.0), or None',
        lambda value: value is None or isinstance(value, Prior),
    ),
    "transform": (
        "text, or None",
        lambda value: value is None or isinstance(value, str),
    ),
    "shift": ('Shift("module:attr", deps), or None', _shift),
    "default": (
        "real numbers, or NO_DEFAULT",
        lambda value: value is NO_DEFAULT or _number(value),
    ),
}
_DATA: Mapping[str, tuple[str, Holds]] = {
    **dict.fromkeys(("key", "unit", "dtype", "role", "doc"), _TEXT),
    **dict.fromkeys(("dims", "parents"), _TEXTS),
    "shape": _SHAPE,
}
_CONDITION: Mapping[str, tuple[str, Holds]] = {
    "text": _TEXT,
    "target": ('"module:attr", or a function', _target),
    "deps": _TEXTS,
}


def check_param_types(
    fields: Iterable[Any],
    validity: Iterable[Any],
    priors: Iterable[tuple[str, Any]],
    kind: type[ForwardaxError],
) -> None:
    """Refuse a parameter spec whose records hold the wrong types."""
    faults = Faults()
    for one in fields:
        faults.extend(_record(one, ParamField, _PARAM))
        prior = getattr(one, "prior", None)
        if isinstance(prior, Prior):
            faults.extend(prior_type_faults(str(one.key), prior))
    for condition in validity:
        faults.extend(_record(condition, Validity, _CONDITION))
    for name, prior in priors:
        faults.extend(prior_type_faults(name, prior))
    faults.throw(kind)


def check_data_types(
    fields: Iterable[Any], record: type[Any], kind: type[ForwardaxError]
) -> None:
    """Refuse a data spec whose records hold the wrong types."""
    faults = Faults()
    for one in fields:
        faults.extend(_record(one, record, _DATA))
    faults.throw(kind)


def prior_type_faults(name: str, prior: Any) -> Iterable[Fault]:
    """What is wrong with the types of a prior."""
    if not isinstance(prior, Prior):
        yield Fault(
            f"the prior of {name!r} is not a Prior",
            key=name,
            value=f"{prior!r:.80}",
            allowed='a record such as Prior("Normal", loc=0.0, scale=1.0)',
            code="prior",
        )
        return
    if not isinstance(prior.family, str):  # pyright: ignore
        yield Fault(
            f"the family of the prior of {name!r} is no text",
            key=name,
            value=f"{prior.family!r:.80}",
            allowed="the name of a family, such as 'Normal'",
            code="type",
        )
    for argument, value in prior.arguments:
        if not isinstance(value, str) and not _number(value):
            yield Fault(
                f"{argument!r} of the prior of {name!r} is no number or key",
                key=name,
                value=f"{value!r:.80}",
                allowed="real numbers, or the key of another parameter",
                code="type",
            )


def _record(
    one: Any, kind: type[Any], rules: Mapping[str, tuple[str, Holds]]
) -> Iterable[Fault]:
    if not isinstance(one, kind):
        noun = kind.__name__
        yield wrong_type(noun, one, f"a record: {noun}(...)")
        return
    names = (getattr(one, part, None) for part in ("key", "text"))
    owner = next((name for name in names if name), kind.__name__)
    for part, (allowed, holds) in rules.items():
        value = getattr(one, part)
        if not holds(value):
            yield Fault(
                f"{part!r} of {owner!r} has the wrong type",
                key=str(owner),
                value=f"{value!r:.80}",
                allowed=allowed,
                code="type",
            )
