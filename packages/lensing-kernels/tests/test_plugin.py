import subprocess
import sys

import forwardax as fx
import lensing_kernels
import pytest
from forwardax.testing import check_plugin


def test_everything_declared_keeps_the_contracts():
    assert check_plugin("lensing_kernels.plugin") == []


def test_declaring_does_not_import_jax():
    code = (
        "import sys, lensing_kernels, lensing_kernels.plugin as p;"
        "import lensing_kernels.files, lensing_kernels._declare.galaxies;"
        "n = [list(getattr(p, f'forwardax_{k}')())"
        " for k in ('profiles', 'systems', 'plots')];"
        "assert [len(x) for x in n] == [4, 1, 2], n;"
        "bad = {'jax', 'equinox', 'numpyro', 'matplotlib'} & set(sys.modules);"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names_load_and_wrong_ones_get_a_hint():
    for name in dir(lensing_kernels):
        assert getattr(lensing_kernels, name) is not None
    with pytest.raises(AttributeError, match="from_autolens"):
        lensing_kernels.from_autolense  # noqa: B018


def test_profiles_point_at_their_kernels():
    registry = fx.Registry.default()
    for name, found in lensing_kernels.PROFILES.items():
        kernel = registry.load("profiles", f"lensing.{name}")
        what = "image" if found.kind == "light" else "deflections"
        assert kernel is getattr(found, what)
        for target in found.targets:
            assert callable(getattr(found, target))
