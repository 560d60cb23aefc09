"""The toys keep every contract, and so does the plugin that declares them."""

import jax
import numpy as np
import pytest
from forwardax import Prior, Registry
from forwardax.errors import ProblemError, UnknownKey
from forwardax.testing import (
    CONTRACTS,
    ENTRY_CONTRACTS,
    EntryConformance,
    SystemConformance,
    assert_conforms,
    check_system,
)
from forwardax.testing._precision import precision
from forwardax.testing.toys import plugin, specs
from forwardax.testing.toys.blobs import make_blobs
from forwardax.testing.toys.groups import Groups
from forwardax.testing.toys.instrument import Instrument
from forwardax.testing.toys.regression import Regression
from forwardax.testing.toys.schools import CENTRED, Schools

TOYS = Registry([("toys", plugin)])


class TestBlobs(SystemConformance):
    def system(self):
        return make_blobs(12)

    def options(self):
        entry = TOYS.get("systems", "toy.blobs")
        return {"entry": entry, "target": f"{specs.HERE}:BLOBS"}


class TestDirect(SystemConformance):
    def system(self):
        return Instrument.direct(24)

    def options(self):
        return {"entry": TOYS.get("systems", "toy.direct")}


class TestRelay(SystemConformance):
    def system(self):
        return Instrument.relay(24)

    def options(self):
        entry = TOYS.get("systems", "toy.relay")
        return {"entry": entry, "target": f"{specs.HERE}:RELAY"}


class TestRegression(SystemConformance):
    def system(self):
        random = np.random.default_rng(1)
        series = 1000 + random.normal(size=30)
        return Regression.of(series, random.normal(size=(30, 2)))


class TestGroups(SystemConformance):
    def system(self):
        return Groups((3, 1, 2))


class TestSchools(SystemConformance):
    def system(self):
        return Schools()


@pytest.mark.slow
class TestCentredSchools(SystemConformance):
    def system(self):
        return Schools(spec=CENTRED)


class TestRelayEntry(EntryConformance):
    plugin = "forwardax.testing.toys.plugin"

    def entry(self):
        return TOYS.get("systems", "toy.relay")


class TestScaleEntry(EntryConformance):
    plugin = "forwardax.testing.toys.plugin"

    def entry(self):
        name = "imaging.psf_pixel_scale"
        return TOYS.get("transforms", name, system_id="toy.relay")


def test_every_contract_says_what_it_demands():
    for contract in [*CONTRACTS.values(), *ENTRY_CONTRACTS.values()]:
        assert contract.summary.endswith("."), contract.name


def test_all_the_faults_are_raised_together(line):
    class Broken(line.System):
        def simulate(self, key, store):
            return super().simulate(jax.random.key(0), store)

        def residuals(self, store, data):
            return 3 * super().residuals(store, data)

        def log_likelihood(self, store, data):
            return super().log_likelihood(store, data) / 9

    with pytest.raises(ProblemError) as caught:
        assert_conforms(Broken(), only=["simulate_keys", "residuals", "jit"])
    codes = [fault.code for fault in caught.value.faults]
    assert codes == ["simulate_keys", "residuals"]
    assert "breaks its contracts" in str(caught.value)
    assert "contract 'residuals'" in str(caught.value)


def test_contracts_can_be_left_out(line):
    class Broken(line.System):
        def simulate(self, key, store):
            return super().simulate(jax.random.key(0), store)

    only = ["simulate_keys", "layout"]
    assert check_system(Broken(), only=only, skip=["simulate_keys"]) == []
    with pytest.raises(UnknownKey, match="did you mean 'simulate_keys'"):
        check_system(Broken(), only=["simulate_key"])


def test_a_wrong_gradient_is_named(line):
    class Stopped(line.System):
        def second(self, store):
            return store["c"] + jax.lax.stop_gradient(store["d"]) * self.time

    only = ["reverse_gradients", "forward_gradients", "simulate_score"]
    faults = check_system(Stopped(), only=only)
    assert [f.code for f in faults[:2]] == ["reverse_gradients"] * 2
    assert "'d'" in faults[0].value


def test_an_improper_prior_needs_points(line):
    flat = {"priors": {"a": Prior("Flat")}}
    faults = check_system(line.System(), only=["problem"], **flat)
    assert "values=" in faults[0].fix
    point = [{"a": 0.3, "b": 0.1, "c": 1.2, "d": -0.4}]
    only = ["problem", "finite", "reverse_gradients", "round_trip", "layout"]
    assert not check_system(line.System(), values=point, only=only, **flat)


def test_double_precision_may_be_demanded(line):
    class Wide(line.System):
        needs_x64 = True

    assert check_system(Wide(), only=["single"]) == []


def test_configuration_is_left_alone(line):
    before = jax.config.jax_enable_x64
    check_system(line.System(), only=["single", "jit"])
    assert jax.config.jax_enable_x64 == before


def test_a_system_made_in_single_precision(line):
    with precision(double=False):
        system = line.System()
    assert system.time.dtype == "float32"
    only = ["dtypes", "jit", "single", "reverse_gradients"]
    assert check_system(system, only=only) == []
