"""Conformance: what every system and every registered entry keeps to.

`check_system(system)` returns what is wrong with a system, `assert_conforms`
raises it, and a subclass of `SystemConformance` makes each contract a test::

    from forwardax.testing import SystemConformance

    class TestSpring(SystemConformance):
        def system(self):
            return Spring(times)

`check_entry`, `check_plugin` and `EntryConformance` do the same for what a
plugin declares. `CONTRACTS` and `ENTRY_CONTRACTS` list the contracts, and
`forwardax.testing.toys` has small systems that keep them all.

A `RefusalTable` holds `BadInput`s and what each of them must be told.

Names are loaded when they are first used: a plugin module among the toys is
imported without JAX.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._case import Case as Case
    from ._contracts import CONTRACTS as CONTRACTS
    from ._contracts import Contract as Contract
    from ._contracts import assert_conforms as assert_conforms
    from ._contracts import check_system as check_system
    from ._entry import ENTRY_CONTRACTS as ENTRY_CONTRACTS
    from ._entry import EntryCase as EntryCase
    from ._entry import EntryContract as EntryContract
    from ._entry import check_entry as check_entry
    from ._entry import check_plugin as check_plugin
    from ._refusals import BadInput as BadInput
    from ._refusals import Outcome as Outcome
    from ._refusals import RefusalTable as RefusalTable
    from ._refusals import observe as observe
    from ._suite import EntryConformance as EntryConformance
    from ._suite import SystemConformance as SystemConformance

_HOME = {
    "BadInput": "_refusals",
    "CONTRACTS": "_contracts",
    "Case": "_case",
    "Contract": "_contracts",
    "ENTRY_CONTRACTS": "_entry",
    "EntryCase": "_entry",
    "EntryConformance": "_suite",
    "EntryContract": "_entry",
    "Outcome": "_refusals",
    "RefusalTable": "_refusals",
    "SystemConformance": "_suite",
    "assert_conforms": "_contracts",
    "check_entry": "_entry",
    "check_plugin": "_entry",
    "check_system": "_contracts",
    "observe": "_refusals",
}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"forwardax.testing has no {name!r}")
    return getattr(import_module(f".{home}", __name__), name)


def __dir__() -> list[str]:
    return sorted(_HOME)
