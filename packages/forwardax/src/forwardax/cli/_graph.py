"""Who depends on whom: data, derived values, priors, as a text tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._plugins.scopes import Computed
from .._schema.data import DataSpec
from .._schema.spec import ParamSpec
from ..contracts import NO_DEFAULT
from ..errors import UnknownKey


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Nodes with what they are, and what each depends on directly."""

    labels: Mapping[str, str]
    needs: Mapping[str, tuple[str, ...]]

    def to_json(self) -> dict[str, Any]:
        """Nodes and edges; an edge leads to what is needed."""
        edges = [[a, b] for a, below in self.needs.items() for b in below]
        return {"nodes": dict(self.labels), "edges": edges}

    def lines(self) -> Iterator[str]:
        """A tree from what nobody needs down to what needs nothing."""
        needed = {key for below in self.needs.values() for key in below}
        tops = [key for key in self.labels if key not in needed]
        drawn: set[str] = set()
        for key in tops:
            yield from self._tree(key, "", "", drawn)
        # What is left goes in circles and has no top.
        for key in self.labels:
            if key not in drawn:
                yield from self._tree(key, "", "", drawn)

    def _tree(
        self, key: str, first: str, rest: str, drawn: set[str]
    ) -> Iterator[str]:
        label = self.labels.get(key, "nobody provides it")
        below = self.needs.get(key, ())
        if key in drawn and below:
            yield f"{first}{key}  (see above)"
            return
        drawn.add(key)
        yield f"{first}{key}  {label}"
        for position, other in enumerate(below):
            last = position == len(below) - 1
            branch, trunk = ("└─ ", "   ") if last else ("├─ ", "│  ")
            yield from self._tree(other, rest + branch, rest + trunk, drawn)


def dependencies(
    spec: ParamSpec, data: DataSpec | None, transforms: Mapping[str, Computed]
) -> Dependencies:
    """Dependencies of a system: data on parameters, derived, priors."""
    labels: dict[str, str] = {}
    needs: dict[str, tuple[str, ...]] = {}
    for field in data.fields if data is not None else ():
        # Without declared parents every parameter may matter.
        name = f"data {field.key}"
        labels[name] = "" if field.parents else "depends on all parameters"
        needs[name] = _canonical(spec, field.parents)
    for key, computed in transforms.items():
        if key in spec or any(dep in spec for dep in computed.entry.deps):
            labels[key] = f"= {_call(computed)}, {computed.plugin}"
            needs[key] = _canonical(spec, computed.entry.deps)
    for key in spec:
        prior = spec.prior_of(key)
        if spec[key].kind == "primitive" or prior is not None:
            needs[key] = needs.get(key, ()) + (
                _canonical(spec, prior.references) if prior else ()
            )
        if key not in labels:
            labels[key] = _label(spec, key)
    return Dependencies(labels, needs)


def _canonical(spec: ParamSpec, names: tuple[str, ...]) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        try:
            found.append(spec.find(name).key)
        except UnknownKey:
            found.append(name)
    return tuple(dict.fromkeys(found))


def _call(computed: Computed) -> str:
    function = computed.entry.target.partition(":")[2]
    return f"{function}({', '.join(computed.entry.deps)})"


def _label(spec: ParamSpec, key: str) -> str:
    field, prior = spec[key], spec.prior_of(key)
    unit = f"[{field.unit}] " if field.unit else ""
    if field.kind == "derived":
        return f"{unit}derived, but nobody computes it"
    if prior is not None:
        inside = ", ".join(f"{n}={v}" for n, v in prior.arguments)
        return f"{unit}~ {prior.family}({inside})"
    if field.default is NO_DEFAULT:
        return f"{unit}must be given"
    return f"{unit}= {field.default}"
