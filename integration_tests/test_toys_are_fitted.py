"""Every toy system by every estimator whose needs it meets.

The estimators know none of the systems, and the systems no estimator.
"""

import forwardax as fx
import jax
import numpy as np
import pytest
from forwardax.errors import CapabilityError
from forwardax.testing.toys.blobs import make_blobs
from forwardax.testing.toys.groups import Groups
from forwardax.testing.toys.instrument import Instrument
from forwardax.testing.toys.regression import Regression
from forwardax.testing.toys.schools import Schools

SETTINGS = {
    "optim.map": {},
    "laplace.fisher": {},
    "numpyro.nuts": {"draws": 300, "warmup": 300},
    "exact.linear": {},
}
TOYS = ("blobs", "direct", "relay", "regression", "schools")
LINEAR = ("regression",)
"""Toys that offer `linear_gaussian`."""
CASES = [
    (toy, estimator)
    for estimator in SETTINGS
    for toy in (LINEAR if estimator == "exact.linear" else TOYS)
]


TIME = np.linspace(0.0, 3.0, 40)
WAVES = np.stack([np.sin(3 * TIME), np.cos(3 * TIME)], axis=1)


def posed(name):
    """A toy with data it simulated itself."""
    makers = {
        "blobs": lambda: make_blobs(24),
        "direct": Instrument.direct,
        "relay": Instrument.relay,
        "regression": lambda: Regression.of(np.sin(TIME), WAVES),
        "schools": lambda: Schools(),
    }
    problem = fx.Problem(makers[name]())
    store, data = problem.simulate(jax.random.key(5))
    return problem.with_data(jax.device_get(data)), store


@pytest.mark.slow
@pytest.mark.parametrize(("toy", "estimator"), CASES)
def test_toy_is_fitted(toy, estimator):
    problem, truth = posed(toy)
    found = fx.fit(problem, estimator, key=1, **SETTINGS[estimator])
    assert found.draws and found.verdict
    for key in problem.free_keys:
        assert np.isfinite(found[key]).all()
    assert str(found.summary()).count("\n") > len(problem.free_keys)
    if estimator == "optim.map":
        at_truth = fx.loss(problem, problem.to_unconstrained(truth))
        best = fx.loss(problem, found.unconstrained[0, 0])
        assert float(best) <= float(at_truth) + 1e-6
    if estimator == "exact.linear":
        assert found.converged, found.verdict
        assert np.isfinite(found.extras["log_evidence"])


def test_a_toy_that_is_not_linear_is_refused_with_the_reason():
    problem, _ = posed("schools")
    with pytest.raises(CapabilityError, match="linear_gaussian"):
        fx.fit(problem, "exact.linear", key=0)


def test_a_simulator_without_likelihood_is_refused_with_the_reason():
    problem = fx.Problem(Groups((2, 3, 1)))
    _, data = problem.simulate(jax.random.key(0))
    with pytest.raises(CapabilityError) as caught:
        fx.fit(problem.with_data(data), "numpyro.nuts", key=0)
    assert {f.key for f in caught.value.faults} == {
        "gradient",
        "log_likelihood",
    }
    assert "'numpyro.nuts'" in caught.value.faults[0].needed_by
