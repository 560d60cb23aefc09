"""Topological order, with the path where there is a circle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError as GraphCycle
from graphlib import TopologicalSorter

from .errors import CycleError, Fault


def in_order(
    graph: Mapping[str, Iterable[str]],
    *,
    circle: str,
    allowed: str,
    fix: str = "",
) -> tuple[str, ...]:
    """Names so that each comes after those it depends on.

    Parameters
    ----------
    graph
        What each name depends on.
    circle, allowed, fix
        What to say of a circle; its path is added to `circle`.

    Raises
    ------
    CycleError
        If names depend on each other.
    """
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except GraphCycle as error:
        path = " -> ".join(reversed(error.args[1]))
        raise CycleError(
            Fault(
                f"{circle}: {path}",
                key=error.args[1][0],
                allowed=allowed,
                fix=fix,
                code="cycle",
            )
        ) from None
