"""What a summary says, and whether its numbers are those of the draws."""

import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from forwardax._diagnostics.circular import circular_mean, circular_sd
from forwardax._run.numbers import distance_text, with_error
from forwardax._run.page import seconds_text
from forwardax._run.summary_md import summary_text
from forwardax._run.summary_rows import summary_json, summary_rows
from forwardax._run.summary_terminal import print_summary
from forwardax.contracts import Check
from hypothesis import given
from hypothesis import strategies as st


def rows_of(result):
    return {row["name"]: row for row in summary_rows(result)}


def printed(result):
    file = io.StringIO()
    print_summary(result, file=file)
    return file.getvalue()


# --- numbers -----------------------------------------------------------------

SIZES = st.floats(-14, 14).map(lambda power: 10.0**power)


@given(st.floats(-1, 1), SIZES, SIZES)
def test_texts_are_within_a_twentieth_of_the_uncertainty(part, size, sd):
    if size > 1e12 * sd:  # beyond what a float can hold
        return
    mean = part * size
    text, error = with_error(mean, sd)
    assert abs(float(text) - mean) <= 0.051 * sd
    assert abs(float(error) - sd) <= 0.051 * sd
    digits = error.partition("e")[0].replace(".", "").lstrip("0")
    assert len(digits) <= 2 or float(error) >= 100 or "e" in error


@pytest.mark.parametrize(
    "mean, sd, expected",
    [
        (1.23456, 0.01234, ("1.235", "0.012")),
        (-0.0001, 0.9, ("0.00", "0.90")),
        (123456.0, 2345.0, ("123500", "2300")),
        (1.0, 0.0996, ("1.00", "0.10")),
        (2.34e-9, 1.1e-10, ("2.34e-9", "0.11e-9")),
        (5007.34, 0.0024, ("5007.3400", "0.0024")),
        (1.5, 0.0, ("1.5", "0")),
        (1.5, float("nan"), ("1.5", "-")),
        (float("nan"), 0.1, ("-", "0.10")),
    ],
)
def test_digits_end_where_the_uncertainty_does(mean, sd, expected):
    assert with_error(mean, sd) == expected


@pytest.mark.parametrize(
    "seconds, text",
    [(0.034, "0.034 s"), (12.3, "12 s"), (200, "3 min 20 s"),
     (7500, "2 h 5 min")],
)  # fmt: skip
def test_durations_are_readable(seconds, text):
    assert seconds_text(seconds) == text


# --- rows --------------------------------------------------------------------


def test_rows_have_the_moments_of_the_draws(make_result):
    result = make_result()
    rows = rows_of(result)
    draws = result.posterior["lens.radius"]
    row = rows["lens.radius"]
    assert row["mean"] == pytest.approx(draws.mean(), rel=1e-12)
    assert row["sd"] == pytest.approx(draws.std(ddof=1), rel=1e-12)
    ends = row["eti68_lb"], row["eti68_ub"]
    np.testing.assert_allclose(ends, np.quantile(draws, (0.16, 0.84)))
    assert row["unit"] == "arcsec" and 0.9 < row["r_hat"] < 1.1


def test_an_angle_across_the_seam_is_close_to_its_truth(make_result, truth):
    result = make_result(angle=1.0, truth=truth)
    draws = result.posterior["lens.angle"]
    assert draws.min() < 20 and draws.max() > 160  # on both sides of it
    row = rows_of(result)["lens.angle"]
    mean = circular_mean(draws, 180.0)
    gap = (mean - 179.0 + 90) % 180 - 90
    assert 0 < gap < 5
    sd = circular_sd(draws, 180.0)
    assert row["distance"] == pytest.approx(gap / sd, rel=1e-9)
    # The truth is told on the side of the seam where the mean is.
    assert abs(row["truth"] - row["mean"]) < 5


def test_distances_are_in_standard_deviations(make_result, truth):
    row = rows_of(make_result(truth=truth))["source.centre.y"]
    assert row["truth"] == 0.3
    assert row["distance"] == pytest.approx(
        (row["mean"] - 0.3) / row["sd"], rel=1e-12
    )
    assert row["distance"] < -2


def test_roles_tell_what_was_fitted(make_result):
    decisions = {
        "ties": {"source.size": "lens.radius"},
        "fixed": {"source.centre.x": 0.25},
    }
    rows = rows_of(make_result(decisions=decisions))
    assert {name: row["role"] for name, row in rows.items()} == {
        "lens.angle": "fitted",
        "lens.radius": "fitted",
        "source.centre.y": "fitted",
        "source.centre.x": "held",
        "source.size": "tied",
        "lens.area": "derived",
        "source.glow": "held",
    }


def test_a_derived_truth_follows_from_the_primitives(make_result, truth):
    rows = rows_of(make_result(truth=truth | {"lens.radius": 1.5}))
    assert rows["lens.area"]["truth"] == pytest.approx(3 * 1.5**2)
    del truth["source.flux"]
    assert "truth" not in rows_of(make_result(truth=truth))["lens.area"]


def test_a_truth_of_one_element_belongs_to_that_element(make_result):
    rows = rows_of(make_result(truth={"source.centre.x": 0.1}))
    assert rows["source.centre.x"]["truth"] == 0.1
    assert "truth" not in rows["source.centre.y"]


def test_json_is_strict_and_complete(make_result, checks, truth):
    result = make_result(
        chains=1, checks=checks, declared=("r_hat", "ess_bulk"), truth=truth
    )
    told = json.loads(json.dumps(summary_json(result), allow_nan=False))
    assert told["converged"] is False
    assert told["rows"][0]["r_hat"] is None or told["rows"][0]["r_hat"] > 0
    assert told["held"] == [{"name": "source.flux", "unit": "ct", "value": 7.5}]
    assert [one["passed"] for one in told["checks"]] == [True, False]


# --- verdict -----------------------------------------------------------------


def test_a_good_fit_is_said_to_be_good_first(make_result):
    many = tuple(Check(f"c{i}", True, 0.0, 0.0, "") for i in range(6))
    declared = tuple(one.name for one in many)
    lines = summary_text(make_result(checks=many, declared=declared))
    assert lines.splitlines()[:3] == [
        "# report.lens by test.none",
        "",
        "**The fit can be trusted: all six checks passed.**",
    ]


def test_a_bad_fit_is_said_to_be_bad_with_what_to_do(make_result, checks):
    declared = ("r_hat", "ess_bulk", "never_made")
    result = make_result(checks=checks, declared=declared)
    for text in (summary_text(result), printed(result)):
        assert "cannot be trusted yet: 2 of 3 checks did not pass" in text
        assert "Smallest ESS 12. Take more draws" in text
        assert re.search("check `?never_made`? was not made", text)
        assert "can be trusted:" not in text


def test_the_verdict_agrees_with_converged(make_result, checks):
    for kind in ((), checks[:1], checks[1:], checks):
        for declared in ((), ("r_hat",), ("ess_bulk",)):
            result = make_result(checks=kind, declared=declared)
            trusted = "**The fit can be trusted" in summary_text(result)
            assert trusted == result.posterior.converged


# --- Markdown ----------------------------------------------------------------


def tables(text):
    found, rows = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            cells = re.split(r"(?<!\\)\|", line)[1:-1]
            rows.append([cell.strip() for cell in cells])
        elif rows:
            found.append(rows)
            rows = []
    return found


def test_tables_are_rectangular_and_name_everything(make_result, truth):
    result = make_result(truth=truth, notes=("a | b", "c * d"))
    text = summary_text(result)
    for rows in tables(text):
        assert len({len(row) for row in rows}) == 1
    parameters = tables(text)[0]
    assert parameters[0] == [
        "parameter", "mean ± sd", "68 % interval", "unit", "ESS", "R-hat",
        "truth", "off by",
    ]  # fmt: skip
    names = [row[0] for row in parameters[2:]]
    assert names == [
        "`lens.angle`", "`lens.radius`", "`source.centre.y`",
        "`source.centre.x`", "`source.size (tied)`",
    ]  # fmt: skip
    assert "a \\| b" in text and "3 min 20 s" in text
    assert "| `source.flux` | 7.5 | ct |" in text
    assert "| `source.glow` | 15 |  |" in text
    assert "4 chains of 200 draws" in text and "jax" in text
    assert "Against the truth: 3 of 4 parameters" in text
    assert "the farthest is `source.centre.y`" in text


@pytest.mark.parametrize(
    ("distance", "expected"),
    [(None, ""), (-0.04, "0.0 sd"), (0.04, "0.0 sd"), (1.96, "+2.0 sd")],
)
def test_a_distance_has_a_sign_unless_it_is_none(distance, expected):
    assert distance_text(distance) == expected


def test_without_a_truth_nothing_is_compared(make_result):
    text = summary_text(make_result())
    assert "truth" not in text and "off by" not in text


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        (1.0, "."),
        (1.4, ". The model does not explain the data"),
        (0.7, ". The noise is smaller"),
    ],
)
def test_the_size_of_the_residuals_is_told(measured, scale, words):
    result = measured(scale * np.random.default_rng(0).normal(size=1000))
    told = [
        line for line in summary_text(result).splitlines() if "alone" in line
    ]
    y = np.asarray(result.problem.data["y"])
    expected = np.sum(y**2) / (1000 - 2)
    assert told[0].startswith(
        f"Squared residuals per degree of freedom: {expected:.3g} "
        f"(noise alone gives 1 ± 0.045){words}"
    )
    assert told[0].split(":")[0] in printed(result)
    assert summary_json(result)["mean_square"] == pytest.approx(
        expected * 0.998, rel=1e-12
    )


def test_nothing_is_told_where_a_fit_absorbs_the_noise(measured):
    result = measured(np.ones(19))
    assert result.mean_square == (1.0, 19)
    assert "noise alone" not in summary_text(result)


def test_plots_in_the_folder_are_linked(make_result, tmp_path):
    (tmp_path / "plots").mkdir()
    for name in ("posterior.corner.png", "lens model.pdf", ".part.x.png"):
        (tmp_path / "plots" / name).touch()
    text = summary_text(make_result(folder=tmp_path))
    assert "![posterior.corner](plots/posterior.corner.png)" in text
    assert "\n[lens model](plots/lens%20model.pdf)" in text
    assert ".part" not in text


def test_a_point_has_values_and_no_uncertainty(make_result, truth):
    result = make_result(chains=1, draws=1, truth=truth)
    text = summary_text(result)
    assert "±" not in text and "68 %" not in text and "ESS" not in text
    assert tables(text)[0][0] == ["parameter", "value", "unit", "truth"]
    assert "one point, without uncertainties" in text
    rows = rows_of(result)
    assert all(row.get("distance") is None for row in rows.values())
    assert rows["lens.radius"]["sd"] is None


def test_weighted_draws_have_no_r_hat(make_result):
    weights = np.zeros((1, 200))
    weights[0, :50] = 1.0
    text = summary_text(make_result(chains=1, weights=weights))
    assert "R-hat" not in "".join(tables(text)[0][0])
    assert "200 weighted draws, worth 50" in text


def test_digits_follow_the_interval_where_tails_are_heavy(make_result):
    result = make_result()
    heavy = np.full((4, 200), 2.0) + np.linspace(0, 1, 200)
    heavy[0, 0] = 1e6
    posterior = replace(result.posterior, derived={"lens.area": heavy})
    text = summary_text(replace(result, posterior=posterior))
    assert re.search(r"`lens.area` \| [\d.]+ ± [\d.]+ \| 2\.16 to 2\.84", text)


def test_very_long_tables_are_cut(make_result):
    result = make_result()
    wide = np.random.default_rng(0).normal(size=(4, 200, 300))
    posterior = replace(result.posterior, derived={"undeclared": wide})
    text = summary_text(replace(result, posterior=posterior))
    assert "and 100 more, which summary.json has." in text
    assert "`undeclared[199]`" in text and "undeclared[200]" not in text


def test_complex_values_are_two_rows(make_result):
    result = make_result(truth={"lens.radius": 1.0})
    field = np.random.default_rng(0).normal(size=(4, 200, 2)) @ [1, 1j]
    posterior = replace(result.posterior, derived={"field": field})
    rows = rows_of(replace(result, posterior=posterior))
    assert rows["field.imag"]["mean"] == pytest.approx(field.imag.mean())


# --- terminal ----------------------------------------------------------------


def test_a_pipe_gets_whole_lines_without_colours(make_result, truth, tmp_path):
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "posterior.corner.png").touch()
    text = printed(make_result(truth=truth, folder=tmp_path))
    assert "\x1b" not in text
    line = next(x for x in text.splitlines() if x.startswith("lens.radius"))
    assert "arcsec" in line and "sd" in line and "1.000" in line
    assert "The fit can be trusted: its check passed." in text
    assert f"plot: {tmp_path}/plots/posterior.corner.png" in text


def test_a_narrow_terminal_loses_no_number(make_result, truth, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    file = Terminal()
    print_summary(make_result(truth=truth), file=file)
    text = re.sub("\x1b\\[[0-9;]*m", "", file.getvalue())
    assert "source.centre.x" in text and "…" not in text
