# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Run files and overrides; the ones on the command line also there."""

from bad_case import Case
from bad_models import FOLDER, registry, registry_with
from forwardax import ParamField, ParamSpec, SystemEntry, load_run
from forwardax._config.config import configure

HEAD = "system: {name: kit.lens, kind: fast}\n"


def load(text, *overrides, head=HEAD):
    """Load a run file; its lines are counted from `head` on."""
    path = FOLDER / "run.yaml"
    path.write_text(head + text)
    return load_run(path, overrides, registry=registry())


def settle(*overrides):
    return configure("kit.lens", overrides, registry=registry())


def settle_one(**parts):
    """Configure a system that is registered for this alone."""
    entry = SystemEntry("kit.one", target="json:loads", **parts)
    return configure("kit.one", registry=registry_with(entry))


CASES = [
    Case(
        "run-missing",
        lambda: load_run(FOLDER / "nothing.yaml", registry=registry()),
    ),
    Case("run-yaml", lambda: load("params: [", head="")),
    Case("run-not-text", lambda: load("a: \x07", head="")),
    Case("run-list", lambda: load("- a", head="")),
    Case("run-empty", lambda: load("", head="")),
    Case("run-system-missing", lambda: load("seed: 1", head="")),
    Case("run-system", lambda: load("system: kit.lans", head="")),
    Case("run-system-number", lambda: load("system: 5", head="")),
    Case("run-section", lambda: load("parms: {}")),
    Case("run-duplicate", lambda: load("seed: 1\nseed: 2")),
    Case("run-tag", lambda: load("seed: !!python/object:os.system x")),
    Case("run-merge-key", lambda: load("params: {<<: {a: 1}}")),
    Case("run-key-list", lambda: load("params: {[a]: 1}")),
    Case("run-seed", lambda: load("seed: -1")),
    Case("run-seed-mapping", lambda: load("seed: {a: 1}")),
    Case("run-structure", lambda: load("", "system.pixels=0")),
    Case("run-structure-unknown", lambda: load("", "system.pixel=3")),
    Case("run-params-list", lambda: load("params: [a]")),
    Case("run-params-part", lambda: load("params: {fix: {}}")),
    Case("run-fixed-unknown", lambda: load("params: {fixed: {lens.mas: 1}}")),
    Case(
        "run-fixed-value", lambda: load("params: {fixed: {lens.redshift: 20}}")
    ),
    Case("run-fixed-text", lambda: load("params: {fixed: {lens.mass: one}}")),
    Case(
        "run-fixed-alias",
        lambda: load("params:\n  fixed: {lens.mass: 1, lens.main.mass: 2}"),
    ),
    Case(
        "run-clash",
        lambda: load(
            "params:\n  fixed: {lens.mass: 1}\n"
            "  priors: {lens.mass: {LogNormal: {loc: 0}}}"
        ),
    ),
    Case("run-prior", lambda: load("params: {priors: {lens.mass: 5}}")),
    Case(
        "run-prior-family",
        lambda: load(
            "params: {priors: {source.flux: {HalfNorml: {scale: 1}}}}"
        ),
    ),
    Case(
        "run-prior-argument",
        lambda: load(
            "params: {priors: {source.flux: {HalfNormal: {scale: true}}}}"
        ),
    ),
    Case("run-free", lambda: load("params: {free: [lens.mas]}")),
    Case("run-free-glob", lambda: load("params: {free: ['lans.*']}")),
    Case("run-free-number", lambda: load("params: {free: [5]}")),
    Case("run-tie", lambda: load("params: {ties: {source.flux: lens.mas}}")),
    Case("run-tie-number", lambda: load("params: {ties: {source.flux: 5}}")),
    Case(
        "run-solve-for",
        lambda: load("params: {solve_for: {lens.radius: lens.mas}}"),
    ),
    Case("run-estimator", lambda: load("estimator: kit.nutts")),
    Case("run-preset", lambda: load("preset: kit.nothing")),
    Case("run-preset-other", lambda: load("preset: kit.other_site")),
    Case("run-preset-lost", lambda: load("preset: kit.lost_site")),
    Case("run-preset-file", lambda: load("preset: nothing.yaml")),
    Case("run-data-key", lambda: load("data: {flx: [1, 2, 3]}")),
    Case("run-data-file", lambda: load("data: {flux: nothing.fits}")),
    Case("run-data-both", lambda: load("data: {name: kit.toy, flux: [1]}")),
    Case("set-nothing", lambda: settle("system.kind")),
    Case("set-section", lambda: settle("sytem.kind=fast")),
    Case("set-params", lambda: settle("system.kind=fast", "params.lens.mas=1")),
    Case(
        "set-part",
        lambda: settle("system.kind=fast", "params.fixed.lens.mass=1"),
    ),
    Case("set-yaml", lambda: settle("system.kind=[")),
    Case(
        "set-structure",
        lambda: settle("system.kind=fastt", "system.pixels=0"),
        cli=(
            "show",
            "kit.lens",
            "--set",
            "system.kind=fastt",
            "--set",
            "system.pixels=0",
        ),
    ),
    Case(
        "set-structure-unknown",
        lambda: settle("system.kind=fast", "system.pixel=3"),
        cli=(
            "show",
            "kit.lens",
            "--set",
            "system.kind=fast",
            "--set",
            "system.pixel=3",
        ),
    ),
    Case("settle-spec", lambda: settle_one(spec="nowhere:SPEC")),
    Case("settle-value", lambda: settle_one(spec=ParamSpec([ParamField("a")]))),
    Case(
        "several-faults-of-run",
        lambda: load(
            "estimator: kit.nutts\n"
            "data: {flx: 1}\n"
            "params: {fixed: {lens.mas: 1}, ties: {source.flux: lens.mas}}\n"
            "seed: one\n",
            "system.pixels=0",
            "parms.a=1",
        ),
    ),
]
