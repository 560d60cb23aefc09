"""Collecting the faults of several checks into one error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from .._config.settings import Setting
from ..errors import ConfigError, ForwardaxError

T = TypeVar("T")


class Collector:
    """Runs checks one after the other and keeps all their faults."""

    def __init__(self) -> None:
        self._errors: list[ForwardaxError] = []

    def run(
        self,
        check: Callable[[], T],
        at: Setting | Mapping[str, Setting] | None = None,
    ) -> T | None:
        """Result of a check, or None where it found faults.

        Parameters
        ----------
        check
            What raises a `ForwardaxError`.
        at
            Where its faults come from: one setting, or settings by key.
        """
        try:
            return check()
        except ForwardaxError as error:
            faults = error.faults
            if isinstance(at, Setting):
                faults = tuple(at.located(f) for f in faults)
            elif at is not None:
                faults = tuple(
                    at[f.key].located(f) if f.key in at else f for f in faults
                )
            self._errors.append(type(error)(faults, context=error.context))
            return None

    def throw(self) -> None:
        """Raise one error for all."""
        if not self._errors:
            return
        kinds = {type(error) for error in self._errors}
        kind = kinds.pop() if len(kinds) == 1 else ConfigError
        faults = [f for error in self._errors for f in error.faults]
        contexts = {error.context for error in self._errors}
        context = contexts.pop() if len(contexts) == 1 else "cannot start"
        raise kind(dict.fromkeys(faults), context=context)
