"""`forwardax plot` and `forwardax export` on the folder of a fit."""

import json

import pytest
from forwardax.cli import ExitCode, main


@pytest.fixture
def plots():
    """Skip where nothing can be drawn."""
    pytest.importorskip("matplotlib", reason="plots are an optional extra")


@pytest.fixture
def netcdf(arviz):
    """Skip where no NetCDF can be written."""
    pytest.importorskip("netCDF4", reason="an optional extra")


@pytest.fixture
def folder(registry, run_file, tmp_path, capsys):
    """The folder of a finished fit, without plots."""
    out = tmp_path / "out"
    arguments = ("fit", str(run_file), "--out", str(out), "--no-plots")
    assert main((*arguments, "--quiet")) == ExitCode.OK
    capsys.readouterr()
    assert not (out / "plots").exists()
    return out


def test_plots_are_drawn_into_the_folder(plots, folder, capsys):
    assert main(("plot", str(folder))) == ExitCode.OK
    told = capsys.readouterr()
    expected = [
        folder / "plots" / f"posterior.{name}.png"
        for name in ("corner", "trace")
    ]
    assert told.out.splitlines() == [str(path) for path in expected]
    assert all(path.stat().st_size > 1000 for path in expected)


def test_one_plot_in_another_format(plots, folder, capsys):
    arguments = ("plot", str(folder), "posterior.corner", "--format", "pdf")
    assert main((*arguments, "--json")) == ExitCode.OK
    path = folder / "plots" / "posterior.corner.pdf"
    told = json.loads(capsys.readouterr().out)
    assert told == {"plots": [str(path)], "faults": []}
    assert path.read_bytes().startswith(b"%PDF")


def test_an_unknown_plot_gets_the_nearest_name(plots, folder, capsys):
    assert main(("plot", str(folder), "posterior.cornr")) == ExitCode.USAGE
    assert "did you mean 'posterior.corner'" in capsys.readouterr().err


def test_the_posterior_is_exported_beside_the_others(
    plots, netcdf, folder, capsys
):
    assert main(("export", str(folder))) == ExitCode.OK
    assert capsys.readouterr().out == f"{folder / 'posterior.nc'}\n"
    assert (folder / "posterior.nc").stat().st_size > 1000
    # What was added does not make the folder look damaged.
    assert main(("plot", str(folder), "posterior.trace")) == ExitCode.OK


def test_an_export_goes_where_it_is_told(netcdf, folder, tmp_path, capsys):
    path = tmp_path / "elsewhere" / "line.nc"
    arguments = ("export", str(folder), "--to", str(path), "--json")
    assert main(arguments) == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == {"file": str(path)}
    assert path.exists() and not (folder / "posterior.nc").exists()


@pytest.mark.parametrize(
    ("verb", "extra"), [("plot", "plots"), ("export", "netcdf")]
)
def test_what_is_no_run_folder_is_refused(
    verb, extra, registry, request, tmp_path, capsys
):
    request.getfixturevalue(extra)
    assert main((verb, str(tmp_path))) == ExitCode.USAGE
    told = capsys.readouterr()
    assert told.out == "" and "Traceback" not in told.err
    assert str(tmp_path) in told.err
