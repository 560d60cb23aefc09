"""Telescopes of several mirrors: what is built once, and what is bound.

`build_mirrors` makes an engine of a structure. `bind` is pure: it puts the
values of the parameters into an engine and gives the planes that light goes
through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from forwardax import Builder, Structure
from jax import Array

from ._declare.mirror_parameters import geometry
from ._declare.mirror_structure import window
from ._mask import asymmetric_mask
from ._parity import matmul
from ._propagation import Plane
from ._pupil import Pupil, build_pupil
from ._wavefronts import in_circle, power_law_map
from ._zernike import coefficients, surface

KINDS = ("calibrated", "uncalibrated")


class Optic(eqx.Module):
    """An optic behind the pupil.

    Attributes
    ----------
    shapes
        Zernike polynomials as coefficients of `y^b x^a`, `(k, d, d)`.
    maps
        Polishing errors of unit RMS over the optic, `(0 or 2, n, n)`.
    diameter
        In m.
    """

    shapes: Array
    maps: Array
    diameter: Array


class Mirrors(eqx.Module):
    """What is built of a structure.

    Attributes
    ----------
    pupil
        Its transmission, and its Zernike polynomials.
    maps
        Polishing errors of the first mirror, of unit RMS, `(2, n, n)`.
    mask
        Share of half a wave of the diffractive pupil, `(n, n)`.
    optics
        Those behind the pupil, by name.
    """

    pupil: Pupil
    maps: Array
    mask: Array
    optics: dict[str, Optic]


class Path(NamedTuple):
    """What light goes through, with all numbers put in.

    Attributes
    ----------
    amplitude, opd
        Of the pupil, the latter in nm, `(n, n)`.
    planes
        Behind the pupil.
    pitch
        Of a sample in m.
    """

    amplitude: Array
    opd: Array
    planes: tuple[Plane, ...]
    pitch: Array


def build_mirrors(structure: Structure) -> Mirrors:
    """Engine of a structure."""
    n = structure["system.sampling.pupil_npix"]
    pupil = build_pupil(structure)
    open_ = np.asarray(pupil.amplitude) > 0
    mask = np.zeros((n, n))
    if structure["dp.mask.pattern"] == "asymmetric":
        mask = asymmetric_mask(n)
    names = [o for o in ("m2", "relay") if f"{o}.zernike.noll" in structure]
    return Mirrors(
        pupil=pupil,
        maps=_array(_maps(structure, "m1", 0, open_)),
        mask=_array(mask),
        optics={
            name: Optic(
                shapes=_array(coefficients(structure[f"{name}.zernike.noll"])),
                maps=_array(_maps(structure, name, 2, in_circle(n))),
                diameter=_array(structure[f"{name}.aperture.diameter"]),
            )
            for name in names
        },
    )


MIRRORS = Builder(build_mirrors)


def _array(value: Any) -> Array:
    return jnp.asarray(np.asarray(value), float)


def _maps(
    structure: Structure, optic: str, stream: int, inside: np.ndarray
) -> np.ndarray:
    n = structure["system.sampling.pupil_npix"]
    keys = [f"{optic}.wfe_{kind}.power_law" for kind in KINDS]
    seed = structure["wfe.noise.seed"]
    return np.array(
        [
            power_law_map(n, structure[key], (seed, stream + k), inside)
            for k, key in enumerate(keys)
            if key in structure
        ]
    ).reshape(-1, n, n)


def bind(
    engine: Mirrors,
    known: Mapping[str, Array | None],
    structure: Structure,
    values: Mapping[str, Any],
) -> Path:
    """The path of light through an engine; pure.

    Parameters
    ----------
    engine
        Built of the structure.
    known
        Arrays by name, or None.
    structure
        What was fixed at build.
    values
        Primitives and derived values by key.
    """
    planes: list[Plane] = []
    before: Any = 0.0
    for name, optic in engine.optics.items():
        far = values[geometry(name, "equivalent_distance")]
        seen = _seen(name, optic, engine.pupil.pitch, known, structure, values)
        planes.append(Plane(*seen, far - before))
        before = far
    return Path(
        engine.pupil.amplitude,
        pupil_opd(engine, known, values),
        tuple(planes),
        engine.pupil.pitch,
    )


def pupil_opd(
    engine: Mirrors,
    known: Mapping[str, Array | None],
    values: Mapping[str, Any],
) -> Array:
    """Optical path difference over the pupil in nm, `(n, n)`."""
    pupil = engine.pupil
    total = values["dp.mask.design_wavelength"] / 2 * engine.mask
    for group, modes in (
        ("zernike", pupil.zernikes),
        ("diversity", pupil.diversity),
        ("modes", known.get("m1_modes")),
    ):
        if modes is not None and modes.shape[0]:
            weights = values[f"m1.{group}.coefficients"]
            total = total + jnp.tensordot(weights, modes, 1)
    for kind, one in zip(KINDS, engine.maps, strict=True):
        total = total + values[f"m1.wfe_{kind}.amplitude"] * one
    if known["m1_opd"] is not None:
        total = total + known["m1_opd"] * 1e9
    return total


def _seen(
    name: str,
    optic: Optic,
    pitch: Array,
    known: Mapping[str, Array | None],
    structure: Structure,
    values: Mapping[str, Any],
) -> tuple[Array, Array]:
    """Transmission and path difference of an optic, in the pupil's space."""
    # In NumPy: constants of the program, as `centred` would not be.
    samples = np.arange(window(structure)) - (window(structure) - 1) / 2
    x = samples.astype(pitch.dtype) * pitch
    # Negative behind a focus: there the optic is seen upside down.
    radius = values[geometry(name, "magnification")] * optic.diameter / 2
    distance = np.hypot(samples[:, None], samples).astype(pitch.dtype)
    edge = jnp.abs(radius) / pitch - distance + 0.5
    transmission = jnp.clip(edge, 0, 1)
    opd = jnp.zeros_like(transmission)
    if optic.shapes.shape[0]:
        weights = values[f"{name}.zernike.coefficients"]
        opd = opd + surface(optic.shapes, weights, x / radius)
    maps = [
        values[f"{name}.wfe_{kind}.amplitude"] * one
        for kind, one in zip(KINDS, optic.maps, strict=False)
    ]
    if known.get(f"{name}_opd") is not None:
        maps.append(known[f"{name}_opd"] * 1e9)  # pyright: ignore
    if maps:
        rows = _between(x / radius, maps[0].shape[-1])
        whole = sum(maps[1:], maps[0])
        opd = opd + matmul(matmul(rows, whole), rows.T)
    return transmission, opd


def _between(x: Array, n: int) -> Array:
    """Linear interpolation of `n` samples across (-1, 1), `(m, n)`."""
    place = jnp.clip((x + 1) * n / 2 - 0.5, 0, n - 1)
    gap = jnp.abs(place[:, None] - jnp.arange(n, dtype=x.dtype))
    return jnp.maximum(1 - gap, 0)
