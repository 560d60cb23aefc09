"""The table of contracts of a system, and running them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from .._system.system import System
from ..errors import (
    Fault,
    Faults,
    ForwardaxError,
    ProblemError,
    UnknownKey,
    unknown,
)
from . import (
    _declared,
    _gradients,
    _likelihood,
    _pure,
    _retrace,
    _simulate,
    _single,
    _values,
)
from ._case import Case
from ._precision import precision


@dataclass(frozen=True, slots=True)
class Contract:
    """One thing that every system keeps to.

    Parameters
    ----------
    name
        One word or two.
    check
        Function of a case that returns what is wrong.
    needs
        What a case must have: capabilities, or `problem`, `data`, `free`,
        `structure`, `transforms`, `entry`. Without, it does not apply.
    """

    name: str
    check: Callable[[Case], list[Fault]]
    needs: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """What it demands, in one sentence."""
        return (self.check.__doc__ or "").strip().splitlines()[0]

    def reason_not(self, case: Case) -> str:
        """Why it does not apply to a case; "" where it does."""
        for need in self.needs:
            if not _has(case, need):
                return _REASONS.get(need, f"the system has no {need}")
        return ""

    def run(self, case: Case) -> list[Fault]:
        """Faults, each marked with the contract; none where it applies not."""
        with precision(double=True):
            try:
                faults = [] if self.reason_not(case) else self.check(case)
            except ForwardaxError as error:
                faults = list(error.faults)
            except Exception as error:
                text = str(error).strip().partition("\n")[0]
                faults = [
                    Fault(
                        "the check could not be made",
                        value=f"{type(error).__name__}: {text}"[:300],
                    )
                ]
        return [
            replace(f, needed_by=f"contract {self.name!r}", code=self.name)
            for f in faults
        ]


_REASONS = {
    "problem": "no problem can be posed: see the contracts lint and problem",
    "data": "there are no data: none were given, or simulate fails",
    "free": "nothing is free",
    "transforms": "the system has no derived values",
    "entry": "no entry was given",
    "differentiable": "it says that it has no useful gradient",
}


def _has(case: Case, need: str) -> bool:
    match need:
        case "problem":
            return not isinstance(case.posed, Exception) and bool(case.stores)
        case "data":
            return case.data is not None
        case "free":
            return case.problem.size > 0
        case "structure":
            return len(case.system.structure) > 0
        case "transforms":
            return bool(case.system.resolver.transforms)
        case "differentiable":
            return type(case.system).differentiable
        case "entry":
            return case.entry is not None
        case _:
            return case.can(need)


_L: Final = ("problem", "log_likelihood", "data")
_G: Final = ("problem", "free", "differentiable")

_ALL: Final = (
    Contract("units", _declared.units),
    Contract("lint", _declared.lint),
    Contract("json", _declared.json),
    Contract("digest", _declared.digest),
    Contract("declared", _declared.declared, ("entry",)),
    Contract("problem", _declared.problem),
    Contract("finite", _pure.finite, ("problem",)),
    Contract("dtypes", _pure.dtypes, ("problem",)),
    Contract("pure", _pure.pure, ("problem",)),
    Contract("jit", _pure.jit, ("problem",)),
    Contract("vmap", _pure.vmap, ("problem",)),
    Contract("retrace", _retrace.retrace, ("problem", "free")),
    Contract("single", _single.single, ("problem", "free")),
    Contract("reverse_gradients", _gradients.reverse_gradients, _G),
    Contract("forward_gradients", _gradients.forward_gradients, _G),
    Contract("finite_gradients", _gradients.finite_gradients, _G),
    Contract("special_points", _gradients.special_points, _G),
    Contract("log_likelihood", _likelihood.log_likelihood_scalar, _L),
    Contract("residuals", _likelihood.residuals, (*_L, "residuals")),
    Contract("pointwise", _likelihood.pointwise, (*_L, "pointwise")),
    Contract(
        "linear_gaussian",
        _likelihood.linear_gaussian,
        (*_L, "linear_gaussian"),
    ),
    Contract("simulate_keys", _simulate.simulate_keys, ("problem", "simulate")),
    Contract("simulate_data", _simulate.simulate_data, ("problem", "simulate")),
    Contract(
        "simulate_score",
        _simulate.simulate_score,
        (*_L, "free", "simulate", "gradient"),
    ),
    Contract("order", _values.order, ("problem",)),
    Contract("round_trip", _values.round_trip, ("problem", "free")),
    Contract("derived", _values.derived, ("problem", "transforms")),
    Contract("inverses", _values.inverses, ("problem", "transforms")),
    Contract("structure", _values.structure, ("problem", "structure")),
    Contract("layout", _values.layout, ("problem",)),
)

CONTRACTS: Final[Mapping[str, Contract]] = MappingProxyType(
    {contract.name: contract for contract in _ALL}
)
"""Contracts of a system by name, each of which can be run alone."""


def check_system(
    system: System,
    *,
    only: Iterable[str] | None = None,
    skip: Iterable[str] = (),
    **options: Any,
) -> list[Fault]:
    """Everything in which a system breaks its contracts.

    Checks run in double precision and, for one contract, in single; JAX's
    configuration is not changed.

    Parameters
    ----------
    system
        The system under test.
    only, skip
        Names of contracts in `CONTRACTS`.
    options
        Keyword arguments of `Case`: `key`, `data`, `values`, `entry`,
        `draws`, `rtol`, and of `Problem`: `fixed`, `priors`, ...

    Returns
    -------
    list of Fault
        The `code` of each is the name of its contract.

    Raises
    ------
    UnknownKey
        If there is no such contract.
    """
    chosen, left = list(CONTRACTS if only is None else only), set(skip)
    faults = Faults(
        unknown("one", name, CONTRACTS, owner="the contracts")
        for name in (*chosen, *left)
        if name not in CONTRACTS
    )
    faults.throw(UnknownKey)
    case = Case(system, **options)
    return [
        fault
        for name in chosen
        if name not in left
        for fault in CONTRACTS[name].run(case)
    ]


def assert_conforms(system: System, **options: Any) -> None:
    """Raise with everything in which a system breaks its contracts.

    Parameters
    ----------
    system, options
        As for `check_system`.

    Raises
    ------
    ProblemError
        With every fault.
    """
    faults = Faults(check_system(system, **options))
    faults.throw(ProblemError, f"{system.system_id!r} breaks its contracts")
