"""Jitter and pixels."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optics_dlux._detector import blur_rows, detect


def test_no_jitter_is_the_identity():
    got = blur_rows(17, jnp.array(0.0))
    np.testing.assert_allclose(got, np.eye(17), atol=1e-15)
    image = jax.random.uniform(jax.random.key(0), (12, 12))
    np.testing.assert_allclose(
        detect(image, 1, jnp.array(0.0)), image, rtol=1e-12
    )


@given(st.floats(1.5, 3.0))
def test_the_rows_are_a_gaussian(width):
    row = np.asarray(blur_rows(41, jnp.array(width**2)))[20]
    lag = np.arange(41) - 20
    want = np.exp(-0.5 * (lag / width) ** 2) / (width * np.sqrt(2 * np.pi))
    # What is left of the transform at the highest frequency.
    tail = np.exp(-0.5 * (np.pi * width) ** 2)
    np.testing.assert_allclose(row, want, atol=tail + 1e-9)
    assert row.sum() == pytest.approx(1, abs=tail + 1e-9)
    assert row @ lag**2 == pytest.approx(width**2, rel=1e-2)


def test_widths_add_in_quadrature():
    one, other, both = (blur_rows(61, jnp.array(w**2)) for w in (1.2, 1.6, 2.0))
    np.testing.assert_allclose(
        (one @ other)[20:40, 20:40], both[20:40, 20:40], atol=1e-12
    )


def test_light_does_not_come_back_on_the_other_side():
    image = np.zeros((16, 16))
    image[0, 8] = 1.0
    got = np.asarray(detect(jnp.array(image), 1, jnp.array(1.5**2)))
    assert got[0, 8] == got.max()
    assert np.abs(got[8:]).max() < 1e-6
    assert 0.5 < got.sum() < 0.7  # half of it falls off the edge


@pytest.mark.parametrize("fine", [1, 2, 3])
def test_pixels_add_up_their_samples(fine):
    image = jax.random.uniform(jax.random.key(1), (6 * fine, 6 * fine))
    got = detect(image, fine, jnp.array(0.0))
    want = image.reshape(6, fine, 6, fine).sum((1, 3))
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_the_slope_in_the_jitter_is_smooth_at_zero():
    image = jax.random.uniform(jax.random.key(2), (8, 8))

    def total(width):
        return jnp.sum(detect(image, 2, width**2) ** 2)

    slope, curve = jax.grad(total), jax.grad(jax.grad(total))
    assert slope(0.0) == pytest.approx(0, abs=1e-12)
    step = 1e-4
    want = (slope(step) - slope(-step)) / (2 * step)
    assert curve(0.0) == pytest.approx(float(want), rel=1e-5)
    assert curve(0.0) < 0
