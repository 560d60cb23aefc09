# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Removing any one validator of the core turns the table red."""

import pytest
from bad_case import table as bad_inputs
from bad_models import warm_up
from forwardax._schema import part_types as _part_types
from mutants import forget, notices, sites, unnoticed

TYPES = [
    (table, part)
    for table in ("_PARAM", "_DATA", "_CONDITION")
    for part in getattr(_part_types, table)
]


@pytest.fixture(scope="module", autouse=True)
def _warm():
    warm_up()


@pytest.mark.slow
def test_every_validator_is_needed():
    every = sites()
    assert len(every) > 200
    left = unnoticed(every)
    assert not left, "\n".join(map(str, left))


@pytest.mark.parametrize(("table", "part"), TYPES)
def test_every_type_is_needed(table, part, monkeypatch):
    rules = dict(getattr(_part_types, table))
    del rules[part]
    monkeypatch.setattr(_part_types, table, rules)
    forget()
    wanted = bad_inputs().wanted()
    ids = {"_PARAM": "type-of-", "_DATA": "data-type-of-"}
    name = ids.get(table, "condition-") + part
    (case,) = (
        case
        for case in bad_inputs().cases.values()
        if case.id in (name, name.replace("target", "function"))
        and case.id != "condition-target"
    )
    assert notices(case, wanted[case.id])
