"""Analyses, their reports, files and plots."""

import json
from dataclasses import fields, is_dataclass
from html.parser import HTMLParser

import numpy as np
import pytest
from forwardax.errors import SaveError
from lambda3_features import (
    FeatureConfig,
    OptionError,
    SeriesError,
    analyze_many,
    analyze_pair,
    analyze_series,
    bocpd,
    extract_features,
    load,
    plot_network,
    plot_posterior,
    plot_predictive,
    plot_series,
    plot_sync_matrix,
    plot_sync_profile,
    plot_tension,
    read_series,
    report,
    save,
    structural_drift,
    to_html,
    to_json,
    to_markdown,
)


@pytest.fixture(scope="module")
def trio():
    """A leader, one that follows three steps later, and a stranger."""
    rng = np.random.default_rng(0)
    steps = rng.normal(size=(3, 600)) / 2
    jumps = np.zeros(600)
    where = rng.choice(np.arange(20, 580), 20, replace=False)
    jumps[where] = 8 * rng.choice([-1, 1], 20)
    steps[0] += jumps
    steps[1] += np.roll(jumps, 3)
    lead, follow, alone = steps.cumsum(axis=1)
    return {"lead": lead, "follow": follow, "alone": alone}


@pytest.fixture(scope="module")
def analyses(trio):
    return {
        "series": analyze_series(trio["lead"], name="lead"),
        "pair": analyze_pair(
            trio["lead"], trio["follow"], names=("lead", "follow")
        ),
        "many": analyze_many(trio, n_permutations=499),
    }


def test_a_series(analyses, trio):
    found = analyses["series"]
    assert found.events.index.size == 20
    assert found.segmentation.fitted().shape == (600,)
    assert found.tension.shape == (4, 600)
    assert found.notes == ()
    np.testing.assert_array_equal(found.features.data, trio["lead"])


def test_a_pair(analyses):
    found = analyses["pair"]
    assert found.sync["both"].optimal_lag == 3
    assert found.sync["both"].p_value <= 21 / 600
    best = np.unravel_index(found.forward.q_values.argmin(), (2, 2, 10))
    assert best[0] == best[1] and best[2] == 2
    assert found.backward.q_values.min() > 0.05
    assert found.resonance.optimal_lag == 3
    assert found.dynamic.centre.size == 551


def test_many(analyses):
    found = analyses["many"]
    (edge,) = found.network.edges
    assert (edge.source, edge.target, edge.lag) == ("lead", "follow", 3)
    assert edge.q_value < 0.05
    assert found.correlation.correlation.shape == (3, 3)
    assert found.crises.score.size == 600


def test_what_cannot_be_computed_is_said():
    x = np.sin(np.arange(80.0)) + np.arange(80) % 5
    x[30] = np.nan
    found = analyze_series(x, FeatureConfig(missing="mask"))
    assert found.segmentation is None and found.regimes is not None
    assert "no segmentation" in found.notes[0]
    assert "no segmentation" in to_markdown(found)
    with pytest.raises(SeriesError, match="unequal lengths.*a 80, b 79"):
        analyze_pair(np.arange(80.0), np.arange(79.0))
    with pytest.raises(SeriesError, match="mapping, or a table"):
        analyze_many(x)
    with pytest.raises(OptionError, match="result of an analysis"):
        report(x)


@pytest.mark.parametrize("kind", ["series", "pair", "many"])
def test_reports_say_the_same_in_each_format(analyses, kind):
    told = report(analyses[kind])
    markdown, page = to_markdown(analyses[kind]), to_html(analyses[kind])
    content = json.loads(to_json(analyses[kind]))
    assert markdown.startswith(f"# {told.title}\n")
    assert f"<h1>{told.title}</h1>" in page
    assert [s["title"] for s in content["sections"]] == [
        s.title for s in told.sections
    ]
    for section, rows in zip(told.sections, content["sections"], strict=True):
        assert f"## {section.title}" in markdown
        assert len(rows["rows"]) == len(section.rows)
        for row in section.rows[:3]:
            for cell in row:
                text = f"{cell:.4g}" if isinstance(cell, float) else str(cell)
                assert text in markdown and f"<td>{text}</td>" in page
    HTMLParser().feed(page)


def test_names_cannot_break_a_report():
    rng = np.random.default_rng(0)
    name = "<script>a|b</script>"
    found = analyze_many({name: rng.normal(size=99), "c": rng.normal(size=99)})
    assert "<script>" not in to_html(found)
    assert r"a\|b" in to_markdown(found)


def same(a, b):
    if is_dataclass(a):
        assert type(a) is type(b)
        for f in fields(a):
            same(getattr(a, f.name), getattr(b, f.name))
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key, value in a.items():
            same(value, b[key])
    elif isinstance(a, tuple | list):
        assert type(a) is type(b) and len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    else:
        assert a == b or (a != a and b != b)


@pytest.mark.parametrize("kind", ["series", "pair", "many"])
def test_an_analysis_comes_back_from_its_files(analyses, kind, tmp_path):
    told = save(analyses[kind], tmp_path / "new" / "result")
    assert {p.name for p in told.parent.iterdir()} == {
        "result.json",
        "result.npz",
    }
    for name in ("result", "result.json", "result.npz"):
        same(analyses[kind], load(told.with_name(name)))


def test_every_record_can_be_saved(trio, tmp_path):
    x = trio["lead"]
    result = {
        "features": extract_features(x, FeatureConfig.compatible()),
        "online": bocpd(x),
        "drift": structural_drift(x),
        "list": [1, 2.5, None, True, "text", float("nan"), float("inf")],
    }
    save(result, tmp_path / "mixed.npz")
    same(result, load(tmp_path / "mixed"))
    with pytest.raises(SaveError, match="'a.0'"):
        save({"a": (object(),)}, tmp_path / "no")
    with pytest.raises(SaveError, match="wrong type"):
        save(np.array([object()]), tmp_path / "no")
    assert not list(tmp_path.glob("no*"))


def test_damaged_files_are_named(trio, tmp_path):
    told = save(extract_features(trio["alone"]), tmp_path / "x")
    numbers = told.with_suffix(".npz")
    whole, text = numbers.read_bytes(), told.read_text()
    numbers.write_bytes(whole[:-9] + b"x" * 9)
    with pytest.raises(SaveError, match="x.npz' is damaged"):
        load(told)
    numbers.write_bytes(whole)
    told.write_text(text[:-5])
    with pytest.raises(SaveError, match="x.json' is damaged"):
        load(told)
    told.write_text(text.replace('"format": 1', '"format": 9'))
    with pytest.raises(SaveError, match="another format.*9"):
        load(told)
    told.write_text(text.replace("FeatureSet", "Something"))
    with pytest.raises(SaveError, match="damaged"):
        load(told)
    numbers.unlink()
    with pytest.raises(SaveError, match=r"no file.*x.npz"):
        load(told)


def test_plots(analyses, trio):
    kind = pytest.importorskip("matplotlib.figure").Figure
    series, pair, many = analyses.values()
    rng = np.random.default_rng(0)
    figures = [
        plot_series(series),
        plot_tension(series),
        plot_sync_profile(pair.sync["both"], pair.names),
        plot_sync_matrix(many.matrix),
        plot_network(many.network),
        plot_posterior(
            {"a": rng.normal(size=200), "b": rng.normal(size=200)},
            truth={"a": 0.0},
        ),
        plot_predictive(
            trio["alone"], trio["alone"] + rng.normal(size=(50, 600))
        ),
    ]
    for figure in figures:
        assert isinstance(figure, kind)
        figure.canvas.draw()
        assert figure.axes
    (top, bottom) = figures[0].axes
    events = [line for line in top.lines if line.get_marker() in "^v"]
    assert sum(line.get_xdata().size for line in events) == 20
    assert bottom.lines[0].get_ydata().size == 600
    assert len(figures[4].axes[0].texts) >= 4
    colours = [bar.get_facecolor() for bar in figures[2].axes[0].patches]
    assert colours.count(colours[10 + 3]) == 1  # that of the best lag
    with pytest.raises(SeriesError, match=r"'replicas'.*\(draws, 600\)"):
        plot_predictive(trio["alone"], np.ones((5, 7)))


# --- files of series ---------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    def write(text, name="a.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_are_read(file, mark):
    text = "year,flow,note,level\n1871,1120,dry,1\n1872,1160.5,,\n"
    found = read_series(file(text.replace(",", mark)))
    assert list(found.series) == ["flow", "level"]
    np.testing.assert_array_equal(found.series["flow"], [1120, 1160.5])
    np.testing.assert_array_equal(found.series["level"], [1, np.nan])
    assert found.labels == ("1871", "1872") and found.label_name == "year"
    only = read_series(file(text), ["level"], labels="note")
    assert list(only.series) == ["level"] and only.labels == ("dry", "")


def test_columns_without_times(file):
    found = read_series(file("\ufeffa,b\n1,2\n\n3,NA\n"))
    assert list(found.series) == ["a", "b"]
    assert found.labels == ("0", "1") and found.label_name == ""
    quoted = read_series(file('when,"a, b"\n2020-01-01,5\n2020-01-02,6\n'))
    assert list(quoted.series) == ["a, b"]
    assert quoted.labels[1] == "2020-01-02"


def test_parquet_is_read_where_pyarrow_is(tmp_path):
    path = tmp_path / "a.parquet"
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        path.write_bytes(b"PAR1")
        with pytest.raises(SeriesError, match=r"lambda3-features\[parquet\]"):
            read_series(path)
        return
    table = pyarrow.table({"date": ["a", "b"], "x": [1.5, None]})
    parquet.write_table(table, path)
    found = read_series(path)
    assert found.labels == ("a", "b")
    np.testing.assert_array_equal(found.series["x"], [1.5, np.nan])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no rows"),
        ("a,b\n", "holds no rows"),
        ("1,2\n3,4\n", "has no header.*first line"),
        ("a,a\n1,2\n", "two columns are called 'a'"),
        ("a,b\n1,2\n3\n4,5,6\n", "2 faults.*line 3.*line 4.*3 cells"),
        ("a,b\nx,y\n", "no column of numbers"),
    ],
)
def test_files_with_faults(file, text, message):
    with pytest.raises(SeriesError, match=f"(?s){message}"):
        read_series(file(text))


def test_what_is_asked_of_a_file_has_to_be_there(file, tmp_path):
    path = file("a,b\n1,x\n2,y\n")
    with pytest.raises(SeriesError, match="'c'.*allowed: a, b"):
        read_series(path, ["c"])
    with pytest.raises(SeriesError, match="column 'b'.*'x' in row 1"):
        read_series(path, ["b"], labels="a")
    with pytest.raises(SeriesError, match=r"no file.*did you mean 'a.csv'"):
        read_series(tmp_path / "b.csv")
    with pytest.raises(SeriesError, match="'.xls' is not an ending"):
        read_series(tmp_path / "a.xls")
    path.write_bytes(b"a\n\xff\xfe\n")
    with pytest.raises(SeriesError, match="UTF-8"):
        read_series(path)
