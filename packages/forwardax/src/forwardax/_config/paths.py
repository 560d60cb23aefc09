"""Files and folders that a configuration names."""

from __future__ import annotations

from pathlib import Path

from ..errors import Fault, Faults, nearest
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
        faults.append(one.located(_no_file(key, path, allowed)))
    return one.with_value(path)


def _no_file(key: str, path: Path, allowed: str) -> Fault:
    near: tuple[str, ...] = ()
    what = f"there is no file {str(path)!r}"
    if path.is_dir():
        what = f"{str(path)!r} is a folder"
    elif not path.parent.is_dir():
        what += f", nor a folder {str(path.parent)!r}"
    else:
        names = {other.stem: other.name for other in path.parent.iterdir()}
        near = tuple(names[stem] for stem in nearest(path.stem, names))
    return Fault(what, key, allowed=allowed, nearest=near, code="file")


def _typed(one: Setting) -> bool:
    """Whether it was typed: then paths start where the user is."""
    return one.source == COMMAND_LINE or one.source.startswith("--")
