"""Breakpoints of real and simulated series: scores, and ruptures beside.

    python -m venv --system-site-packages PEER
    PEER/bin/pip install ruptures
    PEER/bin/pip install --no-deps statsmodels sktime
    PEER/bin/python benchmarks/lambda3_segments.py

The Nile is in `examples/nile`. Statsmodels and sktime are there for two files
of theirs, the quarters of `macrodata` and the deaths of `seatbelts`; what is
not installed is left out. Penalties are the default ones of this package.
"""

from __future__ import annotations

import csv
import platform
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from lambda3_features import (
    binary_segmentation,
    bocpd,
    covering,
    f1_margin,
    pelt,
)

NILE = Path(__file__).parent.parent / "examples" / "nile" / "nile.csv"
SIZE = 2
"""Least length of a segment."""

# What five people marked, and the scores that methods have with their default
# settings: van den Burg and Williams, arXiv:2003.06222; TCPD, TCPDBench.
MARKED: dict[str, list[list[int]]] = {
    "nile": [[], [28], [], [28], [28]],
    "seatbelts": [[61, 169], [60, 169], [], [60, 169], [60, 79, 169]],
}
PUBLISHED = {
    "nile": {
        "zero": (0.758, 0.824),
        "pelt": (0.880, 1.0),
        "binseg": (0.880, 1.0),
        "bocpd": (0.888, 1.0),
    },
    "seatbelts": {
        "zero": (0.528, 0.621),
        "pelt": (0.797, 0.683),
        "binseg": (0.797, 0.683),
        "bocpd": (0.757, 0.583),
    },
}
METHODS: dict[str, Callable[[Any], Any]] = {
    "pelt": lambda x: pelt(x).breakpoints,
    "binseg": lambda x: binary_segmentation(x).breakpoints,
    "bocpd": lambda x: bocpd(x).segmentation.breakpoints,
}


def columns(path: Path) -> dict[str, np.ndarray]:
    """Columns of numbers of a table, by name."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for name in rows[0]:
        try:
            found[name] = np.array([float(row[name]) for row in rows])
        except ValueError:
            continue  # a column of words
    return found


def inside(package: str, *parts: str) -> Path | None:
    """A file of a package that is installed; it is not imported."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]).joinpath(*parts)
    return path if path.exists() else None


def real() -> Iterator[tuple[str, np.ndarray]]:
    """Series by name."""
    yield "nile", columns(NILE)["volume"]
    path = inside("sktime", "datasets", "data", "seatbelts", "seatbelts.csv")
    if path:
        yield "seatbelts", columns(path)["KSI"]
    path = inside("statsmodels", "datasets", "macrodata", "macrodata.csv")
    if path:
        table = columns(path)
        for name in ("infl", "tbilrate", "unemp", "realint"):
            yield f"macrodata {name}", table[name]
        for name in ("realgdp", "realcons", "cpi"):
            growth = 100 * np.diff(np.log(table[name]))
            yield f"growth of {name}", growth


def peers(x: np.ndarray, penalty: float) -> dict[str, list[int]]:
    """Breakpoints of ruptures for the same cost and penalty."""
    import ruptures as rpt

    calls: dict[str, Callable[[], Any]] = {
        "Pelt": lambda: rpt.Pelt("l2", min_size=SIZE, jump=1),
        "KernelCPD": lambda: rpt.KernelCPD("linear", min_size=SIZE),
        "Binseg": lambda: rpt.Binseg("l2", min_size=SIZE, jump=1),
    }
    return {
        name: [int(i) for i in make().fit(x).predict(pen=penalty)][:-1]
        for name, make in calls.items()
    }


def agree(x: np.ndarray) -> tuple[str, ...]:
    """Names of the methods of ruptures that cut elsewhere than ours."""
    ours, greedy = pelt(x), binary_segmentation(x)
    found = peers(x, ours.penalty)
    exact = ours.breakpoints.tolist()
    want = {"Pelt": exact, "KernelCPD": exact}
    want["Binseg"] = greedy.breakpoints.tolist()
    return tuple(name for name in found if found[name] != want[name])


def scores() -> None:
    """Covering and F1 of series that people have marked."""
    for name, x in real():
        cuts = {key: list(map(int, of(x))) for key, of in METHODS.items()}
        print(f"{name}, n = {x.size}")
        for key, at in [*cuts.items(), ("zero", [])]:
            line = f"  {key:<8}{at!s:<34}"
            if name in MARKED:
                truth = MARKED[name]
                ours = covering(truth, at, x.size), f1_margin(truth, at, x.size)
                theirs = PUBLISHED[name][key]
                line += f"{ours[0]:.3f}, {ours[1]:.3f}   published "
                line += f"{theirs[0]:.3f}, {theirs[1]:.3f}"
            if name in MARKED or key != "zero":
                print(line)


def against_ruptures() -> None:
    """Whether ruptures cuts where we do, real and simulated series."""
    import ruptures as rpt

    print(
        f"ruptures {rpt.__version__}: the same cost, penalty and least length"
    )
    names, other = [], []
    for name, x in real():
        names.append(name)
        other += [f"{name}: {method}" for method in agree(x)]
    print(f"  {len(names)} real series; cut elsewhere: {other or 'none'}")
    makers: dict[str, Callable[[int], Any]] = {
        "pw_constant": lambda s: rpt.pw_constant(200, 1, 4, 1.0, seed=s)[0],
        "pw_linear": lambda s: rpt.pw_linear(200, 1, 4, 1.0, seed=s)[0],
        "pw_normal": lambda s: rpt.pw_normal(200, 4, seed=s)[0],
        "pw_wavy": lambda s: rpt.pw_wavy(200, 4, 1.0, seed=s)[0],
    }
    for name, make in makers.items():
        wrong, began = [], time.perf_counter()
        for seed in range(24):
            x = np.asarray(make(seed), float)
            x = x[:, 0] if x.ndim == 2 else x
            wrong += [f"{seed}: {method}" for method in agree(x)]
        spent = time.perf_counter() - began
        print(
            f"  24 of {name}; cut elsewhere: {wrong or 'none'} ({spent:.0f} s)"
        )


def main() -> None:
    print(f"numpy {np.__version__}, Python {platform.python_version()}")
    scores()
    if find_spec("ruptures"):
        against_ruptures()
    else:
        print("ruptures is not installed")


if __name__ == "__main__":
    main()
