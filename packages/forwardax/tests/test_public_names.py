"""What `import forwardax` offers, and what it does not load."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import forwardax
import pytest

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
    """Module by name, of every import of the stub; None for a module."""
    tree = ast.parse((SOURCE / "__init__.pyi").read_text())
    found = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                assert alias.name == alias.asname, "not exported by the stub"
                found[alias.name] = node.module
    return found


HOME = {name: home for name, home in in_stub().items() if home}


def test_every_name_is_there_and_listed():
    assert dir(forwardax) == sorted(in_stub())
    for name in dir(forwardax):
        assert getattr(forwardax, name) is not None
        assert name in vars(forwardax), "found once, found for good"


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


PACKAGE = """
from forwardax.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, __file__, extra="spring[plots]")
"""
STUB = """
from ._draw import draw as draw
from ._lost import lost as lost
from ._swing import swing as swing
from ._swing import swing as sway
"""
MODULES = {
    "__init__.py": PACKAGE,
    "__init__.pyi": STUB,
    "_draw.py": "import no_such_plots",
    "_lost.py": "import spring_of_tests._gone",
    "_swing.py": "def swing(): ...",
}


@pytest.fixture(scope="module")
def spring(tmp_path_factory):
    """A package with an extra that is missing, and a module that is."""
    root = tmp_path_factory.mktemp("lazy")
    home = root / "spring_of_tests"
    home.mkdir()
    for name, text in MODULES.items():
        (home / name).write_text(text)
    sys.path.insert(0, str(root))
    yield importlib.import_module(home.name)
    sys.path.remove(str(root))


def test_names_of_a_package_load_one_by_one(spring):
    assert dir(spring) == ["draw", "lost", "sway", "swing"]
    assert "swing" not in vars(spring)
    assert spring.swing is vars(spring)["swing"]
    assert spring.sway is spring.swing
    assert "spring_of_tests._draw" not in sys.modules


def test_a_missing_extra_is_named_with_the_line_that_installs_it(spring):
    with pytest.raises(ImportError, match="draw needs no_such_plots") as caught:
        _ = spring.draw
    assert 'pip install "spring[plots]"' in str(caught.value)


def test_a_missing_module_of_its_own_is_no_missing_extra(spring):
    with pytest.raises(ModuleNotFoundError, match=r"_gone"):
        _ = spring.lost
