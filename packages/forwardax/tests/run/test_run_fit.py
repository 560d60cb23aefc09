"""Fits in run folders: what is written, and going on after anything."""

import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import forwardax as fx
import numpy as np
import pytest
from forwardax._run import fit as run_module
from forwardax._run.fit import resume_fit, run_fit
from forwardax._run.folder import locked
from forwardax.errors import (
    CapabilityError,
    ConfigError,
    FitError,
    PluginFailed,
    SaveError,
)

FILES = {
    "run.yaml",
    "truth.yaml",
    "manifest.json",
    "posterior.npz",
    "summary.md",
    "summary.json",
    "inputs/x.npy",
    "inputs/noise.npy",
    "inputs/y.npy",
}


@pytest.fixture
def fitted(registry, run_file, tmp_path):
    """A finished run, without plots."""
    return run_fit(run_file, tmp_path / "out", plots=False)


def files(folder):
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    }


class Stop(Exception):
    """An end at a moment of one's choice."""


def stop_at(moment):
    def progress(stage, done, total):
        if done >= moment:
            raise Stop

    return progress


def same(one, other):
    for name in ("unconstrained", "log_density"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for key, draws in one.draws.items():
        np.testing.assert_array_equal(draws, other.draws[key])


def test_a_run_folder_is_complete(fitted):
    assert files(fitted.folder) == FILES
    manifest = json.loads((fitted.folder / "manifest.json").read_text())
    assert manifest["state"] == "done"
    assert manifest["converged"] is True
    assert set(manifest["files"]) == FILES - {"manifest.json"}
    assert manifest["sources"]["system.x"].endswith("line.yaml:1")
    rows = json.loads((fitted.folder / "summary.json").read_text())
    assert rows["system"] == "kit.line" and rows["estimator"] == "kit.walk"
    assert "line.slope" in (fitted.folder / "summary.md").read_text()
    # No names of what was being written, nothing beside the folder.
    assert {p.name for p in fitted.folder.parent.iterdir()} == {"in", "out"}


def test_the_result(fitted):
    assert fitted.name == "kit.line"
    assert fitted.truth == {"line.slope": 1.5, "line.offset": 0.2}
    assert set(fitted.posterior.draws) == {"line.slope", "line.offset"}
    assert fitted.posterior.held["line.shift"] == 0.0
    best = fitted.best
    u = fitted.problem.to_unconstrained(best)
    peak = fitted.posterior.log_density.max()
    assert fx.log_density(fitted.problem, u) == pytest.approx(float(peak))
    assert set(best) == set(fitted.problem.spec.primitives)


def test_the_best_draw_is_one_whose_density_is_a_number(fitted):
    density = fitted.posterior.log_density.copy()
    density.flat[np.argmin(density)] = np.nan
    posterior = replace(fitted.posterior, log_density=density)
    best = replace(fitted, posterior=posterior).best
    assert float(best["line.slope"]) == float(fitted.best["line.slope"])


def test_loaded_equals_fitted_wherever_it_is(fitted, run_file, tmp_path):
    shutil.rmtree(run_file.parent)  # the folder needs nothing outside it
    moved = fitted.folder.rename(tmp_path / "elsewhere")
    loaded = fx.load_result(moved)
    same(loaded.posterior, fitted.posterior)
    assert loaded.truth == fitted.truth
    assert loaded.name == fitted.name
    assert loaded.problem.spec == fitted.problem.spec
    for key in ("x", "noise"):
        np.testing.assert_array_equal(
            getattr(loaded.problem.system, key),
            getattr(fitted.problem.system, key),
        )
    np.testing.assert_array_equal(
        loaded.problem.data["y"], fitted.problem.data["y"]
    )


def test_the_run_file_of_a_folder_gives_the_same_run(fitted, tmp_path):
    again = run_fit(fitted.folder / "run.yaml", tmp_path / "2", plots=False)
    same(again.posterior, fitted.posterior)


def test_the_fit_is_that_of_python(fitted, registry, run_file):
    folder = run_file.parent
    line = fx.system("kit.line", x=np.load(folder / "x.npy"), noise=0.3)
    problem = fx.Problem(
        line, {"y": np.load(folder / "y.npy")}, fixed={"line.shift": 0.0}
    )
    same(fx.fit(problem, "kit.walk", key=7, draws=40), fitted.posterior)


@pytest.mark.parametrize("moment", [10, 20, 30, 40])
def test_resumed_equals_undisturbed(fitted, run_file, tmp_path, moment):
    out = tmp_path / "cut"
    with pytest.raises(Stop):
        run_fit(run_file, out, progress=stop_at(moment), plots=False)
    assert len(list((out / "chunks").iterdir())) == moment // 10
    assert not (out / "posterior.npz").exists()
    reported = []
    resumed = resume_fit(
        out, progress=lambda *told: reported.append(told), plots=False
    )
    same(resumed.posterior, fitted.posterior)
    assert len(reported) == 4 - moment // 10  # nothing is done twice
    assert files(out) == FILES


@pytest.mark.parametrize(
    "moment", ["posterior", "summary_text", "draw_plots", "manifest"]
)
def test_resumed_after_the_sampling(
    fitted, run_file, tmp_path, monkeypatch, moment
):
    out = tmp_path / "cut"
    calls = []

    def end(*_, **__):
        raise Stop

    def second():
        calls.append(1)
        return "now" if len(calls) == 1 else end()

    with monkeypatch.context() as patch:
        if moment == "posterior":
            patch.setattr(fx.Posterior, "save", end)
        elif moment == "manifest":
            patch.setattr(run_module, "now", second)
        else:
            patch.setattr(run_module, moment, end)
        with pytest.raises(Stop):
            run_fit(run_file, out, plots=moment == "draw_plots")
    assert json.loads((out / "manifest.json").read_text())["state"] == "running"
    same(resume_fit(out, plots=False).posterior, fitted.posterior)
    assert files(out) == FILES


def test_a_full_disk_loses_nothing(fitted, run_file, tmp_path, monkeypatch):
    out = tmp_path / "full"
    savez, left = np.savez, [2]

    def full(file, **arrays):
        left[0] -= 1
        if left[0] < 0:
            file.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        savez(file, **arrays)

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full)
        with pytest.raises(SaveError, match="No space left"):
            run_fit(run_file, out, plots=False)
    assert len(list((out / "chunks").iterdir())) == 2
    same(resume_fit(out, plots=False).posterior, fitted.posterior)


def test_no_folder_is_left_where_it_cannot_be_filled(
    registry, run_file, tmp_path, monkeypatch
):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", full)
        with pytest.raises(SaveError, match="No space left"):
            run_fit(run_file, tmp_path / "out")
    assert {p.name for p in tmp_path.iterdir()} == {"in"}


def test_what_did_not_converge_is_written_all_the_same(
    registry, run_file, tmp_path
):
    above = ["estimator.passes=false"]
    result = run_fit(run_file, tmp_path / "out", above, plots=False)
    assert not result.posterior.converged
    assert files(result.folder) == FILES
    manifest = json.loads((result.folder / "manifest.json").read_text())
    assert manifest["converged"] is False
    assert not fx.load_result(result.folder).posterior.converged


def test_every_fault_at_once(registry, run_file, tmp_path):
    (tmp_path / "out").write_text("a file")
    run_file.write_text(
        "system: {name: kit.line, x: y.npy, nois: 0.3}\n"
        "data: {y: z.npy}\n"
        "params:\n"
        "  fixed: {line.slop: 0.0}\n"
        "estimator: {name: kit.walk, drows: 40, width: wide}\n"
    )
    with pytest.raises(ConfigError) as caught:
        run_fit(run_file, tmp_path / "out", ["params.line.offset=x"])
    text = str(caught.value)
    for told in (
        "line.yaml:1: 'nois'",
        "line.yaml:2: there is no file",
        "line.yaml:4: 'line.slop'",
        "line.yaml:5: 'drows' is not a setting of 'kit.walk'",
        "line.yaml:5: the setting 'width'",
        "--set params.line.offset=x",
        f"{tmp_path / 'out'} is a file",
    ):
        assert told in text, text
    assert "'draws'" in text  # what was meant
    assert {p.name for p in tmp_path.iterdir()} == {"in", "out"}


def test_settings_are_checked_where_all_else_is_right(
    registry, run_file, tmp_path
):
    with pytest.raises(FitError, match=r"estimator.draws=1: the setting"):
        run_fit(run_file, tmp_path / "out", ["estimator.draws=1"])
    assert not (tmp_path / "out").exists()


def test_an_unknown_estimator_is_told_once(registry, run_file, tmp_path):
    with pytest.raises(ConfigError) as caught:
        run_fit(run_file, tmp_path / "out", ["estimator=kit.wolk"])
    (fault,) = [f for f in caught.value.faults if f.key == "kit.wolk"]
    assert fault.nearest == ("kit.walk",)


def test_what_the_problem_lacks(registry, run_file, tmp_path):
    above = ["params.line.slope=1.0", "params.line.offset=0.0"]
    with pytest.raises(CapabilityError, match="nothing is free"):
        run_fit(run_file, tmp_path / "out", above)


def test_a_seed_that_is_too_large(registry, run_file, tmp_path):
    with pytest.raises(FitError, match=r"--set seed=4294967296: the key"):
        run_fit(run_file, tmp_path / "out", [f"seed={2**32}"])


def test_nuts_is_the_default(registry, run_file, tmp_path):
    text = run_file.read_text().replace("estimator: ", "# ")
    run_file.write_text(text)
    # It is not among these plugins, so its name is what is missed.
    with pytest.raises(fx.errors.ForwardaxError, match="numpyro.nuts"):
        run_fit(run_file, tmp_path / "out")


@pytest.mark.parametrize("state", ["done", "running", "foreign", "damaged"])
def test_a_folder_that_holds_something_is_refused(
    fitted, run_file, tmp_path, state
):
    out = fitted.folder
    manifest = out / "manifest.json"
    if state == "running":
        told = json.loads(manifest.read_text()) | {"state": "running"}
        manifest.write_text(json.dumps(told))
    elif state == "foreign":
        manifest.unlink()
    elif state == "damaged":
        manifest.write_text("{")
    before = {path: path.read_bytes() for path in out.rglob("*.*")}
    hint = {
        "done": "holds a run",
        "running": f"forwardax fit --resume {out}",
        "foreign": "is not empty",
        "damaged": "holds a damaged run",
    }[state]
    with pytest.raises(SaveError, match=hint) as caught:
        run_fit(run_file, out, plots=False)
    assert "another --out" in str(caught.value)
    assert {p: p.read_bytes() for p in out.rglob("*.*")} == before


def test_an_empty_folder_is_taken(registry, run_file, tmp_path):
    out = tmp_path / "new" / "deep"
    out.mkdir(parents=True)
    assert run_fit(run_file, out, plots=False).folder == out
    assert files(out) == FILES


@pytest.mark.parametrize("out", ["in/x.npy/out", "/proc/forwardax/out"])
def test_a_folder_that_cannot_be_made(registry, run_file, tmp_path, out):
    with pytest.raises(SaveError, match="cannot make the folder"):
        run_fit(run_file, tmp_path / out)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write(registry, run_file, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(0o500)
    with pytest.raises(SaveError, match="Permission denied"):
        run_fit(run_file, closed / "out")


def test_resume_refuses_what_is_no_unfinished_run(fitted, tmp_path):
    with pytest.raises(SaveError, match="is finished"):
        resume_fit(fitted.folder)
    with pytest.raises(SaveError, match="no run folder"):
        resume_fit(tmp_path)
    with pytest.raises(SaveError, match="no run folder"):
        resume_fit(tmp_path / "nowhere")


def test_load_refuses_what_is_not_finished(registry, run_file, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(Stop):
        run_fit(run_file, out, progress=stop_at(10))
    with pytest.raises(SaveError, match="--resume"):
        fx.load_result(out)


def test_one_process_a_folder(registry, run_file, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(Stop):
        run_fit(run_file, out, progress=stop_at(10))
    with locked(out), pytest.raises(SaveError, match="another process"):
        resume_fit(out)
    assert resume_fit(out, plots=False).posterior.converged


@pytest.mark.parametrize(
    "name",
    ["posterior.npz", "inputs/y.npy", "inputs/x.npy", "run.yaml",
     "truth.yaml", "summary.json"],
)  # fmt: skip
def test_a_changed_file_is_refused(fitted, name):
    path = fitted.folder / name
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    for place in rng.choice(8 * len(whole), 20, replace=False):
        spoiled = bytearray(whole)
        spoiled[place // 8] ^= 1 << (place % 8)
        path.write_bytes(spoiled)
        with pytest.raises(SaveError, match="has changed since") as caught:
            fx.load_result(fitted.folder)
        assert caught.value.faults[0].key == str(path)
    path.unlink()
    with pytest.raises(SaveError, match="No such file"):
        fx.load_result(fitted.folder)


def test_a_changed_input_is_not_gone_on_with(registry, run_file, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(Stop):
        run_fit(run_file, out, progress=stop_at(10))
    np.save(out / "inputs" / "y.npy", np.zeros(12))
    with pytest.raises(SaveError, match=r"y\.npy has changed"):
        resume_fit(out)


def test_chunks_of_another_fit_are_refused(registry, run_file, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for out, seed in ((one, 1), (two, 2)):
        with pytest.raises(Stop):
            run_fit(run_file, out, [f"seed={seed}"], progress=stop_at(20))
    shutil.copytree(two / "chunks", one / "chunks", dirs_exist_ok=True)
    with pytest.raises(FitError, match="another fit"):
        resume_fit(one)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", '{"format": 2}', '{"format": 1}',
     '{"format": 1, "state": "odd"}', "\xff"],
)  # fmt: skip
def test_a_damaged_manifest_is_refused(fitted, text):
    (fitted.folder / "manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(SaveError, match="damaged or no manifest"):
        fx.load_result(fitted.folder)
    with pytest.raises(SaveError, match="damaged or no manifest"):
        resume_fit(fitted.folder)


def test_arrays_go_through_reader_and_writer(registry, run_file, tmp_path):
    text = run_file.read_text()
    text = text.replace("kit.line, x: x.npy", "kit.text, x: {steps: 12}")
    run_file.write_text(text)
    result = run_fit(run_file, tmp_path / "out", plots=False)
    assert "inputs/x.txt" in files(result.folder)
    x = np.asarray(result.problem.system.x)
    np.testing.assert_array_equal(x, np.linspace(0.0, 1.0, 12))


def test_a_writer_that_loses_digits_is_refused(registry, run_file, tmp_path):
    text = run_file.read_text().replace("kit.line", "kit.short")
    run_file.write_text(text)
    with pytest.raises(PluginFailed, match="'y' of 'kit.short'") as caught:
        run_fit(run_file, tmp_path / "out")
    assert "run-kit" in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_paths_in_a_run_file_start_at_its_folder(
    registry, run_file, tmp_path, monkeypatch
):
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    source = Path("../in/line.yaml")
    assert run_fit(source, "out", plots=False).folder == Path("out")
    assert files(tmp_path / "cwd/out") == FILES
