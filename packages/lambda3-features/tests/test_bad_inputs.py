"""Every wrong series gets an error that names what is wrong, and where."""

import jax.numpy as jnp
import numpy as np
import pytest
from lambda3_features import (
    FeatureConfig,
    FeatureSet,
    OptionError,
    SeriesError,
    centred_std,
    difference_events,
    extract_features,
    extract_many,
    hierarchical_events,
    hierarchical_percentile_events,
    robust_events,
    scale_breaks,
    structural_drift,
    trailing_std,
    validate_series,
)
from lambda3_features.boundary import require_jax, to_jax, to_numpy

GOOD = np.sin(np.arange(60.0)) + np.arange(60.0) % 7


def spoilt(index, value):
    x = GOOD.copy()
    x[index] = value
    return x


BAD = {
    "nan": (spoilt(7, np.nan), r"missing values \(NaN\).*1.*index 7.*mask"),
    "inf": (spoilt(9, np.inf), "infinite values.*first at index 9"),
    "minus inf": (spoilt(3, -np.inf), "infinite.*index 3"),
    "two-dimensional": (
        GOOD.reshape(2, 30),
        r"one series.*\(2, 30\)",
    ),
    "a column": (GOOD[:, None], "one dimension.*extract_many"),
    "a number": (3.0, r"shape \(\)"),
    "object": (GOOD.astype(object), "real numbers.*dtype object"),
    "text": (np.array(["1", "2", "3", "4"]), "real numbers.*dtype <U1"),
    "complex": (GOOD + 0j, "real numbers.*complex128"),
    "bool": (GOOD > 1, "real numbers.*dtype bool"),
    "dates": (np.arange(60).astype("M8[D]"), "real numbers.*datetime64"),
    "ragged": ([[1.0], [1.0, 2.0]], "real numbers.*object"),
    "none": (None, "real numbers"),
    "jax": (jnp.asarray(GOOD), "JAX array.*boundary.to_numpy"),
    "empty": (np.empty(0), "too short.*0 points"),
    "huge": (GOOD * 1e160, "range that can be squared.*another unit"),
    "tiny": (GOOD * 1e-160, "range that can be squared.*another unit"),
}
TAKERS = [
    extract_features,
    robust_events,
    difference_events,
    lambda x: trailing_std(x, 5),
    lambda x: centred_std(x, 5),
    hierarchical_events,
    hierarchical_percentile_events,
    scale_breaks,
    structural_drift,
]


@pytest.mark.parametrize("take", TAKERS)
@pytest.mark.parametrize("name", BAD)
def test_a_wrong_series_is_named(name, take):
    x, message = BAD[name]
    with pytest.raises(SeriesError, match=f"'x'.*{message}"):
        take(x)


@pytest.mark.parametrize("n", [1, 2, 3, 10])
@pytest.mark.parametrize(
    "config", [FeatureConfig(), FeatureConfig.compatible()]
)
def test_a_short_series_is_named(n, config):
    with pytest.raises(SeriesError, match=f"too short.*{n} points.*11 or more"):
        extract_features(GOOD[:n], config)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_events_need_some_differences(n):
    for take in (robust_events, difference_events, scale_breaks):
        with pytest.raises(SeriesError, match="too short.*4 or more"):
            take(GOOD[:n])
    assert trailing_std(GOOD[:n], 5).shape == (n,)


def test_a_constant_series_is_refused_unless_allowed():
    flat = np.full(40, 2.5)
    for take in (extract_features, hierarchical_events):
        with pytest.raises(SeriesError, match="constant.*2.5 throughout"):
            take(flat)
    for config in (FeatureConfig, FeatureConfig.compatible):
        found = extract_features(flat, config(constant="allow"))
        assert found.n_pos == found.n_neg == found.n_local == 0
        assert not found.rho_T.any() and not found.local_std.any()
        assert found.jump_asymmetry == found.tension_variability == 0


def test_whole_numbers_lists_and_float32_are_series():
    x = np.round(GOOD * 10).astype(int)
    expected = extract_features(x.astype(float)).rho_T
    for given in (x, x.tolist(), x.astype(np.float32), x.astype(np.int16)):
        np.testing.assert_array_equal(extract_features(given).rho_T, expected)
    backwards = extract_features(GOOD[::-1])  # not contiguous
    np.testing.assert_array_equal(backwards.data, GOOD[::-1].copy())


def test_masked_entries_are_missing_not_values():
    x = np.ma.masked_array(GOOD, mask=np.arange(60) == 20)
    with pytest.raises(SeriesError, match="missing.*index 20"):
        extract_features(x)
    found = extract_features(x, FeatureConfig(missing="mask"))
    assert not found.observed[20] and found.observed.sum() == 59


def test_what_is_left_may_be_too_little():
    x = np.full(60, np.nan)
    x[:5] = 1.0, 2.0, 1.0, 3.0, 1.0
    with pytest.raises(SeriesError, match="too few values.*5"):
        extract_features(x, FeatureConfig(missing="mask"))
    with pytest.raises(SeriesError, match="too few values.*0"):
        robust_events(np.full(60, np.nan), missing="mask")
    x[9] = np.inf
    with pytest.raises(SeriesError, match="infinite.*index 9"):
        extract_features(x, FeatureConfig(missing="mask"))


def test_all_faulty_series_of_many_are_told_at_once():
    series = {"a": GOOD, "b": spoilt(4, np.nan), "c": GOOD[:5]}
    with pytest.raises(SeriesError) as caught:
        extract_many(series)
    assert [fault.key for fault in caught.value.faults] == ["b", "c"]
    for wrong in (GOOD, "abc", None, {}, jnp.zeros((2, 40))):
        with pytest.raises(SeriesError):
            extract_many(wrong)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 0}, "'window'.*1 or more"),
        ({"local_window": 2}, "'local_window'.*3 or more"),
        ({"events": "robus"}, "did you mean 'robust'"),
        ({"local_jumps": "percentil"}, "did you mean 'percentile'"),
        ({"alpha": 0}, r"'alpha'.*\(0, 1\)"),
        ({"alpha": "5%"}, r"'alpha'.*\(0, 1\)"),
        ({"delta_percentile": 101}, r"\[0, 100\]"),
        ({"missing": "fill"}, "raise, mask"),
        ({"constant": "ignore"}, "raise, allow"),
    ],
)
def test_a_wrong_definition_is_named(options, message):
    with pytest.raises(OptionError, match=message):
        FeatureConfig(**options)


def test_a_config_that_is_none():
    with pytest.raises(OptionError, match="FeatureConfig"):
        extract_features(GOOD, {"window": 10})


def test_features_go_to_jax_and_back():
    features = extract_features(GOOD)
    there = to_jax(features)
    assert set(there) == set(FeatureSet.causality())
    for name, array in there.items():
        assert array.dtype == jnp.float64 and not array.weak_type
        expected = getattr(features, name)
        np.testing.assert_array_equal(to_numpy(array), expected)
    assert to_jax(GOOD, np.float32).dtype == jnp.float32
    back = to_numpy({"a": [there["data"], 3], "b": "text"})
    assert isinstance(back["a"][0], np.ndarray) and back["b"] == "text"


def test_the_wrong_kind_of_array_names_the_converter():
    with pytest.raises(SeriesError, match="'y'.*boundary.to_jax"):
        require_jax(GOOD, "y")
    assert require_jax(jnp.ones(3), "y").shape == (3,)
    with pytest.raises(SeriesError, match="converted already"):
        to_jax(jnp.ones(3))
    with pytest.raises(SeriesError, match="'dtype'"):
        to_jax(GOOD, int)
    with pytest.raises(SeriesError, match="'array' has the wrong type"):
        to_jax("abc")
    with pytest.raises(SeriesError, match="outside of jit"):
        import jax

        jax.jit(to_numpy)(jnp.ones(3))


def test_validate_series_tells_its_name():
    with pytest.raises(SeriesError, match="'flow' is too short"):
        validate_series(GOOD, "flow", min_length=99)
    with pytest.raises(OptionError, match="'missing'"):
        validate_series(GOOD, missing="drop")
