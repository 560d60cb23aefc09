"""What is wrong with independence rules, alone and on a layout."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from forwardax.errors import Fault, Faults, listed, unknown

from ._errors import TokenError, TokenWarning
from ._index import find_axis
from ._relation import Pairs

if TYPE_CHECKING:
    from ._layout import Layout
    from ._rules import Rules

ENTRIES = ("local", "cross", "cross_local")


def check_entries(independence: Any) -> None:
    """Refuse a mapping that does not hold rules.

    Raises
    ------
    TokenError
        With every entry that is none.
    """
    if not isinstance(independence, Mapping):
        raise TokenError(
            Fault(
                "independence rules have the wrong type",
                key="independence",
                value=f"{independence!r:.60}",
                allowed="Rules, or a mapping with " + listed(ENTRIES),
                code="type",
            )
        )
    Faults(
        unknown("an entry", str(name), ENTRIES, owner="independence rules")
        for name in independence
        if name not in ENTRIES
    ).throw(TokenError)


def canonical(local: Any, cross: Any, cross_local: Any) -> tuple[Any, Any, Any]:
    """Rules as tuples; the order of `local` and `cross` has no meaning."""
    faults = Faults()
    if isinstance(local, str):
        faults.append(_malformed("local", local, "a list of keys"))
        local = ()
    found: list[tuple[str, str, Pairs | None]] = []
    for rule in cross_local:
        where = _pairs(rule[2]) if len(rule) == 3 else ()
        if where == () or not _are_keys(rule[:2]):
            allowed = '(a, b, None), (a, b, (i, j)) or (a, b, "dim")'
            faults.append(_malformed("cross_local", rule, allowed))
        else:
            found.append((rule[0], rule[1], where))
    for rule in cross:
        if isinstance(rule, str) or len(rule) != 2 or not _are_keys(rule):
            faults.append(_malformed("cross", rule, "(a, b), two keys"))
    for name in local:
        if not isinstance(name, str):
            faults.append(_malformed("local", name, "a key"))
    faults.throw(TokenError)
    return (
        tuple(sorted(set(local))),
        tuple(sorted({(a, b) for a, b in cross})),
        tuple(found),
    )


def _are_keys(names: Iterable[Any]) -> bool:
    return all(isinstance(name, str) for name in names)


def _malformed(entry: str, rule: Any, allowed: str) -> Fault:
    return Fault(
        f"a rule of {entry!r} has the wrong form",
        key=entry,
        value=f"{rule!r:.80}",
        allowed=allowed,
        code="type",
    )


def _pairs(where: Any) -> Pairs | None:
    """Pairs of axes; None for equal flat indices; () if it is neither."""
    if where is None:
        return None
    if isinstance(where, str):
        return ((where, where),)
    if not isinstance(where, tuple | list):
        return ()
    if len(where) == 2 and all(_is_axis(axis) for axis in where):
        return ((where[0], where[1]),)
    found = [_pairs(pair) for pair in where]
    if any(pair is None or len(pair) != 1 for pair in found):
        return ()
    return tuple(pair[0] for pair in found if pair)


def _is_axis(axis: Any) -> bool:
    whole = isinstance(axis, int) and not isinstance(axis, bool)
    return whole or isinstance(axis, str)


def rule_faults(rules: Rules, layout: Layout, *, strict: bool) -> Faults:
    """Everything about the rules that a layout contradicts."""
    faults = Faults()
    known = layout.key_order
    if strict:
        faults += [
            unknown("a key", name, known, owner="the tokens", fix="in a rule")
            for name in rules.names
            if name not in known
        ]
    for a, b, where in rules.cross_local:
        if a not in known or b not in known:
            continue
        if where is None:
            sizes = [layout[name].n_tokens for name in (a, b)]
            if sizes[0] != sizes[1]:
                faults.append(_apart(f"{a!r} has {sizes[0]} tokens", b, sizes))
            continue
        for i, j in where:
            ends = [find_axis(layout, *end) for end in ((a, i), (b, j))]
            bad = [end for end in ends if isinstance(end, Fault)]
            faults += bad
            if not bad and ends[0].size != ends[1].size:  # pyright: ignore
                sizes = [end.size for end in ends]  # pyright: ignore
                text = f"dimension {i} of {a!r} has size {sizes[0]}"
                faults.append(_apart(text, f"dimension {j} of {b!r}", sizes))
    return faults


def _apart(first: str, second: str, sizes: list[int]) -> Fault:
    if not second.startswith("dimension"):
        text = f"{first} but {second!r} has {sizes[1]}"
    else:
        text = f"{first} but {second} has size {sizes[1]}"
    return Fault(
        f"Cannot apply cross_local independence: {text}",
        allowed="equal sizes",
        code="shape",
    )


def warn_rules(rules: Rules, layout: Layout) -> None:
    """Warn of what is allowed, but is most often a slip."""
    both = set(rules.cross)
    for a, b in rules.cross:
        if (b, a) not in both and {a, b} <= set(layout.key_order):
            warnings.warn(
                f"the rule ('cross', {a!r}, {b!r}) blocks one direction only: "
                f"{b!r} still sees {a!r}. List ({b!r}, {a!r}) too, or use "
                "Rules.both_ways()",
                TokenWarning,
                stacklevel=4,
            )
    unnamed = set(layout.key_order) - set(rules.names)
    for name in rules.names:
        near = get_close_matches(name, unnamed, n=1, cutoff=0.85)
        if near and name not in layout.key_order:
            warnings.warn(
                f"an independence rule names {name!r}, which is no key here; "
                f"did you mean {near[0]!r}?",
                TokenWarning,
                stacklevel=4,
            )
