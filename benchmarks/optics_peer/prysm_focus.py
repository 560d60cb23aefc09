# pyright: reportMissingImports=false
"""Worker: the focus of a telescope of one pupil by prysm.

    python -m optics_peer.prysm_focus CASE ANSWER

CASE has the arrays, ANSWER gets the image. Then each line that comes is
answered with the milliseconds of one more call.
"""

from __future__ import annotations

import os
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from prysm.propagation import Wavefront


def main(case: Path, answer: Path) -> None:
    with np.load(case) as file:
        arrays = dict(file)
    amplitude, basis, tilt = (arrays[k] for k in ("amplitude", "basis", "tilt"))
    coefficients, waves = arrays["coefficients"], arrays["waves"]
    pitch, scale = float(arrays["pitch"]), float(arrays["scale"])
    n = len(amplitude)
    # mm and um: with a focal length of 1 m, um are urad.
    focal, pixel = 1e3, scale * 1e6
    # Its grids have a sample on the axis, ours are symmetric about it. This
    # moves both, pupil and focus, by half a sample.
    half = (-pixel / 2, -pixel / 2)

    def image() -> np.ndarray:
        opd = np.tensordot(coefficients, basis, 1) + tilt
        total = np.zeros((n, n))
        for wave in waves:
            field = Wavefront.from_amp_and_phase(
                amplitude, opd, wave * 1e6, pitch * 1e3
            )
            seen = field.focus_fixed_sampling(focal, pixel, n, shift=half)
            total += np.abs(seen.data) ** 2 / len(waves)
        return total

    np.save(answer, image())
    names = ("prysm", "numpy", "scipy")
    listed = ", ".join(f"{name} {version(name)}" for name in names)
    print(f"{listed}, Python {sys.version.split()[0]}", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        image()
        print(1e3 * (time.perf_counter() - start), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
