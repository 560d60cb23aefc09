"""Reference values, and noise to try detectors on."""

import json
from types import SimpleNamespace

import numpy as np
import pytest


@pytest.fixture(scope="session")
def reference(golden):
    """The reference cases: what they are, and their arrays."""
    folder = golden / "lambda3"
    told = json.loads((folder / "manifest.json").read_text())
    arrays = {}
    for name in ("inputs", "features", "hierarchy", "sync", "regimes"):
        with np.load(folder / f"{name}.npz") as file:
            arrays[name] = {key: file[key] for key in file}
    return SimpleNamespace(entries=told["entries"], **arrays)


@pytest.fixture(scope="session")
def entries(reference):
    """Reference entries of one function."""

    def find(name):
        found = [e for e in reference.entries if e["fn"] == name]
        assert found
        return found

    return find


@pytest.fixture
def walk():
    """Random walk with jumps of some standard deviations, and where."""

    def make(n=1000, jumps=0, size=8.0, seed=0):
        rng = np.random.default_rng(seed)
        steps = rng.normal(size=n)
        where = np.sort(rng.choice(np.arange(1, n), jumps, replace=False))
        steps[where] += size * rng.choice([-1.0, 1.0], jumps)
        return np.cumsum(steps), where

    return make
