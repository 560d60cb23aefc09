"""The manifest of a run folder: what is in it, and how far the run is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from .._atomic import atomic
from ..errors import Fault, Faults, SaveError

MANIFEST: Final = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What `manifest.json` says.

    Parameters
    ----------
    state
        `"running"` until everything is written, then `"done"`.
    created, finished
        Times, UTC, in ISO format.
    system, estimator, seed
        What was run.
    spec
        Digest of the spec with all decisions.
    converged
        What the checks say; None while it runs.
    versions
        By package.
    sources
        Where each value of the configuration comes from, by path.
    files
        SHA-256 by path below the folder.
    """

    state: Literal["running", "done"] = "running"
    created: str
    finished: str = ""
    system: str
    estimator: str
    seed: int
    spec: str
    converged: bool | None = None
    versions: Mapping[str, str]
    sources: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    format: int = _FORMAT

    def write(self, folder: Path) -> None:
        """Write it into a run folder, last of all files.

        Raises
        ------
        SaveError
            If it cannot be written.
        """
        with atomic(folder / MANIFEST) as part:
            part.write_text(json.dumps(asdict(self), indent=2) + "\n")

    def verify(self, folder: Path) -> None:
        """Refuse a folder whose files are not those that were written.

        Raises
        ------
        SaveError
            Naming each file that is missing or has changed.
        """
        faults = Faults()
        for name, digest in self.files.items():
            path = folder / name
            try:
                same = file_digest(path) == digest
                what = (
                    "" if same else f"{path} has changed since it was written"
                )
            except OSError as error:
                what = f"{path} cannot be read: {error.strerror or error}"
            if what:
                faults.append(
                    Fault(
                        what,
                        key=str(path),
                        allowed="the file that the run wrote",
                        fix="restore it, or run the fit again",
                        code="damaged",
                    )
                )
        faults.throw(SaveError)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a run folder.

    Raises
    ------
    SaveError
        If there is none, or it is damaged.
    """
    path = folder / MANIFEST
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
        if found["format"] != _FORMAT:
            raise ValueError(f"format {found['format']}, not {_FORMAT}")
        made = Manifest(**found)
        if made.state not in ("running", "done"):
            raise ValueError(f"its state is {made.state!r}")
        return made
    except FileNotFoundError as error:
        raise SaveError(
            Fault(
                f"{folder} is no run folder: it has no {MANIFEST}",
                key=str(folder),
                allowed="a folder that `forwardax fit` made",
                code="missing",
            )
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SaveError(
            Fault(
                f"{path} is damaged or no manifest: {error}",
                key=str(path),
                allowed="what `forwardax fit` wrote",
                fix="restore it, or run the fit again",
                code="damaged",
            )
        ) from error


def digests(folder: Path, paths: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of files by path below a folder."""
    return {
        path.relative_to(folder).as_posix(): file_digest(path) for path in paths
    }


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def now() -> str:
    """The time, UTC, in ISO format."""
    return datetime.now(UTC).isoformat(timespec="seconds")
