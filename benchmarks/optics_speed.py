"""Speed of the telescopes, against dLux and against a straight port.

    python benchmarks/optics_speed.py [CLAIM ...] [--peer PEER/bin/python]

Claims: three_plane, two_plane, prysm, fisher. All by default. Everything runs
on one core, in double precision, in turns: a table gives medians and minima of
the rounds, and the ratio of the medians. All is in this process but prysm,
which has an environment and a process of its own, on the same core; without
`--peer` it is left out:

    python -m venv PEER
    PEER/bin/pip install prysm "setuptools<81" numpy scipy

The straight port computes three planes as one writes them down: fields are
padded threefold and propagated by four two-dimensional fast Fourier
transforms; the arrays of the second mirror, and each of its Zernike
polynomials, are resampled to the padded grid on every call; wavelengths and
stars are mapped over by `vmap`; the focus is a complex matrix Fourier
transform.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
)
os.environ.setdefault("OMP_NUM_THREADS", "1")
# dLux takes its precision when it is imported.
os.environ.setdefault("JAX_ENABLE_X64", "1")
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import dLux
import dLux.layers
import dLux.utils
import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.ndimage import map_coordinates
from optics_dlux._declare.formulas import ARCSEC
from optics_dlux._focus import focus
from optics_dlux._pupil import normalised, zernike_modes

fx.enable_x64()
# Its names come from star imports that type checkers do not follow.
dl: Any = dLux
dll: Any = dLux.layers
dlu: Any = dLux.utils
ROUNDS = int(os.environ.get("ROUNDS", "15"))
NOLL = tuple(range(4, 12))
Timed = Callable[[], Any]


def timed(
    claims: Mapping[str, Timed], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Milliseconds of each, in turns, after one that compiles."""
    for one in claims.values():
        jax.block_until_ready(one())
    found: dict[str, list[float]] = {name: [] for name in claims}
    for _ in range(rounds):
        for name, one in claims.items():
            start = time.perf_counter()
            jax.block_until_ready(one())
            found[name].append(1e3 * (time.perf_counter() - start))
    return found


def report(title: str, found: Mapping[str, list[float]], base: str) -> None:
    print(f"\n{title}")
    reference = statistics.median(found[base])
    for name, times in found.items():
        middle, least = statistics.median(times), min(times)
        ratio = reference / middle
        least_ratio = min(found[base]) / least
        print(
            f"  {name:34s} {middle:9.2f} / {least:9.2f} ms"
            f"  {ratio:6.2f}x (minima {least_ratio:.2f}x)"
        )


# --- three planes, written down straight ---


def straight_port(
    system: Any, store: Any, n: int
) -> Callable[[Any, Any], jax.Array]:
    """Image of the coefficients of both mirrors, `(8,)` and `(8,)` in nm."""
    values = system.resolve(store)
    path = system.stations(store, "path")["path"]
    light = system.stations(store, "light")["light"]
    base = path.opd
    diameter = system.structure["m1.aperture.diameter"]
    second = system.structure["m2.aperture.diameter"]
    m1_modes = zernike_modes(NOLL, n, diameter)
    m2_modes = zernike_modes(NOLL, n, second)
    magnification = values["m2.geometry.magnification"]
    z = values["m2.geometry.equivalent_distance"]
    pitch = diameter / n
    pad = 3
    m = pad * n
    x = (jnp.arange(m) - (m - 1) / 2) * pitch
    seen = x / (second * magnification / n) + (n - 1) / 2
    grid = jnp.stack(jnp.meshgrid(seen, seen, indexing="ij"))
    disc = dlu.circle(dlu.pixel_coords(n, second), second / 2).astype(float)
    frequency = jnp.fft.fftfreq(m, pitch)
    scale = values["imaging.psf_pixel_scale"] / ARCSEC
    n_out = system.structure["detector.n_pix"]
    pixels = (jnp.arange(n_out) - (n_out - 1) / 2) * scale
    places = (jnp.arange(n) - (n - 1) / 2) * pitch

    def resampled(array: jax.Array) -> jax.Array:
        return map_coordinates(array, list(grid), order=1)

    def mono(c1: Any, c2: Any, wave: Any, tilt: Any) -> jax.Array:
        k = 2 * jnp.pi / wave
        opd = (base + jnp.tensordot(c1, m1_modes, 1)) * 1e-9
        opd = opd + tilt[0] * places + tilt[1] * places[:, None]
        u = path.amplitude * jnp.exp(1j * k * opd)
        u = jnp.pad(u, (m - n) // 2)
        root = jnp.sqrt(1 - (wave * frequency) ** 2)
        line = jnp.exp(1j * k * z * (root - 1))
        kernel = line[:, None] * line
        u = jnp.fft.ifft2(jnp.fft.fft2(u) * kernel)
        modes = jnp.stack([resampled(mode) for mode in m2_modes])
        opd = jnp.tensordot(c2, modes, 1) * 1e-9
        u = u * resampled(disc) * jnp.exp(1j * k * opd)
        u = u / jnp.sqrt(jnp.sum(jnp.abs(u) ** 2))
        u = jnp.fft.ifft2(jnp.fft.fft2(u) * jnp.conj(kernel))
        u = u[(m - n) // 2 : (m + n) // 2, (m - n) // 2 : (m + n) // 2]
        kernel = jnp.exp(-1j * k * pixels[:, None] * places)
        u = kernel @ u @ kernel.T * pitch * scale / wave
        return jnp.abs(u) ** 2

    def image(c1: Any, c2: Any) -> jax.Array:
        one = jax.vmap(mono, (None, None, None, 0))
        every = jax.vmap(one, (None, None, 0, None))
        psfs = every(c1, c2, light.wavelengths * 1e-9, light.positions)
        return jnp.einsum("ws,wsyx->yx", light.photons, psfs)

    return image


TOLD = {
    "m1.zernike.coefficients": np.random.default_rng(0).normal(0, 15, 8),
    "m2.zernike.coefficients": np.random.default_rng(1).normal(0, 15, 8),
    "binary.astrometry.x_position": 0.1,
    "binary.astrometry.y_position": -0.2,
    "binary.astrometry.separation": 5.0,
    "binary.astrometry.position_angle": 70.0,
    "binary.photometry.log_flux": 6.78,
    "binary.photometry.contrast": 0.3,
    "detector.jitter": 0.02,
    "detector.background": 1.0,
}


def shera(n: int) -> tuple[Any, Any]:
    """The testbed of `n` pixels across pupil and image, and its values."""
    size: Any = {"system.sampling.pupil_npix": n, "detector.n_pix": n}
    system = fx.system("optics.three_plane", **size)
    return system, system.store(TOLD)


def ours(system: Any, store: Any, c1: Any, c2: Any) -> jax.Array:
    store = store.replace(
        {"m1.zernike.coefficients": c1, "m2.zernike.coefficients": c2}
    )
    return system.stations(store, "focus")["focus"]


def three_plane() -> None:
    for n in (64, 128):
        _three_plane(n)


def _three_plane(n: int) -> None:
    system, store = shera(n)
    c1, c2 = (store[f"m{i}.zernike.coefficients"] for i in (1, 2))
    zero = store.replace({"m1.zernike.coefficients": jnp.zeros(8)})
    port = straight_port(system, zero, n)
    target = jax.jit(port)(1.1 * c1, 1.1 * c2)

    def loss(image: jax.Array) -> jax.Array:
        return 0.5 * jnp.sum((image - target) ** 2 / (target + 100))

    def ours_loss(system: Any, store: Any, c1: Any, c2: Any) -> jax.Array:
        return loss(ours(system, store, c1, c2))

    forward = jax.jit(ours)
    slope = jax.jit(jax.value_and_grad(ours_loss, (2, 3)))
    theirs = jax.jit(port)
    their_slope = jax.jit(
        jax.value_and_grad(lambda a, b: loss(port(a, b)), (0, 1))
    )
    gap = forward(system, store, c1, c2) - theirs(c1, c2)
    largest = jnp.abs(gap).max() / theirs(c1, c2).max()
    print(f"\nN = {n}: largest difference {largest:.1e} of the peak")
    found = timed(
        {
            "straight port": lambda: theirs(c1, c2),
            "three_plane": lambda: forward(system, store, c1, c2),
        }
    )
    title = f"N = {n}, 2 stars x 3 wavelengths"
    report(f"three planes, {title}, forward", found, "straight port")
    found = timed(
        {
            "straight port": lambda: their_slope(c1, c2),
            "three_plane": lambda: slope(system, store, c1, c2),
        }
    )
    title += ", value and gradient of 16"
    report(f"three planes, {title}", found, "straight port")


# --- one plane and the focus, dLux ---


def dlux_system(n: int, noll: tuple[int, ...], diameter: float) -> Any:
    coords = dlu.pixel_coords(n, diameter)
    basis = dlu.zernike_basis(list(noll), coords, diameter)
    return dl.AngularOpticalSystem(
        n,
        diameter,
        [
            dll.BasisOptic(
                basis=basis,
                transmission=dlu.circle(coords, diameter / 2).astype(float),
                coefficients=jnp.zeros(len(noll)),
                normalise=True,
            )
        ],
        n,
        0.1,
    )


def two_plane() -> None:
    for n in (64, 256):
        _two_plane(n)


def _two_plane(n: int) -> None:
    diameter, noll = 0.25, tuple(range(4, 24))
    optics = dlux_system(n, noll, diameter)
    waves = jnp.linspace(500e-9, 600e-9, 5)
    basis = jnp.asarray(optics.layers["BasisOptic"].basis)
    amplitude = normalised(optics.layers["BasisOptic"].transmission)
    scale = jnp.array(0.1 / ARCSEC)
    offset = jnp.array([1e-6, -2e-6])
    c = jnp.asarray(np.random.default_rng(1).normal(0, 10, 20))

    def theirs(c: Any, waves: Any) -> jax.Array:
        bound = optics.set("BasisOptic.coefficients", c * 1e-9)
        weights = jnp.full(waves.size, 1 / waves.size)
        return bound.propagate(waves, offset=offset, weights=weights)

    def mine(
        c: Any,
        waves: Any,
        basis: Any,
        amplitude: Any,
    ) -> jax.Array:
        return focus(
            amplitude,
            jnp.tensordot(c, basis, 1),
            waves * 1e9,
            jnp.full(waves.size, 1 / waves.size),
            n,
            jnp.array(diameter / n),
            scale,
            offset[None],
            jnp.ones(1),
        )

    known = (basis, amplitude)
    target = jax.jit(theirs)(1.1 * c, waves)

    def loss(image: Any) -> jax.Array:
        return jnp.sum((image - target) ** 2 / (target + 1e-6))

    a, b = jax.jit(theirs), jax.jit(mine)
    grad_a = jax.jit(jax.value_and_grad(lambda c, w, f=theirs: loss(f(c, w))))
    grad_b = jax.jit(
        jax.value_and_grad(lambda c, *rest, f=mine: loss(f(c, *rest)))
    )
    gap = jnp.abs(a(c, waves) - b(c, waves, *known)).max()
    print(f"\nN = {n}: {gap / a(c, waves).max():.1e} of the peak apart")
    for number in (1, 5):
        some = waves[:number]
        title = f"{n} -> {n}, {number} wavelengths"
        found = timed(
            {
                "dLux": lambda w=some: a(c, w),
                "optics-dlux": lambda w=some: b(c, w, *known),
            }
        )
        report(f"two planes, {title}, forward", found, "dLux")
        found = timed(
            {
                "dLux": lambda w=some: grad_a(c, w),
                "optics-dlux": lambda w=some: grad_b(c, w, *known),
            }
        )
        report(f"two planes, {title}, gradient of 20", found, "dLux")


# --- one plane and the focus, prysm ---


def prysm() -> None:
    """256 pixels to 256, five wavelengths, forward."""
    if PEER is None:
        print("\nno --peer: prysm is left out")
        return
    n, diameter, pixel = 256, 0.25, 0.1 / ARCSEC
    coords = dlu.pixel_coords(n, diameter)
    basis = dlu.zernike_basis(list(range(4, 24)), coords, diameter)
    disc = dlu.circle(coords, diameter / 2).astype(float)
    amplitude = normalised(disc)
    waves = jnp.linspace(500e-9, 600e-9, 5)
    offset = jnp.array([1e-6, -2e-6])
    c = jnp.asarray(np.random.default_rng(1).normal(0, 10, 20))
    shares, pitch = jnp.full(5, 0.2), jnp.array(diameter / n)

    @jax.jit
    def mine(c: Any, waves: Any, basis: Any, amplitude: Any) -> jax.Array:
        opd, scale = jnp.tensordot(c, basis, 1), jnp.array(pixel)
        light = (waves * 1e9, shares, n, pitch, scale, offset[None])
        return focus(amplitude, opd, *light, jnp.ones(1))

    with tempfile.TemporaryDirectory() as name:
        case, answer = Path(name) / "case.npz", Path(name) / "image.npy"
        np.savez(
            case,
            amplitude=amplitude,
            basis=basis,
            # A star there is a slope of the wavefront.
            tilt=1e9 * jnp.tensordot(offset, coords, 1),
            coefficients=c,
            waves=waves,
            pitch=pitch,
            scale=pixel,
        )
        with subprocess.Popen(
            [PEER, "-m", "optics_peer.prysm_focus", str(case), str(answer)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent,
        ) as peer:
            assert peer.stdin is not None and peer.stdout is not None
            print(f"\n{peer.stdout.readline().strip()}")
            theirs = np.load(answer)
            image = mine(c, waves, basis, amplitude)
            gap = np.abs(image - theirs).max() / theirs.max()
            print(f"N = {n}: {gap:.1e} of the peak apart")
            if not gap < 1e-10:
                raise SystemExit("not the same: nothing is timed")
            found: dict[str, list[float]] = {"prysm": [], "optics-dlux": []}
            for _ in range(ROUNDS):
                peer.stdin.write("\n")
                peer.stdin.flush()
                found["prysm"].append(float(peer.stdout.readline()))
                start = time.perf_counter()
                jax.block_until_ready(mine(c, waves, basis, amplitude))
                found["optics-dlux"].append(1e3 * (time.perf_counter() - start))
            peer.stdin.close()
    report(f"two planes, {n} -> {n}, 5 wavelengths, forward", found, "prysm")


# --- what comes with it ---


def fisher() -> None:
    system, store = shera(64)
    keys = ["m1.zernike.coefficients", "m2.zernike.coefficients"]
    v = store.to_vector(keys)
    predict = jax.jit(lambda system, store: system.predict(store)["image"])
    data = predict(system, store)

    def image(system: Any, v: Any) -> jax.Array:
        return system.predict(store.from_vector(v, keys))["image"]

    @jax.jit
    def forward(system: Any, v: Any) -> jax.Array:
        jacobian = jax.jacfwd(image, 1)(system, v).reshape(-1, v.size)
        return jacobian.T @ (jacobian / (data.reshape(-1, 1) + 100))

    @jax.jit
    def hessian(system: Any, v: Any) -> jax.Array:
        def loss(v: Any) -> jax.Array:
            gap = image(system, v) - data
            return 0.5 * jnp.sum(gap**2 / (data + 100))

        return jax.hessian(loss)(v)

    one, other = forward(system, v), hessian(system, v)
    print(f"\nFisher matrices differ by {jnp.abs(one / other - 1).max():.1e}")
    found = timed(
        {
            "jax.hessian": lambda: hessian(system, v),
            "forward mode": lambda: forward(system, v),
        }
    )
    report("Fisher matrix of 16, N = 64", found, "jax.hessian")


CLAIMS = {
    "three_plane": three_plane,
    "two_plane": two_plane,
    "prysm": prysm,
    "fisher": fisher,
}


PEER: str | None = None


def main() -> None:
    global PEER
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("claims", nargs="*", metavar="CLAIM", default=[*CLAIMS])
    parser.add_argument("--peer", help="python of prysm's environment")
    told = parser.parse_args()
    # Not resolved: the link is what makes it an environment of its own.
    PEER = told.peer and str(Path(told.peer).absolute())
    print(
        f"Python {platform.python_version()}, JAX {jax.__version__}, NumPy "
        f"{np.__version__}, load {os.getloadavg()[0]:.1f}"
    )
    for name in told.claims:
        CLAIMS[name]()


if __name__ == "__main__":
    main()
