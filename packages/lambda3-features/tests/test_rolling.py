import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from lambda3_features import centred_std, multiscale_std, trailing_std
from lambda3_features._errors import OptionError
from lambda3_features._hierarchy import window_percentile
from lambda3_features._quantile import percentile


def direct(x, before, after):
    """Two passes over each window, missing values left out."""
    found = []
    for i in range(len(x)):
        part = x[max(0, i - before) : i + after + 1]
        part = part[~np.isnan(part)]
        found.append(part.std() if part.size else np.nan)
    return np.array(found)


values = st.floats(-1e6, 1e6, width=32)
series = hnp.arrays(np.float64, st.integers(1, 60), elements=values)


@given(series, st.integers(1, 70))
def test_trailing_std_is_that_of_each_window(x, window):
    scale = max(1.0, np.abs(x).max())
    found = trailing_std(x, window)
    np.testing.assert_allclose(
        found, direct(x, window, 0), rtol=0, atol=1e-12 * scale
    )


@given(series, st.integers(1, 70))
def test_centred_std_is_that_of_each_window(x, half):
    scale = max(1.0, np.abs(x).max())
    found = centred_std(x, half)
    np.testing.assert_allclose(
        found, direct(x, half, half), rtol=0, atol=1e-12 * scale
    )


@given(
    hnp.arrays(
        np.float64,
        st.integers(4, 60),
        elements=st.one_of(values, st.just(np.nan)),
    ),
    st.integers(1, 70),
    st.integers(0, 1),
)
def test_missing_values_are_left_out(x, window, centred):
    if np.isnan(x).all():
        return
    kind = centred_std if centred else trailing_std
    scale = max(1.0, np.nanmax(np.abs(x)))
    np.testing.assert_allclose(
        kind(x, window, missing="mask"),
        direct(x, window, window * centred),
        rtol=0,
        atol=1e-12 * scale,
    )


@pytest.mark.parametrize("window", [1, 2, 10, 200, 1000, 5000])
def test_digits_survive_what_has_left_the_window(window):
    rng = np.random.default_rng(0)
    x = rng.normal(size=4000)
    x[700] = 1e9
    x[2000:] += 1e6
    clear = np.ones(4000, bool)
    clear[700 : 700 + window + 1] = False
    found, expected = trailing_std(x, window), direct(x, window, 0)
    np.testing.assert_allclose(found[clear], expected[clear], rtol=1e-9)


@pytest.mark.parametrize("window", [1, 3, 40])
def test_windows_without_variation_give_zero_exactly(window):
    x = np.full(100, 0.1)
    x[50] = 7e5
    constant = np.ones(100, bool)
    constant[50 : 50 + window + 1] = False
    assert not trailing_std(x, window)[constant].any()
    assert not trailing_std(np.full(7, 1e6 / 3), window).any()


def test_a_large_level_costs_no_digit_beyond_its_own():
    x = np.round(np.random.default_rng(1).normal(size=500), 6)
    lifted = (x + 2**20) - 2**20  # what the level leaves of the values
    np.testing.assert_allclose(
        trailing_std(lifted + 2**20, 30), trailing_std(lifted, 30), rtol=1e-12
    )


def test_tension_does_not_look_ahead_and_the_centred_one_does():
    x = np.random.default_rng(2).normal(size=200)
    changed = np.r_[x[:120], x[120:] + 50]
    assert (trailing_std(x, 15)[:120] == trailing_std(changed, 15)[:120]).all()
    assert (centred_std(x, 15) != centred_std(changed, 15))[105:120].all()


def test_one_row_for_each_scale():
    x = np.random.default_rng(3).normal(size=90)
    found = multiscale_std(x, (5, 20))
    assert found.shape == (2, 90)
    np.testing.assert_array_equal(found[1], trailing_std(x, 20))
    with pytest.raises(OptionError, match="one window or more"):
        multiscale_std(x, ())


@pytest.mark.parametrize("window", [0, -3, 2.5, True, "ten"])
def test_a_window_that_is_none(window):
    with pytest.raises(OptionError, match="'window' is not allowed.*1 or more"):
        trailing_std(np.arange(9.0), window)


@given(series, st.integers(1, 70), st.sampled_from([0, 10, 50, 85, 92.5, 100]))
def test_percentile_of_a_moving_window_is_numpys(x, half, q):
    out = np.empty(x.size)
    window_percentile(x, half, q, out)
    expected = [
        np.percentile(x[max(0, i - half) : i + half + 1], q)
        for i in range(x.size)
    ]
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("n", [1, 2, 7, 8192, 8193, 30000])
@pytest.mark.parametrize(
    "kind", ["normal", "whole", "one bin", "far apart", "rising", "in step"]
)
def test_percentiles_are_numpys(n, kind):
    rng = np.random.default_rng(n)
    x = {
        "normal": rng.normal(size=n),
        "whole": rng.integers(-3, 3, size=n).astype(float),
        "one bin": 1 + 1e-3 * rng.random(n),
        "far apart": rng.choice([-1e9, -1.0, -0.0, 0.0, 1e-9, 5.0], n),
        "rising": np.arange(n) * 0.5,
        # A sample of every so many values sees nothing but the large ones.
        "in step": rng.random(n)
        + 9.0 * (np.arange(n) % max(n // 1024, 1) == 0),
    }[kind]
    before = x.copy()
    for q in (0, 3.1, 50, 85, 97, 99.99, 100):
        assert percentile(x, q) == np.percentile(x, q)
    np.testing.assert_array_equal(x, before)
