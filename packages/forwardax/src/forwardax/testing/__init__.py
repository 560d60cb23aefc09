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

from ..lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, __file__)
