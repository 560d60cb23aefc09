"""Specs as canonical JSON, and their digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields as dc_fields
from typing import TYPE_CHECKING, Any, cast

from .._freeze import freeze_value
from ..contracts import ParamField, Prior, Ragged, Shift, Validity
from ..errors import Fault, Faults, SpecError, unknown, wrong_type

if TYPE_CHECKING:
    from .spec import ParamSpec

VERSION = 1


def spec_to_json(spec: ParamSpec) -> str:
    """See `ParamSpec.to_json`."""
    targets = [
        (v.text, f"the validity condition {v.text!r}", v.target)
        for v in spec.validity
    ]
    targets += [
        (f.key, f"the shift of {f.key!r}", f.shift.target)
        for f in spec.fields
        if f.shift
    ]
    Faults(
        Fault(
            f"{owner} is a function, which a file cannot hold",
            key=key,
            value=_target(target),
            allowed='"module:attr"',
            code="type",
        )
        for key, owner, target in targets
        if not isinstance(target, str)
    ).throw(SpecError)
    return _dump(spec)


def spec_digest(spec: ParamSpec) -> str:
    """SHA-256 of the content; functions count by module and name."""
    return hashlib.sha256(_dump(spec).encode()).hexdigest()


def _dump(spec: ParamSpec) -> str:
    record = {
        "version": VERSION,
        "fields": [_field(f) for f in spec.fields],
        "validity": [
            {"text": v.text, "target": _target(v.target), "deps": v.deps}
            for v in spec.validity
        ],
        "reference": dict(spec.reference),
        "fixed": dict(spec.fixed),
        "ties": dict(spec.ties),
        "priors": {k: _prior(p) for k, p in spec.priors},
        "sizes": {
            k: {"within": n.within, "sizes": n.sizes}
            if isinstance(n, Ragged)
            else n
            for k, n in spec.sizes
        },
    }
    # Keys stay in the order of the spec: order is content.
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _target(target: str | Callable[..., Any]) -> str:
    if isinstance(target, str):
        return target
    return f"{target.__module__}:{target.__qualname__}"


def _prior(prior: Prior) -> dict[str, Any]:
    record: dict[str, Any] = {
        "family": prior.family,
        "arguments": dict(prior.arguments),
    }
    return record if prior.centred else {**record, "centred": False}


def _field(field: ParamField) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for part in dc_fields(field):
        value = getattr(field, part.name)
        if part.name != "key" and value == part.default:
            continue
        write = _RECORDS.get(part.name)
        record[part.name] = write(value) if write else value
    return record


def _shift(shift: Shift) -> dict[str, Any]:
    return {"target": _target(shift.target), "deps": shift.deps}


_RECORDS: Mapping[str, Callable[[Any], Any]] = {
    "prior": _prior,
    "shift": _shift,
}


def spec_from_json(kind: type[ParamSpec], text: str) -> ParamSpec:
    """See `ParamSpec.from_json`."""
    try:
        record = json.loads(text)
    except (TypeError, ValueError) as error:
        raise SpecError(
            Fault(
                f"the spec is not JSON: {error}",
                key="spec",
                value=f"{text!r:.80}",
                allowed="what spec.to_json() wrote",
                code="json",
            )
        ) from error
    faults = Faults()
    given = _record("the spec", record, ("version", "fields"), _PARTS, faults)
    if given.get("version", VERSION) != VERSION:
        faults.append(
            Fault(
                "the spec was written in another format",
                key="version",
                value=repr(given["version"]),
                allowed=str(VERSION),
                code="version",
            )
        )
    fields = [_field_of(f, faults) for f in _list("fields", given, faults)]
    conditions = [
        _condition(v, faults) for v in _list("validity", given, faults)
    ]
    parts = {
        name: [
            (key, read(key, value, faults))
            for key, value in _mapping(name, given.get(name, {}), faults)
        ]
        for name, read in _DECISIONS.items()
    }
    faults.throw(SpecError, "cannot read the spec")
    return kind(
        (f for f in fields if f is not None),
        validity=(v for v in conditions if v is not None),
        **cast("Any", parts),
    )


def _record(
    owner: str,
    value: Any,
    required: Iterable[str],
    optional: Iterable[str],
    faults: Faults,
) -> dict[str, Any]:
    """A mapping with known keys; empty where something is missing."""
    required = tuple(required)
    known = (*required, *optional)
    found = dict(_mapping(owner, value, faults))
    for name in found:
        if name not in known:
            faults.append(unknown("a part", name, known, owner=owner))
    lacking = [name for name in required if name not in found]
    if lacking and isinstance(value, dict):
        faults.append(
            Fault(
                f"{owner} lacks {', '.join(map(repr, lacking))}",
                key=lacking[0],
                value=f"{value!r:.80}",
                allowed=f"all of {', '.join(required)}",
                code="missing",
            )
        )
    return {} if lacking else found


def _mapping(owner: str, value: Any, faults: Faults) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        faults.append(wrong_type(owner, value, "a mapping"))
        return []
    return list(cast("dict[str, Any]", value).items())


def _list(name: str, given: Mapping[str, Any], faults: Faults) -> list[Any]:
    value = given.get(name, [])
    if not isinstance(value, list):
        faults.append(wrong_type(name, value, "a list"))
        return []
    return cast("list[Any]", value)


def _field_of(record: Any, faults: Faults) -> ParamField | None:
    names = [part.name for part in dc_fields(ParamField)]
    given = _record("the field", record, ("key",), names, faults)
    if not given:
        return None
    values = {k: freeze_value(v) for k, v in given.items() if k in names}
    if values.get("prior") is not None:
        owner = f"the prior of {given['key']!r}"
        values["prior"] = _prior_of(owner, given["prior"], faults)
    if values.get("shift") is not None:
        owner = f"the shift of {given['key']!r}"
        shift = _record(owner, given["shift"], ("target", "deps"), (), faults)
        values["shift"] = Shift(**shift) if shift else None
    return ParamField(**values)


def _prior_of(owner: str, value: Any, faults: Faults) -> Any:
    required = ("family", "arguments")
    given = _record(owner, value, required, ("centred",), faults)
    if not given:
        return None
    arguments = dict(_mapping(owner, given["arguments"], faults))
    centred = given.get("centred", True)
    return Prior(given["family"], centred=centred, **arguments)


def _size_of(owner: str, value: Any, faults: Faults) -> Any:
    if not isinstance(value, dict):
        return value
    given = _record(owner, value, ("within", "sizes"), (), faults)
    return Ragged(**given) if given else None


def _condition(value: Any, faults: Faults) -> Validity | None:
    parts = ("text", "target", "deps")
    given = _record("the condition", value, parts, (), faults)
    if not given:
        return None
    return Validity(given["text"], given["target"], freeze_value(given["deps"]))


def _plain(owner: str, value: Any, faults: Faults) -> Any:
    del owner, faults
    return freeze_value(value)


_DECISIONS: Mapping[str, Callable[[str, Any, Faults], Any]] = {
    "reference": _plain,
    "fixed": _plain,
    "ties": _plain,
    "priors": _prior_of,
    "sizes": _size_of,
}
_PARTS = ("validity", *_DECISIONS)
