"""Arrays that a run names: files, numbers and mappings, read and checked."""

import sys
from types import ModuleType

import forwardax as fx
import numpy as np
import pytest
from astropy.io import fits
from forwardax import (
    API,
    DataField,
    DataSpec,
    Frozen,
    ParamField,
    ParamSpec,
    Prior,
    Registry,
    StructureField,
    SystemEntry,
    errors,
    hookimpl,
    load_run,
)
from forwardax._config.arrays import read_arrays
from forwardax._config.config import load_inputs
from forwardax.errors import Fault

IMAGE = np.arange(12.0).reshape(3, 4)
SPEC = ParamSpec(
    [
        ParamField("flux", prior=Prior("Normal", loc=0.0, scale=1.0)),
        ParamField("centre", shape=(2,), default=(0.0, 0.0)),
    ]
)
KNOWN = DataSpec(
    [
        DataField("noise_map", dims=("y", "x"), positive=True),
        DataField("psf", dims=("v", "u"), optional=True),
        DataField("mask", dims=("y", "x"), dtype="bool", optional=True),
    ]
)
DATA = DataSpec([DataField("image", dims=("y", "x"), role="image")])


def make(**arguments):
    return arguments


def read(key, value, structure, arrays):
    if isinstance(value, Frozen):
        if "rows" not in value:
            raise errors.DataError(Fault("no rows", key="mask.raws"))
        mask = np.zeros(arrays["image"].shape, bool)
        mask[: value["rows"] * structure["scale"]] = True
        return mask
    return np.load(value)[::-1]


def check(structure, arrays):
    if "psf" in arrays and arrays["psf"].shape[0] % 2 == 0:
        yield Fault("the psf is even", key="psf")
    if structure["galaxies"].get("lens", {}).get("z", 1) < 0:
        yield Fault("negative redshift", key="galaxies.lens.z")


@pytest.fixture
def registry(monkeypatch):
    here = ModuleType("inputs_kit")
    here.read, here.check, here.make = read, check, make
    monkeypatch.setitem(sys.modules, "inputs_kit", here)

    def registry(**changes):
        options = {
            "target": "inputs_kit:make",
            "spec": SPEC,
            "data": DATA,
            "known": KNOWN,
            "reader": "inputs_kit:read",
            "check": "inputs_kit:check",
            "structure": (
                StructureField("scale", default=1),
                StructureField("galaxies", kind="mapping", default={}),
            ),
        } | changes
        entry = SystemEntry("kit.one", **options)
        module = ModuleType("fake")
        module.FORWARDAX_API = API
        module.forwardax_systems = hookimpl(
            lambda: [entry], specname="forwardax_systems"
        )
        found = Registry([("kit", module)])
        assert found.failures == ()
        return found

    return registry


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "image.npy", IMAGE)
    np.save(tmp_path / "noise.npy", IMAGE + 1)
    np.save(tmp_path / "psf.npy", np.ones((3, 3)))
    return tmp_path


RUN = """\
system:
  name: kit.one
  scale: 2
  noise_map: noise.npy
  psf: psf.npy
  mask: {rows: 1}
data: {image: image.npy}
"""


@pytest.fixture
def load(folder, registry):
    def load(text=RUN, *overrides, data=True, **changes):
        path = folder / "run.yaml"
        path.write_text(text)
        return load_inputs(
            path, overrides, registry=registry(**changes), data=data
        )

    return load


@pytest.fixture
def told(load):
    def told(*arguments, **options):
        with pytest.raises(errors.ConfigError) as caught:
            load(*arguments, **options)
        return [str(fault) for fault in caught.value.faults]

    return told


def test_files_numbers_and_mappings_become_arrays(load):
    found = load()
    np.testing.assert_array_equal(found.data["image"], IMAGE[::-1])
    np.testing.assert_array_equal(found.known["noise_map"], IMAGE[::-1] + 1)
    assert found.known["mask"].sum() == 2 * IMAGE.shape[1]
    assert list(found.known) == ["noise_map", "psf", "mask"]


def test_one_number_is_spread_over_the_dims_of_an_array(load):
    found = load(RUN.replace("noise.npy", "0.5"))
    np.testing.assert_array_equal(
        found.known["noise_map"], np.full(IMAGE.shape, 0.5)
    )


def test_number_without_an_array_beside_it(told):
    text = RUN.replace("noise.npy", "0.5").replace("mask: {rows: 1}", "")
    (fault,) = told(text, data=False)
    assert "run.yaml:4" in fault and "one number" in fault


def test_paths_start_at_the_folder(load, folder, told):
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    for name in ("image", "noise", "psf"):
        (folder / f"{name}.npy").rename(elsewhere / f"{name}.npy")
    assert load(RUN + "folder: elsewhere\n").data["image"].shape == (3, 4)
    assert load(RUN, f"folder={elsewhere}").data["image"].shape == (3, 4)
    (fault,) = told(RUN, "folder=nowhere")
    assert "there is no folder 'nowhere'" in fault


def test_every_fault_of_file_and_arrays_comes_at_once_with_its_line(
    told, folder
):
    np.save(folder / "psf.npy", np.ones((2, 3)))
    np.save(folder / "noise.npy", np.ones((3, 5)))
    np.save(folder / "image.npy", np.full((3, 4), np.nan))
    faults = told(
        RUN.replace("{rows: 1}", "{raws: 1}")
        + "params: {fixed: {fluks: 1}}\nseed: -1\n",
        "system.galaxies.lens.z=-1",
    )
    assert len(faults) == 6
    where = ("run.yaml:7", "run.yaml:6", "run.yaml:5", "--set system.gal")
    for place in (*where, "run.yaml:8", "run.yaml:9"):
        assert sum(place in fault for fault in faults) == 1, (place, faults)


def test_dims_of_one_name_have_one_size(told, folder):
    np.save(folder / "noise.npy", np.ones((3, 5)))
    (fault,) = told(RUN)
    assert "'noise_map' and 'image' differ in their size along x" in fault
    assert "run.yaml:4" in fault


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RUN.replace("noise.npy", "gone.npy"), "there is no file"),
        (RUN.replace("  noise_map: noise.npy\n", ""), "lacks 'noise_map'"),
        (RUN.replace("psf:", "psv:"), "'psv' is not a structure field"),
        (RUN.replace("psf.npy", "run.yaml"), "'psf' cannot be read"),
        (RUN.replace("{image: image.npy}", "{}"), "the data lack 'image'"),
    ],
)
def test_refused(told, text, said):
    (fault,) = told(text)
    assert said in fault


def test_without_a_reader_files_are_as_stored(load, folder, told):
    fits.writeto(folder / "image.fits", IMAGE.astype(">f4"))
    np.savez(folder / "psf.npz", psf=np.ones((3, 3)), other=np.ones(2))
    text = RUN.replace("image.npy", "image.fits").replace("psf.npy", "psf.npz")
    found = load(text.replace("  mask: {rows: 1}\n", ""), reader=None)
    np.testing.assert_array_equal(found.data["image"], IMAGE)
    assert found.data["image"].dtype == np.dtype("float64")
    assert found.known["psf"].shape == (3, 3)
    (fault,) = told(text, reader=None)
    assert "'mask' is no file and no number" in fault


def test_fits_files_that_are_none(told, folder):
    (folder / "a.fits").write_text("nothing")
    table = fits.BinTableHDU.from_columns([fits.Column("a", "E", array=[1.0])])
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(folder / "b.fits")
    text = RUN.replace("  mask: {rows: 1}\n", "")
    text = text.replace("psf.npy", "a.fits").replace("noise.npy", "b.fits")
    one, two = told(text, reader=None)
    assert "has no image" in one and "a table" in one
    assert "is no FITS file" in two


def test_a_system_by_name_reads_and_checks_alike(registry, folder):
    found = fx.system(
        "kit.one",
        registry=registry(),
        noise_map=folder / "noise.npy",
        psf=np.ones((3, 3)),
        galaxies={"lens": {"z": 0.5}},
    )
    assert found["galaxies"]["lens"]["z"] == 0.5
    np.testing.assert_array_equal(found["noise_map"], IMAGE[::-1] + 1)
    with pytest.raises(errors.StructureError) as caught:
        fx.system(
            "kit.one",
            registry=registry(),
            psf=np.ones((2, 3)),
            galaxies={"lens": {"z": -0.5}},
        )
    told = "\n".join(map(str, caught.value.faults))
    assert len(caught.value.faults) == 3
    assert "noise_map" in told and "even" in told and "redshift" in told


def test_resolved_run_file_gives_the_same_run(load, folder, registry):
    import yaml

    found = load(RUN, "system.galaxies.lens.z=2")
    again = folder / "deeper"
    again.mkdir()
    (again / "run.yaml").write_text(yaml.safe_dump(found.config.to_mapping()))
    config = load_run(again / "run.yaml", registry=registry())
    assert config.structure.plain == found.config.structure.plain
    known, data = read_arrays(config, registry=registry())
    np.testing.assert_array_equal(data["image"], found.data["image"])
    np.testing.assert_array_equal(known["mask"], found.known["mask"])


def test_truth_is_read_by_address(load, folder, told):
    (folder / "truth.yaml").write_text("flux: 2.5\ncentre: [1, 2]\n")
    found = load(RUN + "truth: truth.yaml\n").config
    assert found.truth.plain == {"flux": 2.5, "centre": (1, 2)}
    (folder / "truth.yaml").write_text("fluks: 2.5\ncentre: [1, 2, 3]\n")
    faults = told(RUN + "truth: truth.yaml\n")
    assert len(faults) == 2
    assert "truth.yaml:1" in faults[0] and "'flux'" in faults[0]
    assert "truth.yaml:2" in faults[1]


def test_truth_is_not_blamed_for_a_faulty_structure(told, folder):
    (folder / "truth.yaml").write_text("flux: 2.5\n")
    (fault,) = told(
        RUN.replace("scale: 2", "scale: two") + "truth: truth.yaml\n",
        spec=lambda structure: SPEC,
    )
    assert "scale" in fault


def test_frozen_mappings():
    one = Frozen({"a": {"b": [1, 2]}, "c": 1})
    assert one["a"]["b"] == (1, 2)
    assert hash(one) == hash(Frozen({"a": {"b": (1, 2)}, "c": 1}))
    assert one == {"a": {"b": (1, 2)}, "c": 1}
    assert one != Frozen({"c": 1, "a": {"b": [1, 2]}})
