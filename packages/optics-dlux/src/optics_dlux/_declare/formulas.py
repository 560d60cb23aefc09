"""Derived values and conditions: plain arithmetic on numbers and arrays."""

from __future__ import annotations

from typing import Any

ARCSEC = 206264.80624709636
"""Arc seconds in a radian."""


def pixel_scale(pitch: Any, focal_length: Any) -> Any:
    """Angle of a pixel in arcsec, of a pitch and a focal length in m."""
    return ARCSEC * pitch / focal_length


def pitch_of(scale: Any, focal_length: Any) -> Any:
    """Pixel pitch in m that gives a pixel scale in arcsec."""
    return scale * focal_length / ARCSEC


def focal_length_of(scale: Any, pitch: Any) -> Any:
    """Focal length in m that gives a pixel scale in arcsec."""
    return ARCSEC * pitch / scale


def scale_limit(diameter: float, pupil_npix: int, n_pix: int) -> float:
    """Largest pixel scale per wavelength, in arcsec per nm.

    A pupil sampled at `diameter / pupil_npix` makes a focal field that
    repeats after `wavelength * pupil_npix / diameter`; the detector must fit
    into one period. Diameter in m.
    """
    return ARCSEC * 1e-9 * pupil_npix / (diameter * n_pix)


def band_is_positive(wavelength: Any, bandwidth: Any) -> Any:
    """Whether the shortest wavelength of a band is above zero."""
    return bandwidth < 2 * wavelength


def field_is_sampled(
    scale: Any, limit: Any, wavelength: Any, bandwidth: Any
) -> Any:
    """Whether the field of view is at most one period of the pupil's grid.

    Scale in arcsec, limit in arcsec per nm, the others in nm.
    """
    # A field of exactly one period is fine, whatever the rounding.
    return scale <= limit * (wavelength - bandwidth / 2) * (1 + 1e-5)


def field_is_sampled_at(scale: Any, limit: Any, wavelengths: Any) -> Any:
    """The same for wavelengths in nm, `(w,)`."""
    return scale <= limit * wavelengths.min() * (1 + 1e-5)
