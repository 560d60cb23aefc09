"""Problems of every kind are fitted on several devices of a CPU."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import jax
jax.config.update("jax_num_cpu_devices", 2)
import jax.numpy as jnp
import forwardax as fx

class Rate(fx.System):
    system_id = "rate"
    spec = fx.ParamSpec([fx.ParamField(
        "rate", bounds=(0.0, None), prior=fx.Prior("LogNormal", scale=1.0)
    )])
    data = fx.DataSpec([fx.DataField("counts", shape=(4,))])
    def log_likelihood(self, store, data):
        rate = store["rate"]
        return jnp.sum(data["counts"] * jnp.log(rate) - rate)

problem = fx.Problem(Rate(), {"counts": [3.0, 5.0, 4.0, 6.0]})
assert "residuals" not in problem.capabilities
found = fx.fit(problem, "optim.map", key=0, starts=4)
print(found.converged, len(jax.devices()))
"""


@pytest.mark.slow
def test_a_search_without_residuals_on_two_devices():
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        cwd=root,
        env=os.environ | {"JAX_ENABLE_X64": "1"},
        check=False,
    )
    assert done.stdout.split() == ["True", "2"], done.stderr[-2000:]
