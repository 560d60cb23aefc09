"""What stores, derived values and binding cost, over the bare arithmetic.

    python benchmarks/optics_layers.py

The image of the testbed at N = 64 by `system.predict(store)`, against two
functions that are written down straight and give the same image: `bare` has
the same numbers as the store; `bare, fixed mirrors` has ten of them, and all
that the geometry decides, such as what the second mirror transmits, is in its
constants. All three end in the same propagation. On one core, in double
precision, in turns; ratios of medians and of minima. Then a hit of the
Builder, and a first call.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from optics_dlux._declare.formulas import ARCSEC
from optics_dlux._declare.mirror_structure import repeats_after, window
from optics_dlux._detector import detect
from optics_dlux._mirrors import KINDS, MIRRORS
from optics_dlux._propagation import Light, Plane, propagate
from optics_speed import ROUNDS, TOLD, report, shera, timed

N = 64
Numbers = Mapping[str, Any]


class Bare:
    """The image in plain JAX, with the arrays of a built system."""

    def __init__(self, system: Any) -> None:
        engine = system.engine
        self.pupil, self.maps, self.mask = (
            engine.pupil,
            engine.maps,
            engine.mask,
        )
        self.m2 = engine.optics["m2"]
        self.period = repeats_after(system.structure)
        n = window(system.structure)
        self.samples = np.arange(n) - (n - 1) / 2
        self.apart = np.hypot(self.samples[:, None], self.samples)
        count = system.structure["source.spectrum.n_wavelengths"]
        self.steps = (np.arange(count) - (count - 1) / 2) / (count - 1)

    def scale(self, v: Numbers) -> Any:
        """Of a pixel in rad."""
        f1, f2 = v["m1.focal_length"], v["m2.focal_length"]
        gap = v["system.plane_separation"]
        return v["detector.pixel_pitch"] * (1 / f1 + 1 / f2 - gap / (f1 * f2))

    def opd(self, v: Numbers) -> Any:
        total = v["dp.mask.design_wavelength"] / 2 * self.mask
        zernikes = self.pupil.zernikes
        total += jnp.tensordot(v["m1.zernike.coefficients"], zernikes, 1)
        for kind, one in zip(KINDS, self.maps, strict=True):
            total += v[f"m1.wfe_{kind}.amplitude"] * one
        return total

    def second(self, v: Numbers) -> Plane:
        """The second mirror, seen in the space of the first."""
        pitch, f1 = self.pupil.pitch, v["m1.focal_length"]
        gap = v["system.plane_separation"]
        magnification = f1 / (f1 - gap)
        radius = magnification * self.m2.diameter / 2
        edge = jnp.abs(radius) / pitch - self.apart + 0.5
        x = self.samples * pitch / radius
        degree = self.m2.shapes.shape[-1]
        powers = jnp.stack([x**k for k in range(degree)], 1)
        weights = v["m2.zernike.coefficients"]
        terms = jnp.tensordot(weights, self.m2.shapes, 1)
        n = self.m2.maps.shape[-1]
        at = jnp.clip((x + 1) * n / 2 - 0.5, 0, n - 1)
        rows = jnp.maximum(1 - jnp.abs(at[:, None] - np.arange(n)), 0)
        rough = (
            v["m2.wfe_calibrated.amplitude"] * self.m2.maps[0]
            + v["m2.wfe_uncalibrated.amplitude"] * self.m2.maps[1]
        )
        opd = powers @ terms @ powers.T + rows @ rough @ rows.T
        return Plane(jnp.clip(edge, 0, 1), opd, gap * magnification)

    def light(self, v: Numbers) -> Light:
        waves = (
            v["source.spectrum.wavelength"]
            + v["source.spectrum.bandwidth"] * self.steps
        )
        relative = jnp.log(waves / waves.mean())[:, None]
        shares = jnp.exp(relative * v["source.spectrum.slope"])
        return Light(waves, *self.stars(v, shares / shares.sum(0)))

    def stars(self, v: Numbers, shares: Any) -> tuple[Any, Any]:
        turn = jnp.deg2rad(v["binary.astrometry.position_angle"])
        half = jnp.stack([jnp.sin(turn), jnp.cos(turn)])
        half *= v["binary.astrometry.separation"] / 2
        middle = jnp.stack([v[f"binary.astrometry.{a}_position"] for a in "xy"])
        ratio = v["binary.photometry.contrast"]
        parts = jnp.stack([ratio, 1 + 0 * ratio]) / (1 + ratio)
        photons = 10.0 ** v["binary.photometry.log_flux"] * parts
        return jnp.stack([middle + half, middle - half]) / ARCSEC, (
            shares * photons
        )

    def image(
        self, v: Numbers, opd: Any, second: Plane, light: Light, scale: Any
    ) -> Any:
        pitch = self.pupil.pitch
        focus = propagate(
            self.pupil.amplitude,
            opd,
            [second],
            light,
            N,
            pitch,
            scale,
            self.period,
        )
        blur = (v["detector.jitter"] / ARCSEC / scale) ** 2
        if "detector.charge_diffusion" in v:
            blur += v["detector.charge_diffusion"] ** 2
        return detect(focus, 1, blur) + v["detector.background"]


def stack() -> None:
    system, store = shera(N)
    bare = Bare(system)
    every = dict(store)

    @jax.jit
    def whole(system: Any, store: Any) -> Any:
        return system.predict(store)["image"]

    @jax.jit
    def plain(v: Numbers) -> Any:
        return bare.image(
            v, bare.opd(v), bare.second(v), bare.light(v), bare.scale(v)
        )

    flat = jax.tree.map(np.asarray, every) | {
        "m1.zernike.coefficients": np.zeros(8),
        "m2.zernike.coefficients": np.zeros(8),
    }
    opd, second = bare.opd(flat), bare.second(flat)
    known, scale = bare.light(flat), bare.scale(flat)
    shares = known.photons / known.photons.sum(0)
    m2_modes = jnp.stack(
        [
            bare.second(flat | {"m2.zernike.coefficients": one}).opd
            for one in np.eye(8)
        ]
    )

    @jax.jit
    def fixed(v: Numbers) -> Any:
        c1, c2 = (v[f"{m}.zernike.coefficients"] for m in ("m1", "m2"))
        m1_modes = bare.pupil.zernikes
        return bare.image(
            v,
            opd + jnp.tensordot(c1, m1_modes, 1),
            second._replace(opd=jnp.tensordot(c2, m2_modes, 1)),
            Light(known.wavelengths, *bare.stars(v, shares)),
            scale,
        )

    few = {key: every[key] for key in TOLD}
    expected = whole(system, store)
    for found in (plain(every), fixed(few)):
        np.testing.assert_allclose(found, expected, rtol=1e-9)
    runs = {
        "store, resolve, bind, model": lambda: whole(system, store),
        "bare": lambda: plain(every),
        "bare, fixed mirrors": lambda: fixed(few),
    }
    times = timed(runs, 8 * ROUNDS)
    report(f"whole stack, N = {N}", times, "store, resolve, bind, model")


def builder() -> None:
    system, _ = shera(N)
    structure = system.structure
    start = time.perf_counter()
    for _ in range(1000):
        MIRRORS.get_or_build(structure)
    each = (time.perf_counter() - start) * 1e3
    print(f"\nBuilder hit: {each:.1f} us")


def first() -> None:
    jax.clear_caches()
    system, store = shera(N)
    start = time.perf_counter()
    predict = jax.jit(lambda system, store: system.predict(store))
    jax.block_until_ready(predict(system, store))
    print(f"\nfirst call, N = {N}: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    stack()
    builder()
    first()
