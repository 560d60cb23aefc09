"""Bad inputs by the command line and by Python: one and the same fault."""

import json

import pytest

PLUGIN = """\
from forwardax import (
    API, ParamField, ParamSpec, Prior, StructureField, SystemEntry, hookimpl,
)

FORWARDAX_API = API
SPEC = ParamSpec([
    ParamField("lens.mass", unit="solMass",
               prior=Prior("LogNormal", loc=0.0, scale=1.0)),
])


@hookimpl
def forwardax_systems():
    yield SystemEntry(
        "kit.lens", target="lens_kit:SPEC", spec=SPEC,
        structure=(StructureField("pixels", default=10, bounds=(1, 100)),),
    )
"""
BROKEN = PLUGIN.replace("lens_kit:SPEC", "broken_kit:SPECS").replace(
    "kit.lens", "kit.bad"
).replace('"solMass"', '"solMasses"')  # fmt: skip
PYTHON = """\
import json, sys
from dataclasses import asdict
from forwardax import Registry, load_run
from forwardax._config.config import configure
from forwardax.errors import ForwardaxError

found = Registry.default()
told = {}
for name, text in json.loads(sys.argv[1]).items():
    try:
        faults = eval(text) or ()
        error = ""
    except ForwardaxError as caught:
        faults, error = caught.faults, type(caught).__name__
    told[name] = {
        "error": error,
        "faults": [{"text": str(f), **asdict(f)} for f in faults],
    }
assert "jax" not in sys.modules
print(json.dumps(told))
"""
# Arguments, exit code, the same in Python, class, keys, nearest of the first.
TABLE = {
    "kind": (
        ["list", "system"], 2, "found.entries('system')",
        "UnknownEntry", ["system"], ["systems"],
    ),
    "check": (
        ["check", "broken-kit"], 1, "found.check('broken-kit')",
        "", ["broken_kit:SPECS", "lens.mass"], ["SPEC"],
    ),
    "check-unknown": (
        ["check", "lens-kitt"], 2, "found.check('lens-kitt')",
        "UnknownEntry", ["lens-kitt"], ["lens-kit"],
    ),
    "structure": (
        ["show", "kit.lens", "--set", "system.pixels=0"], 2,
        "configure('kit.lens', ['system.pixels=0'])",
        "ConfigError", ["pixels"], [],
    ),
    "structure-unknown": (
        ["show", "kit.lens", "--set", "system.pixel=3"], 2,
        "configure('kit.lens', ['system.pixel=3'])",
        "ConfigError", ["pixel"], ["pixels"],
    ),
    "several": (
        ["show", "kit.lens", "--set", "system.pixels=x", "--set", "sytem.a=1"],
        2, "configure('kit.lens', ['system.pixels=x', 'sytem.a=1'])",
        "ConfigError", ["sytem", "pixels"], ["system"],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def kits(plugin_folder):
    folder = plugin_folder()
    folder.add("lens-kit", PLUGIN)
    folder.add("broken-kit", BROKEN)
    return folder


@pytest.fixture(scope="module")
def python(kits):
    """What Python is told, by case."""
    texts = json.dumps({name: row[2] for name, row in TABLE.items()})
    run = kits.python("-c", PYTHON, texts)
    assert run.code == 0, run.err
    return run.json


@pytest.mark.parametrize("name", TABLE)
def test_one_and_the_same(name, kits, python):
    arguments, code, _, error, keys, nearest = TABLE[name]
    run = kits.cli(*arguments, "--json")
    assert run.code == code
    assert run.json.get("error", "") == python[name]["error"] == error
    faults = run.json["faults"]
    assert faults == python[name]["faults"]
    assert [fault["key"] for fault in faults] == keys
    assert faults[0]["nearest"][:1] == nearest
    assert all(fault["allowed"] for fault in faults)
    assert run.err == ""


@pytest.mark.parametrize("name", TABLE)
def test_in_words_without_a_traceback(name, kits, python):
    arguments, code, *_ = TABLE[name]
    run = kits.cli(*arguments)
    assert run.code == code
    assert "Traceback" not in run.out + run.err
    for fault in python[name]["faults"]:
        assert fault["text"] in run.out + run.err


@pytest.mark.parametrize(
    ("arguments", "near"),
    [(["show", "kit.lans"], "kit.lens"), (["shwo"], "show")],
    ids=" ".join,
)
def test_unknown_names(arguments, near, kits):
    run = kits.cli(*arguments, "--json")
    assert run.code == 2
    assert run.json["error"] == "UnknownEntry"
    (fault,) = run.json["faults"]
    assert fault["key"] == arguments[-1]
    assert near in fault["nearest"]
    # Of many names the first are listed.
    assert near in fault["allowed"] or fault["allowed"].endswith("...")


def test_unknown_option(kits):
    run = kits.cli("list", "--jsn", "--json")
    assert run.code == 2
    assert "--json" in run.json["faults"][0]["text"]
