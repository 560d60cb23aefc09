"""The classifier two-sample test."""

import sys

import numpy as np
import pytest
from forwardax.calibration import c2st
from forwardax.errors import FitError

RNG = np.random.default_rng(0)


@pytest.fixture
def sklearn():
    return pytest.importorskip("sklearn", reason="c2st is an optional extra")


def test_equal_samples_cannot_be_told_apart(sklearn):
    """400 draws each: the accuracy scatters by 0.02, the limit is 4."""
    x, y = RNG.normal(size=(2, 400, 2)) * [1.0, 1e6]
    assert c2st(x, y) == pytest.approx(0.5, abs=0.08)


def test_different_samples_can(sklearn):
    units = np.array([1e-6, 1e6])
    x = RNG.normal(size=(300, 2)) * units
    assert c2st(x, (RNG.normal(size=(300, 2)) + [6, 0]) * units) > 0.98
    x = RNG.normal(size=(300, 1))
    # The best any classifier can do: mean of max(p, q) / (p + q).
    assert c2st(x, RNG.normal(size=(300, 1)) + 1) == pytest.approx(
        0.69, abs=0.08
    )


def test_all_faults_at_once(sklearn):
    with pytest.raises(FitError, match="2 faults"):
        c2st(np.ones(5), np.full((20, 2), np.nan))
    with pytest.raises(FitError, match="2 and 3"):
        c2st(np.ones((20, 2)), np.ones((20, 3)))


def test_a_missing_extra_prints_the_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.model_selection", None)
    with pytest.raises(FitError, match=r'pip install "forwardax\[c2st\]"'):
        c2st(np.ones((20, 2)), np.ones((20, 2)))
