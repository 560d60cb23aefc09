"""From the pupil to the focus: a matrix Fourier transform in real numbers.

The field in the direction `t` (radians) is

    E(t) = sum over x of U(x) exp(-2 pi i x.t / lambda) dx dt / lambda

so that a full field of view holds all the power of `U`, and light from `+t`
lands at `+t`. The kernel is a product of one factor per axis. XLA multiplies
real matrices on a CPU several times faster than complex ones: cosines and
sines are stacked, and so are real and imaginary parts.

References
----------
Soummer, Pueyo, Sivaramakrishnan & Vanderbei (2007), Opt. Express 15, 15935.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

_matmul = partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)


def centred(n: int) -> Array:
    """Pixel numbers from the middle of a row, `(n,)`."""
    return jnp.arange(n, dtype=float) - (n - 1) / 2


def mono_psf(
    field: tuple[Array, Array],
    n_out: int,
    step: Array,
    offset: Array,
) -> Array:
    """Intensity at the focus of one wavelength, `(n_out, n_out)`.

    Parameters
    ----------
    field
        Real and imaginary part of the pupil's field, each `(n, n)`.
    n_out
        Pixels along a side of the image.
    step
        Product of the pixel widths of pupil (m) and image (rad) over the
        wavelength (m): turns of phase from pixel to pixel.
    offset
        Position `(x, y)` of the source in pixels of the image, `(2,)`.
    """
    real, imag = field
    n_in = real.shape[-1]
    pupil, image = centred(n_in), centred(n_out)
    (cos_x, sin_x), (cos_y, sin_y) = (
        _kernel(step, image - offset[axis], pupil) for axis in (0, 1)
    )
    rows = _matmul(
        jnp.concatenate([cos_y, sin_y]), jnp.concatenate([real, imag], 1)
    )
    cr, ci = rows[:n_out, :n_in], rows[:n_out, n_in:]
    sr, si = rows[n_out:, :n_in], rows[n_out:, n_in:]
    both = _matmul(
        jnp.concatenate([cr + si, ci - sr]),
        jnp.concatenate([cos_x, sin_x]).T,
    )
    rc, rs = both[:n_out, :n_out], both[:n_out, n_out:]
    ic, is_ = both[n_out:, :n_out], both[n_out:, n_out:]
    return ((rc + is_) ** 2 + (ic - rs) ** 2) * step**2


def _kernel(step: Array, image: Array, pupil: Array) -> tuple[Array, Array]:
    phase = 2 * jnp.pi * step * image[:, None] * pupil
    return jnp.cos(phase), jnp.sin(phase)


def focus(
    amplitude: Array,
    opd: Array,
    wavelengths: Array,
    weights: Array,
    n_out: int,
    pupil_pitch: Array,
    scale: Array,
    positions: Array,
    photons: Array,
) -> Array:
    """Photons of several stars at the focus, `(n_out, n_out)`.

    Parameters
    ----------
    amplitude
        Of the pupil's field, `(n, n)`; its squares sum to 1.
    opd
        Optical path difference in nm, `(n, n)`.
    wavelengths, weights
        In nm, and the share of the photons at each, both `(w,)`.
    n_out
        Pixels along a side of the image.
    pupil_pitch, scale
        Width of a pixel of the pupil in m, and of the image in rad.
    positions
        Of the stars, `(x, y)` in rad, `(s, 2)`.
    photons
        Of each star, `(s,)`.

    Notes
    -----
    Wavelengths are scanned, which keeps one wavelength's arrays in the cache;
    stars share the pupil's field.
    """

    def add(total: Array, one: tuple[Array, Array]) -> tuple[Array, None]:
        wavelength, weight = one
        phase = 2 * jnp.pi * opd / wavelength
        field = (amplitude * jnp.cos(phase), amplitude * jnp.sin(phase))
        step = pupil_pitch * scale / (wavelength * 1e-9)
        for star in range(positions.shape[0]):
            psf = mono_psf(field, n_out, step, positions[star] / scale)
            total = total + weight * photons[star] * psf
        return total, None

    empty = jnp.zeros((n_out, n_out), jnp.result_type(amplitude, scale))
    total, _ = jax.lax.scan(add, empty, (wavelengths, weights))
    return total
