"""What limits a fit of SHERA's testbed: three studies.

    python benchmarks/optics_studies.py [bias] [truncation] [coverage]

All by default, on one core, in double precision; each prints its settings,
its figures and how long it took. The instrument is `optics.three_plane` with
the geometry of the preset `optics.shera_testbed`, 64 pixels across pupil and
image, two stars and three wavelengths; its pixels have independent normal
noise of known size, that of the photons of the design.

bias
    The image of a truth, without noise, through an instrument with a wavefront
    error that the model of the fit does not know. Each fit is `optim.map` from
    several draws of the prior; what it says of the separation minus the truth
    is the bias.
truncation
    Fits of one truth with twenty draws of noise, and of twenty truths, by
    `gradient_descent` with equal steps, rates and starts: each parameter at a
    rate of its own, along all eigenvectors of the Fisher matrix at the design,
    and along those of which the data say more than the prior. The measures,
    chosen before the first run, are the RMS over the twenty fits of the error
    of the separation, and of the wavefront: M1 and M2 together as the pupil
    sees them, weighted by its light, without piston and tilt.
coverage
    A hundred truths from the prior, each with an image and a fit by
    `numpyro.nuts`: how often central intervals of 68 and 95 % hold the truth,
    against the binomial distribution, with a chance of a false alarm of 1e-3
    over all parameters and both levels.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
)
os.environ.setdefault("OMP_NUM_THREADS", "1")

import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
from forwardax import Prior
from forwardax.calibration import check_coverage
from inference_numpyro import eigenbasis, gradient_descent, named_covariance

fx.enable_x64()
N = int(os.environ.get("PIXELS", "64"))
SEPARATION = "binary.astrometry.separation"
M1, M2 = "m1.zernike.coefficients", "m2.zernike.coefficients"
POLISH = "m1.wfe_uncalibrated.amplitude"
TESTBED: Mapping[str, Any] = {
    "system.sampling.pupil_npix": N,
    "detector.n_pix": N,
    "likelihood": "gaussian",
}
PRIORS = {
    M1: Prior("Normal", loc=0.0, scale=5.0),
    M2: Prior("Normal", loc=0.0, scale=5.0),
    "binary.astrometry.x_position": Prior("Normal", loc=0.0, scale=0.01),
    "binary.astrometry.y_position": Prior("Normal", loc=0.0, scale=0.01),
    SEPARATION: Prior("LogNormal", loc=2.302585093, scale=1e-3),
    "binary.astrometry.position_angle": Prior("Normal", loc=90.0, scale=0.05),
    "binary.photometry.log_flux": Prior("Normal", loc=6.78, scale=0.01),
    "binary.photometry.contrast": Prior("LogNormal", loc=-1.203973, scale=0.01),
}
"""An instrument that was aligned, and stars that were seen before."""
DESIGN = {
    "binary.astrometry.x_position": 0.0,
    "binary.astrometry.y_position": 0.0,
    SEPARATION: 10.0,
    "binary.astrometry.position_angle": 90.0,
    "binary.photometry.log_flux": 6.78,
    "binary.photometry.contrast": 0.3,
}


@jax.jit
def image_of(system: Any, store: Any) -> jax.Array:
    return system.predict(store)["image"]


@jax.jit
def noisy(system: Any, key: jax.Array, store: Any) -> Any:
    return system.simulate(key, store)


def telescope(**changes: Any) -> Any:
    return fx.system("optics.three_plane", **{**TESTBED, **changes})


def design_of(system: Any) -> dict[str, Any]:
    """Perfect mirrors."""
    shapes = {k: system.spec[k].shape for k in (M1, M2) if k in system.spec}
    return {**{k: np.zeros(s) for k, s in shapes.items()}, **DESIGN}


def scaled(prior: Prior, wider: float) -> dict[str, Any]:
    arguments = dict(prior.arguments)
    return {**arguments, "scale": wider * arguments["scale"]}


def posed(system: Any, noise: Any, wider: float = 1.0) -> fx.Problem:
    """A problem with known noise, and the design's image for data."""
    design = design_of(system)
    image = image_of(system, system.store(design))
    known = telescope(**system.structure, noise_map=noise)
    priors = {
        key: Prior(p.family, **scaled(p, wider))
        for key, p in PRIORS.items()
        if key in system.spec
    }
    return fx.Problem(known, data={"image": image}, priors=priors)


def photon_noise(system: Any) -> Any:
    """Of the photons of the design, and of reading one electron."""
    image = image_of(system, system.store(design_of(system)))
    return np.sqrt(np.asarray(image) + 1.0)


def truth_of(problem: fx.Problem, key: int) -> Any:
    drawn = problem.prior_sample(jax.random.key(key))
    return problem.system.store({k: drawn[k] for k in problem.free_keys})


def rms(errors: Any) -> float:
    return float(np.sqrt(np.mean(np.square(errors))))


# --- bias -------------------------------------------------------------------

STARTS, MAPS = 3, 3
SETTINGS = {"starts": STARTS, "first_order_steps": 0}


def bias() -> None:
    base = telescope()
    noise = photon_noise(base)
    problem = posed(base, noise)
    truth = truth_of(problem, 5)
    sigma = error_of_separation(problem, truth)
    print(f"{STARTS} starts a fit, {MAPS} maps a row; the separation is 10")
    print(f"arcsec, known by the photons alone to {sigma:.1f} microarcsec")
    print(f"{'model / data':44s} bias (RMS, microarcsec)   sigma  chi2/n agree")

    def row(words: str, problem: fx.Problem, data: list[Any]) -> None:
        errors, squares, agree = [], [], []
        for one in data:
            found = fx.fit(
                problem.with_data({"image": one}),
                "optim.map",
                key=3,
                **SETTINGS,
            )
            gap = float(found[SEPARATION][0, 0]) - float(truth[SEPARATION])
            errors.append(1e6 * gap)
            u = jnp.asarray(found.unconstrained[0, 0])
            shown = problem.with_data({"image": one})
            squares.append(float(jnp.mean(shown.residuals(u) ** 2)))
            agree.append(found.check("agreement").value)
        told(words, errors, squares, sigma, agree)

    def with_map(amplitude: float, power: float = 2.5) -> list[Any]:
        return [
            image_of(
                base.rebuild(
                    {
                        "wfe.noise.seed": seed,
                        "m1.wfe_uncalibrated.power_law": power,
                    }
                ),
                truth.replace({POLISH: amplitude}),
            )
            for seed in range(MAPS)
        ]

    images = {a: with_map(a) for a in (1.0, 5.0, 10.0)}
    row("no map", problem, [image_of(base, truth)])
    for amplitude, data in images.items():
        row(f"map of {amplitude:g} nm RMS", problem, data)
    row("map of 5 nm RMS, power 1.5", problem, with_map(5.0, 1.5))
    row("map of 5 nm RMS, power 3.5", problem, with_map(5.0, 3.5))

    rng = np.random.default_rng(0)
    for size in (0.001, 0.01):
        data = []
        for _ in range(MAPS):
            response = 1 + size * rng.standard_normal((N, N))
            data.append(image_of(telescope(pixel_response=response), truth))
        row(f"pixel response, {100 * size:g} % RMS, no map", problem, data)

    design = design_of(base)
    whole = eigenbasis(problem, design)
    for number in (whole.number, 17, 14, 13, 12):
        kept = whole.truncated(number)
        errors, squares = [], []
        for one in images[5.0]:
            shown = problem.with_data({"image": one})
            found = gradient_descent(shown, design, steps=40, basis=kept)
            gap = found.last()[SEPARATION] - float(truth[SEPARATION])
            errors.append(1e6 * float(gap))
            u = jnp.asarray(found.points[0, -1])
            squares.append(float(jnp.mean(shown.residuals(u) ** 2)))
        words = f"map of 5 nm, the best {number} directions"
        told(words, errors, squares, sigma, None)

    for last in (21, 36):
        more = telescope(**{"m1.zernike.noll": tuple(range(4, last + 1))})
        row(
            f"map of 5 nm, M1 up to Noll {last}",
            posed(more, noise),
            images[5.0],
        )


def told(
    words: str,
    errors: list[float],
    squares: list[float],
    sigma: float,
    agree: list[float] | None,
) -> None:
    same = "" if agree is None else f"{np.mean(agree):6.2f}"
    print(
        f"  {words:42s} {rms(errors):12.2f} {' ' * 10}"
        f" {rms(errors) / sigma:7.2f} {np.mean(squares):8.3f} {same}",
        flush=True,
    )


def error_of_separation(problem: fx.Problem, truth: Any) -> float:
    """In microarcsec, from the Fisher matrix and the prior at the truth."""
    shown = problem.with_data({"image": image_of(problem.system, truth)})
    found = fx.fit(shown, "laplace.fisher", key=0, **SETTINGS)
    named = named_covariance(found)
    return 1e6 * float(named.sd()[named.names.index(SEPARATION)])


# --- truncation ---------------------------------------------------------------

STEPS, RATE = 60, 0.5
SEEDS = int(os.environ.get("SEEDS", "20"))


def truncation() -> None:
    base = telescope()
    noise = photon_noise(base)
    near, far = posed(base, noise), posed(base, noise, 4.0)
    loose = posed(base, noise, 1000.0)
    design = design_of(base)
    whole = eigenbasis(near, design)
    kept = whole.truncated(least=1.0)
    print(f"{STEPS} steps at a rate of {RATE}, from the design")
    for direction in whole.named():
        print(f"  {direction}")
    best = f"the best {kept.number} directions"
    arms: dict[str, tuple[fx.Problem, dict[str, Any]]] = {
        "each parameter at its own rate": (near, {}),
        f"all {whole.number} directions": (near, {"basis": whole}),
        "all directions, without a prior": (
            loose,
            {"basis": eigenbasis(loose, design)},
        ),
        best: (near, {"basis": kept}),
    }
    noises, truths = [5] * SEEDS, list(range(100, 100 + SEEDS))
    compare("one truth, draws of noise", near, arms, noises)
    compare("truths, each with a draw of noise", near, arms, truths)
    whole = eigenbasis(far, design)
    kept = whole.truncated(least=1.0)
    arms = {
        "each parameter at its own rate": (far, {}),
        f"all {whole.number} directions": (far, {"basis": whole}),
        f"the best {kept.number} directions": (far, {"basis": kept}),
    }
    compare("truths four times as far from the design", far, arms, truths)


def compare(
    words: str,
    problem: fx.Problem,
    arms: dict[str, tuple[fx.Problem, dict[str, Any]]],
    keys: list[int],
) -> None:
    """Fits of the same images by each of the arms."""
    error = wavefront_error(problem.system)
    design = design_of(problem.system)
    found: dict[str, list[list[Any]]] = {name: [] for name in arms}
    for seed, key in enumerate(keys):
        truth = truth_of(problem, key)
        data = noisy(problem.system, jax.random.key(1000 + seed), truth)
        for name, (own, arm) in arms.items():
            history = gradient_descent(
                own.with_data(data), design, steps=STEPS, rate=RATE, **arm
            )
            found[name].append(
                [
                    errors_at(history, step, truth, problem, error)
                    for step in (5, 20, STEPS)
                ]
            )
    report(f"{len(keys)} {words}", found)


def errors_at(
    history: Any, step: int, truth: Any, problem: fx.Problem, error: Any
) -> list[float]:
    values = {k: history.values[k][0, step] for k in problem.free_keys}
    store = truth.replace(values)
    coefficients = [store[k] - truth[k] for k in (M1, M2)]
    return [
        1e6 * float(store[SEPARATION] - truth[SEPARATION]),
        float(error(problem.system, store, truth)),
        rms(np.concatenate([np.asarray(c) for c in coefficients])),
        float(history.losses[0, step]),
    ]


def wavefront_error(system: Any) -> Callable[[Any, Any, Any], jax.Array]:
    """RMS in nm of the difference of two wavefronts in the pupil."""
    n = system.structure["system.sampling.pupil_npix"]
    x = (jnp.arange(n) - (n - 1) / 2) / n
    plane = jnp.stack(
        [jnp.ones((n, n)), x * jnp.ones((n, 1)), x[:, None] * jnp.ones(n)], -1
    ).reshape(-1, 3)

    def opd(system: Any, store: Any) -> Any:
        path = system.stations(store, "path")["path"]
        second = path.planes[0].opd
        cut = (second.shape[0] - n) // 2
        return path.opd + second[cut : cut + n, cut : cut + n], path.amplitude

    @jax.jit
    def error(system: Any, one: Any, other: Any) -> jax.Array:
        (a, light), (b, _) = opd(system, one), opd(system, other)
        gap, weight = (a - b).ravel(), light.ravel()
        fitted = jnp.linalg.lstsq(plane * weight[:, None], gap * weight)[0]
        rest = (gap - plane @ fitted) * weight
        return jnp.sqrt(jnp.sum(rest**2) / jnp.sum(weight**2))

    return error


def report(words: str, found: dict[str, list[list[Any]]]) -> None:
    print(f"\n{words}: RMS of the errors after 5, 20 and {STEPS} steps")
    tables = {name: np.array(rows) for name, rows in found.items()}
    for k, (what, unit) in enumerate(
        (
            ("separation", "microarcsec"),
            ("wavefront", "nm"),
            ("coefficients", "nm"),
        )
    ):
        for name, table in tables.items():
            figures = "".join(f"{rms(table[:, i, k]):12.3f}" for i in range(3))
            print(f"  {what:13s} {name:34s}{figures} {unit}")
    last = list(tables.values())[-1]
    for name, table in list(tables.items())[:-1]:
        better = [
            int((np.abs(last[:, 2, k]) < np.abs(table[:, 2, k])).sum())
            for k in range(3)
        ]
        print(f"  fits better truncated than with {name}: {better} of {SEEDS}")
    for name, table in tables.items():
        losses = "".join(f"{table[:, i, 3].mean():14.2f}" for i in range(3))
        print(f"  mean loss     {name:34s}{losses}")


# --- coverage -----------------------------------------------------------------

SETS = int(os.environ.get("SETS", "100"))
SMALL: Mapping[str, Any] = {
    "m1.zernike.noll": (4, 5, 7),
    "m2.zernike.noll": (),
    "source.spectrum.n_wavelengths": 1,
    "system.sampling.pupil_npix": 32,
    "detector.n_pix": 40,
}
COVERED = {
    SEPARATION: Prior("LogNormal", loc=2.302585, scale=0.05),
    "binary.photometry.log_flux": Prior("Normal", loc=5.0, scale=0.1),
    "binary.photometry.contrast": Prior("LogNormal", loc=-1.203973, scale=0.2),
}
NUTS = {"draws": 200, "warmup": 150, "chains": 2}


def coverage() -> None:
    system = telescope(**SMALL)
    faint = {**design_of(system), "binary.photometry.log_flux": 5.0}
    image = image_of(system, system.store(faint))
    noise = np.sqrt(np.asarray(image) + 1.0)
    problem = fx.Problem(
        telescope(**SMALL, noise_map=noise),
        priors=COVERED,
    )
    print(f"{SETS} sets, {problem.size} coordinates, NUTS with {NUTS}")

    def nuts(problem: Any, key: Any) -> Any:
        return fx.fit(problem, "numpyro.nuts", key=key, **NUTS)

    found = check_coverage(
        problem,
        nuts,
        jax.random.key(17),
        n=SETS,
        draws=99,
        levels=(0.68, 0.95),
        alpha=1e-3,
        progress=told_now_and_then,
    )
    print(found)
    print("passed" if found.passed else "FAILED")


def told_now_and_then(what: str, done: int, total: int) -> None:
    if done % 10 == 0:
        print(f"  {what}: {done} of {total}", flush=True)


def main() -> None:
    studies = {"bias": bias, "truncation": truncation, "coverage": coverage}
    asked = sys.argv[1:] or list(studies)
    wrong = [name for name in asked if name not in studies]
    if wrong:
        sys.exit(f"no study {wrong[0]!r}; there are {', '.join(studies)}")
    for name in asked:
        began, spent = time.perf_counter(), time.process_time()
        print(f"\n== {name} ==", flush=True)
        studies[name]()
        print(
            f"{time.perf_counter() - began:.0f} s, "
            f"{time.process_time() - spent:.0f} s of the processor"
        )


if __name__ == "__main__":
    main()
