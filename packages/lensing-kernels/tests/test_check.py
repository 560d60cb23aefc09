"""What is refused of arrays and structure together."""

import re

import numpy as np
import pytest
from lensing_kernels._declare.check import check

SOUND = {"over_sampling": {"sub_size": 4}}


def arrays(**changes):
    found = {
        "image": np.zeros((20, 22)),
        "noise_map": np.ones((20, 22)),
        "psf": np.ones((5, 7)),
        "mask": np.zeros((20, 22), bool),
        "exclude": np.zeros((20, 22), bool),
    }
    return {k: v for k, v in {**found, **changes}.items() if v is not None}


def test_sound_arrays_have_no_faults():
    assert list(check(SOUND, arrays())) == []
    assert list(check(SOUND, {})) == []


@pytest.mark.parametrize(
    ("changes", "key", "text"),
    [
        ({"psf": np.ones((4, 5))}, "psf", "even number.*4 by 5"),
        ({"psf": np.ones((5, 4))}, "psf", "even number"),
        ({"psf": np.zeros((5, 5))}, "psf", "sum 0"),
        ({"psf": -np.ones((5, 5))}, "psf", "sum -25"),
        ({"psf": np.ones((5, 23))}, "psf", "larger than the image.*20 by 22"),
        ({"psf": np.ones((21, 5)), "image": None}, "psf", "larger"),
        ({"mask": np.ones((20, 22), bool)}, "mask", "no pixel is left"),
        (
            {"exclude": np.ones((20, 22), bool), "mask": None},
            "exclude",
            "no pixel is left by exclude",
        ),
        ({"noise_map": np.zeros((20, 22))}, "noise_map", "440 pixels"),
        (
            {"noise_map": np.where(np.eye(20, 22) > 0, -1.0, 1.0)},
            "noise_map",
            r"20 pixels.*-1 at \(0, 0\)",
        ),
    ],
)
def test_faulty_arrays_are_refused(changes, key, text):
    (fault,) = check(SOUND, arrays(**changes))
    assert fault.key == key
    assert re.search(text, str(fault))


def test_masked_pixels_may_have_any_noise():
    noise = np.ones((20, 22))
    noise[3, 4] = 0.0
    noise[5, 6] = -1.0
    masks = [np.zeros((20, 22), bool) for _ in range(2)]
    masks[0][3, 4] = masks[1][5, 6] = True
    given = arrays(noise_map=noise, mask=masks[0], exclude=masks[1])
    assert list(check(SOUND, given)) == []
    masks[1][5, 6] = False
    (fault,) = check(SOUND, given)
    assert "(5, 6)" in str(fault)


def test_mask_and_exclude_may_leave_nothing_together():
    half = np.arange(22) < 11
    mask = np.broadcast_to(half, (20, 22))
    (fault,) = check(SOUND, arrays(mask=mask, exclude=~mask))
    assert "by mask and exclude" in str(fault)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, "sub_size"),
        ({"sub_size": 0}, "sub_size"),
        ({"sub_size": 33}, "sub_size"),
        ({"sub_size": 2.0}, "sub_size"),
        ({"sub_size": True}, "sub_size"),
        ({"sub_size": []}, "sub_size"),
        ({"sub_size": [4, 0], "radii": [1.0]}, "sub_size"),
        ({"sub_size": [4, 2]}, "radii"),
        ({"sub_size": 4, "radii": [0.3]}, "radii"),
        ({"sub_size": [4, 2], "radii": [0.0]}, "radii"),
        ({"sub_size": [4, 2], "radii": 0.3}, "radii"),
        ({"sub_size": [8, 4, 2], "radii": [0.6, 0.3]}, "radii"),
        ({"sub_size": [8, 4, 2], "radii": [0.3, 0.3]}, "radii"),
        ({"sub_size": [4, 2], "radii": [float("nan")]}, "radii"),
        ({"sub_size": 4, "centre": [0.0]}, "centre"),
        ({"sub_size": 4, "center": [0.0, 0.0]}, "center"),
    ],
)
def test_faulty_over_sampling_is_refused(given, key):
    (fault,) = check({"over_sampling": given}, arrays())
    assert fault.key == f"over_sampling.{key}"
    assert fault.nearest == (("centre",) if key == "center" else ())


@pytest.mark.parametrize(
    "given",
    [
        {"sub_size": 1},
        {"sub_size": [4]},
        {"sub_size": (8, 4, 2), "radii": (0.3, 0.6), "centre": (0, 0.1)},
    ],
)
def test_sound_over_sampling_passes(given):
    assert list(check({"over_sampling": given}, arrays())) == []


def test_over_sampling_that_is_no_mapping_is_refused():
    (fault,) = check({"over_sampling": 4}, arrays())
    assert "write over_sampling: {sub_size: 4}" in str(fault)
