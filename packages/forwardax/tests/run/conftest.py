"""A line over known abscissae, and a random walk that keeps a journal."""

import json
from dataclasses import dataclass, field
from types import ModuleType

import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import plugin
from forwardax.estimation import Check, Estimator, Journal, make_posterior
from forwardax.testing.toys import plugin as toys

SPEC = fx.ParamSpec(
    [
        fx.ParamField(
            "line.slope",
            unit="m",
            prior=fx.Prior("Normal", loc=0.0, scale=2.0),
        ),
        fx.ParamField(
            "line.offset",
            unit="m",
            prior=fx.Prior("Normal", loc=0.0, scale=1.0),
            default=0.5,
        ),
        fx.ParamField("line.shift", unit="m", default=0.0),
    ]
)
DATA = fx.DataSpec([fx.DataField("y", unit="m", dims=("point",))])
KNOWN = fx.DataSpec(
    [
        fx.DataField("x", dims=("point",)),
        fx.DataField("noise", unit="m", dims=("point",), optional=True),
    ]
)


class Mute(fx.System):
    """`y = slope x + offset + shift`; it cannot simulate."""

    x: jax.Array
    noise: jax.Array

    system_id = "kit.mute"
    spec = SPEC
    data = DATA
    transforms = fx.TransformRegistry()

    def __init__(self, x, noise=0.3):
        self.x = jnp.asarray(x, float)
        self.noise = jnp.asarray(noise, float)

    def predict(self, store):
        slope, offset = store["line.slope"], store["line.offset"]
        return {"y": slope * self.x + offset + store["line.shift"]}

    def log_likelihood(self, store, data):
        off = (data["y"] - self.predict(store)["y"]) / self.noise
        return -0.5 * (off**2).sum()


class Line(Mute):
    """The same, and can."""

    system_id = "kit.line"

    def simulate(self, key, store):
        mean = self.predict(store)["y"]
        noise = jax.random.normal(key, mean.shape)
        return {"y": mean + self.noise * noise}


def write_text(folder, key, array, structure):
    """A writer that puts numbers in a text file."""
    del structure
    path = folder / f"{key}.txt"
    np.savetxt(path, array, fmt="%.17g")
    return path


def write_short(folder, key, array, structure):
    """A writer that loses digits."""
    del structure
    path = folder / f"{key}.txt"
    np.savetxt(path, array, fmt="%.3f")
    return path


def read_any(key, value, structure, arrays):
    """The reader of both; a mapping is `{steps: n}`."""
    del key, structure, arrays
    if hasattr(value, "items"):
        return np.linspace(0.0, 1.0, value["steps"])
    return np.load(value) if value.suffix == ".npy" else np.loadtxt(value)


@dataclass(frozen=True, kw_only=True)
class WalkConfig:
    draws: int = field(default=40, metadata={"least": 4})
    width: float = field(default=0.3, metadata={"least": 0.01})
    passes: bool = True


class Walk(Estimator):
    """A random walk, a chunk of the journal every ten steps."""

    name = "kit.walk"
    needs = frozenset({"log_likelihood"})
    checks = ("asked",)
    Config = WalkConfig

    def fit(self, problem, key, *, config, progress=None, checkpoint=None):
        journal = checkpoint or Journal(None)
        density = jax.jit(fx.log_density)
        parts = [chunk.arrays["u"] for chunk in journal]
        u = parts[-1][-1] if parts else np.zeros(problem.size)
        for done in range(10 * len(parts), config.draws, 10):
            rows = []
            for step in range(done, min(done + 10, config.draws)):
                one, two = jax.random.split(jax.random.fold_in(key, step))
                to = u + config.width * np.asarray(
                    jax.random.normal(one, u.shape)
                )
                gain = float(density(problem, to) - density(problem, u))
                if np.log(float(jax.random.uniform(two))) < gain:
                    u = to
                rows.append(u)
            parts.append(np.asarray(rows))
            journal.append("walk", {"u": parts[-1]})
            if progress:
                progress("walk", done + len(rows), config.draws)
        words = f"asked to pass: {json.dumps(config.passes)}"
        return make_posterior(
            problem,
            np.concatenate(parts)[None],
            estimator=self.name,
            declared=self.checks,
            checks=(Check("asked", config.passes, 0.0, 0.0, words),),
        )


def systems():
    shared = {"spec": SPEC, "data": DATA, "known": KNOWN}
    here = __name__
    yield fx.SystemEntry("kit.line", target=f"{here}:Line", **shared)
    yield fx.SystemEntry("kit.mute", target=f"{here}:Mute", **shared)
    for name in ("text", "short"):
        yield fx.SystemEntry(
            f"kit.{name}",
            target=f"{here}:Line",
            reader=f"{here}:read_any",
            writer=f"{here}:write_{name}",
            **shared,
        )


def estimators():
    yield fx.EstimatorEntry(
        "kit.walk", target=f"{__name__}:Walk", needs=Walk.needs
    )


@pytest.fixture
def registry(monkeypatch):
    """The toys, the line and the walk; it is also the default one."""
    module = ModuleType("run_kit")
    module.FORWARDAX_API = fx.API
    for hook in (systems, estimators):
        name = f"forwardax_{hook.__name__}"
        setattr(module, name, fx.hookimpl(hook, specname=name))
    made = fx.Registry(
        [("forwardax", plugin), ("toys", toys), ("run-kit", module)]
    )
    assert not made.failures
    monkeypatch.setattr(fx.Registry, "default", classmethod(lambda cls: made))
    return made


@pytest.fixture
def run_file(tmp_path):
    """A run file of the line with its files, all in a folder `in`."""
    folder = tmp_path / "in"
    folder.mkdir()
    x = np.linspace(0.0, 1.0, 12)
    rng = np.random.default_rng(3)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", 1.5 * x + 0.2 + 0.3 * rng.normal(size=12))
    (folder / "true.yaml").write_text("line.slope: 1.5\nline.offset: 0.2\n")
    path = folder / "line.yaml"
    path.write_text(
        "system: {name: kit.line, x: x.npy, noise: 0.3}\n"
        "data: {y: y.npy}\n"
        "params:\n"
        "  fixed: {line.shift: 0.0}\n"
        "estimator: {name: kit.walk, draws: 40}\n"
        "truth: true.yaml\n"
        "seed: 7\n"
    )
    return path
