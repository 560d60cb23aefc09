"""A fit of a lens from the command to the plots, against PyAutoLens.

    python benchmarks/lensing_fit.py --peer PEER/bin/python

How to make PEER is in lensing_density.py. Theirs is Nautilus with 150 live
points, as its users fit such a lens, and takes many minutes. Both run in
processes of their own, one after the other, and compile everything anew.
Where others share the machine, go by the seconds of the processor.
Without --peer, this times forwardax alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from lens_common.demo import (
    EXAMPLE,
    command_line,
    fresh_environment,
    simulate,
    write_case,
)
from lens_common.loop import processor_seconds, versions

WANTED = 4000
"""Effective samples that both are scaled to."""
UNCONVERGED = 5
"""Exit code of `forwardax fit` where the fit did not converge."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--peer", help="python of the peer's environment")
    parser.add_argument(
        "--cores",
        type=int,
        default=0,
        help="processes of the peer's NumPy path; 0, its default, is JAX",
    )
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        demo = simulate(folder)
        write_case(demo)
        ours, rows = fit_ours(demo, folder)
        if told.peer is None:
            print("no --peer: forwardax alone, see --help for PyAutoLens")
            return
        peer = Path(told.peer).absolute()
        compare(ours, rows, fit_peer(peer, told.cores, demo, folder))


class Cost(NamedTuple):
    """Seconds on the clock and of the processor, effective samples."""

    wall: float
    processor: float
    effective: float

    def show(self, title: str) -> None:
        scale = WANTED / self.effective
        print(
            f"{title}: {self.wall:.0f} s ({self.processor:.0f} s of the "
            f"processor), {self.effective:.0f} effective samples; "
            f"{self.wall * scale:.0f} s ({self.processor * scale:.0f} s) "
            f"per {WANTED}; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )

    def over(self, other: Cost) -> str:
        """Ratios of what an effective sample costs."""
        samples = self.effective / other.effective
        wall = self.wall / other.wall / samples
        processor = self.processor / other.processor / samples
        return f"{wall:.1f} ({processor:.1f} of the processor)"


def fit_ours(demo: Path, folder: Path) -> tuple[Cost, list[dict[str, Any]]]:
    """Cost of `forwardax fit`, and a row for each parameter."""
    out = folder / "fit"
    wall, processor = timed(
        [
            *command_line(),
            "fit",
            str(EXAMPLE / "fit.yaml"),
            "--set",
            f"folder={demo}",
            "--out",
            str(out),
            "--quiet",
        ],
        folder,
        "ours",
    )
    found = json.loads((out / "summary.json").read_text())
    rows = [row for row in found["rows"] if row["role"] == "fitted"]
    cost = Cost(wall, processor, min(row["ess_bulk"] for row in rows))
    print(versions("forwardax", "lensing-kernels", "inference-numpyro", "jax"))
    print(f"{len(rows)} free parameters, converged: {found['converged']}")
    cost.show("forwardax, numpyro.nuts")
    return cost, rows


def fit_peer(
    peer: Path, cores: int, demo: Path, folder: Path
) -> dict[str, Any]:
    """What the fit with PyAutoLens tells, and what it cost."""
    answer, start = folder / "peer.json", time.time()
    arguments = map(str, (demo, answer, cores))
    command = [str(peer), "-m", "lens_common.autolens_fit", *arguments]
    wall, processor = timed(command, folder, "peer")
    found = json.loads(answer.read_text())
    effective = found["effective"]
    found["sampling"] = Cost(
        found["sampled"] - start, found["processor"], effective
    )
    return found | {"whole": Cost(wall, processor, effective)}


def compare(
    ours: Cost, rows: list[dict[str, Any]], found: dict[str, Any]
) -> None:
    """Print the peer's costs, the ratios, and how the posteriors compare."""
    print(found["versions"])
    for title, cost in (
        (f"{found['calls']} likelihoods, all sampled", found["sampling"]),
        ("results and plots too", found["whole"]),
    ):
        cost.show(f"PyAutoLens, Nautilus, {title}")
        print(f"ratio for an effective sample: {cost.over(ours)}")
    apart = [
        abs(row["mean"] - found["mean"][row["name"]]) / row["sd"]
        for row in rows
    ]
    widths = [found["sd"][row["name"]] / row["sd"] for row in rows]
    print(
        f"means differ by {max(apart):.2f} standard deviations at most; "
        f"theirs over ours {min(widths):.2f} to {max(widths):.2f}"
    )


def timed(command: list[str], folder: Path, name: str) -> tuple[float, float]:
    """Seconds of a command that finds nothing compiled: clock, processor."""
    cache = folder / f"{name}-cache"
    cache.mkdir()
    work = folder / f"{name}-work"
    work.mkdir()
    here = Path(__file__).resolve().parent
    env = fresh_environment(XDG_CACHE_HOME=str(cache), PYTHONPATH=str(here))
    log = folder / f"{name}.log"
    start, before = time.perf_counter(), processor_seconds()
    with log.open("w") as file:
        code = subprocess.run(
            command, cwd=work, env=env, stdout=file, stderr=subprocess.STDOUT
        ).returncode
    if code not in (0, UNCONVERGED):
        tail = "\n".join(log.read_text().splitlines()[-15:])
        raise SystemExit(f"{name} ended with {code}:\n{tail}")
    return time.perf_counter() - start, processor_seconds() - before


if __name__ == "__main__":
    main()
