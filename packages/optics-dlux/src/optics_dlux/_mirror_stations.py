"""Stations of a telescope of several mirrors: source, optics, detector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
from forwardax import Node, SystemGraph
from jax import Array

from ._declare.formulas import ARCSEC
from ._declare.mirror_structure import repeats_after
from ._detector import detect
from ._light import light as shining
from ._mirrors import Path, bind
from ._propagation import Light, propagate

SCALE = "imaging.psf_pixel_scale"


def _light(telescope: Any, values: Mapping[str, Any]) -> Light:
    return shining(telescope.built, values)


def _path(telescope: Any, values: Mapping[str, Any]) -> Path:
    return bind(telescope.engine, telescope.known, telescope.built, values)


def _focus(
    telescope: Any, values: Mapping[str, Any], light: Light, path: Path
) -> Array:
    built = telescope.built
    fine = built["system.sampling.oversample"]
    return propagate(
        path.amplitude,
        path.opd,
        path.planes,
        light,
        built["detector.n_pix"] * fine,
        path.pitch,
        values[SCALE] / (ARCSEC * fine),
        repeats_after(built),
    )


def _image(telescope: Any, values: Mapping[str, Any], focus: Array) -> Array:
    built = telescope.built
    fine = built["system.sampling.oversample"]
    # In quadrature, as variances: these have slopes where widths are zero.
    variance = (values["detector.jitter"] / values[SCALE]) ** 2
    variance = variance + values["detector.charge_diffusion"] ** 2
    image = detect(focus, fine, variance * fine**2)
    image = image + values["detector.background"]
    response = telescope.known["pixel_response"]
    if response is not None:
        image = image * response
    if built["detector.saturation"]:
        image = jnp.minimum(image, values["detector.full_well"])
    return image


_GIVEN = ("telescope", "values")
GRAPH = SystemGraph(
    [
        Node("source", _GIVEN, ("light",), _light),
        Node("binder", _GIVEN, ("path",), _path),
        Node("optics", (*_GIVEN, "light", "path"), ("focus",), _focus),
        Node("detector", (*_GIVEN, "focus"), ("image",), _image),
    ],
    given=_GIVEN,
)
