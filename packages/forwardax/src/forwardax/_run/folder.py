"""Run folders as wholes: refused or made at once, and used by one process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from .._atomic import sync
from ..errors import Fault, SaveError
from .manifest import MANIFEST, read_manifest


def check_out(out: Path) -> None:
    """Refuse a folder that cannot be made; leaves nothing behind.

    Raises
    ------
    SaveError
        If it holds something, or cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SaveError(_taken(out))
    try:
        with _beside(out, missing=False):
            pass
    except OSError as error:
        raise SaveError(_unwritable(out, error)) from error


@contextmanager
def staged(out: Path) -> Generator[Path]:
    """A temporary folder to fill, which then becomes `out`.

    Raises
    ------
    SaveError
        If it cannot be written; then there is no `out`.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _beside(out) as part:
            yield part
            sync(part)
            if out.is_dir():
                out.rmdir()  # it is empty, or this refuses
            os.rename(part, out)
            sync(out.parent)
    except OSError as error:
        raise SaveError(_unwritable(out, error)) from error


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Keep a second process from working in a folder.

    A process that is killed loses its lock with its life.

    Raises
    ------
    SaveError
        If another process works there.
    """
    try:
        import fcntl
    except ImportError:  # not a POSIX system: nobody is kept out
        yield
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SaveError(
                Fault(
                    f"another process is running the fit in {folder}",
                    key=str(folder),
                    allowed="one process a run folder",
                    fix="wait for it, or stop it first",
                    code="locked",
                )
            ) from error
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(opened)


@contextmanager
def _beside(out: Path, *, missing: bool = True) -> Generator[Path]:
    """A temporary folder in the parent, or in the first parent there is."""
    parent = out.absolute().parent
    while not missing and not parent.exists():
        parent = parent.parent
    part = parent / f".part.{out.name}.{token_hex(8)}"
    part.mkdir()
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _taken(out: Path) -> Fault:
    allowed = "a folder that is empty, or not there yet"
    if not out.is_dir():
        what, fix = f"{out} is a file", "choose another --out"
    elif not (out / MANIFEST).exists():
        what, fix = f"{out} is not empty", "choose another --out"
    else:
        what = f"{out} holds a run that was not finished"
        fix = f"go on with it: forwardax fit --resume {out}; or choose "
        fix += "another --out"
        try:
            if read_manifest(out).state == "done":
                what, fix = f"{out} holds a run", "choose another --out"
        except SaveError:
            what, fix = f"{out} holds a damaged run", "choose another --out"
    return Fault(what, key=str(out), allowed=allowed, fix=fix, code="taken")


def _unwritable(out: Path, error: OSError) -> Fault:
    return Fault(
        f"cannot make the folder {out}: {error.strerror or error}",
        key=str(out),
        allowed="a folder that can be written",
        fix="choose another --out",
        code="write",
    )
