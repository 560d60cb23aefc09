"""Every model keeps every contract."""

import importlib.util
from pathlib import Path

import forwardax as fx
import jax
import numpy as np
import pytest
from forwardax import Registry
from forwardax.testing import EntryConformance, SystemConformance

_spec = importlib.util.spec_from_file_location(
    "bayes_models", Path(__file__).with_name("conftest.py")
)
models = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(models)


def entry(name):
    return Registry.default().get("systems", name)


def hidden(n, *places):
    found = np.zeros(n, bool)
    found[list(places)] = True
    return found


class TestBase(SystemConformance):
    def system(self):
        return models.base(24, missing=hidden(24, 3, 11))

    def options(self):
        return {"entry": entry("lambda3.base")}


@pytest.mark.slow
class TestInteraction(SystemConformance):
    def system(self):
        return models.interaction(24, missing=hidden(24, 9), lags=(0, 2))

    def options(self):
        return {"entry": entry("lambda3.interaction")}


@pytest.mark.slow
class TestDynamic(SystemConformance):
    def system(self):
        return models.dynamic(
            24, missing=hidden(24, 3, 4), changes=2, change_points=[8, 15]
        )

    def options(self):
        return {"entry": entry("lambda3.dynamic")}


@pytest.mark.slow
class TestSampled(SystemConformance):
    def system(self):
        return models.dynamic(16, sampled=16)

    def options(self):
        return {"entry": entry("lambda3.dynamic")}


@pytest.mark.slow
class TestHierarchical(SystemConformance):
    def system(self):
        return models.hierarchical(
            16,
            terms=("trend", "positive"),
            missing=np.stack([hidden(16, 5 + i) for i in range(3)]),
        )

    def options(self):
        return {"entry": entry("lambda3.hierarchical")}


@pytest.mark.slow
class TestPair(SystemConformance):
    def system(self):
        return models.pair(16, missing=hidden(16, 5))

    def options(self):
        return {"entry": entry("lambda3.pair")}


def raw(n, seed=0):
    known = models.features(seed, n)
    known["rho_t"] = known.pop("tension")
    return known


@pytest.mark.slow
class TestCompatBase(SystemConformance):
    def system(self):
        import forwardax as fx

        name = "lambda3.compat.base"
        return fx.system(name, length=16, steps=(4, 9), **raw(16))

    def options(self):
        return {"entry": entry("lambda3.compat.base")}


@pytest.mark.slow
class TestCompatInteraction(SystemConformance):
    def system(self):
        return models.compat(24)

    def options(self):
        return {"entry": entry("lambda3.compat.interaction")}


@pytest.mark.slow
class TestCompatHierarchical(SystemConformance):
    def system(self):
        import forwardax as fx

        both = [raw(16, seed) for seed in (0, 1)]
        known = {k: np.stack([one[k] for one in both]) for k in both[0]}
        return fx.system("lambda3.compat.hierarchical", **known)

    def options(self):
        return {"entry": entry("lambda3.compat.hierarchical")}


NAMES = [
    "lambda3.base",
    "lambda3.interaction",
    "lambda3.dynamic",
    "lambda3.hierarchical",
    "lambda3.pair",
    "lambda3.compat.base",
    "lambda3.compat.interaction",
    "lambda3.compat.hierarchical",
]


@pytest.mark.parametrize("name", NAMES)
def test_is_registered(name):
    assert entry(name).summary


class TestEntry(EntryConformance):
    plugin = "lambda3_features.plugin"

    def entry(self):
        return entry("lambda3.interaction")


def test_noise_of_a_pair_is_correlated_as_it_says():
    problem = fx.Problem(models.pair(60), fixed={"noise.correlation": -0.6})
    keys = jax.random.split(jax.random.key(0), 200)

    def noise(key):
        store, data = problem.simulate(key)
        gap = data["series"] - problem.system.predict(store)["series"]
        return gap / store["noise.scale"][:, None]

    found = np.asarray(jax.lax.map(noise, keys))
    both = np.moveaxis(found, 1, 0).reshape(2, -1)
    # Five standard errors of a correlation from 12 000 pairs.
    expected = pytest.approx(-0.6, abs=5 * (1 - 0.36) / np.sqrt(12_000))
    assert np.corrcoef(both)[0, 1] == expected
