"""A fit that is killed at random moments ends as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import time

import forwardax as fx
import numpy as np
import pytest

PLUGIN = """\
from forwardax.testing.toys.plugin import (
    FORWARDAX_API, forwardax_systems, forwardax_transforms,
)
"""
RUN = """\
system: {name: toy.direct, n_pix: 16}
data: counts.npy
params: {fixed: {m1.focal_length: 2.0}}
estimator: {name: numpyro.nuts, draws: 1500, warmup: 400, thin: 2}
seed: 5
"""
KILLS = 10


@pytest.fixture(scope="module")
def kit(plugin_folder):
    """The toys as a plugin, data of one of them, and a run file."""
    folder = plugin_folder()
    folder.add("toy-kit", PLUGIN)
    run = folder.cli(
        "simulate", "toy.direct", "--set", "system.n_pix=16", "--out", "sim"
    )
    assert run.code == 0, run.err
    (folder.path / "sim/counts.npy").rename(folder.path / "counts.npy")
    (folder.path / "run.yaml").write_text(RUN)
    return folder


def start(kit, *arguments):
    """`forwardax` in a process of its own, with nothing to wait for."""
    path = os.pathsep.join([str(kit.path), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "forwardax", *arguments, "--no-plots"],
        cwd=kit.path,
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=hear_the_keyboard,
    )


def hear_the_keyboard():
    """Undo what a shell does for jobs in the background: it has them deaf."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def kill_after(process, chunks, more, seconds):
    """Kill when there are `more` chunks than now and some time has passed."""
    before = count(chunks)
    while process.poll() is None and count(chunks) < before + more:
        time.sleep(0.001)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


def count(chunks):
    return len(list(chunks.glob("0*.npz"))) if chunks.exists() else 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0])
def test_killed_again_and_again(kit, seed):
    whole = kit.cli("fit", "run.yaml", "--out", "whole", "--no-plots")
    assert whole.code in (0, 5), whole.err
    moments = random.Random(seed)
    cut = kit.path / f"cut{seed}"
    alive = 0
    for kill in range(KILLS):
        # Every fourth at any time from the start on, before anything is
        # compiled; the others while chains move.
        early = kill % 4 == 0
        process = start(kit, *begin_or_go_on(cut))
        kill_after(
            process,
            cut / "chunks",
            0 if early else moments.randint(1, 3),
            moments.uniform(0.0, 8.0 if early else 0.1),
        )
        alive += process.returncode == -signal.SIGKILL
        process.stderr.close()
    assert alive >= KILLS - 2, "killed too late to mean anything"
    end = kit.cli(*begin_or_go_on(cut), "--no-plots")
    assert end.code == whole.code, end.err
    one, other = (
        fx.Posterior.load(kit.path / name / "posterior.npz")
        for name in ("whole", cut.name)
    )
    np.testing.assert_array_equal(one.unconstrained, other.unconstrained)
    np.testing.assert_array_equal(one.log_density, other.log_density)
    for name in one.stats:
        np.testing.assert_array_equal(one.stats[name], other.stats[name])
    names = [
        sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))
        for folder in (kit.path / "whole", cut)
    ]
    assert names[0] == names[1]


def begin_or_go_on(folder):
    """What one types: a run folder is there whole, or not at all."""
    if folder.exists():
        assert (folder / "manifest.json").exists()
        return ("fit", "--resume", str(folder))
    return ("fit", "run.yaml", "--out", str(folder))


@pytest.mark.slow
def test_interrupted_from_the_keyboard(kit):
    folder = kit.path / "keyboard"
    # Long enough not to end between a look and the signal.
    longer = ("--set", "estimator.draws=20000")
    process = start(kit, "fit", "run.yaml", "--out", "keyboard", *longer)
    while count(folder / "chunks") < 2 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert b"go on with: forwardax fit --resume keyboard" in err
    end = kit.cli("fit", "--resume", "keyboard", "--no-plots", "--json")
    assert end.code in (0, 5), end.err
    assert end.json["system"] == "toy.direct"
