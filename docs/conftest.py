"""What a Python block of the docs may ask for: ```{.python fixture:NAME}."""

import re
import sys
from pathlib import Path

import pytest
from forwardax._plugins import registry

PAGE = Path(__file__).parent / "getting-started" / "plugin-author.md"
BLOCK = re.compile(r"```\{\.python fixture:springs\}\n(.*?)```", re.DOTALL)
POINT = "[forwardax]\nsprings = springs.plugin\n"


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """A block that writes files writes them into a folder of its own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def springs(tmp_path, monkeypatch):
    """The plugin of the page for authors, as if it were installed."""
    plugin, system, *_ = BLOCK.findall(PAGE.read_text())
    files = {
        "springs/__init__.py": "",
        "springs/plugin.py": plugin,
        "springs/system.py": system,
        "springs-0.1.0.dist-info/METADATA": "Name: springs\nVersion: 0.1.0\n",
        "springs-0.1.0.dist-info/entry_points.txt": POINT,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    registry._default.cache_clear()
    yield
    registry._default.cache_clear()
    for name in [n for n in sys.modules if n.partition(".")[0] == "springs"]:
        del sys.modules[name]
