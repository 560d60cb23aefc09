"""A class of tests to subclass: one test a contract.

It needs no pytest to be imported: pytest collects the methods of a subclass
whose name begins with `Test`, and `unittest.SkipTest` skips.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from unittest import SkipTest

from .._plugins.entries import Entry
from .._system.system import System
from ..errors import ForwardaxError
from ._case import Case
from ._contracts import CONTRACTS, Contract
from ._entry import ENTRY_CONTRACTS, EntryCase, EntryContract


class SystemConformance:
    """The contracts of a system as tests, one each.

    Subclass it in a test file::

        class TestSpring(SystemConformance):
            def system(self):
                return Spring(times)

    The system and its points are made once for all the tests of the class.

    Attributes
    ----------
    skip
        Reasons by the name of a contract that the system cannot keep.
    """

    skip: ClassVar[Mapping[str, str]] = {}

    def system(self) -> System:
        """The system under test."""
        raise NotImplementedError(
            f"{type(self).__name__} must define system(self)"
        )

    def options(self) -> Mapping[str, Any]:
        """Keyword arguments of `Case`: data, values, fixed, priors, ..."""
        return {}

    def _run(self, contract: Contract) -> None:
        kind = type(self)
        if contract.name in kind.skip:
            raise SkipTest(kind.skip[contract.name])
        case = vars(kind).get("_case")
        if case is None:
            case = Case(self.system(), **self.options())
            kind._case = case  # pyright: ignore
        reason = contract.reason_not(case)
        if reason:
            raise SkipTest(reason)
        faults = contract.run(case)
        if faults:
            raise AssertionError(str(ForwardaxError(faults)))


class EntryConformance:
    """The contracts of a registered entry as tests, one each.

    Subclass it in a test file::

        class TestSpringEntry(EntryConformance):
            plugin = "springs.plugin"

            def entry(self):
                return registry.get("systems", "springs.damped")

    Attributes
    ----------
    plugin
        Name of the module that declares it.
    """

    plugin: ClassVar[str]

    def entry(self) -> Entry:
        """The record under test."""
        raise NotImplementedError(
            f"{type(self).__name__} must define entry(self)"
        )

    def _run(self, contract: EntryContract) -> None:
        kind = type(self)
        case = vars(kind).get("_case")
        if case is None:
            case = EntryCase(self.entry(), kind.plugin)
            kind._case = case  # pyright: ignore
        faults = contract.run(case)
        if faults:
            raise AssertionError(str(ForwardaxError(faults)))


def _test(contract: Any) -> Callable[[Any], None]:
    def test(self: Any) -> None:
        self._run(contract)

    test.__name__ = f"test_{contract.name}"
    test.__doc__ = contract.summary
    return test


for _each in CONTRACTS.values():
    setattr(SystemConformance, f"test_{_each.name}", _test(_each))
for _each in ENTRY_CONTRACTS.values():
    setattr(EntryConformance, f"test_{_each.name}", _test(_each))
