"""Which aberrations an image tells."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest
from optics_dlux import plot_eigenmodes, three_plane
from optics_dlux._plots.eigenmodes import of_run
from optics_dlux._plots.modes import eigenmodes

M1, M2 = "m1.zernike.coefficients", "m2.zernike.coefficients"
STAR = {
    "star.astrometry.x_position": 0.0,
    "star.astrometry.y_position": 0.1,
    "star.photometry.log_flux": 6.0,
}


@pytest.fixture(scope="module")
def telescope():
    """A small telescope and its values."""
    system = three_plane(
        **{
            "m1.zernike.noll": (4, 7, 8),
            "m2.zernike.noll": (4, 7),
            "source.kind": "point",
            "source.spectrum.n_wavelengths": 1,
            "system.sampling.pupil_npix": 32,
            "detector.n_pix": 24,
        }
    )
    return system, system.store({**STAR, M1: [5, -3, 2], M2: [1, 4]})


def fisher(system, store, keys):
    """Expected second derivatives, pixel by pixel."""

    @jax.jit
    def image(v):
        return system.predict(store.from_vector(v, keys))["image"].ravel()

    v = store.to_vector(keys)
    slopes = np.asarray(jax.jit(jax.jacfwd(image))(v))
    return slopes.T @ (slopes / np.asarray(image(v))[:, None])


@pytest.mark.slow
def test_errors_are_those_of_the_inverse_fisher_matrix(telescope):
    system, store = telescope
    found = eigenmodes(system, store)
    covariance = np.linalg.inv(fisher(system, store, [M1, M2]))
    expected = np.sqrt(np.linalg.eigvalsh(covariance))
    np.testing.assert_allclose(found.errors, expected, rtol=1e-6)
    vectors = found.vectors
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(5), atol=1e-9)
    assert found.names[0] == "m1.zernike.j4" and len(found.names) == 5
    turned = vectors @ covariance @ vectors.T
    np.testing.assert_allclose(np.sqrt(np.diag(turned)), expected, rtol=1e-6)


@pytest.mark.slow
def test_what_else_is_unknown_makes_errors_larger(telescope):
    system, store = telescope
    others = list(STAR)
    found = eigenmodes(system, store, [M1], others)
    covariance = np.linalg.inv(fisher(system, store, [M1, *others]))[:3, :3]
    expected = np.sqrt(np.linalg.eigvalsh(covariance))
    np.testing.assert_allclose(found.errors, expected, rtol=1e-6)
    alone = eigenmodes(system, store, [M1]).errors
    assert (found.errors > alone * (1 + 1e-4)).all()


def test_a_direction_without_an_answer_has_no_error():
    modes = np.stack([np.eye(16), np.zeros((16, 16))])
    system = three_plane(
        **{
            "m1.zernike.noll": (),
            "m2.zernike.noll": (),
            "m1.modes.number": 2,
            "source.kind": "point",
            "source.spectrum.n_wavelengths": 1,
            "system.sampling.pupil_npix": 16,
            "detector.n_pix": 12,
        },
        m1_modes=modes,
    )
    values = {**STAR, "m1.modes.coefficients": [0.0, 0.0]}
    found = eigenmodes(system, system.store(values))
    assert np.isinf(found.errors[1]) and np.isfinite(found.errors[0])
    np.testing.assert_allclose(np.abs(found.vectors[1]), [0.0, 1.0], atol=1e-6)


def test_the_figure_shows_errors_and_modes_on_each_optic(telescope):
    pytest.importorskip("matplotlib")
    system, store = telescope
    figure = plot_eigenmodes(system, store)
    shown = {a.get_title(): a for a in figure.axes if a.images}
    # Five modes on two optics, without a gap in the middle.
    assert len(shown) == 10
    found = eigenmodes(system, store)
    title = f"m1, mode 1: {found.errors[0]:.2g} nm"
    assert shown[title].get_xlabel() == "x [mm]"
    spectrum = next(a for a in figure.axes if a.get_yscale() == "log")
    assert spectrum.get_ylabel() == "standard deviation [nm]"
    prior = next(x for x in spectrum.lines if x.get_label() == "prior")
    assert prior.get_ydata()[0] == 20.0
    # A mode moves by what its coefficients say, at any values of the store.
    opd = np.asarray(shown[title].images[0].get_array().filled(np.nan))
    flat = store.replace({M1: found.vectors[0][:3], M2: found.vectors[0][3:]})
    nothing = store.replace({M1: 0.0, M2: 0.0})
    path = jax.jit(lambda store: system.stations(store, "path")["path"].opd)
    expected = np.asarray(path(flat) - path(nothing))
    lit = np.isfinite(opd)
    np.testing.assert_allclose(opd[lit], expected[lit], atol=1e-9)


def test_of_a_fit_only_what_is_free_counts(telescope):
    pytest.importorskip("matplotlib")
    system, store = telescope
    problem = SimpleNamespace(system=system, free_keys=(M1, *STAR))
    run = SimpleNamespace(problem=problem, best=store)
    figure = of_run(run)
    shown = [a for a in figure.axes if a.images]
    assert [a.get_title().split(",")[0] for a in shown] == ["m1"] * 3
    problem.free_keys = tuple(STAR)
    assert of_run(run) is None
