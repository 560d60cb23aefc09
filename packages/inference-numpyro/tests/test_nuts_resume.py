from dataclasses import replace

import forwardax as fx
import numpy as np
import pytest


def fit(problem, key=0, **settings):
    return fx.fit(problem, "numpyro.nuts", key=key, **settings)


@pytest.mark.parametrize(
    "whiten", [True, pytest.param(False, marks=pytest.mark.slow)]
)
def test_resumed_equals_uninterrupted(toys, tmp_path, whiten):
    problem = toys.rate().problem
    settings = {"whiten": whiten, "warmup": 100}
    first = fit(problem, 1, draws=130, **settings)
    loaded = fx.Posterior.load(first.save(tmp_path / "half"))
    # Another key: the chains go on with their own random numbers.
    resumed = fit(problem, 2, draws=90, checkpoint=loaded, **settings)
    whole = fit(problem, 1, draws=220, **settings)
    np.testing.assert_array_equal(resumed.unconstrained, whole.unconstrained)
    np.testing.assert_array_equal(resumed.log_density, whole.log_density)
    for name in ("energy", "num_steps", "diverging", "whitened"):
        np.testing.assert_array_equal(resumed.stats[name], whole.stats[name])
    for name, value in whole.state.items():
        np.testing.assert_array_equal(resumed.state[name], value)


def test_other_data_are_refused(toys):
    first = fit(toys.line(seed=0).problem, draws=20)
    with pytest.raises(fx.errors.FitError, match="log-density"):
        fit(toys.line(seed=1).problem, draws=20, checkpoint=first)


def test_other_shapes_and_estimators_are_refused(toys):
    first = fit(toys.line().problem, draws=20)
    with pytest.raises(fx.errors.FitError, match="number of chains"):
        fit(toys.line().problem, draws=20, chains=2, checkpoint=first)
    with pytest.raises(fx.errors.FitError, match="another problem"):
        fit(toys.rate().problem, draws=20, checkpoint=first)
    other = fx.fit(toys.line().problem, "optim.map", key=0)
    with pytest.raises(fx.errors.FitError, match="cannot go on"):
        fit(toys.line().problem, draws=20, checkpoint=other)


def test_damaged_state_is_refused(toys):
    first = fit(toys.line().problem, draws=20)
    state = {k: v for k, v in first.state.items() if k != "kernel.z"}
    first = replace(first, state=state)
    with pytest.raises(fx.errors.FitError, match=r"kernel\.z"):
        fit(toys.line().problem, draws=20, checkpoint=first)
