# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportAssignmentType=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Good systems, problems and plugins, from which the bad inputs differ."""

import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from forwardax import (
    API,
    DataField,
    DatasetEntry,
    DataSpec,
    EstimatorEntry,
    JointSystem,
    ParamField,
    ParamSpec,
    Posterior,
    PresetEntry,
    Prior,
    Problem,
    Registry,
    StructureField,
    System,
    SystemEntry,
    Transform,
    TransformEntry,
    TransformRegistry,
    Validity,
    hookimpl,
    plugin,
)
from forwardax._fit.estimator import Estimator
from forwardax._plugins.entries import KINDS
from forwardax.contracts import Check
from jax import Array

FOLDER = Path(tempfile.mkdtemp(prefix="bad-inputs-"))
sys.path.append(str(FOLDER))
NORMAL = Prior("Normal", loc=0.0, scale=1.0)

LENS = ParamSpec(
    [
        ParamField(
            "lens.mass",
            unit="solMass",
            bounds=(0.0, None),
            prior=Prior("LogNormal", loc=0.0, scale=1.0),
            aliases=("lens.main.mass",),
        ),
        ParamField("lens.redshift", bounds=(0.0, 10.0), default=0.5),
        ParamField(
            "source.position",
            unit="arcsec",
            shape=(2,),
            prior=NORMAL,
            elements=("source.x", "source.y"),
        ),
        ParamField("source.flux", prior=Prior("HalfNormal", scale=1.0)),
        ParamField("lens.radius", kind="derived", unit="arcsec"),
    ]
)
SITES = ParamSpec(
    [
        ParamField("scale", prior=Prior("HalfNormal", scale=1.0)),
        ParamField(
            "offset",
            dims=("site",),
            prior=Prior("Normal", loc=0.0, scale="scale"),
        ),
    ]
)


def radius(mass, redshift):
    return mass * (1 + redshift)


def mass_of(radius, redshift):
    return radius / (1 + redshift)


RADIUS = Transform(
    "lens.radius",
    ("lens.mass", "lens.redshift"),
    radius,
    inverse=(("lens.mass", mass_of),),
)
TRANSFORMS = TransformRegistry([RADIUS])
DATA = DataSpec(
    [
        DataField("flux", unit="Jy", shape=(3,), parents=("source.flux",)),
        DataField("noise", unit="Jy", shape=(3,), positive=True),
    ]
)
MEASURED = {"flux": np.ones(3), "noise": np.ones(3)}


class Lens(System):
    """Fluxes that are all the same; made to be given bad inputs."""

    spec: ParamSpec = eqx.field(static=True, default=LENS)
    data: DataSpec = eqx.field(static=True, default=DATA)
    system_id = "lens"
    transforms = TRANSFORMS

    def predict(self, store):
        return store["source.flux"] * jnp.ones(3)

    def log_likelihood(self, store, data):
        error = (data["flux"] - self.predict(store)) / data["noise"]
        return -0.5 * jnp.sum(error**2)

    def simulate(self, key, store):
        noise = jax.random.normal(key, (3,))
        return {"flux": self.predict(store) + noise, "noise": jnp.ones(3)}


class Bare(System):
    """A system of any spec, with nothing measured and no likelihood."""

    spec: ParamSpec = eqx.field(static=True)
    data: DataSpec = eqx.field(static=True, default=DataSpec())
    system_id = "bare"
    transforms = TRANSFORMS

    def predict(self, store):
        return dict(store)


class Imaging(Lens):
    """A registered system: it has structure and a known array."""

    psf: Array = eqx.field(default_factory=lambda: np.ones(3))

    def __init__(self, pixels, kind, psf):
        del pixels, kind
        self.spec, self.data, self.psf = LENS, DATA, psf


@dataclass(frozen=True)
class Settings:
    """What can be said to the estimators below."""

    draws: int = field(default=100, metadata={"least": 1, "most": 1000})
    target: float = field(default=0.8, metadata={"least": 0.0})
    kind: str = field(default="fast", metadata={"choices": ("fast", "slow")})


class Sampler(Estimator):
    """An estimator that is never reached."""

    name = "kit.nuts"
    needs = frozenset({"log_likelihood", "gradient"})
    checks = ("r_hat",)

    Config = Settings

    def fit(self, problem, key, **more):
        raise AssertionError("the bad input came through")


class Residual(Sampler):
    """Needs what the lens does not offer."""

    name = "kit.lsq"
    needs = frozenset({"residuals", "proper_prior"})


def pose(*fields, spec=None, **decisions):
    """Pose a problem of some fields."""
    return Problem(Bare(spec or ParamSpec(fields)), **decisions)


def lens(**decisions):
    """Pose the lens problem with its data."""
    return Problem(Lens(), MEASURED, **decisions)


@cache
def problem():
    return lens()


@cache
def store():
    values = {"lens.mass": 1.0, "source.position": 0.0, "source.flux": 1.0}
    return Lens().store(values)


def two_lenses(**share):
    return JointSystem({"a": Lens(), "b": Lens()}, **share)


@cache
def posterior():
    return Posterior(
        estimator="kit.nuts",
        spec=LENS,
        draws={"source.flux": np.ones((2, 4))},
        derived={},
        held={"lens.redshift": np.asarray(0.5)},
        unconstrained=np.ones((2, 4, 1)),
        log_density=np.ones((2, 4)),
        declared=("r_hat",),
        checks=(Check("r_hat", True, 1.0, 1.01, "well"),),
    )


@cache
def saved():
    return posterior().save(FOLDER / "good.npz")


# --- Plugins ----------------------------------------------------------------


def plugin_module(*entries, name="kit", **attributes):
    """A plugin module that declares the entries."""
    module = ModuleType(name)
    module.FORWARDAX_API = API
    for kind, record in KINDS.items():
        mine = [entry for entry in entries if isinstance(entry, record)]
        hook = f"forwardax_{kind}"
        setattr(module, hook, hookimpl(lambda m=mine: m, specname=hook))
    for attribute, value in attributes.items():
        setattr(module, attribute, value)
    return module


STRUCTURE = (
    StructureField("pixels", default=10, bounds=(1, 100)),
    StructureField("kind", kind="str", choices=("fast", "slow")),
)
HERE = f"{__name__}:"
ENTRIES = (
    SystemEntry(
        "kit.lens",
        target=HERE + "Imaging",
        spec=LENS,
        data=DATA,
        structure=STRUCTURE,
        system_id="lens",
    ),
    SystemEntry("kit.other", target=HERE + "Bare", spec=SITES),
    TransformEntry(
        "lens.radius",
        target=HERE + "radius",
        deps=RADIUS.deps,
        inverse=(("lens.mass", HERE + "mass_of"),),
    ),
    TransformEntry(
        "size", target=HERE + "radius", deps=("a",), system_id="lens"
    ),
    TransformEntry(
        "size", target=HERE + "radius", deps=("b",), system_id="kit.other"
    ),
    EstimatorEntry("kit.nuts", target=HERE + "Sampler", needs=Sampler.needs),
    EstimatorEntry("kit.lsq", target=HERE + "Residual", needs=Residual.needs),
    PresetEntry("kit.other_site", target="bad_site:x.yaml", system="kit.other"),
    PresetEntry(
        "kit.lost_site", target="bad_site:lost.yaml", system="kit.lens"
    ),
    DatasetEntry("kit.toy", target=HERE + "MEASURED", licence="MIT"),
)


@cache
def registry():
    """A registry whose every plugin is sound."""
    site = FOLDER / "bad_site"
    site.mkdir()
    (site / "__init__.py").touch()
    (site / "x.yaml").write_text("system: {}\n")
    core = ("forwardax", plugin)
    return Registry([core, ("kit", plugin_module(*ENTRIES))])


def registry_with(*entries, **attributes):
    """A registry of one plugin with these entries, loaded strictly."""
    module = plugin_module(*entries, **attributes)
    return Registry([("kit", module)], strict=True)


BELOW = Validity("x < 1", lambda x: x < 1, ("x",))


def warm_up():
    """Make what the bad inputs differ from; this compiles."""
    problem(), store(), saved(), registry()
