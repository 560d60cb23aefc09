import subprocess
import sys
from typing import Any

import forwardax as fx
import inference_numpyro
import pytest

NAMES = ("optim.map", "laplace.fisher", "numpyro.nuts", "exact.linear")


@pytest.mark.parametrize("name", NAMES)
def test_entry_says_what_the_class_says(name):
    registry = fx.Registry.default()
    entries: dict[str, Any] = {
        e.name: e for e in registry.entries("estimators")
    }
    entry = entries[name]
    found = registry.load("estimators", name)
    assert entry.needs == found.needs
    assert entry.checks == found.checks
    assert found.name == name


def test_listing_does_not_import_jax():
    code = (
        "import sys, inference_numpyro, inference_numpyro.plugin as p;"
        "assert len(list(p.forwardax_estimators())) == 4;"
        "assert 'jax' not in sys.modules, 'jax'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names_load_and_wrong_ones_get_a_hint():
    for name in dir(inference_numpyro):
        assert getattr(inference_numpyro, name) is not None
    with pytest.raises(AttributeError, match="named_covariance"):
        getattr(inference_numpyro, "named_covarianse")  # noqa: B009


def test_wrong_settings_are_listed_together(toys):
    with pytest.raises(fx.errors.FitError) as caught:
        fx.fit(
            toys.line().problem,
            "numpyro.nuts",
            key=0,
            drawz=5,
            chains=0,
            chain_method="serial",
        )
    assert len(caught.value.faults) == 3
    assert "sequential" in str(caught.value)
