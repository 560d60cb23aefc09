"""Names and units of older simulators, and what they are called here."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np


class Legacy(NamedTuple):
    """What an older name stands for: a key, and the factor to its unit."""

    key: str
    factor: float = 1.0


_PLAIN = {
    "p1_diameter": "m1.aperture.diameter",
    "p2_diameter": "m2.aperture.diameter",
    "m1_focal_length": "m1.focal_length",
    "m2_focal_length": "m2.focal_length",
    "plane_separation": "system.plane_separation",
    "pixel_size": "detector.pixel_pitch",
    "psf_pixel_scale": "imaging.psf_pixel_scale",
    "bandwidth": "source.spectrum.bandwidth",
    "wavelength": "source.spectrum.wavelength",
    "n_wavelengths": "source.spectrum.n_wavelengths",
    "log_flux": "binary.photometry.log_flux",
    "contrast": "binary.photometry.contrast",
    "x_position": "binary.astrometry.x_position",
    "y_position": "binary.astrometry.y_position",
    "separation": "binary.astrometry.separation",
    "position_angle": "binary.astrometry.position_angle",
    "pupil_npix": "system.sampling.pupil_npix",
    "psf_npix": "detector.n_pix",
    "rng_seed": "wfe.noise.seed",
    # The telescope of two planes had one set of each.
    "zernike_noll": "m1.zernike.noll",
    "zernike_amp": "m1.zernike.coefficients",
    **{
        f"{m}_zernike_{old}": f"{m}.zernike.{new}"
        for m in ("m1", "m2")
        for old, new in (("noll", "noll"), ("amp", "coefficients"))
    },
    **{
        f"{m}_{kind}_power_law": f"{m}.wfe_{kind}.power_law"
        for m in ("m1", "m2")
        for kind in ("calibrated", "uncalibrated")
    },
}
LEGACY: Mapping[str, Legacy] = {
    **{name: Legacy(key) for name, key in _PLAIN.items()},
    # Zernike coefficients were nm, but these amplitudes m.
    **{
        f"{m}_{kind}_amplitude": Legacy(f"{m}.wfe_{kind}.amplitude", 1e9)
        for m in ("m1", "m2")
        for kind in ("calibrated", "uncalibrated")
    },
}
"""Older names: Zernike coefficients in nm, amplitudes of wavefront errors in
m, angles in arcsec and deg, contrast as the flux of A over that of B."""


class LegacyKeyMap(Mapping[str, str]):
    """Canonical keys by older name; each name warns once when it is used.

    Parameters
    ----------
    names
        What the older names stand for.
    """

    def __init__(self, names: Mapping[str, Legacy] = LEGACY) -> None:
        self._names = dict(names)
        self._warned: set[str] = set()

    def __getitem__(self, name: str) -> str:
        return self._names[name].key

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def canonical(self, name: str) -> str:
        """The key a name stands for; other names are returned as they are."""
        if name not in self._names:
            return name
        if name not in self._warned:
            self._warned.add(name)
            warnings.warn(
                f"{name!r} is called {self[name]!r}{self._units(name)}",
                DeprecationWarning,
                stacklevel=3,
            )
        return self[name]

    def value(self, name: str, value: Any) -> Any:
        """A value given under a name, in the unit of its key."""
        factor = self._names[name].factor if name in self._names else 1.0
        return value if factor == 1 else np.asarray(value) * factor

    def legacy_value(self, name: str, value: Any) -> Any:
        """A value of the key, in the unit that the name had."""
        factor = self._names[name].factor if name in self._names else 1.0
        return value if factor == 1 else np.asarray(value) / factor

    def _units(self, name: str) -> str:
        factor = self._names[name].factor
        return "; it was in m, the key is in nm" if factor != 1 else ""


NAMES = LegacyKeyMap()
"""The older names; whoever uses one is told once in a process."""
