"""sbijax, asked by `flow.py`; runs in an environment of its own.

Two parameters, two data, 10 000 simulations, its flow matching with the
residual network of 2 blocks of width 64, without dropout.
"""

from __future__ import annotations

import statistics
import time
from importlib.metadata import version
from typing import Any

import jax
import numpy as np
from lens_common.loop import serve
from sbijax import fmpe, sample, train
from sbijax.nn import make_cnf

ROWS, BATCH, LONG, SHORT = 10_000, 100, 21, 1
ESTIMATOR = fmpe(make_cnf(2, dropout_rate=0.0))


def data() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    theta = rng.uniform(-1, 1, (ROWS, 2)).astype(np.float32)
    noise = 0.1 * rng.normal(size=(ROWS, 2)).astype(np.float32)
    return {"theta": theta, "y": theta + noise}


def trained(epochs: int) -> tuple[Any, float]:
    began = time.perf_counter()
    found, _ = train(
        jax.random.key(0),
        ESTIMATOR,
        data(),
        n_iter=epochs,
        batch_size=BATCH,
        n_early_stopping_patience=10**6,
    )
    return jax.block_until_ready(found), time.perf_counter() - began


def step() -> float:
    """Seconds a step: a long training less a short one."""
    long, short = trained(LONG)[1], trained(SHORT)[1]
    return (long - short) / ((LONG - SHORT) * 0.9 * ROWS / BATCH)


def draws() -> float:
    """Seconds for 1000 draws, the median of three after a first."""
    seen = np.zeros((1, 2), np.float32)
    taken: list[float] = []
    for i in range(4):
        began = time.perf_counter()
        found = sample(
            jax.random.key(i), ESTIMATOR, PARAMETERS, seen, n_samples=1000
        )
        jax.block_until_ready(found[0])
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])


if __name__ == "__main__":
    PARAMETERS, _ = trained(5)
    names = ("sbijax", "jax", "dm-haiku", "numpy")
    serve(
        {
            "versions": lambda: {name: version(name) for name in names},
            "step": step,
            "draws": draws,
        }
    )
