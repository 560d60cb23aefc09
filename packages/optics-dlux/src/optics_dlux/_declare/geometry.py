"""Telescopes of several mirrors: paraxial geometry, and what must hold.

Focal lengths of concave mirrors are positive, of convex ones negative; all
lengths in m. `m` is the magnification of the beam: in the space of the first
mirror, where the beam is as wide as the pupil, an optic looks `m` times as
large.
"""

from __future__ import annotations

from typing import Any

from .formulas import ARCSEC


def _nonzero(x: Any) -> Any:
    """A divisor; where it is zero a condition fails, and this is never seen."""
    return x + (x == 0)


def eff_focal(f1: Any, f2: Any, separation: Any) -> Any:
    """Focal length of two mirrors together."""
    return f1 * f2 / _nonzero(f1 + f2 - separation)


def m2_magnification(f1: Any, separation: Any) -> Any:
    """How much larger the second mirror looks from before the first."""
    return 1 / _nonzero(1 - separation / f1)


def m2_distance(separation: Any, magnification: Any) -> Any:
    """Distance of the second mirror in the space of the first."""
    return separation * magnification


def beam_diameter(diameter: Any, magnification: Any) -> Any:
    """Diameter of the beam on an optic."""
    return diameter / magnification


def footprint(diameter: Any, magnification: Any, pupil: Any) -> Any:
    """Width of an optic over that of the beam on it."""
    return diameter * magnification / pupil


def pad_factor(width: Any) -> Any:
    """Whole number of pupils across which an optic fits."""
    # As an expression that NumPy, JAX and plain numbers share.
    return -(-width // 1)


def back_focal_distance(focal: Any, f1: Any, separation: Any) -> Any:
    """From the second mirror to the focus."""
    return focal * (1 - separation / f1)


def pixel_scale_of(pitch: Any, focal: Any) -> Any:
    """Angle of a pixel in arcsec, of a pitch and a focal length in m."""
    return ARCSEC * pitch / focal


def pitch_of(scale: Any, focal: Any) -> Any:
    """Pixel pitch that gives a pixel scale in arcsec."""
    return scale * focal / ARCSEC


def focal_of(scale: Any, pitch: Any) -> Any:
    """Focal length that gives a pixel scale in arcsec."""
    return ARCSEC * pitch / scale


def m2_focal_of(focal: Any, f1: Any, separation: Any) -> Any:
    """Focal length of the second mirror that gives that of both."""
    return focal * (f1 - separation) / _nonzero(f1 - focal)


def separation_of(focal: Any, f1: Any, f2: Any) -> Any:
    """Separation of the mirrors that gives the focal length of both."""
    return f1 + f2 - f1 * f2 / focal


def relay_magnification(focal: Any, distance: Any) -> Any:
    """How much larger a relay looks; negative behind the first focus.

    `distance` is from the first focus, `focal` that of the two mirrors.
    """
    return -focal / _nonzero(distance)


def relay_distance(
    separation: Any, f2: Any, back: Any, distance: Any, magnification: Any
) -> Any:
    """Distance of a relay in the space of the first mirror."""
    length = back + distance
    return (separation + length * (1 - separation / f2)) * magnification


def relayed_focal(focal: Any, relay: Any, distance: Any) -> Any:
    """Focal length of a telescope with a relay.

    The relay's own focal length and the distance of the first focus from it
    make an image `relay / (distance - relay)` times as large.
    """
    return focal * relay / _nonzero(distance - relay)


def relay_focal_of(whole: Any, focal: Any, distance: Any) -> Any:
    """Focal length of a relay that gives that of the whole telescope."""
    return whole * distance / (focal + whole)


def makes_an_image(f1: Any, f2: Any, separation: Any) -> Any:
    """Whether two mirrors focus light behind the second one."""
    return (f1 + f2 < separation) & (separation < f1)


def relay_makes_an_image(relay: Any, distance: Any) -> Any:
    """Whether a relay makes a real image of the first focus."""
    return relay < distance


def off_the_focus(distance: Any, focal: Any) -> Any:
    """Whether an optic is away from the focus, where the beam has a size."""
    return distance**2 > (1e-6 * focal) ** 2


def step_is_sampled(
    first: Any, limit: Any, wavelength: Any, bandwidth: Any
) -> Any:
    """Whether the grid resolves the propagation over a distance.

    The phase of the angular spectrum must turn by less than half a circle
    from one frequency to the next: wavelength times distance (m) must be
    below `limit` (m nm), the width of the grid times that of a sample.
    """
    return abs(first) * (wavelength + bandwidth / 2) <= limit


def last_step_is_sampled(
    last: Any, first: Any, limit: Any, wavelength: Any, bandwidth: Any
) -> Any:
    """The same for the steps from the second mirror to a relay, and back."""
    longest = wavelength + bandwidth / 2
    return (abs(last - first) * longest <= limit) & (
        abs(last) * longest <= limit
    )


def step_is_sampled_at(first: Any, limit: Any, wavelengths: Any) -> Any:
    """As `step_is_sampled`, for wavelengths in nm, `(w,)`."""
    return abs(first) * wavelengths.max() <= limit


def last_step_is_sampled_at(
    last: Any, first: Any, limit: Any, wavelengths: Any
) -> Any:
    """As `last_step_is_sampled`, for wavelengths in nm, `(w,)`."""
    return last_step_is_sampled(last, first, limit, wavelengths.max(), 0.0)
