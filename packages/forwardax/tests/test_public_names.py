"""What `import forwardax` offers, and what it does not load."""

import ast
import subprocess
import sys
from pathlib import Path

import forwardax
import pytest

# Past the stub, which says nothing of these.
HOME = vars(forwardax)["_HOME"]
MODULES = vars(forwardax)["_MODULES"]
HEAVY = {"jax", "jaxlib", "equinox", "numpyro"}
SOURCE = Path(forwardax.__file__).parent
DECLARING = [
    "API",
    "Check",
    "CommandEntry",
    "DataField",
    "DatasetEntry",
    "DataSpec",
    "EngineEntry",
    "EstimatorEntry",
    "Layout",
    "NO_DEFAULT",
    "ParamField",
    "ParamSpec",
    "PlotEntry",
    "PresetEntry",
    "Prior",
    "PriorPlan",
    "ProfileEntry",
    "Ragged",
    "Registry",
    "Resolver",
    "Slot",
    "Structure",
    "StructureField",
    "SystemEntry",
    "SystemGraph",
    "Transform",
    "TransformEntry",
    "TransformRegistry",
    "Validity",
    "errors",
    "hookimpl",
    "load_run",
]


def in_stub():
    """Module by name, of every import of the stub."""
    tree = ast.parse((SOURCE / "__init__.pyi").read_text())
    found = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                assert alias.name == alias.asname, "not exported by the stub"
                found[alias.name] = node.module
    return found


def test_stub_and_table_name_the_same():
    assert in_stub() == {**HOME, **dict.fromkeys(MODULES)}


def test_every_name_is_there_and_listed():
    for name in (*HOME, *MODULES):
        assert getattr(forwardax, name) is not None
        assert name in dir(forwardax)


def test_every_name_is_in_the_reference():
    page = Path(__file__).parents[3] / "docs/reference/forwardax.md"
    entries = [f"::: forwardax.{name}" for name in HOME]
    assert sorted(entries) == sorted(
        line for line in page.read_text().splitlines() if line[:3] == ":::"
    )


@pytest.mark.parametrize("name", ["Problem", "fit", "ParamSpec"])
def test_home_is_where_a_name_is_defined(name):
    home = getattr(forwardax, name).__module__
    assert home == f"forwardax.{HOME[name]}"


def test_declaring_loads_no_jax():
    uses = "\n".join(f"forwardax.{name}" for name in DECLARING)
    code = (
        f"import sys\nimport forwardax\n{uses}\nimport forwardax.contracts\n"
        f"print(sorted({HEAVY!r} & sys.modules.keys()))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("Probelm", "Problem"), ("ParmSpec", "ParamSpec"), ("eror", "errors")],
)
def test_unknown_name_gets_the_nearest(wrong, right):
    with pytest.raises(AttributeError, match=f"did you mean '{right}'"):
        getattr(forwardax, wrong)


def test_a_name_like_nothing_gets_no_hint():
    with pytest.raises(AttributeError) as caught:
        getattr(forwardax, "zzzzzz")  # noqa: B009
    assert "did you mean" not in str(caught.value)
