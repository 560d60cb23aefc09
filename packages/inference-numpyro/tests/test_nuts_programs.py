"""What is compiled, how often, and where chains run."""

import subprocess
import sys
import textwrap

import forwardax as fx
import jax
import numpy as np
import pytest
from forwardax import Prior


def fit(problem, key=0, **settings):
    return fx.fit(problem, "numpyro.nuts", key=key, **settings)


def test_problems_that_differ_in_numbers_compile_nothing(toys, compilations):
    first = toys.line(seed=0, fixed={"slope[0]": 0.5}).problem
    fit(first, draws=50)
    compilations.clear()
    # The same problem again, then other data, prior, noise, fixed value.
    fit(first, key=1, draws=50)
    second = toys.line(
        seed=1, prior_sd=3.0, noise=0.2, fixed={"slope[0]": -0.7}
    )
    found = fit(second.problem, key=2, draws=50)
    replaced = toys.line(
        fixed={"slope[0]": 0.1},
        priors={"slope": Prior("Normal", loc=1.0, scale=0.1)},
    )
    fit(replaced.problem, draws=50, target_accept=0.9)
    assert compilations == []
    assert (found["slope"][..., 0] == -0.7).all()


def test_longer_runs_share_the_sampler(toys, compilations):
    problem = toys.rate().problem
    fit(problem, draws=50)
    compilations.clear()
    fit(problem, draws=333, thin=2)
    # Only the values of another number of draws are another program.
    assert len(compilations) <= 2


def test_few_programs(toys, compilations):
    case = toys.line(seed=3, noise=0.31)
    jax.clear_caches()
    compilations.clear()
    fit(case.problem, draws=50)
    assert len(compilations) <= 20


TWO_DEVICES = """
    import jax
    jax.config.update("jax_num_cpu_devices", 2)
    import warnings
    warnings.simplefilter("error")
    import sys, importlib.util
    import numpy as np
    import forwardax as fx
    spec = importlib.util.spec_from_file_location("toys", sys.argv[1])
    toys = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(toys)
    case = toys.line()
    seen = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, *_, **__: seen.append(event)
        if event.endswith("backend_compile_duration") else None
    )
    reports = []
    for key in (0, 1):
        seen.clear()
        found = fx.fit(case.problem, "numpyro.nuts", key=key, draws=300,
                       chains=4)
        assert found.converged, found.verdict
        assert (toys.z_scores(found, "slope", case.mean) < 4).all()
    assert seen == [], seen
    from inference_numpyro._chains import method_for
    assert method_for("auto", 4) == "parallel"
    assert method_for("auto", 1) == "sequential"
    alone = fx.fit(case.problem, "numpyro.nuts", key=1, draws=300,
                   chain_method="sequential")
    np.testing.assert_allclose(
        alone.unconstrained[:, :20], found.unconstrained[:, :20], rtol=1e-6
    )
    half = fx.fit(case.problem, "numpyro.nuts", key=1, draws=200)
    more = fx.fit(case.problem, "numpyro.nuts", key=1, draws=100,
                  checkpoint=half)
    np.testing.assert_array_equal(more.unconstrained, found.unconstrained)
"""


@pytest.mark.slow
def test_chains_over_two_devices():
    toys = __file__.replace("test_nuts_programs", "conftest")
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(TWO_DEVICES), toys],
        check=True,
    )


@pytest.mark.slow
def test_parallel_on_one_device_is_sequential(toys):
    problem = toys.line().problem
    one = fit(problem, draws=50, chain_method="parallel")
    other = fit(problem, draws=50, chain_method="sequential")
    np.testing.assert_allclose(
        one.unconstrained[:, :10], other.unconstrained[:, :10], rtol=1e-6
    )
