"""What the tests of every package share.

pytest finds this file from the path of a test, whatever the working directory
and wherever the package under test is installed. It must not import JAX: the
variables below have to be set before that.
"""

import os
import sys
from pathlib import Path
from types import ModuleType

import hypothesis
import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")

# Tests compile the same programs again and again: keep every one of them.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(CACHE / "forwardax/jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
os.environ.setdefault("JAX_ENABLE_X64", "1")

# The first example compiles: a deadline would only measure that.
hypothesis.settings.register_profile("forwardax", deadline=None)
hypothesis.settings.load_profile("forwardax")


def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> None:
    """Let go of compiled programs after each file of tests.

    Each takes memory maps, of which Linux allows 65 530 to a process: beyond
    that a process dies in a segmentation fault.
    """
    last = nextitem is None or nextitem.path != item.path
    if last and "jax" in sys.modules:
        sys.modules["jax"].clear_caches()


@pytest.fixture(scope="session")
def arviz() -> ModuleType:
    """ArviZ, an optional extra and a reference for diagnostics."""
    try:
        from forwardax._fit.arviz import import_arviz

        return import_arviz()
    except ImportError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference data that is too large for the repository.

    ``$FORWARDAX_SHARED``, else ``../shared`` beside the checkout. Elsewhere
    the test is skipped, or fails where ``FORWARDAX_REQUIRE_GOLDEN=1`` is set.
    """
    beside = Path(__file__).resolve().parent.parent / "shared"
    folder = Path(os.environ.get("FORWARDAX_SHARED") or beside)
    if not (folder / "golden").is_dir():
        reason = f"no reference data: {folder}/golden is not a folder"
        if os.environ.get("FORWARDAX_REQUIRE_GOLDEN") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def golden(shared: Path) -> Path:
    """Folder of golden values, ``<shared>/golden``."""
    return shared / "golden"
