"""Pupils and Zernike polynomials."""

import numpy as np
import pytest
from optics_dlux import transmission, zernike_modes


def test_zernikes_equal_the_stored_ones(golden):
    with np.load(golden / "optics" / "zernike_basis.npz") as file:
        want = file["basis"]
    got = zernike_modes(tuple(range(1, 16)), 32, 2.0)
    np.testing.assert_allclose(got, want, atol=1e-12)


def test_zernikes_are_orthonormal_over_the_circle():
    modes = np.asarray(zernike_modes(tuple(range(1, 16)), 256, 1.0))
    inside = np.asarray(zernike_modes((1,), 256, 1.0))[0]
    gram = np.einsum("ayx,byx->ab", modes, modes) / inside.sum()
    # A jagged circle of 256 pixels: one part in its circumference.
    np.testing.assert_allclose(gram, np.eye(15), atol=1 / 100)


@pytest.mark.parametrize("number", range(3))
def test_transmission_equals_the_stored_one(cases, structure, number):
    case = cases("two_plane_psf")[number]
    built = structure(
        {
            "m1.aperture.diameter": case.diameter_m,
            "m1.aperture.obscuration": case.obscuration_ratio,
            "m1.struts.number": 0,
            "system.sampling.pupil_npix": case.pupil_npix,
            "system.sampling.pupil_oversample": 3,
        }
    )
    np.testing.assert_allclose(
        transmission(built), case.transmission, atol=1e-12
    )


@pytest.mark.parametrize("fine", [3, 5, 8])
def test_open_area(structure, fine):
    changes = {
        "m1.aperture.obscuration": 0.3,
        "m1.struts.number": 0,
        "system.sampling.pupil_npix": 64,
        "system.sampling.pupil_oversample": fine,
    }
    area = np.mean(transmission(structure(changes)))
    want = np.pi / 4 * (1 - 0.3**2)
    assert area == pytest.approx(want, rel=1.5e-3)


def test_struts_point_where_they_are_told(structure):
    changes = {
        "m1.struts.number": 1,
        "m1.struts.width": 0.006,
        "m1.struts.rotation": 60.0,
        "system.sampling.pupil_npix": 64,
    }
    closed = 1 - np.asarray(transmission(structure(changes)))
    axis = (np.arange(64) - 31.5) / 64
    x, y = np.meshgrid(axis, axis)
    ring = (np.hypot(x, y) > 0.2) & (np.hypot(x, y) < 0.4)
    total = closed[ring].sum()
    angle = np.rad2deg(
        np.arctan2((closed * x)[ring].sum(), (closed * y)[ring].sum())
    )
    assert angle == pytest.approx(60, abs=0.5)
    assert total == pytest.approx(0.2 * 64 * 0.006 / 0.09 * 64, rel=0.05)


def test_struts_that_are_not_there(structure):
    none = transmission(structure({"m1.struts.number": 0}))
    thin = transmission(structure({"m1.struts.width": 0.0}))
    np.testing.assert_array_equal(none, thin)
    thick = transmission(structure())
    assert np.sum(thick) < np.sum(none)
