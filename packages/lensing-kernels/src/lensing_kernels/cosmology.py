"""Distances, and how much of a deflection a plane sees.

The parameters and the integration rule are those of PyAutoLens' `Planck15`,
which is not astropy's; distances agree with it to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

H0: Final = 67.74
"""Hubble constant in km/s/Mpc."""
OMEGA_M: Final = 0.3075
"""Matter without neutrinos, today, over the critical density."""
T_CMB: Final = 2.7255
"""Temperature of the background radiation in K."""
N_EFF: Final = 3.046
"""Effective number of neutrinos."""
M_NU: Final = (0.0, 0.0, 0.06)
"""Masses of the neutrinos in eV."""

_LIGHT_SPEED: Final = 299792.458  # km/s
_POINTS: Final = 8193


def angular_diameter_distance(z_from: float, z_to: float) -> float:
    """Angular diameter distance in kpc between two redshifts, flat universe.

    Parameters
    ----------
    z_from, z_to
        Redshifts; the second is not below the first.

    References
    ----------
    Ade et al. (2016), A&A 594, A13; Hogg (1999), astro-ph/9905116, eqs. 14-19.
    """
    z = np.linspace(z_from, z_to, _POINTS)
    weights = np.full(_POINTS, 2.0)
    weights[1::2] = 4.0
    weights[[0, -1]] = 1.0
    step = (z_to - z_from) / (_POINTS - 1)
    integral = step / 3.0 * np.sum(weights / _expansion(z))
    return float(1e3 * _LIGHT_SPEED / H0 * integral / (1.0 + z_to))


def scaling_factors(redshifts: Sequence[float]) -> np.ndarray:
    """Fraction of the deflection of plane i that plane j sees.

    Deflections are those of a source in the last plane, so the last column
    holds ones.

    Parameters
    ----------
    redshifts
        Of the planes, strictly rising, each above 0.

    Returns
    -------
    ndarray
        `(planes, planes)`, `D_ij D_s / (D_j D_is)` where i is before j, and
        zero elsewhere.

    References
    ----------
    Schneider, Ehlers & Falco (1992), Gravitational Lenses, eq. 9.9.
    """
    last = len(redshifts) - 1
    factors = np.zeros((last + 1, last + 1))
    far = [angular_diameter_distance(0.0, z) for z in redshifts]
    for i in range(last):
        to_last = angular_diameter_distance(redshifts[i], redshifts[last])
        for j in range(i + 1, last):
            to_j = angular_diameter_distance(redshifts[i], redshifts[j])
            factors[i, j] = to_j * far[last] / (far[j] * to_last)
        factors[i, last] = 1.0
    return factors


def _expansion(z: np.ndarray) -> np.ndarray:
    """Hubble rate over that of today."""
    h2 = (H0 / 100.0) ** 2
    photons = 2.469e-5 * (T_CMB / 2.7255) ** 4 / h2
    massive = sum(mass > 0 for mass in M_NU)
    radiation = photons * (1.0 + 0.2271 * (N_EFF - massive))
    matter = OMEGA_M + sum(M_NU) / 93.14 / h2
    vacuum = 1.0 - matter - radiation
    a = 1.0 + z
    return np.sqrt(radiation * a**4 + matter * a**3 + vacuum)
