"""`forwardax fit` and `forwardax simulate`, as one types them."""

import json
import subprocess
import sys

import numpy as np
import pytest
from forwardax._run import jax_setup
from forwardax.cli import ExitCode, main
from forwardax.cli.verb_fit import command as fit_command
from forwardax.cli.verb_simulate import command as simulate_command


@pytest.fixture
def run(registry, run_file, capsys, monkeypatch, tmp_path):
    """Run a verb where the run file's folder is `in`."""
    monkeypatch.chdir(tmp_path)
    # JAX computes already in this process.
    monkeypatch.setattr(jax_setup, "set_up_jax", lambda: None)

    def run(*arguments):
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_fit_and_its_default_folder(run, tmp_path):
    code, out, err = run("fit", "in/line.yaml", "--no-plots")
    assert code == ExitCode.OK, err
    assert (tmp_path / "runs/line/posterior.npz").exists()
    assert "line.slope" in out and "everything is in runs/line" in out
    assert not (tmp_path / "runs/line/plots").exists()


def test_a_system_with_all_on_the_command_line(run, tmp_path):
    arguments = [
        "fit", "kit.line", "--data", "in/y.npy", "--set", "system.x=in/x.npy",
        "--estimator", "kit.walk", "--set", "estimator.draws=40",
        "--set", "params.line.shift=0.0", "--seed", "7", "--no-plots",
        "--set", "system.noise=0.3",
    ]  # fmt: skip
    code, out, _ = run(*arguments, "--json")
    told = json.loads(out)
    assert code == ExitCode.OK
    assert told["folder"] == "runs/kit.line"
    assert told["converged"] is True and told["plots"] == []
    # It is the run of the run file.
    run("fit", "in/line.yaml", "--no-plots")
    one, other = (
        np.load(tmp_path / "runs" / name / "posterior.npz")["unconstrained"]
        for name in ("kit.line", "line")
    )
    np.testing.assert_array_equal(one, other)


def test_data_by_key(run):
    code, _, err = run(
        "fit", "in/line.yaml", "--data", "y=in/x.npy", "--no-plots"
    )
    assert code == ExitCode.OK, err
    y = np.load("runs/line/inputs/y.npy")
    np.testing.assert_array_equal(y, np.linspace(0.0, 1.0, 12))


def test_a_fit_that_did_not_converge_has_its_own_code(run, tmp_path):
    code, out, _ = run(
        "fit", "in/line.yaml", "--set", "estimator.passes=false", "--no-plots"
    )
    assert code == ExitCode.UNCONVERGED == 5
    assert "cannot be trusted" in out
    assert (tmp_path / "runs/line/summary.md").exists()


def test_a_second_fit_is_refused(run):
    run("fit", "in/line.yaml", "--no-plots")
    code, out, err = run("fit", "in/line.yaml")
    assert code == ExitCode.USAGE and not out
    assert "runs/line holds a run" in err and "--out" in err


def test_interrupted_and_gone_on(run, tmp_path, monkeypatch):
    from forwardax._fit import journal

    append = journal.Journal.append

    def interrupted(self, kind, arrays):
        append(self, kind, arrays)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(journal.Journal, "append", interrupted)
        code, _, err = run("fit", "in/line.yaml", "--out", "a", "--no-plots")
    assert code == ExitCode.INTERRUPTED
    assert "forwardax fit --resume a" in err
    code, out, _ = run("fit", "--resume", "a", "--no-plots", "--json")
    assert code == ExitCode.OK
    assert json.loads(out)["folder"] == "a"
    code, _, err = run("fit", "--resume", "a")
    assert code == ExitCode.USAGE and "finished" in err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["fit"], "name a run file or a system"),
        (["simulate", "--out", "x"], "name a run file or a system"),
        (["simulate", "kit.line"], "--out"),
        (["fit", "--resume", "a", "--seed", "1"], "the folder alone"),
        (["fit", "in/line.yaml", "--resume", "a"], "the folder alone"),
        (["fit", "in/line.yaml", "--seed", "x"], "the seed"),
        (["fit", "kit.lime"], "kit.line"),
        (["fit", "in/lime.yaml"], "in/lime.yaml"),
        (["fit", "--resume", "in"], "no run folder"),
    ],
    ids=" ".join,
)
def test_wrong_usage(run, tmp_path, arguments, text):
    code, out, err = run(*arguments)
    assert code == ExitCode.USAGE and not out
    assert text in err and "Traceback" not in err
    code, out, err = run(*arguments, "--json")
    assert code == ExitCode.USAGE and not err
    assert any(text in f["text"] for f in json.loads(out)["faults"])
    assert {p.name for p in tmp_path.iterdir()} == {"in"}


def test_simulate_then_fit(run, tmp_path):
    code, out, err = run("simulate", "in/line.yaml", "--out", "sim")
    assert code == ExitCode.OK, err
    assert "line.slope" in out
    assert "fit it with: forwardax fit sim/run.yaml" in out
    code, out, _ = run("fit", "sim/run.yaml", "--json", "--no-plots")
    assert code == ExitCode.OK
    rows = json.loads(out)["rows"]
    assert {row["name"] for row in rows} >= {"line.slope", "line.offset"}


def test_simulate_says_where_nothing_is_free(run):
    given = [
        part
        for key in ("slope", "offset")
        for part in ("--set", f"params.line.{key}=1.5")
    ]
    arguments = ["simulate", "in/line.yaml", *given]
    code, out, err = run(*arguments, "--out", "sim")
    assert code == ExitCode.OK, err
    assert "nothing is free in sim/run.yaml" in out
    assert "fit it with" not in out
    # What it says works.
    assert "forwardax fit RUN.yaml --set folder=sim" in out
    above = ["--set", "folder=sim", "--set", "truth=sim/truth.yaml"]
    code, _, err = run("fit", "in/line.yaml", *above, "--no-plots")
    assert code == ExitCode.OK, err
    told = json.loads(run(*arguments, "--out", "again", "--json")[1])
    assert told["free"] == 0


def test_simulate_as_json(run):
    arguments = ["simulate", "in/line.yaml", "--seed", "3", "--json"]
    told = [json.loads(run(*arguments, "--out", out)[1]) for out in ("a", "b")]
    assert told[0]["truth"] == told[1]["truth"]
    assert told[0]["files"][-1] == "a/run.yaml"
    assert told[0]["free"] == 2


def test_help_needs_no_jax():
    code = (
        "import sys; from forwardax.cli import main;"
        "[main([verb, '--help']) for verb in ('fit', 'simulate')];"
        "assert 'jax' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for command in (fit_command, simulate_command):
        for option in command.params:
            assert option.opts[0] in done.stdout or not option.opts[0][0] == "-"


SETUP = """
import json, sys, jax
from forwardax._run.jax_setup import core_count, set_up_jax
{before}
set_up_jax()
print(json.dumps([
    bool(jax.config.jax_enable_x64), jax.local_device_count(), core_count(),
    jax.config.jax_compilation_cache_dir,
    jax.config.jax_persistent_cache_min_compile_time_secs,
]))
"""


def set_up(tmp_path, *, before="", **environ):
    import os

    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JAX", "XLA"))
    }
    clean["XDG_CACHE_HOME"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SETUP.format(before=before)],
        env=clean | environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_jax_is_set_up(tmp_path):
    x64, devices, cores, cache, least = set_up(tmp_path)
    assert x64 and devices == cores
    assert cache == str(tmp_path / "forwardax/jax") and least == 0.0


@pytest.mark.slow
@pytest.mark.parametrize(
    "environ",
    [
        {"JAX_NUM_CPU_DEVICES": "3"},
        {"XLA_FLAGS": "--xla_force_host_platform_device_count=3"},
    ],
    ids=lambda environ: next(iter(environ)),
)
def test_what_the_user_set_stays(tmp_path, environ):
    environ |= {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "mine"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "2",
    }
    _, devices, _, cache, least = set_up(tmp_path, **environ)
    assert devices == 3
    assert cache == str(tmp_path / "mine") and least == 2.0


@pytest.mark.slow
def test_too_late_is_no_error(tmp_path):
    (tmp_path / "forwardax").write_text("no folder, so no cache")
    x64, devices, _, cache, _ = set_up(tmp_path, before="jax.devices()")
    assert x64 and devices == 1 and cache is None
