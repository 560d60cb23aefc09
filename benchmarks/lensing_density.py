"""Value and gradient of a lens' log-density, against PyAutoLens.

    python benchmarks/lensing_density.py --peer PEER/bin/python

PEER is an environment of its own, because PyAutoLens holds JAX back:

    uv venv --python 3.12 PEER
    uv pip install --python PEER/bin/python autolens==2026.10.26.1

Without it, this times forwardax alone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from lens_common.demo import simulate, write_case
from lens_common.loop import spread
from lens_common.worker import Worker

EQUAL = 1e-8
"""Log-likelihoods that differ by more, relatively, are of two things."""

ROWS = ("value", "gradient", "compile value", "compile gradient")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--peer", help="python of the peer's environment")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--compilations", type=int, default=3)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        demo = simulate(folder)
        size = write_case(demo)
        workers = {
            "forwardax": Worker(
                sys.executable, "ours", demo, log=folder / "ours.log"
            )
        }
        if told.peer is None:
            print("no --peer: forwardax alone, see --help for PyAutoLens")
        else:
            workers["PyAutoLens"] = Worker(
                str(Path(told.peer).absolute()),
                "autolens_density",
                demo,
                log=folder / "peer.log",
            )
        for title, worker in workers.items():
            print(f"{title}: {worker.ask('versions')}")
        print(
            f"{size} free parameters, 64-bit, CPU; {told.rounds} rounds in "
            f"turns ({told.compilations} compilations), each the best of 5 "
            f"loops; median / minimum"
        )
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        if told.peer is not None:
            require_equal(size, *workers.values())
        taken: dict[tuple[str, str], list[float]] = {}
        for i in range(max(told.rounds, told.compilations)):
            for row in (*ROWS[2:], *ROWS[:2], "value, numpy"):
                compiles = row.startswith("compile")
                if i >= (told.compilations if compiles else told.rounds):
                    continue
                for title, worker in workers.items():
                    if row in worker.actions:
                        found = taken.setdefault((title, row), [])
                        found.append(worker.ask(row))
        for worker in workers.values():
            worker.close()
        print(f"load at the end {os.getloadavg()[0]:.1f}")
    show(taken)


def require_equal(size: int, ours: Worker, peer: Worker) -> None:
    """Stop unless both compute the same thing."""
    if (theirs := peer.ask("parameters")) != size:
        raise SystemExit(f"{size} free parameters here, {theirs} there")
    for path in ("log likelihood", "log likelihood, jax"):
        pairs = zip(ours.ask("log likelihood"), peer.ask(path), strict=True)
        for here, there in pairs:
            apart = abs(here - there) / abs(there)
            print(f"{path}: {here:.9f}, PyAutoLens {there:.9f} ({apart:.0e})")
            if not apart <= EQUAL:
                raise SystemExit("not the same: nothing is timed")


def show(taken: dict[tuple[str, str], list[float]]) -> None:
    width = 24
    heads = ("", "forwardax", "PyAutoLens", "ratio of medians")
    print("".join(f"{head:<{width}}" for head in heads))
    pairs = [(f"{row}, JAX", row, row) for row in ROWS]
    pairs.insert(1, ("value, NumPy", "value", "value, numpy"))
    for title, ours, theirs in pairs:
        here = taken["forwardax", ours]
        there = taken.get(("PyAutoLens", theirs))
        cells = [title, spread(here)]
        if there is not None:
            ratio = statistics.median(there) / statistics.median(here)
            cells += [spread(there), f"{ratio:.1f}"]
        print("".join(f"{cell:<{width}}" for cell in cells).rstrip())


if __name__ == "__main__":
    main()
