"""Independence rules: which tokens may attend to which."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._check_rules import canonical, check_entries, rule_faults
from ._errors import TokenError
from ._graph import diameter
from ._index import resolved_pairs
from ._posterior import moralised
from ._relation import Pairs

if TYPE_CHECKING:
    from ._layout import Layout


@dataclass(frozen=True, slots=True, init=False)
class Rules:
    """Independence rules, hashable; without any, every token sees every other.

    They apply in the order cross, local, cross_local, and a later one
    overwrites an earlier one.

    Parameters
    ----------
    local
        Keys whose tokens do not see one another, nor themselves.
    cross
        `(a, b)`: tokens of `a` do not see tokens of `b`. This is one way
        only; name `(b, a)` too to block both.
    cross_local
        `(a, b, where)`: tokens of `a` and `b` see each other only where
        indices are equal. `where` is `(i, j)` for event axis i of `a` and
        axis j of `b`, `"dim"` for a dim that both have or are nested in,
        several such pairs in a tuple, or None for equal flat indices.

    Raises
    ------
    TokenError
        If a rule is not of that form.
    """

    local: tuple[str, ...]
    cross: tuple[tuple[str, str], ...]
    cross_local: tuple[tuple[str, str, Pairs | None], ...]

    def __init__(
        self,
        local: Iterable[str] = (),
        cross: Iterable[tuple[str, str]] = (),
        cross_local: Iterable[tuple[str, str, Any]] = (),
    ) -> None:
        parts = canonical(local, cross, cross_local)
        object.__setattr__(self, "local", parts[0])
        object.__setattr__(self, "cross", parts[1])
        object.__setattr__(self, "cross_local", parts[2])

    @classmethod
    def of(cls, independence: Rules | Mapping[str, Any] | None) -> Rules:
        """Rules from a mapping `{"local", "cross", "cross_local"}`.

        Raises
        ------
        TokenError
            If it has other entries, or a rule is not of the right form.
        """
        if independence is None:
            return cls()
        if isinstance(independence, Rules):
            return independence
        check_entries(independence)
        return cls(**independence)

    def to_dict(self) -> dict[str, list[Any]]:
        """The rules as a mapping that `Rules.of` takes."""
        return {
            "local": list(self.local),
            "cross": list(self.cross),
            "cross_local": list(self.cross_local),
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Keys that the rules name, in alphabetical order."""
        found = set(self.local)
        found |= {name for pair in self.cross for name in pair}
        found |= {name for a, b, _ in self.cross_local for name in (a, b)}
        return tuple(sorted(found))

    def among(self, keys: Collection[str]) -> Rules:
        """The rules that concern these keys alone."""
        return Rules(
            [a for a in self.local if a in keys],
            [pair for pair in self.cross if set(pair) <= set(keys)],
            [
                rule
                for rule in self.cross_local
                if rule[0] in keys and rule[1] in keys
            ],
        )

    def on(self, layout: Layout) -> Rules:
        """The rules that concern a layout, with axes by position.

        Axes along a dim that a key is only nested in keep its name.

        Raises
        ------
        TokenError
            If they do not fit its shapes.
        """
        self.validate(layout, strict=False)
        found = self.among(layout.key_order)
        return Rules(
            found.local,
            found.cross,
            [
                (a, b, where and resolved_pairs(layout, a, b, where))
                for a, b, where in found.cross_local
            ],
        )

    def both_ways(self) -> Rules:
        """The same rules with every cross rule in both directions."""
        back = [(b, a) for a, b in self.cross]
        return Rules(self.local, [*self.cross, *back], self.cross_local)

    def validate(self, layout: Layout, *, strict: bool = True) -> None:
        """Check that the rules fit the shapes of a layout.

        Parameters
        ----------
        layout
            Keys and their event shapes.
        strict
            Refuse rules on keys that the layout does not have.

        Raises
        ------
        TokenError
            With every fault.
        """
        rule_faults(self, layout, strict=strict).throw(TokenError)

    def posterior(self, layout: Layout) -> Rules:
        """The moralised graph: co-parents see each other, and all themselves.

        Rules of a model say which keys depend on which; given data, parents
        of one child become dependent too. Where the keys of the layout do
        not say what their parents are, these rules do, with ancestors first
        in the key order.

        Parameters
        ----------
        layout
            Keys, event shapes and parents.

        Returns
        -------
        Rules
            Never narrower than the moral graph; wider only where a relation
            cannot be written as one rule.
        """
        return Rules(*moralised(self, layout))

    def graph_diameter(
        self,
        layout: Layout,
        targets: Iterable[str],
        conditions: Iterable[str] = (),
    ) -> int:
        """Attention layers until every target has heard of everything.

        Parameters
        ----------
        layout
            Keys and event shapes.
        targets, conditions
            Keys. Each target token must be reached by every token of both.

        Raises
        ------
        TokenError
            If there is no path, naming its ends.
        """
        return diameter(layout.with_rules(self), targets, conditions)
