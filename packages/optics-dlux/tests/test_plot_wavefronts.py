"""Optical path differences, each on its own optic."""

from types import SimpleNamespace

import numpy as np
import pytest
from optics_dlux import four_plane_relay, plot_wavefronts, two_plane
from optics_dlux._plots.wavefronts import of_run, surfaces

OPEN = {
    "m1.aperture.obscuration": 0.0,
    "m1.struts.number": 0,
    "m1.zernike.noll": (4, 7),
    "m2.zernike.noll": (2,),
    "relay.zernike.noll": (2,),
    "source.kind": "point",
    "source.spectrum.n_wavelengths": 1,
    "system.sampling.pupil_npix": 64,
    "detector.n_pix": 16,
}
STAR = {
    "star.astrometry.x_position": 0.0,
    "star.astrometry.y_position": 0.0,
    "star.photometry.log_flux": 6.0,
}


@pytest.fixture(scope="module")
def relayed():
    """A telescope with a relay, and a store of coefficients."""
    system = four_plane_relay(**OPEN)

    def store(m1=(0.0, 0.0), m2=0.0, relay=0.0):
        return system.store(
            {
                **STAR,
                "m1.zernike.coefficients": list(m1),
                "m2.zernike.coefficients": [m2],
                "relay.zernike.coefficients": [relay],
            }
        )

    return system, store


def test_the_rms_of_an_open_pupil_is_that_of_its_coefficients(relayed):
    system, store = relayed
    found = surfaces(system, store(m1=(12.0, 5.0)))
    assert list(found) == ["m1", "m2", "relay"]
    assert found["m1"].rms() == pytest.approx(13.0, rel=0.02)
    assert found["m1"].beam == system.structure["m1.aperture.diameter"]


def test_the_diffractive_pupil_is_left_out(relayed):
    system, store = relayed
    assert system.structure["dp.mask.pattern"] == "asymmetric"
    opd = surfaces(system, store())["m1"].opd
    assert np.nanmax(np.abs(opd)) == pytest.approx(0.0, abs=1e-10)


@pytest.mark.parametrize("optic", ["m2", "relay"])
def test_a_tilt_of_an_optic_rises_to_its_own_right(relayed, optic):
    system, store = relayed
    one = surfaces(system, store(**{optic: 10.0}))[optic]
    n = len(one.opd)
    x = (np.arange(n) - (n - 1) / 2) * 2 * one.half / n
    row = one.opd[n // 2]
    lit = np.isfinite(row)
    slope = np.polyfit(x[lit], row[lit], 1)[0]
    # Noll's second polynomial is twice the position in radii of the optic.
    radius = system.structure[f"{optic}.aperture.diameter"] / 2
    assert slope == pytest.approx(2 * 10.0 / radius, rel=1e-9)


def test_the_beam_on_an_optic_is_the_pupil_as_seen_from_there(relayed):
    system, store = relayed
    found = surfaces(system, store())
    values = store().derived()
    assert found["m2"].beam == pytest.approx(
        float(values["m2.geometry.beam_diameter"])
    )
    # Behind the focus the optic is seen upside down.
    assert float(values["relay.geometry.magnification"]) < 0
    assert found["relay"].beam > 0


def test_two_planes_have_one_optic(small):
    system = small()
    store = system.store(
        {
            **STAR,
            "m1.zernike.coefficients": [3.0, 0.0, 4.0],
            "m1.diversity.j4": 0.0,
        }
    )
    found = surfaces(system, store)
    assert list(found) == ["m1"]
    lit = np.asarray(system.pupil.amplitude) > 0
    assert np.array_equal(np.isfinite(found["m1"].opd), lit)


def test_two_stores_get_a_row_for_their_difference(relayed):
    pytest.importorskip("matplotlib")
    system, store = relayed
    figure = plot_wavefronts(
        system, {"fit": store(m1=(12.0, 5.0)), "truth": store(m1=(12.0, 0.0))}
    )
    titles = [a.get_title() for a in figure.axes if a.get_title()]
    assert len(titles) == 9
    assert titles[0].startswith("m1, fit: 13")
    assert titles[6].startswith("m1, fit - truth: 5")
    shown = [a for a in figure.axes if a.get_title()]
    assert all(a.get_xlabel() == "x [mm]" for a in shown)
    # Each has the circle of the beam.
    assert [len(a.patches) for a in shown] == [1] * 9


def test_of_a_fit_the_truth_is_shown_where_it_is_known(relayed):
    pytest.importorskip("matplotlib")
    system, store = relayed
    run = SimpleNamespace(
        problem=SimpleNamespace(system=system), best=store(), truth={}
    )
    alone = [a.get_title() for a in of_run(run).axes if a.get_title()]
    assert len(alone) == 3
    # A truth may have derived values, and what is not of this telescope.
    run.truth = {
        "m1.zernike.coefficients": np.array([3.0, 4.0]),
        "imaging.psf_pixel_scale": 0.3,
        "elsewhere": 1.0,
    }
    titles = [a.get_title() for a in of_run(run).axes if a.get_title()]
    assert len(titles) == 9
    assert titles[3].startswith("m1, truth: 5")


def test_a_telescope_without_aberrations_is_flat():
    system = two_plane(
        **{"m1.zernike.noll": (), "system.sampling.pupil_npix": 16}
    )
    assert surfaces(system, system.store(STAR))["m1"].rms() == 0.0
