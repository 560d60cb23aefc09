"""C2ST of flow matching on problems with known posteriors, and its cost.

    python benchmarks/flow_accuracy.py TASK --reference FOLDER [--seed 0]

A task of `flow_tasks.FLAT`, or a Gaussian hierarchy: `J5`, `J20`; `ragged`
(8 sites of 1 to 10 visits); `unseen` (trained on 2 to 12 sites but 5, asked
for 5); `bottom_up` and `direct` (20 sites, from 10 000 simulated sites);
`eight_schools`, real data.
FOLDER has reference draws, `posteriors/` and `tfmpe/`. One line of JSON: the
C2ST of 1000 draws against 1000 of the reference, steps, and seconds of the
processor, the compilation included.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import forwardax as fx
import jax
import numpy as np
from flow_tasks import FLAT, Gaussians
from forwardax.calibration import c2st
from forwardax.testing.toys.schools import EFFECTS, Schools
from tfmpe_tokens import Tokens
from tfmpe_tokens.flow import (
    Flow,
    FlowConfig,
    FlowEstimator,
    NetworkConfig,
    TrainConfig,
    fit_bottom_up,
)

SIMULATIONS, DRAWS, VISITS = 10_000, 1000, 5
HIERARCHY = NetworkConfig(width=32, heads=2, exchangeable=True)
TRAINING = TrainConfig(steps=1000, batch_size=128, learning_rate=2e-3)
WHOLE = ["mu", "theta"]


def fitted(
    estimator: FlowEstimator, tokens: Tokens, targets: list[str], seed: int
) -> tuple[FlowEstimator, dict[str, Any]]:
    began = time.process_time()
    found = estimator.fit(tokens, targets, key=jax.random.key(seed))
    return found, told(found, time.process_time() - began)


def told(estimator: FlowEstimator, seconds: float) -> dict[str, Any]:
    assert estimator.trained is not None
    log = estimator.trained.logs[-1]
    return {
        "steps": int(log.steps[-1]),
        "best_step": int(log.steps[log.validation.argmin()]),
        "train_seconds": round(seconds, 1),
    }


def moments(draws: Any, mean: Any, spread: Any) -> dict[str, Any]:
    """Largest shift in deviations, least and largest ratio of deviations."""
    off, ratio = (draws.mean(0) - mean) / spread, draws.std(0) / spread
    return {
        "largest_shift": round(float(np.abs(off).max()), 3),
        "sd_ratios": [round(float(f(ratio)), 3) for f in (np.min, np.max)],
    }


def flat(name: str, args: Any) -> dict[str, Any]:
    task = FLAT[name]
    known = np.load(args.reference / "posteriors" / f"{name}-obs1.npz")
    tokens = task.tokens(np.random.default_rng(args.seed), args.simulations)
    estimator = FlowEstimator(
        network=changed(task.network, args),
        training=changed(task.training, args),
    )
    found, says = fitted(estimator, tokens, ["theta"], args.seed)
    x = known["observation"].reshape(1, *tokens.layout["x"].shape)
    began = time.process_time()
    drawn = found.sample(
        task.observed(x, known["draws"].shape[1]),
        ["theta"],
        key=jax.random.key(100 + args.seed),
        n=3 * DRAWS if task.leave_out else DRAWS,
    )
    says["draw_seconds"] = round(time.process_time() - began, 1)
    draws = task.bounded(np.asarray(drawn.decode()["theta"])[0, :, 0])[:DRAWS]
    says |= moments(draws, known["mean"], known["sd"])
    says["c2st"] = round(c2st(known["draws"], draws), 4)
    return says


def simulated(
    name: str, args: Any, rng: np.random.Generator
) -> tuple[Gaussians, dict[str, Any], Any]:
    """Model, simulations and their counts."""
    model, n, counts = Gaussians(), args.simulations, None
    if name == "ragged":
        model = Gaussians(mean=0.5, sd_mu=2.0, sd_theta=0.7, sd_obs=1.2)
        visits = rng.integers(1, 11, (n, 8))
        counts = {"site": np.full(n, 8), "visit": visits}
        return model, model.simulate(rng, n, 8, 10), counts
    if name == "unseen":
        sizes = rng.choice([2, 3, 4, *range(6, 13)], n)
        return model, model.simulate(rng, n, 12, VISITS), {"site": sizes}
    sites = 5 if name == "J5" else 20
    rows = n // sites if name == "direct" else n
    return model, model.simulate(rng, rows, sites, VISITS), counts


def hierarchy(name: str, args: Any) -> dict[str, Any]:
    case = {"ragged": "J8_ragged", "J5": "J5", "unseen": "J5"}.get(name, "J20")
    known = np.load(args.reference / "tfmpe" / "analytic.npz")
    training = replace(TRAINING, steps=2500) if name == "ragged" else TRAINING
    estimator = FlowEstimator(
        network=changed(HIERARCHY, args), training=changed(training, args)
    )
    if name == "bottom_up":
        model = Gaussians()
        found, says = bottom_up(model, estimator, args)
    else:
        rng = np.random.default_rng(args.seed)
        model, arrays, counts = simulated(name, args, rng)
        tokens = model.tokens(arrays, counts)
        found, says = fitted(estimator, tokens, WHOLE, args.seed)
    y = known[f"{case}/y"]
    own = None
    if name == "ragged":
        own = {"site": np.array([8]), "visit": known[f"{case}/n"][None]}
    blank = {"mu": np.zeros((1, 1, 1)), "theta": np.zeros((1, len(y), 1))}
    seen = model.tokens({**blank, "y": np.nan_to_num(y)[None]}, own)
    began = time.process_time()
    key = jax.random.key(100 + args.seed)
    drawn = found.sample(seen, WHOLE, key=key, n=DRAWS).decode()
    says["draw_seconds"] = round(time.process_time() - began, 1)
    parts = [np.asarray(drawn[k])[0].reshape(DRAWS, -1) for k in WHOLE]
    draws = np.concatenate(parts, axis=1)
    mean, cov = model.posterior(np.nan_to_num(y), known[f"{case}/n"])
    spread = np.sqrt(np.diag(cov))
    says |= moments(draws, mean, spread)
    truth = known[f"{case}/draws"]
    says["c2st_of_three"] = round(c2st(truth[:, :3], draws[:, :3]), 4)
    if args.full:
        says["c2st"] = round(c2st(truth, draws), 4)
    return says


def bottom_up(
    model: Gaussians, estimator: FlowEstimator, args: Any
) -> tuple[FlowEstimator, dict[str, Any]]:
    def prior(key: Any, sites: int) -> dict[str, Any]:
        first, second = jax.random.split(key)
        mu = model.mean + model.sd_mu * jax.random.normal(first, (1, 1))
        noise = jax.random.normal(second, (sites, 1))
        return {"mu": mu, "theta": mu + model.sd_theta * noise}

    def simulator(key: Any, parameters: Any) -> dict[str, Any]:
        theta = parameters["theta"]
        noise = jax.random.normal(key, (len(theta), VISITS), theta.dtype)
        return {"y": theta + model.sd_obs * noise}

    began = time.process_time()
    found = fit_bottom_up(
        prior,
        simulator,
        local_keys=["theta"],
        sites=20,
        simulations=args.simulations,
        key=jax.random.key(args.seed),
        likelihood=estimator,
        posterior=estimator,
        conditions=["theta"],
        independence=model.rules,
        dims={"theta": ["site"], "y": ["site"]},
    )
    seconds = time.process_time() - began
    says = told(found.posterior, seconds)
    return found.posterior, says | {"sites": found.site_simulations}


def eight_schools(name: str, args: Any) -> dict[str, Any]:
    fx.enable_x64()
    name = f"{name}-eight_schools_noncentered"
    known = np.load(args.reference / "posteriors" / f"{name}.npz")
    config = changed(FlowConfig(simulations=args.simulations), args)
    began = time.process_time()
    trained = Flow().train(
        fx.Problem(Schools()), jax.random.key(args.seed), config=config
    )
    says = told(trained.estimator, time.process_time() - began)
    data = {"effect": np.array(EFFECTS)}
    found = trained.condition(data, draws=DRAWS)
    parts = [np.asarray(found[k])[0] for k in ("theta", "mu", "tau")]
    draws = np.column_stack(parts)
    says |= moments(draws, known["mean"], known["sd"])
    says |= {c.name: round(c.value, 3) for c in found.checks}
    says["c2st"] = round(c2st(known["draws"], draws), 4)
    return says


def changed(config: Any, args: Any) -> Any:
    """Settings of the command line that this configuration has."""
    own = {
        name: getattr(args, name)
        for name in ("steps", "width", "learning_rate", "draws", "rules")
        if getattr(args, name) is not None
        and name in config.__dataclass_fields__
    }
    return replace(config, **own)


def main() -> None:
    runs: dict[str, Callable[[str, Any], dict[str, Any]]] = {
        **dict.fromkeys(FLAT, flat),
        "eight_schools": eight_schools,
        **dict.fromkeys(
            ("J5", "J20", "ragged", "unseen", "bottom_up", "direct"), hierarchy
        ),
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=list(runs))
    parser.add_argument("--reference", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--simulations", type=int, default=SIMULATIONS)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--width", type=int)
    parser.add_argument("--draws", type=int, help="noises of each row")
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--rules")
    parser.add_argument(
        "--full",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="C2ST of all parameters of a hierarchy: minutes for 21",
    )
    args = parser.parse_args()
    warnings.filterwarnings("ignore", message="Batch size padding")
    given = {
        k: v
        for k, v in vars(args).items()
        if v is not None and k != "reference"
    }
    found = runs[args.task](args.task, args)
    print(json.dumps({**given, **found, "jax": jax.__version__}), flush=True)


if __name__ == "__main__":
    main()
