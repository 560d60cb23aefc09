"""The test matrix.

``nox`` runs everything below in fresh environments. ``nox -s check`` runs what
``make test`` promises in the environment at hand, by the same functions.
"""

import functools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import nox
from nox.virtualenv import UV

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv"
# Without this a Python that is not installed counts as passed.
nox.options.error_on_missing_interpreters = True

ROOT = Path(__file__).parent
PYTHONS = ["3.11", "3.12", "3.13"]
# Every distribution of the workspace: name -> folder.
PACKAGES = {
    nox.project.load_toml(manifest)["project"]["name"]: manifest.parent
    for pattern in ("packages/*/pyproject.toml", "plugins/*/pyproject.toml")
    for manifest in sorted(ROOT.glob(pattern))
}
SUITES = [str(folder / "tests") for folder in PACKAGES.values()]
INTEGRATION = str(ROOT / "integration_tests")
EACH_PACKAGE = nox.parametrize(
    "package", [nox.param(name, id=name) for name in PACKAGES]
)

# A file of tests stays in one process: what its fixtures made is shared.
PYTEST = [
    *("python", "-m", "pytest"),
    *("--numprocesses=auto", "--maxprocesses=8", "--dist=loadfile"),
]

# --- the checks, for whatever environment a session has ----------------------


def run_lint(session: nox.Session) -> None:
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("python", "tools/check_file_sizes.py")


def run_imports(session: nox.Session) -> None:
    session.run("lint-imports")


def run_types(session: nox.Session) -> None:
    # The session's Python, not the .venv that pyproject.toml names for editors.
    code = "import sys; print(sys.executable)"
    python = session.run("python", "-c", code, silent=True)
    session.run("pyright", "--pythonpath", str(python).strip())


def run_tests(session: nox.Session) -> None:
    session.run(*PYTEST, *SUITES)


def run_integration(session: nox.Session) -> None:
    session.run(*PYTEST, INTEGRATION)


CHECKS: dict[str, Callable[[nox.Session], None]] = {
    "lint": run_lint,
    "imports": run_imports,
    "types": run_types,
    "tests": run_tests,
    "integration": run_integration,
}


@nox.session(python=False, default=False)
@nox.parametrize("step", [nox.param(name, id=name) for name in CHECKS])
def check(session: nox.Session, step: str) -> None:
    """Run the default checks in the environment at hand (`make test`)."""
    CHECKS[step](session)


# --- fresh environments ------------------------------------------------------


def install_editable(session: nox.Session, *groups: str) -> None:
    """Install all packages from the tree, with these dependency groups."""
    editable = [f"--editable={folder}" for folder in PACKAGES.values()]
    session.install(*editable, *(f"--group={group}" for group in groups))


@functools.cache
def build_wheels() -> Path:
    """Build every distribution once in a nox run; return the folder."""
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    # From the sdist, so that an sdist which lacks a file fails here.
    command = ["build", "--all-packages", "--quiet", "--out-dir", str(dist)]
    subprocess.run([UV, *command], cwd=ROOT, check=True)
    return dist


def wheel(package: str) -> str:
    (path,) = build_wheels().glob(f"{package.replace('-', '_')}-*.whl")
    return str(path)


def from_wheels() -> list[str]:
    """Options that let uv take siblings from the wheels just built."""
    # uv caches a wheel by its version: without a refresh it would install the
    # sibling that an earlier run built.
    fresh = [f"--refresh-package={name}" for name in PACKAGES]
    return [f"--find-links={build_wheels()}", *fresh]


def run_outside(session: nox.Session, *pytest_args: str) -> None:
    """Run pytest where no file of the tree is importable by accident."""
    with tempfile.TemporaryDirectory() as folder, session.chdir(folder):
        session.run(*PYTEST, *pytest_args)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, formatting, and the size of committed files."""
    session.install("--group=lint")
    run_lint(session)


@nox.session
def imports(session: nox.Session) -> None:
    """Who may import whom."""
    install_editable(session, "imports")
    run_imports(session)


@nox.session
def types(session: nox.Session) -> None:
    """Type check: strict in the core, standard elsewhere."""
    install_editable(session, "types", "test", "extras")
    session.install("nox")  # noxfile.py is checked too
    run_types(session)


@nox.session
def build(session: nox.Session) -> None:
    """Build all sdists and wheels and look into them."""
    dist = build_wheels()
    session.install("--group=build")
    session.run("twine", "check", "--strict", *map(str, dist.glob("*-*")))
    session.run("python", "tools/check_distributions.py", str(dist))


@nox.session(python=PYTHONS)
@EACH_PACKAGE
def alone(session: nox.Session, package: str) -> None:
    """Test one package from its wheel, with nothing it does not declare."""
    session.install(wheel(package), *from_wheels())
    session.install("--group=test")
    run_outside(session, str(PACKAGES[package] / "tests"))


@nox.session(python=PYTHONS[0])
@EACH_PACKAGE
def lowest(session: nox.Session, package: str) -> None:
    """Test one package at the oldest versions it says it works with."""
    low = Path(session.create_tmp()) / "low.txt"
    # The package's own pyproject.toml: for a wheel only the wheel itself would
    # count as direct. --no-sources: siblings come as wheels, not from the tree.
    # fmt: off
    session.run(
        "uv", "pip", "compile", "--quiet", "--no-sources", *from_wheels(),
        "--resolution=lowest-direct", "--all-extras",
        f"--python-version={session.python}",
        str(PACKAGES[package] / "pyproject.toml"), f"--output-file={low}",
        external=True,
    )
    # fmt: on
    session.install(f"--requirement={low}", *from_wheels())
    session.install("--no-deps", wheel(package))
    # Tools last and constrained, or they would lift the floors.
    session.install("--group=test", f"--constraint={low}")
    session.run("uv", "pip", "check", external=True)
    run_outside(session, str(PACKAGES[package] / "tests"))


@nox.session(python=PYTHONS)
def integration(session: nox.Session) -> None:
    """Test what crosses packages, all of them installed from wheels."""
    session.install(*map(wheel, PACKAGES), "--group=test", "--group=extras")
    run_outside(session, INTEGRATION)


@nox.session(python=PYTHONS)
def slow(session: nox.Session) -> None:
    """Run the tests that take over five seconds."""
    install_editable(session, "test", "extras")
    session.run(
        *(*PYTEST, "-m", "slow", *SUITES, INTEGRATION),
        success_codes=[0, 5],  # 5: no test is slow
    )


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site and execute every Python block of docs and READMEs."""
    install_editable(session, "docs", "test", "extras")
    session.run("mkdocs", "build", "--strict")
    readmes = [ROOT, *PACKAGES.values()]
    session.run(
        *("python", "-m", "pytest", "--markdown-docs"),
        # Fences that the site can render too: ```{.python continuation}
        *("--markdown-docs-syntax=superfences", "docs"),
        *(str(folder / "README.md") for folder in readmes),
    )


if __name__ == "__main__":
    sys.exit("Run this file by nox: .venv/bin/nox --list")
