"""Worker: the log-density of the example's problem."""

from __future__ import annotations

import sys
from pathlib import Path

import forwardax as fx
import jax

from .demo import points, pose
from .loop import serve, time_jax, versions


def main(demo: Path) -> None:
    fx.enable_x64()
    problem = pose(demo)
    at = jax.device_put(points(problem, demo))
    serve(
        {
            "versions": lambda: versions(
                "forwardax", "lensing-kernels", "jax", "numpy"
            ),
            "log likelihood": lambda: [
                float(fx.log_likelihood(problem, u)) for u in at
            ],
            **time_jax(fx.log_density, problem, at[0]),
        }
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
