"""The summary table."""

import json

import numpy as np
import pytest
from forwardax._fit.summary import scalar_names, summarise
from forwardax.errors import FitError, UnknownKey

RNG = np.random.default_rng(0)
DRAWS = {
    "mu": 3 * RNG.normal(size=(4, 500)) + 1000,
    "theta": RNG.normal(size=(4, 500, 2, 2)),
    "z": RNG.normal(size=(4, 500, 2)),
}
WEIGHTS = RNG.integers(0, 4, size=(4, 500))


@pytest.mark.filterwarnings("ignore")  # ArviZ warns of its own future
@pytest.mark.parametrize("prob", [0.89, 0.5, 0.9])
def test_equals_arviz(arviz, prob):
    if not arviz.__version__.startswith("0."):
        pytest.skip("the table of ArviZ 1.x needs a DataTree")
    table = arviz.summary(
        {"mu": DRAWS["mu"], "theta": DRAWS["theta"]},
        hdi_prob=prob,
        round_to="none",
    )
    ours = summarise(DRAWS, ci_kind="hdi", ci_prob=prob)
    low, high = (c for c in table.columns if c.startswith("hdi"))
    percent = f"hdi{100 * prob:g}"
    names = {low: f"{percent}_lb", high: f"{percent}_ub"}
    for index, row in table.iterrows():
        name = index.replace(", ", ",")
        for column, value in row.items():
            found = ours[name][names.get(column, column)]
            assert found == pytest.approx(value, rel=1e-9), (name, column)


def test_columns_are_named_as_arviz_names_them():
    assert summarise(DRAWS).columns == (
        "mean",
        "sd",
        "eti89_lb",
        "eti89_ub",
        "mcse_mean",
        "mcse_sd",
        "ess_bulk",
        "ess_tail",
        "r_hat",
        "unit",
    )
    assert (
        "hdi94.5_ub" in summarise(DRAWS, ci_kind="hdi", ci_prob=0.945).columns
    )


def test_rows_are_named_by_element():
    summary = summarise(
        DRAWS, units={"mu": "arcsec"}, elements={"z": ("z.j4", "z.j5")}
    )
    assert list(summary) == [
        "mu",
        "theta[0,0]",
        "theta[0,1]",
        "theta[1,0]",
        "theta[1,1]",
        "z.j4",
        "z.j5",
    ]
    assert summary["mu"]["unit"] == "arcsec"
    mean = DRAWS["theta"][:, :, 1, 0].mean()
    assert summary["theta[1,0]"]["mean"] == pytest.approx(mean)
    assert len(summary) == len(summary.rows) == 7
    assert scalar_names("a", (2,)) == ("a[0]", "a[1]")


def test_unknown_rows_are_named():
    with pytest.raises(UnknownKey, match=r"theta\[0,0\]"):
        summarise(DRAWS)["theta"]


def test_a_posterior_across_the_seam():
    """Position angles about 0 of period pi, stored in [0, pi)."""
    angle = 0.1 * RNG.normal(size=(4, 500))
    stored = np.mod(angle, np.pi)
    row = summarise({"phi": stored}, cyclic={"phi": np.pi})["phi"]
    plain = summarise({"phi": angle})["phi"]
    assert row["mean"] % np.pi == pytest.approx(plain["mean"] % np.pi, abs=1e-3)
    for column in ("sd", "mcse_mean", "mcse_sd", "ess_bulk", "r_hat"):
        assert row[column] == pytest.approx(plain[column], rel=1e-2)
    width = row["eti89_ub"] - row["eti89_lb"]
    assert width == pytest.approx(plain["eti89_ub"] - plain["eti89_lb"])
    assert row["eti89_lb"] < row["mean"] < row["eti89_ub"]
    assert summarise({"phi": stored})["phi"]["sd"] > 1  # what it prevents


@pytest.mark.parametrize("kind", ["eti", "hdi"])
def test_weights_are_repetitions(kind):
    weighted = summarise(
        {"mu": DRAWS["mu"]}, weights=WEIGHTS, ci_kind=kind, ci_prob=0.877
    )["mu"]
    repeated = np.repeat(DRAWS["mu"].reshape(-1), WEIGHTS.reshape(-1))
    assert weighted["mean"] == pytest.approx(repeated.mean())
    assert weighted["sd"] == pytest.approx(repeated.std())
    plain = summarise({"mu": repeated[None]}, ci_kind=kind, ci_prob=0.877)["mu"]
    for end in (f"{kind}87.7_lb", f"{kind}87.7_ub"):
        assert weighted[end] == pytest.approx(plain[end], abs=0.05)
    kish = WEIGHTS.sum() ** 2 / (WEIGHTS**2).sum()
    assert weighted["ess_bulk"] == weighted["ess_tail"] == pytest.approx(kish)
    assert np.isnan(weighted["r_hat"])


def test_weighted_errors_are_the_scatter():
    """300 repetitions: ratios scatter by 4 to 6 %, the limit is 20 %."""
    found = {"mean": [], "sd": [], "mcse_mean": [], "mcse_sd": []}
    for seed in range(300):
        x = 1.3 * np.random.default_rng(seed).normal(size=(1, 400))
        weights = np.exp(-(x**2) / 2 + x**2 / (2 * 1.69))
        row = summarise({"x": x}, weights=weights)["x"]
        for name, values in found.items():
            values.append(row[name])
    for name in ("mean", "sd"):
        ratio = np.std(found[name]) / np.mean(found[f"mcse_{name}"])
        assert 0.8 < ratio < 1.2


def test_equal_weights_equal_no_weights():
    plain = summarise(DRAWS)["mu"]
    weighted = summarise(DRAWS, weights=np.ones((4, 500)))["mu"]
    assert weighted["mean"] == pytest.approx(plain["mean"])
    assert weighted["sd"] == pytest.approx(plain["sd"], rel=1e-3)
    assert weighted["ess_bulk"] == pytest.approx(2000)


def test_complex_values_give_two_rows():
    z = DRAWS["z"] + 1j * RNG.normal(size=(4, 500, 2))
    summary = summarise({"z": z})
    assert list(summary) == ["z[0].real", "z[0].imag", "z[1].real", "z[1].imag"]
    assert summary["z[1].imag"]["mean"] == pytest.approx(z[..., 1].imag.mean())


def test_json_is_strict_and_complete():
    draws = {"mu": DRAWS["mu"], "fixed": np.ones((4, 500))}
    summary = summarise(draws, verdict="Converged.")
    content = json.loads(summary.to_json())
    assert content["rows"][0] == summary["mu"]
    assert content["rows"][1]["r_hat"] is None
    assert content["verdict"] == "Converged."


def test_the_table_is_aligned_and_ends_with_the_verdict():
    text = str(summarise(DRAWS, units={"mu": "arcsec"}, verdict="Converged."))
    lines = text.splitlines()
    assert lines[-2:] == ["89 % equal-tailed intervals", "Converged."]
    end = lines[0].index("r_hat") + len("r_hat")
    for line in lines[1:-2]:
        assert line[end - 1] != " "
        assert line[end:].strip() in ("", "arcsec")
    assert lines[1].split()[1:5] == ["999.9", "3.00", "995.3", "1004.7"]


def test_a_value_that_is_not_finite_is_not_hidden():
    x = DRAWS["z"].copy()
    x[0, 0, 0] = np.nan
    summary = summarise({"z": x})
    numbers = [v for v in summary["z[0]"].values() if isinstance(v, float)]
    assert np.isnan(numbers).all()
    assert np.isfinite(summary["z[1]"]["mean"])


def test_all_faults_at_once():
    with pytest.raises(FitError, match="6 faults") as caught:
        summarise(
            {"a": np.ones(3), "b": np.ones((2, 3))},
            weights=np.zeros((3, 3)),
            elements={"b": ("b1", "b2")},
            ci_kind="middle",
            ci_prob=2.0,
        )
    for words in ("'a'", "'b' has 1 entries", "weights", "'middle'", "2.0"):
        assert words in str(caught.value)
