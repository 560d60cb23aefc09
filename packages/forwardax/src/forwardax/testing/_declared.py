"""Contracts on what a system declares: units, schema, digest, entry."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from importlib.machinery import PathFinder
from typing import Any

from .._plugins.entry_specs import data_of, spec_of
from .._schema.data import DataSpec
from .._schema.spec import ParamSpec
from ..errors import Fault, ForwardaxError
from ._case import Case

_DIGEST = """
import sys
from forwardax import ParamSpec
from forwardax._targets import load_target
if sys.argv[1:]:
    made = load_target(sys.argv[1])
    made = made if isinstance(made, ParamSpec) else made()
    spec = made if isinstance(made, ParamSpec) else made.spec
else:
    spec = ParamSpec.from_json(sys.stdin.read())
print(spec.digest)
"""


def units(case: Case) -> list[Fault]:
    """Every unit is one that astropy reads."""
    return [f for f in _lint(case) if f.code == "unit"]


def lint(case: Case) -> list[Fault]:
    """The parameter and data specs lint clean, and their dims are bound."""
    found = [f for f in _lint(case) if f.code != "unit"]
    found += [
        Fault(
            f"{field.key!r} has dims {field.dims} without sizes",
            key=field.key,
            value=f"shape {field.shape}",
            fix="bind them in the system: spec.bind(dims={...})",
        )
        for field in case.given.spec.fields
        if None in field.shape
    ]
    return found


def _lint(case: Case) -> list[Fault]:
    spec = case.given.spec
    return [*spec.lint(), *case.given.data.lint(spec)]


def problem(case: Case) -> list[Fault]:
    """A problem can be posed with it, and there are points to check."""
    if _lint(case):
        return []  # told by the contracts above
    if isinstance(case.posed, ForwardaxError):
        return list(case.posed.faults)
    if not case.stores:
        return [
            Fault(
                "there is no point to check: the prior cannot be drawn from",
                fix="give some: values=[{key: value, ...}]",
            )
        ]
    return []


def json(case: Case) -> list[Fault]:
    """The spec hashes, and JSON reads back identical."""
    spec = case.given.spec
    hash(spec)
    if ParamSpec.from_json(spec.to_json()) != spec:
        return [
            Fault(
                "the spec read back from its JSON is another one",
                fix="let every callable in it be 'module:attr'",
            )
        ]
    return []


def digest(case: Case) -> list[Fault]:
    """The spec's digest is the same in processes with other hash seeds.

    The spec is made again where it can be found by name (`target`, or a
    class attribute of an importable class), else read from its JSON.
    """
    target = case.target or _found_by_name(case)
    # Its own JSON needs no more than one other seed.
    seeds = ("1", "2") if target else ("1",)
    try:
        case.given.spec.to_json()
    except ForwardaxError:  # the contract on JSON tells
        return []
    wanted = case.given.spec.digest
    for got in _digests(target, case.given.spec, seeds):
        if got != wanted:
            return [
                Fault(
                    "the digest of the spec differs in another process",
                    value=got,
                    allowed=wanted,
                    fix="make the spec from ordered things: a set's order "
                    "follows the hash seed",
                )
            ]
    return []


def _found_by_name(case: Case) -> str | None:
    kind = type(case.given)
    # Where another process would look: a test runner may have loaded the
    # module from a place that is not on the path.
    root = kind.__module__.partition(".")[0]
    if "<locals>" in kind.__qualname__ or PathFinder.find_spec(root) is None:
        return None
    if not isinstance(vars(kind).get("spec"), ParamSpec):
        return None
    return f"{kind.__module__}:{kind.__qualname__}.spec"


def _digests(
    target: str | None, spec: ParamSpec, seeds: tuple[str, ...]
) -> list[str]:
    path = os.pathsep.join(p or os.getcwd() for p in sys.path)
    text = "" if target else spec.to_json()
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _DIGEST, *([target] if target else [])],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in seeds
    ]
    told = [process.communicate(text, timeout=300) for process in running]
    for process, (_, err) in zip(running, told, strict=True):
        if process.returncode:
            last = err.strip().rpartition("\n")[2]
            raise RuntimeError(f"another process failed: {last}")
    return [out.split()[-1] for out, _ in told]


def declared(case: Case) -> list[Fault]:
    """The built system is what its registered entry declares."""
    entry, system = case.entry, case.given
    assert entry is not None
    pairs: list[tuple[str, Any, Any]] = [
        ("spec", system.spec, spec_of(entry, dict(system.structure))),
        ("system_id", system.system_id, entry.scope),
        ("structure", system.structure.fields, entry.structure),
    ]
    if entry.data is not None:
        known = data_of(entry, dict(system.structure))
        assert known is not None
        pairs.append(("data", _as_open_as(known, system.data), known))
    return [
        Fault(
            f"the system's {name} is not the one that the entry "
            f"{entry.name!r} declares",
            key=name,
            value=f"{got!r:.200}",
            allowed=f"{want!r:.200}",
            fix="let both come from one declaration",
        )
        for name, got, want in pairs
        if got != want
    ]


def _as_open_as(declared: DataSpec, built: DataSpec) -> DataSpec:
    """The built data without the sizes that were left open.

    A declaration cannot know those that follow from known arrays.
    """
    fields = [
        replace(field, shape=_opened(field.shape, declared[field.key].shape))
        if field.key in declared
        else field
        for field in built.fields
    ]
    bound = dict(declared.sizes)
    sizes = [(name, size) for name, size in built.sizes if name in bound]
    return DataSpec(fields, sizes=sizes)


def _opened(
    shape: tuple[int | None, ...], like: tuple[int | None, ...]
) -> tuple[int | None, ...]:
    if len(shape) != len(like):
        return shape
    return tuple(
        size if known is not None else None
        for size, known in zip(shape, like, strict=True)
    )
