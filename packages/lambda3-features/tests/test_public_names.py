"""What can be imported, and what importing it brings along."""

import ast
import subprocess
import sys
from pathlib import Path

import lambda3_features

HOME = Path(lambda3_features.__file__).parent


def fresh(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, capture_output=True, text=True, check=True
    ).stdout.split()


def imported(path):
    """Top-level names of all that a module imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found


def test_importing_the_package_is_light():
    code = (
        "import sys, time, lambda3_features;"
        "heavy = {'jax', 'numba', 'scipy', 'numpy', 'matplotlib'};"
        "print(time.process_time(), *heavy & set(sys.modules))"
    )
    seconds, *heavy = fresh(code)
    assert not heavy
    assert float(seconds) < 0.3


def test_features_need_no_jax_and_no_plots():
    code = (
        "import sys, numpy, lambda3_features as l;"
        "l.extract_features(numpy.arange(40.0) % 7);"
        "a = numpy.zeros(40, numpy.int8); a[[3, 9]] = 1;"
        "l.sync_profile(a, a);"
        "print(*{m.partition('.')[0] for m in sys.modules})"
    )
    loaded = set(fresh(code))
    assert "numba" in loaded
    assert not loaded & {"jax", "matplotlib", "pandas", "sklearn", "pyarrow"}


def test_one_module_alone_holds_numpy_and_jax():
    both = {
        str(path.relative_to(HOME))
        for path in HOME.rglob("*.py")
        if {"numpy", "jax"} <= imported(path)
    }
    assert both == {"boundary.py"}


def test_nothing_is_pickled():
    for path in HOME.rglob("*.py"):
        assert not imported(path) & {"pickle", "cloudpickle", "dill", "joblib"}


def test_every_name_says_what_it_is():
    for name in dir(lambda3_features):
        assert getattr(lambda3_features, name).__doc__
