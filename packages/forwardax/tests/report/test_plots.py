"""Plots: densities against formulas, figures against draws, files whole."""

import sys
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
from forwardax import (
    API,
    ParamField,
    ParamSpec,
    PlotEntry,
    Prior,
    Registry,
    hookimpl,
    plugin,
)
from forwardax._diagnostics.circular import wrap
from forwardax._plots import corner, trace
from forwardax._plots.choose import shown_of
from forwardax._plots.density import (
    bandwidth,
    density,
    levels,
    span,
    spread_of,
)
from forwardax._plots.labels import Scale, labels_of
from forwardax._run.edges import edges
from forwardax._run.plots import check_matplotlib, draw_plots
from forwardax._run.scalars import scalars_of
from forwardax.errors import FitError, SaveError, UnknownEntry
from hypothesis import given
from hypothesis import strategies as st

Figure = pytest.importorskip(
    "matplotlib.figure", reason="plots are an optional extra"
).Figure

OPEN = (-np.inf, np.inf)


@pytest.fixture(autouse=True)
def no_pyplot(monkeypatch):
    """Plots never touch matplotlib's global state."""
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)


# --- densities ---------------------------------------------------------------


def width_of(draws, weights):
    worth = 1 / np.square(weights).sum()
    return bandwidth(spread_of(draws, weights), worth, 1)


def smooth(draws, bounds=OPEN, around=False, weights=None, cells=200):
    if weights is None:
        weights = np.full(len(draws), 1 / len(draws))
    width = width_of(draws, weights)
    ends = span(draws, weights, width, bounds)
    kernel = np.array([[width**2]])
    (x,), y = density(
        draws[:, None], weights, kernel, (ends,), (bounds,), (around,), cells
    )
    return x, y / (y.sum() * (x[1] - x[0]))


def test_a_normal_density_is_normal():
    x, y = smooth(np.random.default_rng(0).normal(size=40000))
    exact = np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(y, exact, atol=0.02)


def test_a_density_that_is_highest_at_its_end_is_drawn_so():
    draws = np.random.default_rng(0).exponential(size=40000)
    x, y = smooth(draws, (0.0, np.inf))
    assert x[0] > 0 and x[0] < 0.1
    assert y[0] == pytest.approx(1.0, abs=0.1)
    _, leaking = smooth(draws)
    assert leaking.max() < 0.9


def test_a_whole_turn_has_no_ends():
    draws = np.random.default_rng(0).uniform(-90, 90, size=20000)
    _, y = smooth(draws, (-90.0, 90.0), True)
    assert y.min() > 0.75 * y.max()
    # A peak at the seam is one peak, however much there is elsewhere.
    rng = np.random.default_rng(0)
    centre = np.where(rng.random(40000) < 0.7, 0.0, 90.0)
    draws = wrap(centre + 10 * rng.normal(size=40000), 180)
    x, y = smooth(draws, (-90.0, 90.0), True)

    def peak(gap):
        return np.exp(-0.5 * (gap / 10) ** 2) / np.sqrt(200 * np.pi)

    exact = 0.7 * peak(x) + 0.3 * peak(wrap(x - 90, 180))
    np.testing.assert_allclose(y, exact, atol=0.05 * exact.max())


def test_a_draw_at_either_end_counts():
    draws = np.array([[0.0], [1.0]])
    half, narrow = np.full(2, 0.5), np.array([[1e-9]])
    spans = ((0.0, 1.0),)
    _, y = density(draws, half, narrow, spans, spans, (False,), 64)
    np.testing.assert_allclose(y, y[::-1], atol=1e-12)
    assert y[0] == pytest.approx(1.0) and y[32] == pytest.approx(0.0, abs=1e-6)


def test_weights_count_like_copies():
    draws = np.random.default_rng(0).normal(size=500)
    copies = 1 + np.arange(500) % 4
    weights = copies / copies.sum()
    ends = ((-4.0, 4.0),)
    kernel = np.array([[0.04]])
    shared = (kernel, ends, (OPEN,), (False,), 64)
    _, one = density(draws[:, None], weights, *shared)
    many = np.repeat(draws, copies)
    equal = np.full(len(many), 1 / len(many))
    _, two = density(many[:, None], equal, *shared)
    np.testing.assert_allclose(one, two, atol=1e-12)


def test_contours_hold_their_mass():
    """Of a normal in two dimensions the height is 1 - mass of the peak."""
    axis = np.linspace(-6, 6, 301)
    values = np.exp(-0.5 * (axis[:, None] ** 2 + axis**2))
    found = levels(values, (0.95, 0.68))
    np.testing.assert_allclose(found, (0.05, 0.32), rtol=0.01)


def test_the_smoothing_follows_a_correlation():
    """Round smoothing of the same width would make it 0.25 wide, not 0.1."""
    rng = np.random.default_rng(0)
    related = np.array([[1, 0.99], [0.99, 1]])
    draws = rng.multivariate_normal([0, 0], related, 4000)
    ends = ((-4.0, 4.0),) * 2
    weights = np.full(4000, 1 / 4000)
    axes, values = density(
        draws, weights, 0.05 * related, ends, (OPEN, OPEN), (False,) * 2, 128
    )
    mass = values / values.sum()
    across = (axes[0][:, None] - axes[1]) / np.sqrt(2)
    assert np.sqrt((mass * across**2).sum()) == pytest.approx(0.1, rel=0.25)
    assert values.min() >= 0


# --- labels ------------------------------------------------------------------


@given(
    st.floats(-1e8, 1e8),
    st.floats(-9, 6).map(lambda power: 10.0**power),
)
def test_numbers_on_an_axis_are_short(centre, width):
    low, high = centre, centre + width
    if high - low < 1e-12 * max(abs(low), abs(high), 1e-30):
        return
    scale = Scale.of(low, high)
    ends = scale.shown((low, high))
    assert 0.005 < np.abs(ends).max() < 1e5
    back = ends * 10.0**scale.power + scale.offset
    np.testing.assert_allclose(back, (low, high), rtol=1e-12, atol=1e-12)
    assert len(str(scale.offset)) < 20


def test_labels_are_symbols_where_there_are_any(make_result):
    found = dict(
        zip(
            (one.name for one in scalars_of(make_result())),
            labels_of(scalars_of(make_result())),
            strict=True,
        )
    )
    assert found["lens.radius"] == r"$\theta_{\rm E}$"
    assert found["source.centre.x"] == "$x$"
    assert found["source.size"] == "source.size"


def test_a_shared_symbol_says_whose_it_is(make_result):
    one = scalars_of(make_result())[1]
    two = replace(one, name="source.radius", key="source.radius")
    assert labels_of((one, two)) == (
        "lens\n$\\theta_{\\rm E}$",
        "source\n$\\theta_{\\rm E}$",
    )


def test_mathematics_that_cannot_be_drawn_gives_way_to_the_name(make_result):
    one = scalars_of(make_result())[1]
    field = replace(one.field, label=r"\nosuch{")
    broken = replace(one, field=field)
    assert labels_of((broken,)) == ("lens.radius",)


def test_edges_are_those_of_bounds_and_prior():
    inf = np.inf
    cases = [
        (ParamField("a"), (-inf, inf)),
        (ParamField("a", bounds=(0.0, None)), (0.0, inf)),
        (ParamField("a", prior=Prior("HalfNormal", scale=1.0)), (0.0, inf)),
        (ParamField("a", prior=Prior("Uniform", low=1, high=2)), (1.0, 2.0)),
        (
            ParamField(
                "a",
                bounds=(1.5, 9.0),
                prior=Prior("Uniform", low=1.0, high=2.0),
            ),
            (1.5, 2.0),
        ),
        (
            ParamField("a", prior=Prior("Uniform", low="b", high=2.0)),
            (-inf, 2.0),
        ),
        (
            ParamField(
                "a", cyclic=180.0, prior=Prior("Uniform", low=0, high=180)
            ),
            (-inf, inf),
        ),
    ]
    for field, expected in cases:
        assert edges(ParamSpec([field]), "a", field, 0) == expected, field
    pair = ParamField(
        "a", shape=(2,), prior=Prior("Uniform", low=(0, 5), high=9)
    )
    assert edges(ParamSpec([pair]), "a[1]", pair, 1) == (5.0, 9.0)


# --- corner ------------------------------------------------------------------


def panels(figure):
    """Outer axes of a corner plot by row and column."""
    named = {axes.get_label(): axes for axes in figure.axes}
    del named["pairs"]
    return {tuple(map(int, name.split())): named[name] for name in named}


def canvas(figure):
    """What all the pairs are drawn into, in inches."""
    (axes,) = [x for x in figure.axes if x.get_label() == "pairs"]
    return axes


def contours(figure):
    """Paths of the lines around 95 % and 68 % of each pair."""
    return canvas(figure).collections[2].get_paths()


def test_corner_has_a_panel_for_each_pair(make_result, truth):
    figure = corner.plot(make_result(truth=truth))
    assert isinstance(figure, Figure)
    found = panels(figure)
    # Four parameters, the tied one is no fifth; inner panels have no axes.
    assert sorted({place[0] for place in found}) == [0, 1, 2, 3]
    assert len(found) == 9 and (2, 1) not in found
    assert len(contours(figure)) == 2 * 6
    # Angles near 1 and 179 degrees are in one piece, around the mean.
    low, high = found[0, 0].get_xlim()
    assert high - low < 40
    label = found[3, 0].get_xlabel()
    assert label == r"$\phi$ [deg]"
    # The truth is marked where it is, on the mean's side of the seam.
    (line,) = [x for x in found[0, 0].lines if x.get_color() == "#d94801"]
    at = line.get_xdata()[0]
    assert low < at < high and (at - 179) % 180 == pytest.approx(0, abs=1e-9)
    # A bound cuts the axis.
    assert found[1, 1].get_xlim()[0] >= 0


def test_corner_shows_where_the_draws_are(make_result):
    result = make_result()
    found = panels(corner.plot(result))
    curve = next(x for x in found[1, 1].lines if len(x.get_xdata()) > 10)
    peak = curve.get_xdata()[np.argmax(curve.get_ydata())]
    draws = result.posterior["lens.radius"]
    assert abs(peak - np.median(draws)) < draws.std()


def test_contours_are_where_the_draws_are(make_result):
    """The wider holds 95 % of the draws, and its middle is theirs."""
    result = make_result(draws=1000)
    centre = np.random.default_rng(0).normal(size=(4, 1000, 2))
    centre[..., 1] += 0.5 * centre[..., 0] ** 2  # turned, it would be another
    result.posterior.draws["source.centre"] = centre
    figure = corner.plot(result)
    # Before it: pairs (1, 0), (2, 0), (2, 1), (3, 0) and (3, 1).
    wide, narrow = contours(figure)[10:12]
    across, up = (panels(figure)[place] for place in ((3, 2), (3, 0)))
    box = across.get_position().bounds * np.tile(figure.get_size_inches(), 2)
    ends = np.array([across.get_xlim(), up.get_ylim()])
    y, x = (result.posterior["source.centre"][..., i].ravel() for i in (0, 1))
    draws = np.stack([y, x], axis=1)
    inches = box[:2] + (draws - ends[:, 0]) / np.ptp(ends, axis=1) * box[2:]
    for line, mass in ((wide, 0.95), (narrow, 0.68)):
        inside = line.contains_points(inches).mean()
        assert inside == pytest.approx(mass, abs=0.05)


def test_few_draws_are_drawn_one_by_one(make_result):
    def dots(figure):
        drawn = [x for x in canvas(figure).lines if x.get_marker() == "."]
        return sum(len(x.get_xdata()) for x in drawn)

    few = dots(corner.plot(make_result(chains=1, draws=60)))
    assert 0.95 * 6 * 60 < few <= 6 * 60
    assert not dots(corner.plot(make_result()))


def test_the_truth_is_marked_in_each_pair(make_result, truth):
    figure = corner.plot(make_result(truth=truth))
    (crosses,) = canvas(figure).lines
    at = np.stack([crosses.get_xdata(), crosses.get_ydata()], axis=1)
    assert len(at) == 6
    # Radius and centre.x are true at 1 and 0: the pair (3, 1).
    below, beside = (panels(figure)[place] for place in ((3, 1), (3, 0)))
    box = below.get_position().bounds * np.tile(figure.get_size_inches(), 2)
    share = [
        (value - ends[0]) / np.ptp(ends)
        for value, ends in ((1.0, below.get_xlim()), (0.0, beside.get_ylim()))
    ]
    np.testing.assert_allclose(at[4], box[:2] + share * box[2:], rtol=1e-9)


def test_corner_respects_weights(make_result):
    plain = make_result(chains=1, draws=2000)
    radius = plain.posterior["lens.radius"]
    heavy = (radius > np.quantile(radius, 0.9)).astype(float)
    weighted = make_result(chains=1, draws=2000, weights=heavy)

    def middle(result):
        axes = panels(corner.plot(result))[1, 1]
        curve = next(x for x in axes.lines if len(x.get_xdata()) > 10)
        x, y = curve.get_xdata(), curve.get_ydata()
        return (x * y).sum() / y.sum()

    assert middle(plain) == pytest.approx(radius.mean(), abs=0.02)
    expected = radius[heavy > 0].mean()
    assert middle(weighted) == pytest.approx(expected, abs=0.03)


def test_corner_says_that_a_fit_did_not_converge(make_result, checks):
    def title(result):
        return corner.plot(result).legends[0].get_title().get_text()

    assert "NOT CONVERGED" in title(make_result(checks=checks))
    assert "NOT CONVERGED" not in title(make_result())


def test_corner_of_many_shows_those_that_go_together(make_result, many):
    result = make_result(system=many(30), decisions={})
    draws = result.posterior.draws
    first, *_, last = draws
    draws[last] = draws[first] + 0.01 * draws[last]
    shown = shown_of(result)
    assert len(shown.scalars) == 25 and shown.left_out == 5
    names = [one.name for one in shown.scalars]
    assert {first, last} <= set(names)
    assert names == [n for n in draws if n in names]  # order of the spec
    figure = corner.plot(result)
    assert len(contours(figure)) >= 2 * 25 * 24 / 2
    assert "25 of 30" in figure.legends[0].get_title().get_text()
    assert max(figure.get_size_inches()) < 30


def test_one_parameter_is_enough(make_result, many, tmp_path):
    result = make_result(system=many(1), decisions={})
    figure = corner.plot(result)
    assert len(panels(figure)) == 1
    figure.savefig(tmp_path / "one.png")


def test_a_point_has_no_corner_and_no_trace(make_result):
    point = make_result(chains=1, draws=1)
    assert corner.plot(point) is None and trace.plot(point) is None


# --- trace -------------------------------------------------------------------


def test_trace_shows_each_chain_and_where_it_diverged(make_result, truth):
    diverging = np.zeros((4, 200), bool)
    diverging[2, 17] = True
    result = make_result(truth=truth, stats={"diverging": diverging})
    figure = trace.plot(result)
    assert len(figure.axes) == 2 * (4 + 1)
    chains = [x for x in figure.axes[3].lines if len(x.get_xdata()) == 200]
    assert len(chains) == 4
    np.testing.assert_allclose(
        chains[1].get_ydata(), result.posterior["lens.radius"][1]
    )
    strokes = [x for x in figure.axes[3].lines if x.get_marker() == "|"]
    np.testing.assert_array_equal(strokes[0].get_xdata(), [17])
    assert "R-hat" in figure.axes[3].get_title(loc="right")


def test_an_angle_that_may_be_anything_is_drawn_as_one_turn(make_result):
    result = make_result()
    rng = np.random.default_rng(0)
    result.posterior.draws["lens.angle"] = rng.uniform(0, 180, (4, 200))
    for figure in (corner.plot(result), trace.plot(result)):
        axes = figure.axes[0]
        assert np.ptp(axes.get_xlim()) == pytest.approx(180)
        for curve in (x for x in axes.lines if len(x.get_xdata()) > 10):
            assert curve.get_ydata().min() > 0.4 * curve.get_ydata().max()


def test_weighted_draws_have_no_trace(make_result):
    assert trace.plot(make_result(chains=1, weights=np.ones((1, 200)))) is None


# --- files -------------------------------------------------------------------


def good(run):
    figure = Figure((1, 1))
    figure.text(0.5, 0.5, run.name)
    return figure


def fails(run):
    raise ValueError("no such station")


def empty(run):
    return None


class Unwilling(Figure):
    def savefig(self, path, **options):
        with open(path, "wb") as file:
            file.write(b"half")
        raise RuntimeError("font trouble")


def half(run):
    return Unwilling((1, 1))


@pytest.fixture
def registry():
    module = ModuleType("plot_kit")
    module.FORWARDAX_API = API
    here = f"{__name__}:"
    entries = [
        PlotEntry("a.fails", target=f"{here}fails", accepts=("*",)),
        PlotEntry("a.half", target=f"{here}half", accepts=("*",)),
        PlotEntry("b.good", target=f"{here}good", accepts=("report.lens",)),
        PlotEntry("c.empty", target=f"{here}empty", accepts=("*",)),
        PlotEntry("d.other", target=f"{here}good", accepts=("another",)),
        PlotEntry("e.gone", target="no_such_module:plot", accepts=("*",)),
    ]
    module.forwardax_plots = hookimpl(
        lambda: entries, specname="forwardax_plots"
    )
    return Registry([("plot-kit", module)])


def test_one_plot_that_fails_does_not_lose_the_others(
    make_result, registry, tmp_path
):
    told = []
    paths = draw_plots(
        make_result(), tmp_path, registry=registry, tell=told.append
    )
    assert paths == [tmp_path / "plots" / "b.good.png"]
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    assert [p.name for p in (tmp_path / "plots").iterdir()] == ["b.good.png"]
    assert len(told) == 3
    assert "a.fails failed: ValueError: no such station" in told[0]
    assert "a.half failed: RuntimeError" in told[1]
    assert "e.gone failed" in told[2] and "no_such_module" in told[2]


def test_plots_by_name_and_format(make_result, registry, tmp_path):
    told = []
    paths = draw_plots(
        make_result(), tmp_path, ["b.good", "c.empty", "b.good"], "pdf",
        registry=registry, tell=told.append,
    )  # fmt: skip
    assert [path.name for path in paths] == ["b.good.pdf"]
    assert paths[0].read_bytes().startswith(b"%PDF")
    assert told == ["c.empty has nothing to show of this result"]


def test_unknown_plots_are_refused_all_at_once(make_result, registry, tmp_path):
    with pytest.raises(UnknownEntry) as caught:
        draw_plots(
            make_result(), tmp_path, ["b.god", "d.other"], registry=registry
        )
    first, second = caught.value.faults
    assert first.nearest == ("b.good",)
    assert "'d.other' is not a plot of 'report.lens'" in str(second)
    assert not (tmp_path / "plots").exists()


def test_a_folder_that_cannot_be_written_is_an_error(
    make_result, registry, tmp_path
):
    (tmp_path / "plots").write_text("in the way")
    with pytest.raises(SaveError, match="cannot write"):
        draw_plots(make_result(), tmp_path, registry=registry)


def test_without_matplotlib_there_is_the_line_that_installs_it(
    make_result, registry, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    told = []
    found = draw_plots(
        make_result(), tmp_path, registry=registry, tell=told.append
    )
    assert found == []
    assert told == [
        'no plots without matplotlib: pip install "forwardax[plots]"'
    ]
    with pytest.raises(FitError, match=r'pip install "forwardax\[plots\]"'):
        check_matplotlib()


def test_the_plots_of_any_posterior_are_registered(make_result, tmp_path):
    registry = Registry([("forwardax", plugin)])
    assert not registry.check("forwardax")
    paths = draw_plots(make_result(), tmp_path, registry=registry)
    assert [path.name for path in paths] == [
        "posterior.corner.png",
        "posterior.trace.png",
    ]
