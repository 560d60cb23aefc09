"""Plots of a fitted lens."""

import io
from types import SimpleNamespace

import forwardax as fx
import jax
import numpy as np
import pytest
from lensing_kernels import LensImaging, circle, plots

pytest.importorskip("matplotlib", reason="plots are an optional extra")

SHAPE, SCALE = (40, 50), 0.1
GALAXIES = {
    "lens": {
        "redshift": 0.5,
        "light": {"bulge": "sersic"},
        "mass": {"main": "isothermal"},
    },
    "source": {"redshift": 1.0, "light": {"disk": "sersic"}},
}
VALUES = {
    "lens.main.einstein_radius": 1.0,
    "lens.main.ell_comps": (0.0, 0.2),
    "source.disk.centre": (0.1, 0.05),
    "source.disk.effective_radius": 0.05,
    "source.disk.sersic_index": 1.0,
}


def run_of(galaxies, values):
    lens = LensImaging(
        galaxies,
        SCALE,
        np.full(SHAPE, 0.01),
        mask=circle(SHAPE, SCALE, 1.5, (0.2, 0.0)),
        over_sampling={"sub_size": 2},
    )
    best = lens.store(values)
    data = lens.simulate(jax.random.key(0), best)
    return SimpleNamespace(problem=fx.Problem(lens, data), best=best)


@pytest.fixture(scope="module")
def run():
    return run_of(GALAXIES, VALUES)


def draw(figure):
    """What matplotlib finds wrong, it finds when it draws."""
    figure.savefig(io.BytesIO(), format="png", dpi=40)
    return {ax.get_title(): ax for ax in figure.axes if ax.get_title()}


def test_fit_shows_four_panels(run):
    panels = draw(plots.fit(run))
    assert list(panels)[:2] == ["Data", "Model"] and len(panels) == 4
    lens, data = run.problem.system, run.problem.data
    residuals = next(panels[t] for t in panels if t.startswith("Residuals"))
    drawn = residuals.images[0].get_array()
    assert drawn.compressed() == pytest.approx(
        np.asarray(lens.residuals(run.best, data)), abs=1e-6
    )
    assert f"{np.mean(drawn.compressed() ** 2):.3f}" in residuals.get_title()


def test_panels_are_cut_to_the_mask_in_arcsec(run):
    image = draw(plots.fit(run))["Data"].images[0]
    left, right, bottom, top = image.get_extent()
    assert (left, right) == pytest.approx((-1.5, 1.5))
    assert (bottom, top) == pytest.approx((-1.3, 1.7))
    assert image.get_array().shape == (30, 30)
    # Of what is drawn, the first row is the upper one.
    rows = np.asarray(run.problem.data["image"])[3:33, 10:40]
    np.testing.assert_array_equal(
        image.get_array().compressed(),
        rows[~image.get_array().mask],
    )


def test_data_without_the_light_in_front_are_the_arcs(run):
    panels = draw(plots.fit(run))
    arcs = panels["Data without the light in front"].images[0].get_array()
    lens = run.problem.system
    dark = run.best.replace({"lens.bulge.intensity": 0.0})
    want = np.asarray(lens.predict(dark)["image"])[3:33, 10:40]
    gap = (arcs - want).compressed() / 0.01
    assert abs(gap).max() < 6 and gap.std() == pytest.approx(1.0, abs=0.1)


def test_critical_curve_is_an_ellipse_with_an_astroid_behind(run):
    panels = draw(plots.source(run))
    (line,) = panels["Lensed source"].lines
    x, y = line.get_data()
    # Where the convergence of an isothermal ellipsoid is one half; q = 2 / 3,
    # the major axis along x.
    q = 2 / 3
    assert np.hypot(x, y / q) == pytest.approx(2 / (1 + q), rel=2e-3)
    (caustic,) = panels["Source plane"].lines
    x, y = caustic.get_data()
    # Cusps on the axes, at the difference of the deflections of its ends.
    s = np.sqrt(1 - q**2)
    factor = 2 / (1 + q) * q / s
    cusp_x = 2 / (1 + q) - factor * np.arctan(s / q)
    cusp_y = 2 * q / (1 + q) - factor * np.arctanh(s)
    assert abs(x).max() == pytest.approx(abs(cusp_x), rel=2e-2)
    assert abs(y).max() == pytest.approx(abs(cusp_y), rel=2e-2)


def test_the_source_plane_holds_source_and_caustics(run):
    panel = draw(plots.source(run))["Source plane"]
    light = panel.images[0].get_array()
    left, right, bottom, top = panel.images[0].get_extent()
    # Off the middle of the panel, or a turned one would look the same.
    assert abs((top + bottom) / 2 - VALUES["source.disk.centre"][0]) > 0.03
    n = light.shape[0]
    row, column = np.unravel_index(np.argmax(light), light.shape)
    y = top - (row + 0.5) / n * (top - bottom)
    x = left + (column + 0.5) / n * (right - left)
    assert (y, x) == pytest.approx(VALUES["source.disk.centre"], abs=0.01)
    for curve in panel.lines:
        xs, ys = curve.get_data()
        assert left < min(xs) and max(xs) < right
        assert bottom < min(ys) and max(ys) < top


@pytest.mark.parametrize("top", [0.011, 0.2, 3.7, 2e3])
def test_ticks_of_colours_keep_apart(top):
    norm = plots._norm(np.array([0.0, top]), 0.01)
    ticks = plots._ticks(norm)
    assert 0.0 in ticks and len(ticks) >= 3
    assert np.diff(norm(ticks)).min() > 0.08
    assert norm.vmin <= ticks[0] and ticks[-1] <= norm.vmax


def test_galaxies_without_a_lens_are_drawn():
    alone = {"star": {"redshift": 0.1, "light": {"disk": "sersic"}}}
    run = run_of(alone, {})
    assert len(draw(plots.fit(run))) == 4
    panels = draw(plots.source(run))
    assert not panels["Lensed source"].lines
