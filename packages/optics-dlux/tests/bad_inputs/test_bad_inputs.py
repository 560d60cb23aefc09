"""Every bad input is refused before JAX compiles, with all its faults."""

import pytest
from forwardax.testing import observe
from telescope_mirrors import warm_up as warm_up_mirrors
from telescope_parts import warm_up
from telescope_table import table

WANTED = table().wanted()


@pytest.fixture(scope="module", autouse=True)
def _warm():
    warm_up()
    warm_up_mirrors()


def test_the_table_is_whole():
    assert list(WANTED) == list(table().cases)
    assert len(WANTED) >= 100
    for rows in WANTED.values():
        for row in rows:
            assert row["key"] and row["allowed"] and row["code"], row


def test_every_fault_of_a_run_file_has_its_line():
    for name, rows in WANTED.items():
        if name.startswith(("run-", "array-", "params-")):
            typed = name == "run-typed"
            assert all(typed or row["line"] for row in rows), name


@pytest.mark.parametrize("name", table().cases)
def test_refused(name):
    wrong = table().wrong(observe(table().cases[name]), WANTED[name])
    assert not wrong, "\n".join(wrong)
