"""What is known of each prior family without loading NumPyro.

Enough to refuse a wrong prior before anything slow starts: argument names,
which must be positive, the support, and whether it is a location-scale
family (`centred=False` needs that).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

End = float | str
"""An end of a support: a number, or the name of the argument that sets it."""


@dataclass(frozen=True, slots=True)
class Family:
    """A prior family of `numpyro.distributions`.

    Parameters
    ----------
    required, optional
        Argument names.
    positive
        Arguments that must be above zero.
    support
        Lower and upper end.
    location_scale
        True where `loc + scale * standard` has the same family.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    support: tuple[End, End] = (-inf, inf)
    location_scale: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of all the arguments."""
        return self.required + self.optional


_LOC_SCALE: Final = Family((), ("loc", "scale"), ("scale",), (-inf, inf), True)
_SCALE: Final = Family((), ("scale",), ("scale",), (0.0, inf))

FLAT: Final = "Flat"

FAMILIES: Final[Mapping[str, Family]] = {
    "Beta": Family(
        ("concentration1", "concentration0"),
        (),
        ("concentration1", "concentration0"),
        (0.0, 1.0),
    ),
    "Cauchy": _LOC_SCALE,
    "Chi2": Family(("df",), (), ("df",), (0.0, inf)),
    "Exponential": Family((), ("rate",), ("rate",), (0.0, inf)),
    FLAT: Family(),
    "Gamma": Family(
        ("concentration",),
        ("rate",),
        ("concentration", "rate"),
        (0.0, inf),
    ),
    "Gumbel": _LOC_SCALE,
    "HalfCauchy": _SCALE,
    "HalfNormal": _SCALE,
    "InverseGamma": Family(
        ("concentration",),
        ("rate",),
        ("concentration", "rate"),
        (0.0, inf),
    ),
    "Laplace": _LOC_SCALE,
    "Logistic": _LOC_SCALE,
    "LogNormal": Family((), ("loc", "scale"), ("scale",), (0.0, inf)),
    "LogUniform": Family(("low", "high"), (), ("low", "high"), ("low", "high")),
    "Normal": _LOC_SCALE,
    "Pareto": Family(
        ("scale", "alpha"), (), ("scale", "alpha"), ("scale", inf)
    ),
    "StudentT": Family(
        ("df",), ("loc", "scale"), ("df", "scale"), (-inf, inf), True
    ),
    "TruncatedNormal": Family(
        (), ("loc", "scale", "low", "high"), ("scale",), ("low", "high")
    ),
    "Uniform": Family(("low", "high"), (), (), ("low", "high")),
    "Weibull": Family(
        ("scale", "concentration"), (), ("scale", "concentration"), (0.0, inf)
    ),
}

TRUNCATED: Final[Mapping[str, str]] = {
    "Normal": "TruncatedNormal(loc=, scale=, low=, high=)",
    "Cauchy": "HalfCauchy(scale=) or Uniform(low=, high=)",
    "StudentT": "TruncatedNormal(loc=, scale=, low=, high=)",
    "LogNormal": "LogUniform(low=, high=)",
}
"""What to use where a family's support goes beyond the bounds."""
