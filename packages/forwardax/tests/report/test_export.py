"""NetCDF: what is read back equals what was found, or it is an error."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from forwardax._fit.arviz import import_arviz
from forwardax._run.export import export_netcdf
from forwardax.errors import FitError, SaveError

netCDF4 = pytest.importorskip("netCDF4")
xarray = pytest.importorskip("xarray")
pytestmark = pytest.mark.usefixtures("arviz")


def groups(path):
    """Variables by group."""
    with netCDF4.Dataset(path) as file:
        names = list(file.groups)
    found = {}
    for name in names:
        with xarray.open_dataset(path, group=name, engine="netcdf4") as group:
            found[name] = group.load()
    return found


def test_everything_comes_back(make_result, truth, tmp_path):
    stats = {"diverging": np.arange(800).reshape(4, 200) % 7 == 0}
    result = make_result(truth=truth, stats=stats, notes=("a note",))
    found = result.posterior
    path = export_netcdf(result, tmp_path / "deep" / "posterior.nc")
    read = groups(path)
    for key, value in {**found.draws, **found.derived}.items():
        one = read["posterior"][key]
        np.testing.assert_array_equal(one.values, value)
        assert one.attrs["units"] == found.spec[key].unit
    sampled = read["sample_stats"]
    np.testing.assert_array_equal(sampled["lp"], found.log_density)
    np.testing.assert_array_equal(sampled["diverging"], stats["diverging"])
    assert sampled["diverging"].dtype == bool
    np.testing.assert_array_equal(read["observed_data"]["y"], np.zeros(2))
    held = read["constant_data"]["source.flux"]
    assert held.values == [7.5] and held.attrs["units"] == "ct"
    with xarray.open_dataset(path, engine="netcdf4") as whole:
        told = whole.attrs
    assert told["system"] == "report.lens" and told["converged"] == 1
    (check,) = json.loads(told["forwardax_checks"])
    assert check["name"] == "r_hat" and check["passed"] is True
    assert json.loads(told["forwardax_notes"]) == ["a note"]
    assert "jax" in json.loads(told["forwardax_versions"])
    names = sorted(p.name for p in path.parent.iterdir())
    assert names == ["posterior.nc", "posterior.nc.sha256"]


def test_arviz_reads_it(make_result, tmp_path, arviz):
    result = make_result()
    path = export_netcdf(result, tmp_path / "posterior.nc")
    read = arviz.from_netcdf(path)
    table = arviz.summary(read, var_names=["lens.radius"], round_to="none")
    mean = result.posterior["lens.radius"].mean()
    assert float(table["mean"].iloc[0]) == pytest.approx(mean)


def test_every_array_has_a_checksum(make_result, tmp_path):
    path = export_netcdf(make_result(), tmp_path / "posterior.nc")
    with netCDF4.Dataset(path) as file:
        for group in file.groups.values():
            for one in group.variables.values():
                assert one.dimensions and one.filters()["fletcher32"]


def test_weights_and_complex_values_come_along(make_result, tmp_path):
    weights = np.linspace(0, 1, 200)[None]
    result = make_result(chains=1, weights=weights)
    field = np.random.default_rng(0).normal(size=(1, 200, 2)) @ [1, 1j]
    posterior = replace(result.posterior, derived={"field": field})
    result = replace(result, posterior=posterior)
    read = groups(export_netcdf(result, tmp_path / "posterior.nc"))
    np.testing.assert_array_equal(read["sample_stats"]["weights"], weights)
    np.testing.assert_array_equal(read["posterior"]["field.real"], field.real)
    np.testing.assert_array_equal(read["posterior"]["field.imag"], field.imag)


READ = """\
import sys, numpy as np, xarray
GROUPS = ("posterior", "sample_stats", "observed_data", "constant_data", None)
def read(path):
    found = {}
    for group in GROUPS:
        with xarray.open_dataset(path, group=group, engine="netcdf4") as one:
            found[group] = one.load()
    return found
whole = read(sys.argv[1])
for path in sys.argv[2:]:
    try:
        broken = read(path)
    except Exception:
        print("error")
        continue
    other = [
        broken[g][k].values
        for g in GROUPS
        for k in whole[g].variables
        if not whole[g][k].identical(broken[g].get(k))
    ]
    if not other:
        same = all(whole[g].identical(broken[g]) for g in GROUPS)
        print("same" if same else "SILENT")
        continue
    # The index of chunks has no checksum: what it has lost reads as NaN.
    lost = all(x.dtype.kind == "f" and np.isnan(x).all() for x in other)
    print("lost" if lost else "SILENT")
"""


@pytest.mark.slow
def test_a_flipped_bit_is_never_silent(make_result, tmp_path):
    path = export_netcdf(make_result(), tmp_path / "posterior.nc")
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    broken = []
    for i in range(100):
        changed = bytearray(whole)
        at = int(rng.integers(len(whole)))
        changed[at] ^= 1 << int(rng.integers(8))
        broken.append(tmp_path / f"{i}.nc")
        broken[-1].write_bytes(changed)
    # Apart, since damage to its inner structure may end the HDF5 library.
    done = subprocess.run(
        [sys.executable, "-c", READ, path, *broken],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = done.stdout.split()
    assert len(found) == 100 and "SILENT" not in found
    assert found.count("error") > 40
    assert found.count("lost") < 5


def test_the_checksum_beside_the_file_is_of_the_file(make_result, tmp_path):
    path = export_netcdf(make_result(), tmp_path / "posterior.nc")
    text = (tmp_path / "posterior.nc.sha256").read_text()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert text == f"{digest}  posterior.nc\n"


def test_a_failed_write_leaves_the_old_file(make_result, tmp_path, monkeypatch):
    result = make_result()
    path = export_netcdf(result, tmp_path / "posterior.nc")
    before = path.read_bytes()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xarray.Dataset, "to_netcdf", full)
    with pytest.raises(SaveError, match="No space left"):
        export_netcdf(result, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["posterior.nc"]


@pytest.mark.parametrize("module", ["arviz", "netCDF4"])
def test_a_missing_package_is_named_with_the_line_that_installs_it(
    make_result, tmp_path, monkeypatch, module
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(FitError) as caught:
        export_netcdf(make_result(), tmp_path / "posterior.nc")
    assert 'pip install "forwardax[netcdf]"' in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_processes_that_import_arviz_at_once_do_not_trip(monkeypatch):
    """One takes the temporary file of the other; both shall go on."""
    answers = iter([FileNotFoundError("daily_warning.tmp"), sys])

    def import_module(name):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("forwardax._fit.arviz.import_module", import_module)
    assert import_arviz() is sys
