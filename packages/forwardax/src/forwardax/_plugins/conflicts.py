"""Names that several distributions claim.

Such a name belongs to none of them until the user pins it; every other name
of theirs works. The core's own names cannot be claimed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import ConflictError, Fault, Faults, RegistryError, unknown
from .discovery import normalised
from .entries import KINDS, Entry, scope_of
from .hookspecs import PROJECT
from .loader import Failure, Loaded, Plugin


@dataclass(frozen=True, slots=True)
class Record:
    """An entry and the plugin that declared it."""

    entry: Entry
    plugin: Plugin


Records = dict[tuple[str, str], Record]
"""By name and scope, in that order."""
Conflicts = dict[tuple[str, str, str], Failure]
"""By kind, name and scope."""


def resolve_conflicts(
    loaded: Loaded, prefer: Mapping[str, str]
) -> tuple[dict[str, Records], Conflicts]:
    """Records by kind, and what was claimed more than once.

    Raises
    ------
    RegistryError
        If a preference names what nobody provides.
    """
    _check_preferences(loaded, prefer)
    claims: dict[tuple[str, str, str], list[Record]] = {}
    for plugin in loaded.plugins:
        for kind, entry in plugin.entries:
            identity = kind, entry.name, scope_of(entry)
            claims.setdefault(identity, []).append(Record(entry, plugin))
    records: dict[str, Records] = {kind: {} for kind in KINDS}
    conflicts: Conflicts = {}
    for identity, claimants in sorted(claims.items()):
        kind, name, scope = identity
        winner = _winner(claimants, prefer.get(name, ""))
        if winner is not None:
            records[kind][name, scope] = winner
        pinned = winner is not None and not _is_core(winner)
        if len(claimants) > 1 and not pinned:
            conflicts[identity] = _conflict(identity, claimants, winner)
    return records, conflicts


def _winner(claimants: list[Record], preferred: str) -> Record | None:
    """The only claimant, else the core's, else the preferred one."""
    if len(claimants) == 1:
        return claimants[0]
    wanted = normalised(preferred)
    for one in sorted(claimants, key=_is_core, reverse=True):
        if _is_core(one) or normalised(one.plugin.distribution) == wanted:
            return one
    return None


def _is_core(record: Record) -> bool:
    return normalised(record.plugin.distribution) == PROJECT


def _conflict(
    identity: tuple[str, str, str],
    claimants: list[Record],
    winner: Record | None,
) -> Failure:
    kind, name, scope = identity
    who = sorted(str(one.plugin) for one in claimants)
    where = f" for {scope!r}" if scope else ""
    others = sorted(one.plugin.distribution for one in claimants)
    if winner is not None:
        fix = f"the one of {PROJECT} is used: rename the other"
    else:
        fix = (
            f"pin one of them: FORWARDAX_PREFER={name}={others[0]}, "
            "or uninstall one"
        )
    error = ConflictError(
        Fault(
            f"{name!r} is declared{where} by {' and by '.join(who)} ({kind})",
            key=name,
            allowed="one distribution for each name",
            fix=fix,
            code="conflict",
        )
    )
    return Failure(", ".join(others), error)


def _check_preferences(loaded: Loaded, prefer: Mapping[str, str]) -> None:
    faults = Faults()
    offered = {
        normalised(plugin.distribution): {e.name for _, e in plugin.entries}
        for plugin in loaded.plugins
    }
    # What a failed plugin would have declared is not known.
    failed = {normalised(f.distribution) for f in loaded.failures}
    for name, distribution in prefer.items():
        known = offered.get(normalised(distribution))
        fix = "correct FORWARDAX_PREFER"
        if known is None and normalised(distribution) not in failed:
            owner = "the loaded plugins"
            faults.append(
                unknown("one", distribution, offered, owner=owner, fix=fix)
            )
        elif known is not None and name not in known:
            faults.append(
                unknown("a name", name, known, owner=distribution, fix=fix)
            )
    faults.throw(RegistryError, "preferred plugins")
