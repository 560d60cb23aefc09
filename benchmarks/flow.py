"""Block attention against dense, and what training and drawing take.

    python benchmarks/flow.py [--peer PEER/bin/python]

A hierarchy of one mean, 100 sites and 50 times each (5101 tokens), attention
with 2 heads of width 16 in single precision under the rules of the model; the
two ways in turns, after a check that they give the same. Then one step of
training, and 1000 draws from one context, of a network for 5 sites.

PEER is an environment of its own for sbijax:

    uv venv --python 3.12 PEER
    uv pip install --python PEER/bin/python sbijax==0.4.2.post1

With it, one network (`flow_twin.py`, `flow_peer.py`) is trained, in batches
of 100, and drawn from to a tolerance of 1e-5 by both, in turns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import flow_twin as twin
import jax
import jax.numpy as jnp
import numpy as np
from tfmpe_tokens import Layout, Tokens, guard_empty_rows, self_mask
from tfmpe_tokens.flow import (
    FlowEstimator,
    NetworkConfig,
    TrainConfig,
    integrate,
    train,
)
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


def own_step(parameters: Any, rows: Any, steps: int = 2000) -> float:
    """Seconds a step of the peer's network, trained here."""
    config = TrainConfig(steps=steps, stride=500, batch_size=100)
    began = time.perf_counter()
    train(twin.loss, parameters, rows, jax.random.key(0), config=config)
    return (time.perf_counter() - began) / steps


@jax.jit
def own_draws(parameters: Any, key: Any) -> Any:
    """1000 draws with the peer's network, to the same tolerance."""
    y = jnp.zeros((1000, twin.SIZE), jnp.float32)

    def field(x: Any, t: Any) -> Any:
        times = jnp.broadcast_to(t, (len(x), 1))
        return twin.velocity(parameters, x, times, y)

    start = jax.random.normal(key, y.shape, jnp.float32)
    return integrate(field, start, solver="tsit5", tolerance=1e-5)


def against(python: str) -> None:
    """The same network in both, in turns; the ratio of medians."""
    rng = np.random.default_rng(0)
    theta = rng.uniform(-1, 1, (10_000, 2)).astype(np.float32)
    noise = 0.1 * rng.normal(size=theta.shape).astype(np.float32)
    rows = {"theta": theta, "y": theta + noise}
    parameters = twin.start(jax.random.key(0))
    config = TrainConfig(steps=450, stride=450, batch_size=100)
    trained, _ = train(
        twin.loss, parameters, rows, jax.random.key(0), config=config
    )
    with Peer(python) as peer:
        print(f"sbijax: {peer.ask('versions')}")
        own_step(parameters, rows)
        own_draws(trained, jax.random.key(0))
        taken: dict[str, list[float]] = {}
        for i in range(ROUNDS):
            key = jax.random.key(i)
            for name, ours in (
                ("step", lambda: own_step(parameters, rows)),
                (
                    "draws",
                    lambda k=key: seconds(lambda: own_draws(trained, k)),
                ),
            ):
                taken.setdefault(f"{name}, here", []).append(ours())
                taken.setdefault(f"{name}, sbijax", []).append(peer.ask(name))
    for name in ("step", "draws"):
        here, there = (
            statistics.median(taken[f"{name}, {who}"])
            for who in ("here", "sbijax")
        )
        print(
            f"{name}: {here * 1e3:.2f} ms here, {there * 1e3:.2f} ms sbijax, "
            f"{there / here:.1f} times as fast"
        )


class Peer:
    """`flow_peer.py` in another environment, asked a line at a time."""

    def __init__(self, python: str) -> None:
        read, write = os.pipe()
        self.answers = os.fdopen(read)
        here = Path(__file__).parent
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        self.process = subprocess.Popen(
            [str(Path(python).absolute()), str(here / "flow_peer.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[write],
            text=True,
            env=kept | {"BENCHMARK_ANSWERS": str(write)},
        )
        os.close(write)
        self.actions = json.loads(self.answers.readline())

    def ask(self, action: str) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(action + "\n")
        self.process.stdin.flush()
        return json.loads(self.answers.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.communicate()
        self.answers.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--peer", help="python of the peer's environment")
    told = parser.parse_args()
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}")
    attention()
    hierarchy()
    if told.peer is None:
        print("no --peer: tfmpe-tokens alone, see --help for sbijax")
    else:
        against(told.peer)
