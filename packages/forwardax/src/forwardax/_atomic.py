"""Files that are whole or absent."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Final

from .errors import Fault, SaveError

_PART: Final = ".part."
"""How names of files begin that are still being written."""


@contextmanager
def atomic(path: Path) -> Generator[Path]:
    """A temporary file to write, which then takes the place of `path`.

    Parameters
    ----------
    path
        The file; its folder is made where it is missing.

    Yields
    ------
    Path
        An empty file in the same folder, with the same suffix.

    Raises
    ------
    SaveError
        If it cannot be written; what was there before is untouched.
    """
    # Same folder, so that the rename is atomic; synced before it counts.
    part = path.with_name(f"{_PART}{path.stem}.{token_hex(8)}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch(exist_ok=False)
        yield part
        sync(part)
        os.replace(part, path)
        sync(path.parent)
    except OSError as error:
        raise SaveError(
            Fault(
                f"cannot write {path}: {error.strerror or error}",
                key=str(path),
                allowed="a path in a folder",
                fix="choose a folder that can be written and has room",
                code="write",
            )
        ) from error
    finally:
        remove(part)


def sync(path: Path) -> None:
    """Make a file, or the renames in a folder, last."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def remove_parts(folder: Path) -> None:
    """Delete what was being written when a process was killed."""
    for part in folder.glob(f"{_PART}*"):
        remove(part)


def remove(path: Path) -> None:
    """Delete a file that may not be there, if that is possible."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        pass
