# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Posterior files that are missing, damaged or something else."""

import json

import numpy as np
from bad_case import Case
from bad_models import FOLDER, posterior, saved
from forwardax import Posterior


def written(name, data):
    path = FOLDER / name
    path.write_bytes(data)
    return Posterior.load(path)


def flipped():
    data = bytearray(saved().read_bytes())
    place = data.find(np.ones(8).tobytes()) + 3
    data[place] ^= 1
    return written("flipped.npz", bytes(data))


def rewritten(name, **changes):
    """Load a copy whose record says something else."""
    with np.load(saved()) as file:
        arrays = dict(file)
    record = {**json.loads(str(arrays["record"])), **changes}
    arrays["record"] = np.asarray(json.dumps(record))
    np.savez(FOLDER / name, **arrays)
    return Posterior.load(FOLDER / name)


def swapped():
    """Load a copy with other numbers and the old checksums."""
    with np.load(saved()) as file:
        arrays = dict(file)
    arrays["draws/source.flux"] = np.zeros((2, 4))
    np.savez(FOLDER / "swapped.npz", **arrays)
    return Posterior.load(FOLDER / "swapped.npz")


def pickled():
    np.savez(FOLDER / "pickled.npz", record=np.asarray({}, object))
    return Posterior.load(FOLDER / "pickled.npz")


CASES = [
    Case("file-missing", lambda: Posterior.load(FOLDER / "nothing")),
    Case("file-folder", lambda: Posterior.load(FOLDER)),
    Case("file-empty", lambda: written("empty.npz", b"")),
    Case("file-text", lambda: written("text.npz", b"draws: 1")),
    Case(
        "file-truncated",
        lambda: written("short.npz", saved().read_bytes()[:-200]),
    ),
    Case("file-bit-flipped", flipped),
    Case("file-swapped", swapped),
    Case("file-version", lambda: rewritten("version.npz", version=2)),
    Case("file-record", lambda: rewritten("record.npz", order=[1])),
    Case("file-spec", lambda: rewritten("spec.npz", spec="{}")),
    Case("file-checks", lambda: rewritten("checks.npz", checks=[{"a": 1}])),
    Case("file-pickled", pickled),
    Case(
        "file-written-under-a-file",
        lambda: posterior().save(saved() / "below.npz"),
    ),
]
