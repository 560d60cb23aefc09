"""Reference cases, and a slow definition of the masks."""

import json
from importlib.util import find_spec
from types import SimpleNamespace

import jax
import numpy as np
import pytest

NEEDED = ("diffrax", "flax", "optax", "safetensors")
LACKING = [name for name in NEEDED if find_spec(name) is None]
collect_ignore_glob = ["test_flow_*.py"] if LACKING else []


def pytest_report_header():
    """Say which tests are left out, and why."""
    if LACKING:
        return f"test_flow_*.py are left out: no {', '.join(LACKING)}"
    return None


RULES = {
    "local": ["obs", "theta"],
    "cross": [("mu", "obs"), ("obs", "mu")],
    "cross_local": [("theta", "obs", (0, 0))],
}


@pytest.fixture(scope="session")
def reference(golden):
    """The reference cases: what they are, and their arrays."""
    folder = golden / "tfmpe"
    told = json.loads((folder / "tokens.json").read_text())
    with np.load(folder / "tokens.npz") as arrays:
        found = {name: arrays[name] for name in arrays}
    return SimpleNamespace(
        cases=told["cases"], errors=told["errors"], arrays=found
    )


@pytest.fixture
def hierarchy():
    """Two-level Gaussian, `mu`, `theta` and `obs`, of a few samples."""

    def make(samples=4, groups=3, replicates=2, seed=0):
        rng = np.random.default_rng(seed)
        return {
            "mu": rng.normal(size=(samples, 1, 1)),
            "theta": rng.normal(size=(samples, groups, 1)),
            "obs": rng.normal(size=(samples, groups, replicates, 1)),
        }

    return make


@pytest.fixture
def rules():
    return {name: list(entries) for name, entries in RULES.items()}


@pytest.fixture
def compilations():
    """List that grows by one for each program that XLA compiles."""
    seen = []
    watching = [True]

    def listen(event, *_, **__):
        if watching[0] and event.endswith("backend_compile_duration"):
            seen.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield seen
    # Listeners cannot be removed one by one.
    watching[0] = False
