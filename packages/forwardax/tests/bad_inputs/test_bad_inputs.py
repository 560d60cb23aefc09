# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Every bad input is refused before JAX compiles, with all its faults."""

import json

import pytest
from bad_case import table
from bad_models import registry, warm_up
from forwardax import Registry
from forwardax.cli import ExitCode, main
from forwardax.testing import observe

CASES = table().cases
WANTED = table().wanted()


@pytest.fixture(scope="module", autouse=True)
def _warm():
    warm_up()


def test_the_table_is_whole():
    assert len(CASES) >= 100
    assert list(WANTED) == list(CASES)
    for rows in WANTED.values():
        for row in rows:
            assert row["key"] and row["allowed"] and row["code"], row


@pytest.mark.parametrize("name", CASES)
def test_refused(name):
    wrong = table().wrong(observe(CASES[name]), WANTED[name])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [c.id for c in CASES.values() if c.cli])
def test_the_same_by_the_command_line(name, monkeypatch, capsys):
    monkeypatch.setattr(Registry, "default", classmethod(lambda _: registry()))
    case = CASES[name]
    error = observe(case).error
    assert main([*case.cli, "--json"]) == ExitCode.USAGE
    told = json.loads(capsys.readouterr().out)
    assert told["error"] == type(error).__name__
    for fault, want in zip(told["faults"], error.faults, strict=True):
        assert fault["text"] == str(want)
        for part in ("code", "key", "value", "allowed", "needed_by", "fix"):
            assert fault[part] == getattr(want, part)
        assert fault["nearest"] == list(want.nearest)
