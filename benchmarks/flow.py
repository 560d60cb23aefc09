"""Block attention against dense, and what training and drawing take.

    python benchmarks/flow.py

A hierarchy of one mean, 100 sites and 50 times each (5101 tokens), attention
with 2 heads of width 16 in single precision under the rules of the model; the
two ways in turns, after a check that they give the same. Then one step of
training, and 1000 draws from one context, of a network for 5 sites.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from tfmpe_tokens import Layout, Tokens, guard_empty_rows, self_mask
from tfmpe_tokens.flow import FlowEstimator, NetworkConfig, TrainConfig
from tfmpe_tokens.flow._attention import Pattern, attend

SITES, TIMES = 100, 50
HEADS, WIDTH = 2, 16
ROUNDS = 5
RULES = {
    "local": ["obs", "theta"],
    "cross": [("mu", "obs"), ("obs", "mu")],
    "cross_local": [("theta", "obs", (0, 0))],
}


def seconds(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - began


def attention() -> None:
    layout = Layout.from_shapes(
        {"mu": (1, 1), "theta": (SITES, 1), "obs": (SITES, TIMES, 1)},
        rules=RULES,
    )
    mask = guard_empty_rows(self_mask(layout), layout)
    mask = mask | np.eye(layout.n_tokens, dtype=bool)
    groups = np.zeros((0, layout.n_tokens), np.int32)
    rng = np.random.default_rng(0)
    shape = (1, layout.n_tokens, HEADS, WIDTH)
    q, k, v = (
        jnp.asarray(rng.normal(size=shape), jnp.float32) for _ in range(3)
    )
    runs = {}
    for name in ("dense", "block"):
        pattern = Pattern.of(mask, 0, groups, name)
        function = jax.jit(lambda q, k, v, p=pattern: attend(q, k, v, p))
        runs[name] = lambda f=function: f(q, k, v)
    first = {name: np.asarray(run()) for name, run in runs.items()}
    error = np.abs(first["dense"] - first["block"]).max()
    assert error < 1e-5, error
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            taken[name].append(seconds(run))
    dense, block = (statistics.median(taken[n]) for n in ("dense", "block"))
    print(f"{layout.n_tokens} tokens, largest difference {error:.1e}")
    print(f"dense  {dense * 1e3:9.1f} ms")
    print(f"block  {block * 1e3:9.1f} ms   {dense / block:.0f} times as fast")


def hierarchy() -> None:
    rng = np.random.default_rng(0)
    n, sites = 2000, 5
    mu = rng.normal(size=(n, 1, 1))
    theta = mu + 0.5 * rng.normal(size=(n, sites, 1))
    obs = theta[:, :, None] + rng.normal(size=(n, sites, 5, 1))
    tokens = Tokens.from_pytree({"mu": mu, "theta": theta, "obs": obs}, RULES)
    config = TrainConfig(steps=200, stride=100, batch_size=128)
    flow = FlowEstimator(
        network=NetworkConfig(width=32, exchangeable=True), training=config
    )
    trained = flow.fit(tokens, ["mu", "theta"], key=jax.random.key(0))
    began = time.perf_counter()
    flow.fit(tokens, ["mu", "theta"], key=jax.random.key(1))
    step = (time.perf_counter() - began) / config.steps
    one = jax.tree.map(lambda x: x[:1], tokens)

    def draws() -> Any:
        return trained.sample(
            one, ["mu", "theta"], key=jax.random.key(2), n=1000
        ).data

    draws()
    warm = statistics.median(seconds(draws) for _ in range(ROUNDS))
    print(f"a step of training, batch of 128: {step * 1e3:.1f} ms")
    print(f"1000 draws of 6 parameters: {warm * 1e3:.0f} ms")


if __name__ == "__main__":
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}")
    attention()
    hierarchy()
