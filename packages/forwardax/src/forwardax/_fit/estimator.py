"""Estimator: the base class of everything that fits a problem."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import fields
from math import isfinite
from typing import Any, ClassVar, TypeVar

from .._problem.problem import Problem
from ..errors import Fault, Faults, FitError, nearest
from .posterior import Posterior

C = TypeVar("C")
Progress = Callable[[str, int, int], None]
"""`progress(stage, done, total)`, called now and then."""


class Estimator(ABC):
    """Turns a problem into a posterior.

    Attributes
    ----------
    name
        `namespace.name`.
    needs
        Capabilities the problem must have (`contracts.CAPABILITIES`).
    checks
        Names of the checks every posterior of this estimator reports. One
        that is missing or fails means: not converged.
    Config
        Frozen dataclass of settings; `metadata={"least": 1, "help": "..."}`
        on a field bounds and explains it.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]]
    checks: ClassVar[tuple[str, ...]]
    Config: ClassVar[type]

    @abstractmethod
    def fit(
        self,
        problem: Problem,
        key: Any,
        *,
        config: Any,
        progress: Progress | None = None,
        checkpoint: Any = None,
    ) -> Posterior:
        """Fit a problem; call it through `forwardax.fit`.

        Parameters
        ----------
        problem
            With data, and every capability in `needs`.
        key
            JAX random key: the result is a function of it.
        config
            Instance of `Config`.
        progress
            Called now and then with stage, done and total.
        checkpoint
            A posterior of the same problem to go on from; a `Journal` to go
            on from and to append to, or to ignore; or None.
        """


def make_config(kind: type[C], settings: Mapping[str, Any], owner: str) -> C:
    """Instance of a configuration dataclass.

    Raises
    ------
    FitError
        With every fault: unknown settings, wrong types, out of bounds.
    """
    known = {f.name: f for f in fields(kind)}  # pyright: ignore
    faults = Faults()
    values: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in known:
            faults.append(
                Fault(
                    f"{name!r} is not a setting of {owner!r}",
                    key=name,
                    value=repr(value),
                    allowed=", ".join(known),
                    nearest=nearest(name, known),
                    code="unknown",
                )
            )
            continue
        values[name] = _setting(name, value, known[name], owner, faults)
    faults.throw(FitError)
    return kind(**values)


def _setting(
    name: str, value: Any, field: Any, owner: str, faults: Faults
) -> Any:
    default = field.default
    least = field.metadata.get("least")
    most = field.metadata.get("most")
    choices = field.metadata.get("choices", ())
    kind = field.metadata.get("kind", type(default))
    if kind is float and type(value) is int:
        value = float(value)
    allowed = f"a value of kind {kind.__name__}"
    if choices:
        allowed = ", ".join(map(repr, choices))
    if least is not None:
        allowed += f", at least {least}"
    if most is not None:
        allowed += f", at most {most}"
    optional = value is None and default is None
    wrong = not optional and type(value) is not kind
    wrong = wrong or (type(value) is float and not isfinite(value))
    if not wrong and not optional:
        wrong = bool(choices) and value not in choices
        wrong = wrong or (least is not None and value < least)
        wrong = wrong or (most is not None and value > most)
    if wrong:
        faults.append(
            Fault(
                f"the setting {name!r} of {owner!r} is wrong",
                key=name,
                value=repr(value),
                allowed=allowed,
                nearest=nearest(str(value), choices) if choices else (),
                code="setting",
            )
        )
    return value
