"""Journal: what a fit has done so far, kept in a folder as it goes.

A journal is a folder of numbered chunks. Each is written at once, and read
only if its checksums agree, so that a fit which is killed at any moment finds
everything up to its last chunk. An estimator reads what is there, goes on
from it and appends; with `Journal(None)`, which keeps nothing, the same code
fits without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .._atomic import remove_parts
from ..errors import Fault, FitError, SaveError
from .checked_file import DAMAGE, read_arrays, write_arrays

_VERSION = 1


class Chunk(NamedTuple):
    """One entry of a journal.

    Attributes
    ----------
    kind
        What the estimator called it.
    arrays
        NumPy arrays by name.
    """

    kind: str
    arrays: Mapping[str, Any]


class Journal:
    """Numbered chunks of one fit.

    Parameters
    ----------
    path
        Their folder, made with the first chunk; None keeps nothing.
    """

    def __init__(self, path: str | Path | None) -> None:
        self.path = None if path is None else Path(path)
        self._owner = ""
        self._found: list[Chunk] = []
        self._count = 0

    def bind(self, owner: str) -> None:
        """Read what is there, for the fit of this digest.

        The last chunk is dropped if it is damaged: its steps are made again.

        Raises
        ------
        FitError
            If the journal is that of another fit.
        SaveError
            If an earlier chunk is missing or damaged.
        """
        self._owner = owner
        self._found, self._count = [], 0
        if self.path is None or not self.path.is_dir():
            return
        remove_parts(self.path)
        paths = sorted(self.path.glob("[0-9]*.npz"))
        for number, path in enumerate(paths):
            try:
                arrays, record = read_arrays(path)
                if record["number"] != number or path != self._name(number):
                    raise ValueError(f"it is not chunk {number}")
                if record["version"] != _VERSION:
                    raise ValueError(f"format {record['version']}")
                kind = str(record["kind"])
            except DAMAGE as error:
                if path == paths[-1] == self._name(number):
                    path.unlink()
                    return
                raise SaveError(_damaged(path, error)) from error
            if record["owner"] != owner:
                raise FitError(_foreign(self.path))
            self._found.append(Chunk(kind, arrays))
            self._count += 1

    def __iter__(self) -> Iterator[Chunk]:
        """What `bind` found, not what was appended since."""
        return iter(self._found)

    def append(self, kind: str, arrays: Mapping[str, Any]) -> None:
        """Keep one more chunk.

        Parameters
        ----------
        kind
            A word that tells the estimator what it is.
        arrays
            NumPy arrays by name; `"record"` is taken.

        Raises
        ------
        SaveError
            If it cannot be written; what was there before stays.
        """
        if self.path is None:
            return
        record = {
            "version": _VERSION,
            "number": self._count,
            "owner": self._owner,
            "kind": kind,
        }
        write_arrays(self._name(self._count), arrays, record)
        self._count += 1

    def remove(self) -> None:
        """Delete the chunks, last first: what is left is a journal."""
        self._found, self._count = [], 0
        if self.path is None or not self.path.is_dir():
            return
        remove_parts(self.path)
        for path in sorted(self.path.glob("[0-9]*.npz"), reverse=True):
            path.unlink()
        if not any(self.path.iterdir()):
            self.path.rmdir()

    def _name(self, number: int) -> Path:
        assert self.path is not None
        return self.path / f"{number:06d}.npz"


def _damaged(path: Path, error: Exception) -> Fault:
    return Fault(
        f"{path} is damaged or out of order: {error}",
        key=str(path),
        allowed="the chunks of one fit, none missing",
        fix=f"delete {path.name} and all later chunks to lose only those "
        "steps, or start anew",
        code="damaged",
    )


def _foreign(path: Path) -> Fault:
    return Fault(
        f"the journal {path} is that of another fit",
        key=str(path),
        allowed="the same system, data, priors, fixed values, settings and key",
        fix="give what it was made with, or another folder",
        code="checkpoint",
    )
