"""Light and mass profiles: parameters, names, and where the kernels are.

Keys are local (`centre`, `einstein_radius`); a galaxy's spec puts its own
name and that of the profile in front. Each parameter has a default (the one
PyAutoLens has), and a prior unless it is held in nearly every fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, Literal

from forwardax import ParamField, Prior, Shift
from forwardax.errors import StructureError, unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A light or mass profile, described without JAX.

    The kernels take a grid, `(..., 2)` in arcsec with columns (y, x), and the
    parameters by local key. They are loaded when they are first asked for.

    Parameters
    ----------
    name
        As it is written under `light` or `mass` of a galaxy.
    kind
        `"light"` or `"mass"`.
    autolens
        Name of the class in PyAutoLens, such as `"mp.Isothermal"`.
    fields
        Parameters, with local keys.
    summary
        One line.
    targets
        `"module:attr"` by what is computed.
    """

    name: str
    kind: Literal["light", "mass"]
    autolens: str
    fields: tuple[ParamField, ...]
    summary: str
    targets: Mapping[str, str]

    def __hash__(self) -> int:
        return hash((self.name, self.kind, self.fields))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Local keys, in order."""
        return tuple(field.key for field in self.fields)

    @property
    def image(self) -> Callable[[Any, Mapping[str, Any]], Any]:
        """Surface brightness of a light profile, `(...)`."""
        return self._kernel("image")

    @property
    def deflections(self) -> Callable[[Any, Mapping[str, Any]], Any]:
        """Deflection angles of a mass profile in arcsec, `(..., 2)`."""
        return self._kernel("deflections")

    @property
    def convergence(self) -> Callable[[Any, Mapping[str, Any]], Any]:
        """Convergence of a mass profile, `(...)`."""
        return self._kernel("convergence")

    @property
    def potential(self) -> Callable[[Any, Mapping[str, Any]], Any]:
        """Lensing potential of a mass profile in arcsec^2, `(...)`."""
        return self._kernel("potential")

    def _kernel(self, what: str) -> Callable[[Any, Mapping[str, Any]], Any]:
        target = self.targets.get(what)
        if target is None:
            has = ", ".join(self.targets)
            raise AttributeError(
                f"{self.name!r} is a {self.kind} profile: it has {has}, "
                f"but no {what}"
            )
        module, _, attribute = target.partition(":")
        return getattr(import_module(module), attribute)


CENTRE: Final = ParamField(
    "centre",
    unit="arcsec",
    shape=(2,),
    elements=("centre.y", "centre.x"),
    prior=Prior("Normal", loc=0.0, scale=0.3),
    default=(0.0, 0.0),
    label="$(y, x)$",
    doc="Centre, (y, x) from the middle of the image.",
)
ELL_COMPS: Final = ParamField(
    "ell_comps",
    shape=(2,),
    elements=("ell_comps.y", "ell_comps.x"),
    bounds=(-1.0, 1.0),
    prior=Prior("TruncatedNormal", loc=0.0, scale=0.3, low=-1.0, high=1.0),
    default=(0.0, 0.0),
    label="$(e_y, e_x)$",
    doc="(1 - q) / (1 + q) times (sin, cos) of twice the position angle.",
)
INTENSITY: Final = ParamField(
    "intensity",
    bounds=(0.0, None),
    prior=Prior("LogNormal", loc=-1.0, scale=3.0),
    default=0.1,
    label="$I$",
    doc="Surface brightness at the effective radius, in the unit of the data.",
)
EFFECTIVE_RADIUS: Final = ParamField(
    "effective_radius",
    unit="arcsec",
    bounds=(0.0, None),
    prior=Prior("LogNormal", loc=-0.7, scale=1.25),
    default=0.6,
    label=r"$R_{\rm e}$",
    doc="Circularised radius that holds half of the light.",
)
SERSIC_INDEX: Final = ParamField(
    "sersic_index",
    bounds=(0.3, 12.0),
    prior=Prior("TruncatedNormal", loc=3.0, scale=2.0, low=0.3, high=12.0),
    default=4.0,
    label="$n$",
    doc="1 is an exponential, 4 a de Vaucouleurs profile.",
)


# Where only the outskirts of a galaxy are seen, intensity, radius and index
# lie along a narrow curved valley. What is measured there does not.
_SEEN_INTENSITY: Final = replace(
    INTENSITY,
    shift=Shift(
        "lensing_kernels.light.sersic:log_contrast",
        ("effective_radius", "sersic_index"),
    ),
)
_SEEN_RADIUS: Final = replace(
    EFFECTIVE_RADIUS,
    shift=Shift("lensing_kernels.light.sersic:log_reach", ("sersic_index",)),
)


def _held(
    key: str, default: float, unit: str, label: str, doc: str
) -> ParamField:
    return ParamField(
        key,
        unit=unit,
        bounds=(0.0, None),
        default=default,
        label=label,
        doc=f"{doc} Held unless it is given a prior.",
    )


def _shear(key: str, label: str, doc: str) -> ParamField:
    return ParamField(
        key,
        prior=Prior("Normal", loc=0.0, scale=0.1),
        default=0.0,
        label=label,
        doc=doc,
    )


_PROFILES = (
    Profile(
        name="sersic",
        kind="light",
        autolens="lp.Sersic",
        summary="Elliptical Sersic light",
        fields=(
            CENTRE,
            ELL_COMPS,
            _SEEN_INTENSITY,
            _SEEN_RADIUS,
            SERSIC_INDEX,
        ),
        targets={"image": "lensing_kernels.light.sersic:sersic_image"},
    ),
    Profile(
        name="sersic_core",
        kind="light",
        autolens="lp.SersicCore",
        summary="Elliptical Sersic light with a core",
        fields=(
            CENTRE,
            ELL_COMPS,
            INTENSITY,
            EFFECTIVE_RADIUS,
            SERSIC_INDEX,
            _held(
                "radius_break",
                0.025,
                "arcsec",
                r"$r_{\rm b}$",
                "Radius within which the core begins.",
            ),
            _held("gamma", 0.25, "", r"$\gamma$", "Slope inside the core."),
            _held(
                "alpha",
                3.0,
                "",
                r"$\alpha$",
                "Sharpness of the transition to the core.",
            ),
        ),
        targets={
            "image": "lensing_kernels.light.sersic_core:sersic_core_image"
        },
    ),
    Profile(
        name="isothermal",
        kind="mass",
        autolens="mp.Isothermal",
        summary="Singular isothermal ellipsoid",
        fields=(
            CENTRE,
            ELL_COMPS,
            ParamField(
                "einstein_radius",
                unit="arcsec",
                bounds=(0.0, None),
                prior=Prior("Uniform", low=0.0, high=8.0),
                default=1.6,
                label=r"$\theta_{\rm E}$",
                doc="Einstein radius; kappa is theta_E / ((1 + q) xi) with xi "
                "along the major axis.",
            ),
        ),
        targets={
            name: f"lensing_kernels.mass.isothermal:{name}"
            for name in ("deflections", "convergence", "potential")
        },
    ),
    Profile(
        name="external_shear",
        kind="mass",
        autolens="mp.ExternalShear",
        summary="Shear of mass far from the line of sight",
        fields=(
            _shear("gamma_1", r"$\gamma_1$", "Shear along the axes."),
            _shear("gamma_2", r"$\gamma_2$", "Shear along the diagonals."),
        ),
        targets={
            name: f"lensing_kernels.mass.external_shear:{name}"
            for name in ("deflections", "convergence", "potential")
        },
    ),
)

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {profile.name: profile for profile in _PROFILES}
)
"""Every profile by name."""


def profile(name: str) -> Profile:
    """The profile of a name.

    Parameters
    ----------
    name
        Such as `"isothermal"`.

    Raises
    ------
    StructureError
        If there is none, with the nearest names.
    """
    if name not in PROFILES:
        fault = unknown("a profile", name, PROFILES, owner="lensing_kernels")
        raise StructureError(fault)
    return PROFILES[name]


def from_autolens(name: str) -> Profile:
    """The profile that stands for a class of PyAutoLens.

    Parameters
    ----------
    name
        Such as `"mp.Isothermal"` or `"al.mp.Isothermal"`.

    Raises
    ------
    StructureError
        If there is none, with the nearest names.
    """
    known = {profile.autolens: profile for profile in _PROFILES}
    short = name.removeprefix("al.")
    if short not in known:
        fault = unknown("a profile", name, known, owner="lensing_kernels")
        raise StructureError(fault)
    return known[short]
