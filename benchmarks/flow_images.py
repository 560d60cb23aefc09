"""Flow matching against NUTS on a small lens and a small telescope.

    python benchmarks/flow_images.py lens [--steps 3000] [--seed 0]
    python benchmarks/flow_images.py telescope

The lens has 32 by 32 pixels and seven free parameters, the telescope as many
pixels and eight Zernike coefficients. Trained once, about the best fit of each
image (`--around prior`: without); then, of three simulated images that no
training saw: C2ST of each parameter's draws against those of NUTS, what
importance weights are worth, and the coverage of central intervals over 200
more. Seconds are of the processor.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import forwardax as fx
import jax
import numpy as np
from forwardax.calibration import c2st, coverage, rank_test
from tfmpe_tokens.flow import Flow, FlowConfig

IMAGES, DRAWS = 3, 1000


def lens() -> fx.Problem:
    galaxies = {
        "lens": {"redshift": 0.2, "mass": {"main": "isothermal"}},
        "source": {"redshift": 0.6, "light": {"disk": "sersic"}},
    }
    system = fx.system(
        "lensing.imaging",
        galaxies=galaxies,
        pixel_scale=0.15,
        noise_map=np.full((32, 32), 0.02),
    )
    uniform = {
        "lens.main.einstein_radius": (1.0, 1.8),
        "source.disk.intensity": (0.2, 0.8),
        "source.disk.effective_radius": (0.15, 0.5),
    }
    priors = {
        name: fx.Prior("Uniform", low=low, high=high)
        for name, (low, high) in uniform.items()
    }
    priors["source.disk.centre"] = fx.Prior("Normal", loc=0.0, scale=0.15)
    priors["lens.main.ell_comps"] = fx.Prior(
        "TruncatedNormal", loc=0.0, scale=0.1, low=-0.5, high=0.5
    )
    fixed = {
        "lens.main.centre": [0.0, 0.0],
        "source.disk.ell_comps": [0.1, -0.05],
        "source.disk.sersic_index": 1.5,
    }
    return fx.Problem(system, priors=priors, fixed=fixed)


def telescope() -> fx.Problem:
    """All but the aberrations is known, at a draw from the prior."""
    system = fx.system(
        "optics.two_plane",
        **{
            "m1.zernike.noll": [4, 5, 6, 7, 8, 9, 10, 11],
            "m1.diversity.noll": [4],
            "system.sampling.pupil_npix": 32,
            "detector.n_pix": 32,
            "likelihood": "gaussian",
        },
        noise_map=np.full((32, 32), 60.0),
    )
    fixed: dict[str, Any] = {"m1.diversity.j4": 80.0}
    free = fx.Problem(system, fixed=fixed)
    truth, _ = free.simulate(jax.random.key(0))
    for name in free.free_keys:
        if not name.startswith("m1.zernike"):
            fixed[name] = np.asarray(truth[name])
    return fx.Problem(system, fixed=fixed)


PROBLEMS = {"lens": lens, "telescope": telescope}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problem", choices=list(PROBLEMS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--simulations", type=int, default=8000)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--around", default="fit", choices=["fit", "prior"])
    parser.add_argument("--images", type=int, default=IMAGES)
    args = parser.parse_args()
    fx.enable_x64()
    problem = PROBLEMS[args.problem]()
    print(f"{problem.size} coordinates: {', '.join(problem.plan.names)}")
    config = FlowConfig(
        simulations=args.simulations, steps=args.steps, around=args.around
    )
    began = time.process_time()
    trained = Flow().train(problem, jax.random.key(args.seed), config=config)
    says: dict[str, Any] = {
        **vars(args),
        "seconds": round(time.process_time() - began, 1),
        "notes": trained.notes,
    }
    assert trained.held is not None
    truths, draws = trained.simulated_draws(trained.held, 63)
    ranked = rank_test(truths, draws)
    says["least_p"] = min(ranked.p_values.values())
    says["coverage"] = coverage(truths, draws).verdict
    print(json.dumps(says), flush=True)
    for i in range(args.images):
        key = jax.random.fold_in(jax.random.key(1000 + args.seed), i)
        truth, data = problem.simulate(key)
        del truth
        began = time.process_time()
        found = trained.condition(data, draws=DRAWS)
        drawn = time.process_time()
        exact = fx.fit(problem.with_data(data), "numpyro.nuts", key=i)
        sampled = time.process_time()
        ours = np.asarray(found.unconstrained)[0]
        theirs = np.asarray(exact.unconstrained).reshape(-1, ours.shape[1])
        theirs = theirs[:: max(1, len(theirs) // DRAWS)][:DRAWS]
        each = [
            round(c2st(theirs[:, [k]], ours[:, [k]]), 3)
            for k in range(ours.shape[1])
        ]
        worth = {c.name: c.value for c in found.checks}
        line = {
            "image": i,
            "c2st_of_each": each,
            "mean": round(float(np.mean(each)), 3),
            "importance_ess": worth["importance_ess"] / DRAWS,
            "k_hat": worth["k_hat"],
            "nuts_converged": exact.converged,
            "draw_seconds": round(drawn - began, 1),
            "nuts_seconds": round(sampled - drawn, 1),
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
