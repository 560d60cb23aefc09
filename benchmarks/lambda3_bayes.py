"""Exact posteriors of the Λ³ models, against NUTS on the same densities.

    python benchmarks/lambda3_bayes.py

Two claims. The interaction model: mean, standard deviation and evidence of
the exact posterior against NUTS with the settings of the original framework
(target 0.95, depth 10; 2 chains of 500 + 500). The level model: effective
samples a second with level and coefficients integrated, against NUTS on the
model whose level has a parameter for each point. Everything is compiled
before it is timed; answers are compared first.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from typing import Any

import forwardax as fx
import jax
import numpy as np
from inference_numpyro import exact_moments, exact_one
from numpyro.diagnostics import effective_sample_size
from numpyro.infer import MCMC, NUTS

N, CHAINS, WARMUP, DRAWS, ROUNDS = 500, 2, 500, 500, 15


def flags(rng: np.random.Generator, count: int) -> np.ndarray:
    out = np.zeros(N)
    out[rng.choice(N, count, replace=False)] = 1.0
    return out


def known(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    names = ("delta_pos", "delta_neg", "local_jump")
    arrays: dict[str, Any] = {name: flags(rng, 15) for name in names}
    walk = np.cumsum(rng.normal(size=N))
    arrays["tension"] = 0.3 + 0.05 * np.abs(walk)
    return arrays


def interaction() -> fx.Problem:
    theirs = known(1)
    system = fx.system(
        "lambda3.interaction",
        **known(0),
        other_pos=theirs["delta_pos"],
        other_neg=theirs["delta_neg"],
        other_tension=theirs["tension"],
        other_spread=1.0,
        centre=0.0,
        spread=1.0,
        lags=(1,),
    )
    return simulated(system, {"noise.scale": 0.8})


def level(sampled: int = 0, data: Any = None) -> fx.Problem:
    system = fx.system(
        "lambda3.dynamic", **known(0), centre=0.0, spread=1.0, sampled=sampled
    )
    truth = {"drift.scale": 0.1, "noise.base": 0.5, "noise.tension": 0.4}
    if data is None:
        return simulated(system, truth)
    return fx.Problem(system, data)


def simulated(system: Any, truth: dict[str, float]) -> fx.Problem:
    problem = fx.Problem(system, fixed=truth)
    _, data = problem.simulate(jax.random.key(0))
    return fx.Problem(system, data)


def sampler(problem: fx.Problem) -> MCMC:
    kernel = NUTS(
        problem.numpyro_model(), target_accept_prob=0.95, max_tree_depth=10
    )
    return MCMC(
        kernel,
        num_warmup=WARMUP,
        num_samples=DRAWS,
        num_chains=CHAINS,
        chain_method="sequential",
        progress_bar=False,
    )


def run(mcmc: MCMC, seed: int) -> tuple[float, dict[str, np.ndarray]]:
    started = time.perf_counter()
    mcmc.run(jax.random.key(seed))
    samples = mcmc.get_samples(group_by_chain=True)
    samples = jax.block_until_ready(samples)
    seconds = time.perf_counter() - started
    return seconds, {k: np.asarray(v) for k, v in samples.items()}


def timed(function: Any, *arguments: Any) -> tuple[float, float, Any]:
    jax.block_until_ready(function(*arguments))
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        found = jax.block_until_ready(function(*arguments))
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), min(seconds), found


def worst_gap(
    samples: dict[str, np.ndarray], keys: tuple[str, ...], exact: Any
) -> tuple[float, float]:
    """Largest distance of the means in standard errors, and least ESS."""
    place, gap, least = 0, 0.0, np.inf
    for key in keys:
        values = samples[key].reshape(CHAINS, DRAWS, -1)
        for i in range(values.shape[2]):
            ess = float(effective_sample_size(values[:, :, i]))
            mean, sd = exact[0][place], exact[1][place]
            error = sd / np.sqrt(ess)
            gap = max(gap, abs(float(values[:, :, i].mean()) - mean) / error)
            least, place = min(least, ess), place + 1
    return gap, least


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


def first_claim() -> None:
    problem = interaction()
    median, least, exact = timed(exact_one, problem, jax.random.key(0))
    mcmc = sampler(problem)
    run(mcmc, 0)
    seconds, samples = run(mcmc, 1)
    moments = np.asarray(exact.mean), np.asarray(exact.sd)
    gap, ess = worst_gap(samples, problem.free_keys, moments)
    print(f"interaction, n = {N}, {len(moments[0])} parameters, {load()}")
    print(f"  exact moments and evidence: {1e3 * median:.2f} ms "
          f"(least {1e3 * least:.2f})")  # fmt: skip
    print(f"  NUTS: {seconds:.2f} s, least ESS {ess:.0f}, means differ by at "
          f"most {gap:.1f} of its standard errors")  # fmt: skip
    print(f"  ratio {seconds / median:.0f}")
    fx.fit(problem, "exact.linear", key=0)
    started = time.perf_counter()
    whole = fx.fit(problem, "exact.linear", key=0)
    spent = time.perf_counter() - started
    print(f"  with 2000 draws and checks: {1e3 * spent:.0f} ms, ratio "
          f"{seconds / spent:.0f}; {whole.verdict}")  # fmt: skip


def second_claim() -> None:
    problem = level()
    fx.fit(problem, "exact.linear", key=0)
    started = time.perf_counter()
    found = fx.fit(problem, "exact.linear", key=1)
    spent = time.perf_counter() - started
    ours = 1 / float(np.square(found.weights).sum())
    whole = level(N, problem.data)
    mcmc = sampler(whole)
    run(mcmc, 0)
    seconds, samples = run(mcmc, 1)
    moments = exact_moments(found)
    gap, ess = worst_gap(samples, problem.free_keys, (moments.mean, moments.sd))
    steps = samples["drift.steps"]
    for i in range(0, steps.shape[2], 25):
        ess = min(ess, float(effective_sample_size(steps[:, :, i])))
    print(f"level model, n = {N}, {load()}")
    print(f"  integrated: {spent:.2f} s, {ours:.0f} effective draws, "
          f"{ours / spent:.0f} a second; {found.verdict}")  # fmt: skip
    print(f"  NUTS with {N + 7} parameters: {seconds:.1f} s, least ESS "
          f"{ess:.0f}, {ess / seconds:.2f} a second; means differ by at most "
          f"{gap:.1f} of its standard errors")  # fmt: skip
    print(f"  ratio {ours / spent / (ess / seconds):.0f}")


def main() -> None:
    fx.enable_x64()
    print(f"Python {platform.python_version()}, JAX {jax.__version__}, "
          f"NumPy {np.__version__}, {jax.default_backend()}")  # fmt: skip
    print(
        f"NUTS: {CHAINS} chains of {WARMUP} + {DRAWS}, target 0.95, depth 10, "
        f"its second run; exact: median of {ROUNDS}"
    )
    first_claim()
    second_claim()


if __name__ == "__main__":
    main()
