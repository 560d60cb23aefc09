"""Files and folders that a configuration names."""

from __future__ import annotations

from pathlib import Path

from ..errors import Fault, Faults
from .settings import COMMAND_LINE, Setting


def find_folder(
    given: Setting | None, run_file: Path | None, faults: Faults
) -> Path | None:
    """Where relative paths start; None where it is no folder.

    It is the folder of the run file unless `folder` says otherwise.
    """
    beside = run_file.parent if run_file else Path()
    if given is None:
        return beside
    base = Path() if _typed(given) else beside
    folder = (base / str(given.value)).expanduser()
    if isinstance(given.value, str) and folder.is_dir():
        return folder
    what = f"there is no folder {str(folder)!r}"
    fault = Fault(
        what, "folder", allowed="a folder with the files", code="file"
    )
    faults.append(given.located(fault))
    return None


def file_setting(
    key: str, one: Setting, folder: Path | None, allowed: str, faults: Faults
) -> Setting:
    """The setting with its text made a path; a fault where no file is."""
    base = Path() if _typed(one) else folder
    path = ((base or Path()) / str(one.value)).expanduser()
    if base is not None and not path.is_file():
        what = f"there is no file {str(path)!r}"
        fault = Fault(what, key, allowed=allowed, code="file")
        faults.append(one.located(fault))
    return one.with_value(path)


def _typed(one: Setting) -> bool:
    """Whether it was typed: then paths start where the user is."""
    return one.source == COMMAND_LINE or one.source.startswith("--")
