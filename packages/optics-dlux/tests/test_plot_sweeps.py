"""How far the image goes as one parameter goes."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest
from forwardax.errors import ForwardaxError
from optics_dlux import plot_sweep, plot_sweeps, three_plane
from optics_dlux._plots.sweeps import of_run
from optics_dlux._plots.swept import swept

SHAPE = {
    "m1.zernike.noll": (4, 6),
    "m2.zernike.noll": (),
    "source.kind": "point",
    "source.spectrum.n_wavelengths": 1,
    "system.sampling.pupil_npix": 32,
    "detector.n_pix": 16,
}
VALUES = {
    "m1.zernike.coefficients": [0.0, 0.0],
    "star.astrometry.x_position": 0.0,
    "star.astrometry.y_position": 0.0,
    "star.photometry.log_flux": 6.0,
}
SCALE = "imaging.psf_pixel_scale"


@pytest.fixture(scope="module")
def telescope():
    """A small telescope and its values."""
    system = three_plane(**SHAPE)
    return system, system.store(VALUES)


def test_distances_are_in_units_of_the_noise(telescope):
    system, store = telescope
    found = swept(system, store, "m1.zernike.j6", [-20.0, 0.0, 10.0])
    predict = jax.jit(lambda store: system.predict(store)["image"])
    mean = np.asarray(predict(store))
    for value, distance in zip(found.values, found.distances, strict=True):
        moved = store.replace({"m1.zernike.j6": value})
        image = np.asarray(predict(moved))
        chi = np.sqrt(((image - mean) ** 2 / mean).sum())
        assert distance == pytest.approx(chi, rel=1e-9, abs=1e-9)
    assert found.unit == "nm" and found.start == 0.0
    assert found.distances[0] > found.distances[2] > 1 > found.distances[1]


def test_without_a_diffractive_pupil_defocus_has_a_flat_bottom(telescope):
    system, store = telescope
    plain = three_plane(**{**SHAPE, "dp.mask.pattern": "none"})
    values = [0.2, 0.4]
    one = swept(system, store, "m1.zernike.j4", values).distances
    other = swept(plain, plain.store(VALUES), "m1.zernike.j4", values).distances
    assert one[1] / one[0] == pytest.approx(2.0, rel=0.05)  # a V
    assert other[1] / other[0] == pytest.approx(4.0, rel=0.05)  # a parabola


def test_a_derived_value_is_swept_by_what_gives_way(telescope):
    system, store = telescope
    scale = float(store.derived(SCALE)[SCALE])
    by_scale = swept(
        system, store, SCALE, [1.01 * scale], "detector.pixel_pitch"
    )
    pitch = float(store["detector.pixel_pitch"])
    by_pitch = swept(system, store, "detector.pixel_pitch", [1.01 * pitch])
    np.testing.assert_allclose(
        by_scale.gaps, by_pitch.gaps, rtol=1e-6, atol=1e-6
    )
    assert by_scale.start == pytest.approx(scale)


def test_a_key_of_nobody_is_refused(telescope):
    system, store = telescope
    with pytest.raises(ForwardaxError, match="m1.zernike.j4"):
        swept(system, store, "m1.zernike.j44", [0.0])


def test_the_grid_has_a_panel_for_each_with_its_unit(telescope):
    pytest.importorskip("matplotlib")
    system, store = telescope
    figure = plot_sweeps(
        system,
        store,
        {
            "m1.zernike.j6": [-10, 0, 10],
            "star.astrometry.x_position": [0.1, 0.0],
        },
    )
    first, second = (a for a in figure.axes if a.axison)
    assert first.get_xlabel() == "m1.j6 [nm]"
    assert second.get_xlabel() == "star.x_position [arcsec]"
    assert "sigma" in first.get_ylabel()
    # In order, however the values were given.
    np.testing.assert_array_equal(second.lines[0].get_xdata(), [0.0, 0.1])


def test_a_single_one_shows_how_the_image_changes(telescope):
    pytest.importorskip("matplotlib")
    system, store = telescope
    figure = plot_sweep(system, store, "m1.zernike.j6", np.linspace(-9, 9, 7))
    shown = {
        a.get_title(): np.asarray(a.images[0].get_array())
        for a in figure.axes
        if a.images
    }
    assert (
        list(shown)
        == [f"m1.j6 = {v:.5g} nm" for v in (-9.0, -6.0, 0.0, 6.0, 9.0)]
        or len(shown) == 5
    )
    assert np.abs(shown["m1.j6 = 0 nm"]).max() < 1e-9
    assert np.abs(shown["m1.j6 = 9 nm"]).max() > 1


@pytest.fixture
def run(telescope):
    """A fit in which one aberration and the flux were free."""
    system, store = telescope
    names = ["m1.zernike.j4", "m1.zernike.j6", "star.photometry.log_flux"]
    rows = dict(
        zip(names, [{"sd": 0.0}, {"sd": 2.0}, {"sd": 0.1}], strict=True)
    )
    posterior = SimpleNamespace(
        draws={"m1.zernike.coefficients": None, "star.photometry.log_flux": 0},
        summary=lambda: rows,
    )
    problem = SimpleNamespace(
        system=system,
        spec=system.spec,
        free_keys=("m1.zernike.coefficients", "star.photometry.log_flux"),
    )
    return SimpleNamespace(posterior=posterior, problem=problem, best=store)


def test_of_a_fit_what_was_held_is_not_swept(run):
    pytest.importorskip("matplotlib")
    axes = [a for a in of_run(run).axes if a.axison]
    assert [a.get_xlabel() for a in axes] == ["m1.j6 [nm]", "star.log_flux"]
    curve, line, _ = axes[0].lines
    assert curve.get_xdata()[0] == -6.0 and curve.get_xdata()[-1] == 6.0
    # With the others free: by definition three at three deviations.
    assert line.get_ydata()[0] == pytest.approx(3.0)


def test_of_a_maximum_there_are_no_sweeps(run):
    for row in run.posterior.summary().values():
        row["sd"] = np.nan
    assert of_run(run) is None
