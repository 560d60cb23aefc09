"""SystemGraph: a small static DAG of named pure nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .._order import in_order
from ..errors import (
    Fault,
    Faults,
    ResolveError,
    listed,
    nearest,
    wrong_type,
)


@dataclass(frozen=True)
class Node:
    """A station: a pure function of named values that gives named values.

    Parameters
    ----------
    name
        For people.
    inputs
        Names of values given or made by other nodes, in argument order.
    outputs
        Names of what it returns; several mean a tuple.
    function
        Pure.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    function: Callable[..., Any]


class SystemGraph:
    """Nodes with static wiring.

    Parameters
    ----------
    nodes
        In any order.
    given
        Names that come from outside.

    Raises
    ------
    ResolveError
        If an input is made by nobody, or an output by two nodes.
    CycleError
        If nodes wait for each other, with the path.
    """

    def __init__(self, nodes: Iterable[Node], given: Iterable[str]) -> None:
        self.nodes = tuple(nodes)
        self.given = tuple(given)
        faults = Faults(
            fault for node in self.nodes for fault in _type_faults(node)
        )
        faults.throw(ResolveError)
        self._maker: dict[str, Node] = {}
        names = [node.name for node in self.nodes]
        faults.extend(
            Fault(
                f"there are {names.count(name)} nodes {name!r}",
                key=name,
                allowed="names that differ",
                code="duplicate",
            )
            for name in dict.fromkeys(names)
            if names.count(name) > 1
        )
        for node in self.nodes:
            for output in node.outputs:
                if output in self._maker or output in self.given:
                    faults.append(
                        Fault(
                            f"{output!r} is made twice",
                            key=output,
                            allowed="outputs that nobody else gives or makes",
                            needed_by=f"node {node.name!r}",
                            code="duplicate",
                        )
                    )
                self._maker[output] = node
        known = [*self._maker, *self.given]
        for node in self.nodes:
            for name in node.inputs:
                if name not in known:
                    faults.append(
                        Fault(
                            f"nobody makes {name!r}",
                            key=name,
                            allowed=listed(known),
                            nearest=nearest(name, known),
                            needed_by=f"node {node.name!r}",
                            code="unknown",
                        )
                    )
        faults.throw(ResolveError)
        _ = self.order

    @cached_property
    def order(self) -> tuple[Node, ...]:
        """Nodes in the order in which they run."""
        by_name = {node.name: node for node in self.nodes}
        graph = {
            node.name: [
                self._maker[name].name
                for name in node.inputs
                if name in self._maker
            ]
            for node in self.nodes
        }
        found = in_order(
            graph,
            circle="nodes wait for each other",
            allowed="wiring without circles",
        )
        return tuple(by_name[name] for name in found)

    def forward(
        self,
        values: Mapping[str, Any],
        outputs: Iterable[str] | None = None,
    ) -> dict[str, Any]:
        """Run what is needed; pure.

        Parameters
        ----------
        values
            The given ones, by name.
        outputs
            Any values by name; everything where None.

        Raises
        ------
        ResolveError
            If an output or a given value is missing; all at once.
        """
        if isinstance(outputs, str):
            outputs = (outputs,)
        wanted = tuple(self._maker) if outputs is None else tuple(outputs)
        faults = Faults(
            Fault(
                f"no node makes {name!r}",
                key=name,
                allowed=", ".join(self._maker),
                nearest=nearest(name, self._maker),
                code="unknown",
            )
            for name in wanted
            if name not in self._maker
        )
        needed = self._needed(wanted)
        env = dict(values)
        for node in needed:
            faults.extend(
                Fault(
                    f"{name!r} has no value",
                    key=name,
                    allowed=f"values of {listed(self.given)}",
                    nearest=nearest(name, set(values) - set(self.given)),
                    needed_by=f"node {node.name!r}",
                    code="missing",
                )
                for name in node.inputs
                if name in self.given and name not in env
            )
        faults.throw(ResolveError)
        for node in needed:
            made = node.function(*(env[name] for name in node.inputs))
            if len(node.outputs) == 1:
                made = (made,)
            if len(made) != len(node.outputs):
                raise ResolveError(_count_fault(node, len(made)))
            env.update(zip(node.outputs, made, strict=True))
        return {name: env[name] for name in wanted}

    def _needed(self, wanted: Iterable[str]) -> tuple[Node, ...]:
        names: set[str] = set()
        stack = list(wanted)
        while stack:
            node = self._maker.get(stack.pop())
            if node is not None and node.name not in names:
                names.add(node.name)
                stack += node.inputs
        return tuple(node for node in self.order if node.name in names)

    def describe(self) -> str:
        """The wiring as text, one node a line."""
        return "\n".join(
            f"{node.name}: {', '.join(node.inputs)} -> "
            f"{', '.join(node.outputs)}"
            for node in self.order
        )


def _type_faults(node: Any) -> Iterable[Fault]:
    if not isinstance(node, Node):
        yield wrong_type("node", node, "Node(name, inputs, outputs, function)")
        return
    for part in ("inputs", "outputs"):
        names: Any = getattr(node, part)
        if not isinstance(names, tuple):
            yield wrong_type(
                f"{part} of {node.name}", names, "a tuple of names"
            )


def _count_fault(node: Node, count: int) -> Fault:
    return Fault(
        f"the node {node.name!r} returned {count} values",
        key=node.name,
        value=str(count),
        allowed=f"{len(node.outputs)}: {', '.join(node.outputs)}",
        code="shape",
    )
