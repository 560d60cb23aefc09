# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Names in the registry, plugins that are wrong, `check`."""

import sys
from types import ModuleType

import jax
from bad_case import Case, refuse
from bad_models import (
    DATA,
    FOLDER,
    HERE,
    LENS,
    NORMAL,
    SITES,
    STRUCTURE,
    plugin_module,
    registry,
    registry_with,
)
from forwardax import (
    EngineEntry,
    EstimatorEntry,
    ParamField,
    ParamSpec,
    PresetEntry,
    ProfileEntry,
    Registry,
    StructureField,
    SystemEntry,
    TransformEntry,
    hookimpl,
)
from forwardax._plugins.discovery import Found, Selection
from forwardax._plugins.entry_specs import spec_of
from forwardax._plugins.loader import _import
from forwardax._targets import load_target
from forwardax.errors import (
    RegistryError,
)

ENGINE = EngineEntry("kit.engine", target="json:loads", scheme="local")
LOADS = "json:loads"


def check(*entries):
    """What `check` finds, raised."""
    refuse(RegistryError, registry_with(*entries).check())


def system_entry(**parts):
    given = {"target": LOADS, "spec": ParamSpec(), **parts}
    return SystemEntry("kit.one", **given)


def twice(prefer=None):
    first, second = plugin_module(ENGINE), plugin_module(ENGINE)
    return Registry([("kit", first), ("other", second)], prefer=prefer)


def select(**variables):
    named = {f"FORWARDAX_{k}": v for k, v in variables.items()}
    return Selection.from_environment(named).split([Found("lens-kit", "1")])


@hookimpl(specname="forwardax_engine")
def misspelt():
    return []


def unmarked():
    return []


def hook(given):
    return hookimpl(lambda: given, specname="forwardax_engines")


def odd_hook():
    raise ZeroDivisionError("no photons")


def bring_jax_back(structure=None):
    sys.modules["jax"] = jax
    return ParamSpec() if structure is not None else []


def without_jax(run):
    """Run as if JAX had not been imported."""
    del sys.modules["jax"]
    try:
        run()
    finally:
        sys.modules["jax"] = jax


sys.modules["bad_by_hand"] = ModuleType("bad_by_hand")
(FOLDER / "bad_import.py").write_text("1 / 0\n")
(FOLDER / "bad_lazy.py").write_text("def __getattr__(name):\n    1 / 0\n")

CASES = [
    Case(
        "kind-unknown",
        lambda: registry().entries("system"),
        cli=("list", "system"),
    ),
    Case("entry-unknown", lambda: registry().get("systems", "kit.lans")),
    Case("entry-other-kind", lambda: registry().get("systems", "kit.nuts")),
    Case(
        "entry-not-installed",
        lambda: registry().get("systems", "optics.coronagraph"),
    ),
    Case("entry-number", lambda: registry().get("systems", 5)),
    Case("entry-scopes", lambda: registry().get("transforms", "size")),
    Case(
        "entry-scope",
        lambda: registry().get("transforms", "size", system_id="len"),
    ),
    Case(
        "target-missing",
        lambda: registry_with(
            SystemEntry("a.b", target=HERE + "Imagin", spec=LENS)
        ).load("systems", "a.b"),
    ),
    Case(
        "target-module",
        lambda: registry_with(
            SystemEntry("a.b", target="nowhere:Imaging", spec=LENS)
        ).load("systems", "a.b"),
    ),
    Case(
        "target-text",
        lambda: registry_with(
            SystemEntry("a.b", target="Imaging", spec=LENS)
        ).load("systems", "a.b"),
    ),
    Case(
        "plugin-check-unknown",
        lambda: registry().check("kitt"),
        cli=("check", "kitt"),
    ),
    # Plugins that do not load.
    Case("api-missing", lambda: registry_with(FORWARDAX_API=None)),
    Case("api-text", lambda: registry_with(FORWARDAX_API="1.0")),
    Case("api-newer", lambda: registry_with(FORWARDAX_API=(1, 99))),
    Case("api-older", lambda: registry_with(FORWARDAX_API=(0, 9))),
    Case("hook-misspelt", lambda: registry_with(odd=misspelt)),
    Case("hook-unmarked", lambda: registry_with(forwardax_engines=unmarked)),
    Case("hook-returns", lambda: registry_with(forwardax_engines=hook(ENGINE))),
    Case("hook-yields", lambda: registry_with(forwardax_engines=hook(["e"]))),
    Case(
        "hook-raises",
        lambda: registry_with(
            forwardax_engines=hookimpl(odd_hook, specname="forwardax_engines")
        ),
    ),
    Case(
        "hook-no-target",
        lambda: registry_with(EngineEntry("kit.engine", target="", scheme="x")),
    ),
    Case("entry-twice", lambda: registry_with(ENGINE, ENGINE)),
    Case("claimed-twice", lambda: twice().get("engines", "kit.engine")),
    Case("prefer-unknown", lambda: twice({"kit.engine": "kitt"})),
    Case("prefer-name", lambda: twice({"kit.engin": "kit"})),
    Case("variable-block", lambda: select(BLOCK="lens-kitt")),
    Case("variable-plugins", lambda: select(PLUGINS="a,lens_kit")),
    Case("variable-prefer", lambda: select(PREFER="x=, y")),
    # What `check` finds.
    Case(
        "check-reader",
        lambda: check(
            SystemEntry(
                "kit.read", target=LOADS, spec=SITES, reader="nowhere:x"
            )
        ),
    ),
    Case(
        "check-name",
        lambda: check(EngineEntry("Engine", target=LOADS, scheme="x")),
    ),
    Case(
        "check-target",
        lambda: check(
            EngineEntry("kit.a", target="json:lods", scheme="x"),
            EngineEntry("kit.b", target="nowhere.at:all", scheme="x"),
            EngineEntry("kit.c", target="nowhere", scheme="x"),
        ),
    ),
    Case(
        "check-spec",
        lambda: check(
            system_entry(spec=ParamSpec([ParamField("a", unit="arcsecs")]))
        ),
    ),
    Case("check-spec-number", lambda: check(system_entry(spec=LOADS))),
    Case(
        "check-spec-function",
        lambda: check(system_entry(spec=lambda structure: 1 / 0)),
    ),
    Case(
        "check-spec-nothing",
        lambda: check(system_entry(spec=lambda structure: None)),
    ),
    Case("check-spec-object", lambda: check(system_entry(spec=5))),
    Case("check-data", lambda: check(system_entry(spec=SITES, data=DATA))),
    Case(
        "check-structure",
        lambda: check(
            system_entry(structure=(StructureField("n", default="x"),))
        ),
    ),
    Case(
        "check-structure-value",
        lambda: spec_of(
            system_entry(structure=STRUCTURE, spec=lambda s: LENS),
            {"pixels": 0},
        ),
    ),
    Case("check-extends", lambda: check(system_entry(extends="kit.on"))),
    Case(
        "check-extends-not-installed",
        lambda: check(system_entry(extends="lensing.imaging")),
    ),
    Case(
        "check-extends-itself", lambda: check(system_entry(extends="kit.one"))
    ),
    Case(
        "check-derived",
        lambda: check(
            system_entry(spec=ParamSpec([ParamField("a.b", kind="derived")]))
        ),
    ),
    Case(
        "check-derived-dep",
        lambda: check(
            system_entry(spec=ParamSpec([ParamField("mass", prior=NORMAL)])),
            TransformEntry(
                "r", target=LOADS, deps=("mas",), system_id="kit.one"
            ),
        ),
    ),
    Case(
        "check-scope",
        lambda: check(
            system_entry(),
            TransformEntry("r", target=LOADS, deps=(), system_id="kit.on"),
        ),
    ),
    Case(
        "check-inverse",
        lambda: check(
            TransformEntry(
                "r",
                target=LOADS,
                deps=("mass",),
                inverse=(("mas", "json:lods"),),
            )
        ),
    ),
    Case(
        "check-cycle",
        lambda: check(
            TransformEntry("a", target=LOADS, deps=("b",)),
            TransformEntry("b", target=LOADS, deps=("a",)),
        ),
    ),
    Case(
        "check-profile",
        lambda: check(
            ProfileEntry(
                "kit.sie",
                target=LOADS,
                kind="mass",
                spec=ParamSpec([ParamField("Mass")]),
            )
        ),
    ),
    Case(
        "check-profile-spec",
        lambda: check(
            ProfileEntry(
                "kit.sie",
                target=LOADS,
                kind="mass",
                spec="nowhere:SPEC",
            )
        ),
    ),
    Case(
        "check-preset",
        lambda: check(
            PresetEntry("kit.p", target="nowhere:p.yaml", system="kit.nothing")
        ),
    ),
    Case(
        "check-needs",
        lambda: check(
            EstimatorEntry(
                "kit.e", target=LOADS, needs=frozenset({"gradients"})
            )
        ),
    ),
    Case(
        "check-failed-plugin",
        lambda: refuse(
            RegistryError,
            Registry([("kit", plugin_module(FORWARDAX_API=None))]).check(),
        ),
    ),
    Case(
        "failed-plugin-suspected",
        lambda: Registry([("kit", plugin_module(FORWARDAX_API=None))]).get(
            "systems", "kit.lens"
        ),
    ),
    Case(
        "entry-points",
        lambda: _import(Found("kit", "1", problem="it declares 2 modules")),
    ),
    Case(
        "plugin-imports-jax",
        lambda: without_jax(
            lambda: registry_with(forwardax_engines=hookimpl(bring_jax_back))
        ),
    ),
    Case(
        "check-spec-imports-jax",
        lambda: without_jax(lambda: check(system_entry(spec=bring_jax_back))),
    ),
    Case("target-import-error", lambda: load_target("bad_import:x")),
    Case("target-lazy-error", lambda: load_target("bad_lazy:x")),
    Case(
        "check-target-by-hand",
        lambda: check(
            EngineEntry("kit.a", target="bad_by_hand:x", scheme="x"),
        ),
    ),
]
