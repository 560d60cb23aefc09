"""Stations of a two-plane telescope, each a pure function with a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
from forwardax import Node, SystemGraph
from jax import Array

from ._declare.formulas import ARCSEC
from ._detector import detect
from ._focus import focus
from ._sources import spectrum, stars


def _opd(telescope: Any, values: Mapping[str, Any]) -> Array:
    pupil = telescope.pupil
    total = jnp.zeros_like(pupil.amplitude)
    for group, modes in (
        ("zernike", pupil.zernikes),
        ("diversity", pupil.diversity),
    ):
        if modes.shape[0]:
            coefficients = values[f"m1.{group}.coefficients"]
            total = total + jnp.tensordot(coefficients, modes, 1)
    if telescope.pupil_opd is not None:
        total = total + telescope.pupil_opd * 1e9
    return total


def _stars(telescope: Any, values: Mapping[str, Any]) -> tuple[Array, Array]:
    return stars(telescope.built["source.kind"], values)


def _wavelengths(telescope: Any, values: Mapping[str, Any]) -> Array:
    return spectrum(telescope.built["source.spectrum.n_wavelengths"], values)


def _focus(
    telescope: Any,
    values: Mapping[str, Any],
    stars: tuple[Array, Array],
    wavelengths: Array,
    opd: Array,
) -> Array:
    pupil, fine = telescope.pupil, telescope.built["system.sampling.oversample"]
    positions, photons = stars
    return focus(
        pupil.amplitude,
        opd,
        wavelengths,
        jnp.full_like(wavelengths, 1 / wavelengths.size),
        telescope.built["detector.n_pix"] * fine,
        pupil.pitch,
        values["imaging.psf_pixel_scale"] / (ARCSEC * fine),
        positions,
        photons,
    )


def _image(telescope: Any, values: Mapping[str, Any], focus: Array) -> Array:
    fine = telescope.built["system.sampling.oversample"]
    jitter = values["detector.jitter"] / values["imaging.psf_pixel_scale"]
    blurred = detect(focus, fine, (jitter * fine) ** 2)
    return blurred + values["detector.background"]


_GIVEN = ("telescope", "values")
GRAPH = SystemGraph(
    [
        Node("source", _GIVEN, ("stars",), _stars),
        Node("spectrum", _GIVEN, ("wavelengths",), _wavelengths),
        Node("wavefront", _GIVEN, ("opd",), _opd),
        Node(
            "optics",
            (*_GIVEN, "stars", "wavelengths", "opd"),
            ("focus",),
            _focus,
        ),
        Node("detector", (*_GIVEN, "focus"), ("image",), _image),
    ],
    given=_GIVEN,
)
