"""Posing a problem: every check, before JAX compiles anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import jax

from .._compile.plan import Hyper, compile_plan
from .._derived.resolver import Resolver
from .._freeze import freeze_number
from .._schema.skeleton import plain
from .._schema.spec import ParamSpec
from .._system.store_check import validity_faults
from .._system.system import System
from .._targets import load_target
from ..contracts import Prior, PriorPlan
from ..errors import (
    Fault,
    Faults,
    ForwardaxError,
    PluginFailed,
    ProblemError,
    SpecError,
    listed,
    wrong_type,
)

T = TypeVar("T")


class Posed(NamedTuple):
    """A checked problem in its parts; `hyper` still is NumPy."""

    spec: ParamSpec
    plan: PriorPlan
    hyper: Hyper
    data: Any


class Collector:
    """Runs checks one after the other and keeps all their faults."""

    def __init__(self) -> None:
        self.errors: list[ForwardaxError] = []

    def run(self, check: Callable[..., T], *args: Any, default: T) -> T:
        """Result of a check, or the default where it found faults."""
        try:
            return check(*args)
        except ForwardaxError as error:
            self.errors.append(error)
            return default

    def add(self, kind: type[ForwardaxError], faults: Iterable[Fault]) -> None:
        """Take in faults found otherwise."""
        faults = tuple(faults)
        if faults:
            self.errors.append(kind(faults))

    def throw(self, context: str, resolver: Resolver | None) -> None:
        """Raise one error, of the class they share or a `ProblemError`."""
        if not self.errors:
            return
        kinds = {type(error) for error in self.errors}
        kind = kinds.pop() if len(kinds) == 1 else ProblemError
        faults = [f for error in self.errors for f in error.faults]
        if resolver is not None:
            faults = [_explained(fault, resolver) for fault in faults]
        raise kind(dict.fromkeys(faults), context=context)


def _explained(fault: Fault, resolver: Resolver) -> Fault:
    """A fault that says which primitives a derived value follows from."""
    if fault.code != "derived" or resolver.transform(fault.key) is None:
        return fault
    primitives = listed(resolver.primitives_of(fault.key))
    fix = f"it follows from {primitives}: act on these, or make it free: "
    return replace(fault, fix=fix + f"solve_for={{{fault.key!r}: PRIMITIVE}}")


def pose(
    system: System,
    data: Any,
    *,
    fixed: Mapping[str, Any] | Iterable[str],
    priors: Mapping[str, Prior],
    free: Iterable[str],
    ties: Mapping[str, str],
    solve_for: Mapping[str, str],
) -> Posed:
    """Check everything and compile the plan.

    Raises
    ------
    ForwardaxError
        With every fault.
    """
    if not isinstance(system, System):  # pyright: ignore
        raise ProblemError(
            Fault(
                "a problem needs a system",
                key="system",
                value=f"{system!r:.80}",
                allowed='a forwardax.System, such as forwardax.system("name")',
                code="type",
            )
        )
    found = Collector()
    found.add(ProblemError, _precision(system))
    spec = plain(system.spec)
    found.add(SpecError, _unbound(spec))
    spec = found.run(spec.with_priors, priors, default=spec)
    spec = found.run(spec.tie, ties, default=spec)
    spec = found.run(spec.fix, fixed, default=spec)
    spec = found.run(spec.free, free, default=spec)
    found.add(SpecError, spec.lint())
    resolver = found.run(lambda: system.resolver, default=None)
    if resolver is not None:
        found.add(PluginFailed, _targets(spec, resolver))
        found.add(ProblemError, _solvable(spec, resolver, priors, solve_for))
    plan: PriorPlan | None = None
    hyper: Hyper = {}
    if not found.errors and resolver is not None:
        plan, hyper = found.run(
            compile_plan, spec, resolver, solve_for, default=(None, hyper)
        )
        if plan is not None and spec.validity:
            found.add(SpecError, _reference(spec, resolver, hyper))
    measured = list(system.data.lint(spec))
    found.add(SpecError, measured)
    checked = None
    if data is not None and not measured:
        checked = found.run(system.check_data, data, default=None)
    found.throw("cannot pose the problem", resolver)
    assert plan is not None
    return Posed(spec, plan, hyper, checked)


def _precision(system: System) -> Iterable[Fault]:
    wide = [f.key for f in system.spec.fields if f.dtype == "float64"]
    double = jax.dtypes.canonicalize_dtype(float) == "float64"
    if (system.needs_x64 or wide) and not double:
        yield Fault(
            f"{system.system_id!r} needs double precision",
            key=system.system_id,
            value="single precision",
            allowed="double precision",
            needed_by=", ".join(wide),
            fix="call forwardax.enable_x64() first",
            code="x64",
        )


def _unbound(spec: ParamSpec) -> Iterable[Fault]:
    for f in spec.fields:
        if None in f.shape:
            yield Fault(
                f"{f.key!r} has dims {f.dims} that are not bound",
                key=f.key,
                value=f"shape {f.shape}",
                allowed="a size for each dim",
                fix="bind them in the system: spec.bind(dims={...})",
                code="dims",
            )


def _targets(spec: ParamSpec, resolver: Resolver) -> Iterable[Fault]:
    """What is named as `"module:attr"` and does not load."""
    named = [(v.target, f"the condition {v.text!r}") for v in spec.validity]
    for t in resolver.transforms:
        for target in (t.target, *(inverse for _, inverse in t.inverse)):
            named.append((target, f"the derived value {t.key!r}"))
    priors = [(name, prior) for name, prior in spec.priors]
    priors += [(f.key, f.prior) for f in spec.fields if f.prior]
    named += [
        (prior.family, f"the prior of {name!r}")
        for name, prior in priors
        if ":" in prior.family
    ]
    named += [
        (f.transform, f"the transform of {f.key!r}")
        for f in spec.fields
        if f.transform and ":" in f.transform
    ]
    named += [
        (f.shift.target, f"the shift of {f.key!r}")
        for f in spec.fields
        if f.shift
    ]
    for target, needed_by in named:
        try:
            load_target(target, needed_by=needed_by)
        except PluginFailed as error:
            yield from error.faults


def _solvable(
    spec: ParamSpec,
    resolver: Resolver,
    priors: Mapping[str, Prior],
    solve_for: Mapping[str, str],
) -> Iterable[Fault]:
    if not isinstance(solve_for, Mapping):  # pyright: ignore
        yield wrong_type("solve_for", solve_for, "{derived: primitive}")
        return
    fixed = _keys(spec, (name for name, _ in spec.fixed))
    tied = _keys(spec, (name for name, _ in spec.ties))
    for name in priors if isinstance(priors, Mapping) else ():  # pyright: ignore
        if name in spec.derived and name not in solve_for:
            yield Fault(
                f"{name!r} is derived, so its prior would change nothing",
                key=name,
                allowed=f"primitives: {listed(spec.primitives)}",
                fix=f"make it free: solve_for={{{name!r}: PRIMITIVE}}",
                code="derived",
            )
    solved: dict[str, str] = {}
    for derived, primitive in solve_for.items():
        at = spec.look(derived)
        if isinstance(at, Fault):
            yield at
            continue
        try:
            resolver.inverse(at.key, primitive)
        except ForwardaxError as error:
            yield from error.faults
            continue
        first = solved.setdefault(primitive, derived)
        for taken, why in (
            (primitive in fixed, "fixed"),
            (primitive in tied, "tied"),
            (first != derived, f"solved from {first!r}"),
        ):
            if taken:
                yield Fault(
                    f"{primitive!r} is {why}, so {derived!r} cannot be solved "
                    "for it",
                    key=primitive,
                    allowed="a primitive that follows from nothing else",
                    code="solve_for",
                )


def _keys(spec: ParamSpec, names: Iterable[str]) -> set[str]:
    found = [spec.look(name) for name in names]
    return {at.key for at in found if not isinstance(at, Fault)}


def _reference(
    spec: ParamSpec, resolver: Resolver, hyper: Hyper
) -> Iterable[Fault]:
    values = {k: v for k, v in hyper["reference"].items() if k in spec}
    deps = {v.text: v.deps for v in spec.validity}
    held = _keys(spec, (name for name, _ in spec.fixed))
    for fault in Faults(validity_faults(spec, values, resolver)):
        needed = deps.get(fault.key, ())
        behind = {d for step in resolver.plan(needed) for d in step.deps}
        keys = held & _keys(spec, {*needed, *behind})
        blamed = [key for key in spec.primitives if key in keys]
        if not blamed:
            yield replace(
                fault,
                what=f"at the reference point {fault.what}",
                fix="give a reference at which the conditions hold",
                code="reference",
            )
            continue
        shown = (f"{k} = {freeze_number(values[k])}" for k in blamed)
        yield replace(
            fault,
            what=f"with what is held {fault.what}",
            key=blamed[0],
            value=", ".join(shown),
            fix=f"hold another value of {' or '.join(blamed)}",
        )
