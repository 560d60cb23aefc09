"""Reading and writing images and masks."""

import os

import numpy as np
import pytest
from astropy.io import fits
from forwardax.errors import DataError
from lensing_kernels import annulus, circle
from lensing_kernels.files import read, write

STRUCTURE = {"pixel_scale": 0.1}
IMAGE = np.arange(12.0).reshape(3, 4)


@pytest.fixture
def save(tmp_path):
    """Write HDUs to a file and say where."""

    def saved(*hdus, name="some.fits"):
        fits.HDUList(list(hdus)).writeto(tmp_path / name)
        return tmp_path / name

    return saved


@pytest.mark.parametrize("dtype", [">f8", "<f8", ">f4", ">i2", "uint8"])
def test_an_image_comes_back_as_it_was(tmp_path, dtype):
    path = write(tmp_path, "image", IMAGE.astype(dtype), STRUCTURE)
    assert path == tmp_path / "image.fits"
    found = read("image", path, STRUCTURE, {})
    np.testing.assert_array_equal(found, IMAGE)
    assert found.dtype == np.dtype("=f8") and found.flags.c_contiguous


def test_the_first_row_of_a_file_has_the_lowest_y(tmp_path, save):
    path = save(fits.PrimaryHDU(IMAGE))
    np.testing.assert_array_equal(
        read("image", path, STRUCTURE, {}), IMAGE[::-1]
    )
    written = write(tmp_path, "image", IMAGE, STRUCTURE)
    np.testing.assert_array_equal(fits.getdata(written), IMAGE[::-1])
    assert fits.getheader(written)["PIXSCALE"] == 0.1


@pytest.mark.parametrize("key", ["mask", "exclude"])
def test_masks_are_true_where_a_file_is_not_zero(tmp_path, key):
    mask = IMAGE % 3 == 0
    found = read(key, write(tmp_path, key, mask, STRUCTURE), STRUCTURE, {})
    assert found.dtype == bool
    np.testing.assert_array_equal(found, mask)
    np.save(tmp_path / "mask.npy", np.where(mask, -0.5, 0.0))
    found = read(key, tmp_path / "mask.npy", STRUCTURE, {})
    np.testing.assert_array_equal(found, mask)


def test_numpy_files_are_taken_as_they_are(tmp_path):
    np.save(tmp_path / "image.npy", IMAGE.astype(np.int16))
    found = read("image", tmp_path / "image.npy", STRUCTURE, {})
    np.testing.assert_array_equal(found, IMAGE)
    assert found.dtype == float


def test_the_first_image_of_two_axes_is_read(save):
    path = save(
        fits.PrimaryHDU(),
        fits.BinTableHDU.from_columns([fits.Column("a", "D", array=[1.0])]),
        fits.ImageHDU(np.zeros((2, 3, 4))),
        fits.ImageHDU(IMAGE),
        fits.ImageHDU(IMAGE + 1),
    )
    np.testing.assert_array_equal(
        read("image", path, STRUCTURE, {}), IMAGE[::-1]
    )


def test_a_compressed_image_is_read(save):
    path = save(fits.PrimaryHDU(), fits.CompImageHDU(IMAGE.astype(">i4")))
    np.testing.assert_array_equal(
        read("image", path, STRUCTURE, {}), IMAGE[::-1]
    )


def test_a_file_without_an_image_says_what_it_has(save):
    path = save(fits.PrimaryHDU(), fits.ImageHDU(np.zeros((2, 3, 4))))
    with pytest.raises(DataError, match=r"ImageHDU: shape \(2, 3, 4\)") as e:
        read("psf", path, STRUCTURE, {})
    assert e.value.faults[0].key == "psf"
    assert "HDU 0 PrimaryHDU: no data" in str(e.value)


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.fits", b"not an image at all", "cannot be read as a FITS file"),
        ("a.fits", b"", "cannot be read as a FITS file"),
        ("a.npy", b"not an array", "cannot be read as a NumPy file"),
    ],
)
def test_other_files_are_refused(tmp_path, name, content, text):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=text):
        read("image", tmp_path / name, STRUCTURE, {})


@pytest.mark.parametrize("name", ["a.fits", "a.npy"])
def test_a_missing_file_is_called_missing(tmp_path, name):
    with pytest.raises(DataError, match="there is no file"):
        read("image", tmp_path / name, STRUCTURE, {})


@pytest.mark.parametrize(
    "array", [np.zeros(3), np.zeros((2, 2), complex), np.array([["a"]])]
)
def test_arrays_that_are_no_image_are_refused(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(DataError, match="no image of two axes"):
        read("image", tmp_path / "a.npy", STRUCTURE, {})


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = write(tmp_path, "image", IMAGE, STRUCTURE)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path, "image", IMAGE + 1, STRUCTURE)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["image.fits"]


def test_shapes_become_masks_of_the_image():
    noise = {"noise_map": np.ones((40, 30))}
    given = {"circle": 1.0, "centre": (0.5, -0.2)}
    found = read("mask", given, STRUCTURE, noise)
    np.testing.assert_array_equal(
        found, circle((40, 30), 0.1, 1.0, (0.5, -0.2))
    )
    row, column = np.argwhere(~found).mean(0)
    assert (40 / 2 - 0.5 - row) * 0.1 == pytest.approx(0.5, abs=0.02)
    assert (column + 0.5 - 30 / 2) * 0.1 == pytest.approx(-0.2, abs=0.02)
    assert (~found).sum() * 0.01 == pytest.approx(np.pi, rel=0.05)
    image = {"image": np.ones((50, 50)), **noise}
    ring = read("mask", {"annulus": [0.5, 1.0]}, STRUCTURE, image)
    inner, outer = (circle((50, 50), 0.1, r) for r in (0.5, 1.0))
    np.testing.assert_array_equal(ring, outer | ~inner)
    np.testing.assert_array_equal(ring, annulus((50, 50), 0.1, (0.5, 1.0)))


@pytest.mark.parametrize("name", ["img_sie_shear_sub1_psf11", "img_nopsf_sub1"])
def test_masks_are_those_of_the_reference(golden, name):
    import json

    cases = json.loads((golden / "lensing/fits_dev.json").read_text())["cases"]
    case = next(case for case in cases if case["id"] == name)
    with np.load(golden / "lensing/fits_dev.npz") as arrays:
        want = arrays[f"{name}__mask"].astype(bool)
    mask = case["mask"]
    found = circle(
        want.shape, case["pixel_scale"], mask["radius"], mask["centre"]
    )
    np.testing.assert_array_equal(found, want)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, "mask"),
        ({"circle": 1.0, "annulus": [0.5, 1.0]}, "mask"),
        ({"circel": 1.0}, "mask.circel"),
        ({"circle": -1.0}, "mask.circle"),
        ({"circle": [1.0]}, "mask.circle"),
        ({"circle": "1"}, "mask.circle"),
        ({"circle": float("nan")}, "mask.circle"),
        ({"annulus": [1.0, 0.5]}, "mask.annulus"),
        ({"annulus": [1.0, 1.0]}, "mask.annulus"),
        ({"annulus": [-1.0, 1.0]}, "mask.annulus"),
        ({"annulus": 1.0}, "mask.annulus"),
        ({"circle": 1.0, "centre": 0.0}, "mask.centre"),
    ],
)
def test_faulty_shapes_are_refused(given, key):
    image = {"image": np.ones((5, 5))}
    with pytest.raises(DataError) as caught:
        read("mask", given, STRUCTURE, image)
    assert key in {fault.key for fault in caught.value.faults}


def test_a_shape_needs_an_image():
    with pytest.raises(DataError, match="no image to take its shape from"):
        read("mask", {"circle": 1.0}, STRUCTURE, {})


def test_only_a_mask_has_a_shape():
    with pytest.raises(DataError, match="'psf' is given as a mapping"):
        read("psf", {"circle": 1.0}, STRUCTURE, {})


@pytest.mark.parametrize(
    "name",
    ["data.fits", "noise_map.fits", "psf.fits", "mask_extra_galaxies.fits"],
)
def test_real_files_are_read(shared, name):
    path = shared / "data/lensing/slacs_j0946+1006" / name
    found = read("image", path, STRUCTURE, {})
    np.testing.assert_array_equal(found, fits.getdata(path)[::-1])
    assert found.dtype.isnative
