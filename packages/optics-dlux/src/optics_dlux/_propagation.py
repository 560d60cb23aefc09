"""From a pupil through any number of planes to the focus.

All planes are seen in the space of the first mirror, where the beam is
collimated and as wide as the pupil: plane `k` lies at `z_k = B_k / A_k` and
what is there looks `1 / A_k` times as large, where `(A_k, B_k)` is the first
row of the paraxial matrix from the pupil to it. Between planes the angular
spectrum is propagated, from the last one back to the pupil, where the field
is cut to the pupil's grid; a Fourier transform makes the focus,

    E(t) = sum over x of U(x) exp(-2 pi i x.t / lambda) dx dt / lambda,

so that a full field of view holds all the power, and light from `+t` lands at
`+t`. Each of these steps is a product of one factor per axis, hence two real
products of matrices; the steps after the last plane are one.

References
----------
Sziklas & Siegman (1975), Appl. Opt. 14, 1874, section III.
Soummer, Pueyo, Sivaramakrishnan & Vanderbei (2007), Opt. Express 15, 15935.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ._parity import (
    Map,
    after,
    centred,
    circulant,
    conjugate,
    on_both_axes,
    transform,
)
from ._turns import cos_sin


class Plane(NamedTuple):
    """What is in a plane behind the pupil, in the pupil's space.

    Attributes
    ----------
    transmission
        Of the amplitude, `(m, m)`; `m` may differ from the pupil's `n` by an
        even number.
    opd
        Optical path difference in nm, `(m, m)`.
    distance
        From the plane before it in m.
    """

    transmission: Array
    opd: Array
    distance: Array


class Light(NamedTuple):
    """What shines.

    Attributes
    ----------
    wavelengths
        In nm, `(w,)`.
    positions
        Of the stars, `(x, y)` in rad, `(s, 2)`.
    photons
        Of each star at each wavelength, `(w, s)`.
    """

    wavelengths: Array
    positions: Array
    photons: Array


def propagate(
    amplitude: Array,
    opd: Array,
    planes: Sequence[Plane],
    light: Light,
    n_out: int,
    pitch: Array,
    scale: Array,
    period: int = 0,
) -> Array:
    """Photons of several stars at the focus, `(n_out, n_out)`.

    Parameters
    ----------
    amplitude
        Of the pupil's field, `(n, n)`; its squares sum to 1. With planes, a
        field's power is normalised behind the last of them.
    opd
        Optical path difference in nm, `(n, n)`.
    planes
        What is behind the pupil, in order; all grids of one size.
    light
        Stars and wavelengths.
    n_out
        Samples along a side of the image.
    pitch, scale
        Width of a sample of the pupil in m, and of the image in rad.
    period
        Samples after which the propagated field repeats; 0 takes so many
        that nothing comes back within the grids.

    Notes
    -----
    Wavelengths and stars are scanned, which keeps the arrays of one of each in
    the cache.
    """
    n = amplitude.shape[-1]

    def add(total: Array, one: tuple[Array, Array]) -> tuple[Array, None]:
        wavelength, photons = one
        field = _phasor(amplitude, opd, wavelength)
        waves = wavelength * 1e-9
        steps = _steps(planes, waves, n, pitch, period)
        masks = [_phasor(p.transmission, p.opd, wavelength) for p in planes]
        focus = transform(pitch * scale / waves, n_out, n)
        for back in _back(planes, waves, n, pitch, period):
            focus = after(focus, back)

        def star(total: Array, one: tuple[Array, Array]) -> tuple[Array, None]:
            position, photons = one
            u = _tilted(field, pitch * position / waves)
            for step, mask in zip(steps, masks, strict=True):
                u = _times(on_both_axes(step, u), mask)
            if planes:
                photons = photons / jnp.sum(u**2)
            image = jnp.sum(on_both_axes(focus, u) ** 2, 1)
            factor = photons * (pitch * scale / waves) ** 2
            return total + factor * image, None

        return jax.lax.scan(star, total, (light.positions, photons))[0], None

    empty = jnp.zeros((n_out, n_out), jnp.result_type(amplitude, scale))
    total, _ = jax.lax.scan(add, empty, (light.wavelengths, light.photons))
    return total


def _phasor(amplitude: Array, opd: Array, wavelength: Array) -> Array:
    cosine, sine = cos_sin(opd / wavelength)
    return jnp.stack([amplitude * cosine, amplitude * sine], 1)


def _tilted(field: Array, turns: Array) -> Array:
    """A field of a star, by its turns from sample to sample in `(x, y)`."""
    n = field.shape[0]
    cosine, sine = cos_sin(turns[:, None] * centred(n).astype(turns.dtype))
    x = jnp.stack([cosine[0], sine[0]])[None]
    y = jnp.stack([cosine[1], sine[1]], 1)[:, :, None]
    return _times(_times(field, x), y)


def _times(a: Array, b: Array) -> Array:
    """Product of two complex fields."""
    (a_re, a_im), (b_re, b_im) = (a[:, 0], a[:, 1]), (b[:, 0], b[:, 1])
    return jnp.stack([a_re * b_re - a_im * b_im, a_re * b_im + a_im * b_re], 1)


def _steps(
    planes: Sequence[Plane], waves: Array, n: int, pitch: Array, period: int
) -> list[Map]:
    """Propagation to each plane."""
    found: list[Map] = []
    for plane in planes:
        m = plane.transmission.shape[-1]
        found.append(free(plane.distance, waves, m, n, pitch, period))
        n = m
    return found


def _back(
    planes: Sequence[Plane], waves: Array, n: int, pitch: Array, period: int
) -> list[Map]:
    """Propagation from the last plane to the pupil's grid, if any."""
    if not planes:
        return []
    whole = sum((plane.distance for plane in planes[1:]), planes[0].distance)
    m = planes[-1].transmission.shape[-1]
    return [conjugate(free(whole, waves, n, m, pitch, period))]


def free(
    distance: Array,
    waves: Array,
    n_out: int,
    n_in: int,
    pitch: Array,
    period: int,
) -> Map:
    """Propagation over a distance, from a grid to another.

    The angular spectrum, with a factor for each axis: the phase along it
    without that of a plane wave on the axis.
    """
    period = period or repeats_after(n_out, n_in)
    frequency = np.arange(period // 2 + 1) / period
    sine = waves * jnp.asarray(frequency, pitch.dtype) / pitch
    drop = sine**2 / (1 + jnp.sqrt(1 - sine**2))
    column = tuple(
        jnp.fft.irfft(part, period)
        for part in cos_sin(-distance / waves * drop)
    )
    return circulant(column, n_out, n_in, period)  # pyright: ignore


def repeats_after(n_out: int, n_in: int) -> int:
    """Least even period in which no light wraps around."""
    return (n_out + n_in + 1) // 2 * 2
