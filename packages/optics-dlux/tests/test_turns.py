"""Cosine and sine in turns."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax.test_util import check_grads
from optics_dlux._turns import cos_sin

TURNS = np.concatenate(
    [np.linspace(-3, 3, 2001), np.arange(-40, 41) / 8, [1e4 + 0.3, -1e6 - 0.1]]
)


def test_they_equal_numpys():
    cosine, sine = cos_sin(jnp.array(TURNS))
    exact = TURNS - np.round(TURNS)  # without rounding
    np.testing.assert_allclose(cosine, np.cos(2 * np.pi * exact), atol=4e-16)
    np.testing.assert_allclose(sine, np.sin(2 * np.pi * exact), atol=4e-16)


def test_quarters_are_exact():
    cosine, sine = cos_sin(jnp.arange(-8, 9) / 4)
    quarter = np.arange(-8, 9) % 4
    np.testing.assert_array_equal(cosine, np.array([1, 0, -1, 0])[quarter])
    np.testing.assert_array_equal(sine, np.array([0, 1, 0, -1])[quarter])


@given(st.floats(-1e6, 1e6))
def test_they_lie_on_the_unit_circle(turns):
    cosine, sine = cos_sin(jnp.array(turns))
    assert cosine**2 + sine**2 == pytest.approx(1, abs=1e-15)


def test_single_precision():
    cosine, sine = cos_sin(jnp.array(TURNS[:2001], jnp.float32))
    assert cosine.dtype == sine.dtype == jnp.float32
    exact = TURNS[:2001].astype(np.float32).astype(float)
    np.testing.assert_allclose(cosine, np.cos(2 * np.pi * exact), atol=2e-7)
    np.testing.assert_allclose(sine, np.sin(2 * np.pi * exact), atol=2e-7)


def test_slopes_of_every_order_and_kind():
    turns = jnp.array([-0.3, 0.0, 0.125, 0.2, 0.9])
    check_grads(cos_sin, (turns,), order=3, modes=("fwd", "rev"), eps=1e-4)
    slope = jax.jvp(cos_sin, (turns,), (jnp.ones(5),))[1]
    want = (
        2
        * np.pi
        * np.stack([-np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns)])
    )
    np.testing.assert_allclose(np.stack(slope), want, atol=1e-14)
