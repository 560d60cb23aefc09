"""What the integration tests share.

`PluginFolder` holds installed distributions made by hand: a module and its
`.dist-info`. A folder with both on `PYTHONPATH` is, to `importlib.metadata`,
the same as what pip installs.
"""

import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forwardax
import pytest

SOURCE = Path(forwardax.__file__).parents[1]

GOOD = """\
from forwardax import API, EngineEntry, hookimpl

FORWARDAX_API = API


@hookimpl
def forwardax_engines():
    yield EngineEntry("{name}.engine", target="json:loads", scheme="{name}")
"""


@dataclass(frozen=True)
class Run:
    """What a run gave; `cpu` is the child's own, in seconds."""

    code: int
    out: str
    err: str
    cpu: float

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class PluginFolder:
    """Distributions in one folder; `behind` is searched after it."""

    path: Path
    behind: Path | None = None

    good = GOOD
    """Code of a plugin with one engine."""

    def add(self, name: str, code: str = GOOD) -> Path:
        """Install a plugin; its module is its name with underscores."""
        module = name.replace("-", "_")
        code = code.replace("{name}", module)
        (self.path / f"{module}.py").write_text(code)
        info = self.path / f"{module}-0.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n"
        )
        points = info / "entry_points.txt"
        points.write_text(f"[forwardax]\n{module} = {module}\n")
        return points

    def cli(self, *arguments: str, **environ: str) -> Run:
        """Run `python -m forwardax`."""
        return self.python("-m", "forwardax", *arguments, **environ)

    def run(self, code: str) -> Run:
        """Run a program."""
        return self.python("-c", code)

    def python(self, *arguments: str, **environ: str) -> Run:
        """Run Python where the folder's distributions are installed."""
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("FORWARDAX")
        }
        folders = [self.path, self.behind, SOURCE]
        clean["PYTHONPATH"] = os.pathsep.join(str(f) for f in folders if f)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, *arguments],
            env={**clean, **environ},
            cwd=self.path,
            capture_output=True,
            text=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime
        cpu -= before.ru_utime + before.ru_stime
        return Run(done.returncode, done.stdout, done.stderr, cpu)


@pytest.fixture(scope="session")
def plugin_folder(tmp_path_factory):
    """Makes an empty `PluginFolder`."""

    def make(behind: Path | None = None) -> PluginFolder:
        return PluginFolder(tmp_path_factory.mktemp("plugins"), behind)

    return make
