"""Contracts of declarations, each with a planted fault."""

import pytest
from forwardax import Registry
from forwardax.errors import PluginFailed
from forwardax.testing import ENTRY_CONTRACTS, check_entry, check_plugin
from forwardax.testing.toys import plugin as toys

GOOD = """
from forwardax import EstimatorEntry, ParamField, ParamSpec, Prior
from forwardax import SystemEntry, hookimpl
FORWARDAX_API = (1, 0)
P = Prior("LogNormal", loc=0.0, scale=1.0)
SPEC = ParamSpec([ParamField("k", unit="N / m", prior=P)])

@hookimpl
def forwardax_systems():
    yield SystemEntry("spring.damped", target="json:loads", spec=SPEC)

@hookimpl
def forwardax_estimators():
    yield EstimatorEntry(
        "spring.fit", target="json:loads", needs=frozenset({"gradient"})
    )
"""
BROKEN = {
    "api": ("(1, 0)", "(2, 0)"),
    "light": ("FORWARDAX_API", "import jax\nFORWARDAX_API"),
    "name": ('"spring.damped"', '"Spring"'),
    "target": ("json:loads", "json:laods"),
    "spec": ("N / m", "Newtonn"),
    "round_trip": (
        "SPEC = ParamSpec(",
        "class Odd(ParamSpec):\n"
        "    def to_json(self):\n"
        "        return ParamSpec().to_json()\n"
        "SPEC = Odd(",
    ),
    "digest": (
        'ParamField("k", unit="N / m", prior=P)]',
        "ParamField(k, prior=P) for k in set('abcdefghij')]",
    ),
}


@pytest.fixture
def module(tmp_path, monkeypatch, request):
    """Writes a plugin module, and gives its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name, code):
        (tmp_path / f"{name}.py").write_text(code)
        return name

    return write


def entry_of(name, system="spring.damped"):
    namespace = {}
    exec(compile(GOOD, name, "exec"), namespace)
    entries = namespace["forwardax_systems"]()
    entry = next(iter(entries))
    return type(entry)(system, target=entry.target, spec=entry.spec)


def test_good_entry(module):
    name = module("spring_good", GOOD)
    assert check_entry(entry_of(name), plugin=name) == []
    assert check_plugin(name) == []


@pytest.mark.parametrize("contract", BROKEN)
def test_planted_fault(module, contract):
    old, new = BROKEN[contract]
    assert old in GOOD
    name = module(f"spring_{contract}", GOOD.replace(old, new))
    given = "Spring" if contract == "name" else "spring.damped"
    faults = check_entry(entry_of(name, given), plugin=name)
    assert {fault.code for fault in faults} == {contract}, faults


def test_every_contract_has_a_planted_fault():
    assert set(BROKEN) == set(ENTRY_CONTRACTS)


def test_an_entry_that_nobody_declares(module):
    name = module("spring_none", GOOD)
    (fault,) = check_entry(entry_of(name, "spring.other"), plugin=name)
    assert "does not declare 'spring.other'" in fault.what


def test_a_plugin_that_cannot_be_imported():
    with pytest.raises(PluginFailed, match="no_such_plugin"):
        check_entry(entry_of("x"), plugin="no_such_plugin")


def test_the_registry_finds_nothing_wrong_with_the_toys():
    assert Registry([("toys", toys)]).check() == []
