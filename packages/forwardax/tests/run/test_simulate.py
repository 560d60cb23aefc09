"""Simulated data with their truth, ready to be fitted."""

import forwardax as fx
import jax
import numpy as np
import pytest
import yaml
from forwardax._run.fit import run_fit
from forwardax._run.simulate import simulate
from forwardax.errors import CapabilityError, ForwardaxError, SaveError


def test_the_folder_is_complete_and_can_be_fitted(registry, run_file, tmp_path):
    made = simulate(run_file, tmp_path / "sim")
    names = [path.relative_to(made.folder).as_posix() for path in made.files]
    assert sorted(names) == [
        "noise.npy", "run.yaml", "truth.yaml", "x.npy", "y.npy",
    ]  # fmt: skip
    assert sorted(p.name for p in made.folder.iterdir()) == sorted(names)
    assert made.files[-1] == made.folder / "run.yaml"
    result = run_fit(made.files[-1], tmp_path / "out", plots=False)
    assert result.truth == made.truth
    assert result.truth["line.shift"] == 0.0  # what was fixed stays


def test_data_are_the_systems_at_the_truth(registry, run_file, tmp_path):
    made = simulate(run_file, tmp_path / "sim")
    truth = yaml.safe_load((made.folder / "truth.yaml").read_text())
    assert truth == {key: float(value) for key, value in made.truth.items()}
    x = np.load(made.folder / "x.npy")
    model = truth["line.slope"] * x + truth["line.offset"]
    z = (np.load(made.folder / "y.npy") - model) / 0.3
    assert 0.3 < z.std() < 2.0 and abs(z.mean()) < 4 / np.sqrt(12)


def test_derived_values_are_in_the_truth(registry, tmp_path):
    made = simulate("toy.direct", tmp_path / "sim", ["system.n_pix=16"])
    truth = made.truth
    scale = truth["imaging.psf_pixel_scale"]
    np.testing.assert_allclose(truth["source.pixel"], truth["source.x"] / scale)
    result = fx.load_run(made.files[-1], registry=registry)
    assert set(result.truth) == set(truth)


def test_vectors_are_written_as_lists(registry, tmp_path):
    made = simulate("toy.blobs", tmp_path / "sim", ["system.n_pix=8"])
    truth = yaml.safe_load((made.folder / "truth.yaml").read_text())
    np.testing.assert_array_equal(truth["blob.x"], made.truth["blob.x"])
    assert "blob.x: [" in (made.folder / "truth.yaml").read_text()


def test_the_seed_decides(registry, run_file, tmp_path):
    made = [
        simulate(run_file, tmp_path / f"sim{i}", [f"seed={seed}"]).truth
        for i, seed in enumerate((1, 1, 2))
    ]
    assert made[0] == made[1]
    assert made[0]["line.slope"] != made[2]["line.slope"]


def test_the_truth_is_no_draw_of_a_fit_with_its_seed(
    registry, run_file, tmp_path
):
    made = simulate(run_file, tmp_path / "sim")
    result = run_fit(made.files[-1], tmp_path / "out", plots=False)
    key = jax.random.key(7)
    for one in (key, *jax.random.split(key)):
        store = result.problem.prior_sample(one)
        assert float(store["line.slope"]) != made.truth["line.slope"]


def test_measured_data_are_not_read(registry, run_file, tmp_path):
    text = run_file.read_text().replace("data: {y: y.npy}\n", "")
    run_file.write_text(text)
    assert simulate(run_file, tmp_path / "sim").truth


def test_a_system_that_cannot(registry, run_file, tmp_path):
    text = run_file.read_text().replace("kit.line", "kit.mute")
    run_file.write_text(text)
    with pytest.raises(CapabilityError) as caught:
        simulate(run_file, tmp_path / "sim")
    (fault,) = caught.value.faults
    assert "'kit.mute' does not offer 'simulate'" in fault.what
    able = fault.allowed.removeprefix("systems that do: ").split(", ")
    assert set(able) >= {"kit.line", "toy.blobs", "toy.direct", "toy.relay"}
    assert "kit.mute" not in able


def test_every_fault_at_once(registry, run_file, tmp_path):
    (tmp_path / "sim").write_text("a file")
    with pytest.raises(ForwardaxError) as caught:
        simulate(run_file, tmp_path / "sim", ["params.line.slop=1"])
    assert {fault.code for fault in caught.value.faults} == {
        "taken", "unknown",
    }  # fmt: skip


def test_a_folder_that_holds_something_is_refused(registry, run_file, tmp_path):
    simulate(run_file, tmp_path / "sim")
    before = {p: p.read_bytes() for p in (tmp_path / "sim").iterdir()}
    with pytest.raises(SaveError, match="is not empty"):
        simulate(run_file, tmp_path / "sim")
    assert {p: p.read_bytes() for p in (tmp_path / "sim").iterdir()} == before


def test_impossible_conditions_are_told(registry, tmp_path):
    above = ["system.n_pix=8", "params.planes.separation=0.5"]
    with pytest.raises(ForwardaxError, match="condition"):
        simulate("toy.relay", tmp_path / "sim", above)
    assert list(tmp_path.iterdir()) == []
