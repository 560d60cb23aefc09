"""The lens of examples/lens: simulated, posed, and told to the peer.

Only public names are used, as a user's script would.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import forwardax as fx
import numpy as np
import yaml
from lensing_kernels import circle
from lensing_kernels.files import read
from lensing_kernels.sampling_grid import adaptive_sub_size, pixel_grid

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "lens"
CASE = "case.npz"
POINTS = "points.json"


def simulate(folder: Path) -> Path:
    """Run the first two steps of the example; the folder of its data."""
    demo = folder / "demo"
    instrument = folder / "instrument"
    for step in (
        [sys.executable, EXAMPLE / "instrument.py", instrument],
        [
            *command_line(),
            "simulate",
            EXAMPLE / "simulate.yaml",
            "--set",
            f"folder={instrument}",
            "--out",
            demo,
        ],
    ):
        subprocess.run(step, check=True, stdout=subprocess.DEVNULL)
    return demo


def command_line() -> list[str]:
    return [sys.executable, "-m", "forwardax"]


def fresh_environment(**changes: str) -> dict[str, str]:
    """This one without anything that would set JAX up differently."""
    ours = ("JAX_", "XLA_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return kept | changes


def read_run() -> dict[str, Any]:
    return yaml.safe_load((EXAMPLE / "fit.yaml").read_text())


def read_arrays(demo: Path) -> dict[str, Any]:
    """Image, noise map, PSF and mask; the first row has the largest y."""
    system = read_run()["system"]
    arrays: dict[str, Any] = {
        key: read(key, demo / f"{key}.fits", system, {})
        for key in ("image", "noise_map", "psf")
    }
    radius = system["mask"]["circle"]
    arrays["mask"] = circle(
        arrays["image"].shape, system["pixel_scale"], radius
    )
    return arrays


def pose(demo: Path) -> fx.Problem:
    """The problem of fit.yaml."""
    run, arrays = read_run(), read_arrays(demo)
    structure = {
        key: run["system"][key]
        for key in ("galaxies", "pixel_scale", "over_sampling")
    }
    lens = fx.system(
        run["system"]["name"],
        **structure,
        **{key: arrays[key] for key in ("noise_map", "psf", "mask")},
    )
    priors = {
        key: fx.Prior(family, **settings)
        for key, prior in run["params"]["priors"].items()
        for family, settings in prior.items()
    }
    fixed = run["params"]["fixed"]
    return fx.Problem(
        lens, {"image": arrays["image"]}, priors=priors, fixed=fixed
    )


def points(problem: fx.Problem, demo: Path) -> np.ndarray:
    """The truth and one other point, unconstrained, `(2, size)`."""
    truth = yaml.safe_load((demo / "truth.yaml").read_text())
    first = np.asarray(problem.to_unconstrained(truth))
    away = np.random.default_rng(0).normal(0.0, 0.05, first.shape)
    return np.stack([first, first + away])


def write_case(demo: Path) -> int:
    """Write what the peer needs beside the data; number of parameters."""
    fx.enable_x64()
    problem, system = pose(demo), read_run()["system"]
    arrays = read_arrays(demo)
    over = system["over_sampling"]
    grid = pixel_grid(arrays["mask"], system["pixel_scale"])
    sizes = adaptive_sub_size(grid, (0.0, 0.0), over["radii"], over["sub_size"])
    np.savez(
        demo / CASE,
        sub_size=sizes,
        pixel_scale=system["pixel_scale"],
        **arrays,
    )
    values = [
        {k: np.asarray(v).tolist() for k, v in problem.to_store(u).items()}
        for u in points(problem, demo)
    ]
    (demo / POINTS).write_text(json.dumps(values))
    return problem.plan.size
