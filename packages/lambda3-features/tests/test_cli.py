"""`forwardax events`."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from forwardax.errors import ForwardaxError
from lambda3_features import SeriesAnalysis, load
from lambda3_features._cli import command

PLOTS = "matplotlib"


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 300)).cumsum(axis=1)
    x[120:] += 25
    rows = [f"{1700 + k},{x[k]:.6f},{y[k]:.6f}" for k in range(300)]
    path = tmp_path / "two.csv"
    path.write_text("year,flow,other one\n" + "\n".join(rows) + "\n")
    return path


def run(*arguments):
    found = CliRunner().invoke(
        command, [str(a) for a in arguments], catch_exceptions=False
    )
    assert found.exit_code == 0, found.output
    return found.output


def test_events_of_each_column(table):
    text = run(table)
    (row,) = [line for line in text.splitlines() if line.startswith("flow ")]
    assert row.split()[:3] == ["flow", "1820", "up"]
    assert "flow: 1 events in 300 points" in text
    assert "other one: 0 events" in text
    assert "\n  from 1820 on: level " in text


def test_events_as_json(table):
    told = json.loads(run(table, "--json", "--column", "flow"))
    (event,) = told["events"]
    assert (event["index"], event["label"]) == (120, "1820")
    assert event["direction"] == "up" and event["z"] > 20
    assert list(told["series"]) == ["flow"]
    assert [row["label"] for row in told["levels"][:2]] == ["1700", "1820"]


def test_events_by_percentile(table):
    told = json.loads(run(table, "--json", "--percentile", "97"))
    assert len(told["events"]) == 18
    assert told["events"][0]["z"] is None


def test_reports_go_to_a_folder(table, tmp_path):
    text = run(table, "--out", tmp_path / "out")
    assert "reports in" in text
    for name in ("flow", "other_one"):
        folder = tmp_path / "out" / name
        plots = {"series.png", "tension.png"} if find_spec(PLOTS) else set()
        assert {p.name for p in folder.iterdir()} == plots | {
            "analysis.json",
            "analysis.npz",
            "report.html",
            "report.json",
            "report.md",
        }
        assert isinstance(load(folder / "analysis"), SeriesAnalysis)


def test_the_nile():
    nile = Path(__file__).parents[3] / "examples" / "nile" / "nile.csv"
    if not nile.exists():
        pytest.skip("no examples beside the package")
    text = run(nile)
    assert "volume: 0 events in 100 points" in text
    assert text.endswith("  from 1899 on: level 850\n")


def test_a_wrong_file_is_an_error_of_the_tree(table):
    text = table.read_text().replace("1705,", "1705,,", 1)
    table.write_text(text)
    with pytest.raises(ForwardaxError, match="line 7"):
        run(table)
    with pytest.raises(ForwardaxError, match="no file"):
        run(table.with_name("none.csv"))
