"""Every example runs, from a folder of its own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from forwardax import Registry, load_run
from forwardax._run.prepare import prepare
from forwardax._run.simulate import simulate

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
PROGRAMS = sorted(EXAMPLES.glob("*.py"))
RUNS = sorted(EXAMPLES.glob("*/*.yaml"))
FREE = {"lens": 21, "telescope": 14}
"""Parameters that the comment of each `fit.yaml` counts."""


@pytest.mark.slow
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_example_runs(path, tmp_path):
    found = run_program(path, cwd=tmp_path)
    assert "converged" in found.stdout


def run_program(path, *arguments, cwd):
    found = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", path, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    return found


def name_of(path):
    return f"{path.parent.name}-{path.stem}"


@pytest.mark.parametrize("path", RUNS, ids=name_of)
def test_run_file_is_sound(path, tmp_path):
    """With files of the names it gives; the arrays in them are not read."""
    run = yaml.safe_load(path.read_text())
    named = [*run["system"].values(), *run.get("data", {}).values()]
    files = {
        tmp_path / value
        for value in named
        if isinstance(value, str) and value.endswith((".fits", ".npy"))
    }
    for file in files:
        file.touch()
    if "truth" in run:
        text = path.with_name("simulate.yaml").read_text()
        truth = yaml.safe_load(text)["params"]["fixed"]
        (tmp_path / run["truth"]).write_text(yaml.safe_dump(truth))
    config = load_run(path, [f"folder={tmp_path}"])
    arrays = [*config.known.plain.values(), *config.data.plain.values()]
    assert {one for one in arrays if isinstance(one, Path)} == files
    assert bool(config.truth) == ("truth" in run)


@pytest.mark.slow
@pytest.mark.parametrize("name", FREE)
def test_what_is_simulated_can_be_fitted(name, tmp_path):
    """As the comments in the files say, up to the fit itself."""
    folder, above = EXAMPLES / name, []
    program = folder / "instrument.py"
    if program.exists():
        run_program(program, tmp_path / "instrument", cwd=tmp_path)
        above = [f"folder={tmp_path / 'instrument'}"]
    made = simulate(folder / "simulate.yaml", tmp_path / "demo", above)
    assert made.free == 0
    above = [f"folder={made.folder}"]
    run = folder / "fit.yaml"
    problem = prepare(run, above, registry=Registry.default()).problem
    values = problem.values(np.zeros(problem.size))
    assert sum(np.size(values[key]) for key in problem.free_keys) == FREE[name]
    # Residuals at the truth are noise.
    system = problem.system
    truth = {key: made.truth[key] for key in system.spec.primitives}
    sigma = np.asarray(system.residuals(system.store(truth), problem.data))
    assert np.mean(sigma**2) == pytest.approx(1.0, abs=0.1)
    assert f"{FREE[name]} free" in run.read_text()
