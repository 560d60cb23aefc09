"""Problems of run files: the decisions arrive as they were made."""

import forwardax as fx
import pytest
from forwardax._config.config import load_inputs
from forwardax._run.make import problem_of

RELAY = """\
system: {name: toy.relay, n_pix: 8}
params:
"""
LINE = "system: {name: kit.line, x: [0.0, 0.5, 1.0]}\nparams:\n"
BLOBS = "system: {name: toy.blobs, n_pix: 8}\nparams:\n"
CASES = {
    "nothing": ("system: {name: toy.relay, n_pix: 8}\n", 6),
    "fixed": (RELAY + "  fixed: {source.flux: 120.0}\n", 5),
    "priors": (
        RELAY + "  priors: {source.x: {Normal: {loc: 1.0, scale: 0.1}}}\n",
        6,
    ),
    "ties": (RELAY + "  ties: {m2.focal_length: m1.focal_length}\n", 5),
    "solve_for": (
        RELAY
        + "  solve_for: {imaging.psf_pixel_scale: detector.pixel_pitch}\n",
        6,
    ),
    "an element is held": (BLOBS + "  fixed: {'blob.x[1]': 0.3}\n", 11),
    "all but an element are free": (
        BLOBS + "  fixed: {'blob.x[1]': 0.3}\n  free: [blob.x]\n",
        11,
    ),
    "an element is freed": (
        BLOBS + "  fixed: {blob.flux: 3.0}\n  free: ['blob.flux[0]']\n",
        11,
    ),
    "a held one gets a prior": (
        LINE + "  priors: {line.shift: {Normal: {loc: 0.0, scale: 1.0}}}\n",
        3,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_spec_is_that_of_the_configuration(name, registry, tmp_path):
    text, size = CASES[name]
    path = tmp_path / "run.yaml"
    path.write_text(text)
    inputs = load_inputs(path, registry=registry, data=False)
    problem = problem_of(inputs, registry=registry, data=False)
    told = inputs.config.spec
    assert problem.size >= size  # angles take two coordinates
    for key in told.primitives:
        assert problem.spec.prior_of(key) == told.prior_of(key), key
    assert dict(problem.spec.fixed) == dict(told.fixed)
    assert dict(problem.spec.ties) == dict(told.ties)
    assert dict(problem.spec.priors) == dict(told.priors)


HELD = fx.ParamSpec(
    [
        fx.ParamField(
            "theta",
            shape=(3,),
            dims=("row",),
            prior=fx.Prior("Normal", loc=0.0, scale=1.0),
            default=0.0,
        ),
        fx.ParamField("b", prior=fx.Prior("Normal", loc=0.0, scale=1.0)),
    ]
).fix({"theta": (1.0, 2.0, 3.0)})


class Held(fx.System):
    """A system that holds a vector unless it is freed."""

    system_id = "kit.held"
    spec = HELD
    data = fx.DataSpec([])
    transforms = fx.TransformRegistry()

    def predict(self, store):
        return {"sum": store["theta"].sum() + store["b"]}


@pytest.mark.parametrize(
    ("params", "fixed"),
    [
        ("{}", {"theta": (1.0, 2.0, 3.0)}),
        ("{free: [theta]}", {}),
        (
            "{free: ['theta[0]']}",
            {"theta[1]": 2.0, "theta[2]": 3.0},
        ),
        ("{priors: {theta: {Normal: {loc: 1.0, scale: 2.0}}}}", {}),
        (
            "{fixed: {'theta[1]': 5.0}}",
            {"theta": (1.0, 2.0, 3.0), "theta[1]": 5.0},
        ),
        ("{free: [theta], fixed: {'theta[1]': 5.0}}", {"theta[1]": 5.0}),
        (
            "{priors: {theta: {Normal: {loc: 1.0}}}, fixed: {'theta[2]': 0.5}}",
            {"theta[2]": 0.5},
        ),
    ],
)
def test_what_a_system_holds_is_freed_as_told(params, fixed, tmp_path):
    from types import ModuleType

    module = ModuleType("held_kit")
    module.FORWARDAX_API = fx.API
    entry = fx.SystemEntry("kit.held", target=f"{__name__}:Held", spec=HELD)
    module.forwardax_systems = fx.hookimpl(
        lambda: [entry], specname="forwardax_systems"
    )
    registry = fx.Registry([("held-kit", module)])
    path = tmp_path / "run.yaml"
    path.write_text(f"system: kit.held\nparams: {params}\n")
    inputs = load_inputs(path, registry=registry, data=False)
    problem = problem_of(inputs, registry=registry, data=False)
    assert dict(problem.spec.fixed) == fixed
    assert dict(inputs.config.spec.fixed) == fixed
    assert problem.size == (1 if "theta" in fixed else 4 - len(fixed))
