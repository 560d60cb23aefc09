"""SBC and TARP of flow matching on three hierarchies.

    python benchmarks/flow_calibration.py TASK [--seed 0]

`gaussian`: five normal sites about a mean. `nest`: 9 sites in 3 regions in a
country. `epidemic`: 2 to 5 sites with 4 to 10 weekly counts each. 10 000
simulations to train on and 1000 more to judge: every chi-square p-value of
the ranks above 0.01 over their number, and a TARP deviation below 0.05. The
simulators are defined in docs/flow/calibration.md.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
from flow_tasks import Gaussians
from forwardax import Ragged
from forwardax.calibration import rank_test, tarp
from tfmpe_tokens import Tokens
from tfmpe_tokens.flow import FlowEstimator, NetworkConfig, TrainConfig

TRAINED, JUDGED, RANKED = 10_000, 1000, 63
SITES, WEEKS, PEOPLE, FIRST, REPORTED = 5, 10, 1000, 5, 0.5
ALPHA, DEVIATION = 0.01, 0.05


class Task(NamedTuple):
    """Joint draws, what to infer, and which numbers of it are ranked."""

    tokens: Tokens
    targets: list[str]
    scalars: Mapping[str, tuple[str, int]]


def gaussian(rng: np.random.Generator, n: int) -> Task:
    model = Gaussians()
    scalars = {"mu": ("mu", 0)} | {f"theta_{i}": ("theta", i) for i in range(5)}
    arrays = model.simulate(rng, n, sites=5, visits=5)
    return Task(model.tokens(arrays), ["mu", "theta"], scalars)


def nest(rng: np.random.Generator, n: int) -> Task:
    sizes = (2, 3, 4)
    owner = np.repeat(np.arange(3), sizes)
    country = rng.normal(size=(n, 1, 1))
    region = country + 0.7 * rng.normal(size=(n, 3, 1))
    site = region[:, owner] + 0.5 * rng.normal(size=(n, 9, 1))
    seen = site + rng.normal(size=(n, 9, 3))
    tokens = Tokens.from_pytree(
        {"country": country, "region": region, "site": site, "seen": seen},
        {
            "local": ["region", "site", "seen"],
            "cross": [
                (a, b)
                for a, b in (
                    ("country", "site"),
                    ("country", "seen"),
                    ("region", "seen"),
                )
                for a, b in ((a, b), (b, a))
            ],
            "cross_local": [
                ("region", "site", "region"),
                ("site", "seen", "site"),
            ],
        },
        dims={"region": ["region"], "site": ["site"], "seen": ["site"]},
        nests={"site": Ragged("region", sizes)},
    )
    scalars = {"country": ("country", 0)}
    scalars |= {f"region_{i}": ("region", i) for i in range(3)}
    scalars |= {f"site_{i}": ("site", i) for i in range(9)}
    return Task(tokens, ["country", "region", "site"], scalars)


def epidemic(rng: np.random.Generator, n: int) -> Task:
    sites = rng.integers(2, SITES + 1, n)
    weeks = rng.integers(4, WEEKS + 1, (n, SITES))
    rate = np.log(0.5) + 0.4 * rng.normal(size=(n, 1))
    recovery = np.log(0.25) + 0.2 * rng.normal(size=(n, 1))
    effect = rate + 0.3 * rng.normal(size=(n, SITES))
    infect, recover = np.exp(effect), 1 - np.exp(-np.exp(recovery))
    well = np.full((n, SITES), PEOPLE - FIRST)
    ill = np.full((n, SITES), FIRST)
    counts = np.zeros((n, SITES, WEEKS))
    for day in range(7 * WEEKS):
        fresh = rng.binomial(well, 1 - np.exp(-infect * ill / PEOPLE))
        healed = rng.binomial(ill, np.broadcast_to(recover, ill.shape))
        well, ill = well - fresh, ill + fresh - healed
        counts[:, :, day // 7] += fresh
    seen = np.log1p(rng.poisson(REPORTED * counts))
    when = np.broadcast_to(np.arange(WEEKS), (SITES, WEEKS))
    tokens = Tokens.from_pytree(
        {
            "rate": rate[..., None],
            "recovery": recovery[..., None],
            "effect": effect[..., None],
            "seen": seen[..., None],
        },
        {
            "local": ["effect"],
            "cross": [("rate", "seen"), ("seen", "rate")],
            "cross_local": [
                ("effect", "seen", "site"),
                ("seen", "seen", "site"),
            ],
        },
        {"seen": when[..., None]},
        dims={"effect": ["site"], "seen": ["site", "week"]},
        counts={"site": sites, "week": weeks},
    )
    scalars = {"rate": ("rate", 0), "recovery": ("recovery", 0)}
    scalars |= {f"effect_{i}": ("effect", i) for i in range(2)}
    return Task(tokens, ["rate", "recovery", "effect"], scalars)


TASKS: dict[str, Callable[[np.random.Generator, int], Task]] = {
    "gaussian": gaussian,
    "nest": nest,
    "epidemic": epidemic,
}


def judged(task: Task, args: Any) -> dict[str, Any]:
    fit = jax.tree.map(lambda x: x[:TRAINED], task.tokens)
    held = jax.tree.map(lambda x: x[TRAINED:], task.tokens)
    estimator = FlowEstimator(
        network=NetworkConfig(width=args.width, heads=2, exchangeable=True),
        training=TrainConfig(
            steps=args.steps, batch_size=128, learning_rate=2e-3
        ),
    )
    clock = [time.process_time()]
    found = estimator.fit(fit, task.targets, key=jax.random.key(args.seed))
    clock.append(time.process_time())
    drawn = found.sample(
        held,
        task.targets,
        key=jax.random.key(100 + args.seed),
        n=RANKED,
        steps=args.solver_steps,
    ).decode()
    clock.append(time.process_time())
    true = held.decode()
    truths = {
        name: np.asarray(true[key]).reshape(JUDGED, -1)[:, at]
        for name, (key, at) in task.scalars.items()
    }
    draws = {
        name: np.asarray(drawn[key]).reshape(JUDGED, RANKED, -1)[..., at]
        for name, (key, at) in task.scalars.items()
    }
    ranked = rank_test(truths, draws, args.seed, alpha=ALPHA)
    curve = tarp(truths, draws, args.seed)
    print(ranked)
    assert found.trained is not None
    least = min(ranked.p_values.values())
    return {
        "steps": int(found.trained.logs[-1].steps[-1]),
        "train_seconds": round(clock[1] - clock[0], 1),
        "draw_seconds": round(clock[2] - clock[1], 1),
        "least_p": least,
        "limit": ALPHA / len(truths),
        "tarp_deviation": round(curve.deviation, 4),
        "passed": ranked.passed and curve.deviation < DEVIATION,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=list(TASKS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--solver-steps", type=int, default=8)
    args = parser.parse_args()
    warnings.filterwarnings("ignore", message="Batch size padding")
    rng = np.random.default_rng(args.seed)
    task = TASKS[args.task](rng, TRAINED + JUDGED)
    print(json.dumps({**vars(args), **judged(task, args)}), flush=True)


if __name__ == "__main__":
    main()
