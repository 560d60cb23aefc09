"""Maps that commute with reflection, against the matrices they stand for."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optics_dlux._parity import (
    after,
    centred,
    circulant,
    conjugate,
    half,
    on_both_axes,
    transform,
)

SIZES = st.sampled_from([2, 5, 8])
few = settings(max_examples=12)


def field(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))


def parts(u):
    return jnp.stack([u.real, u.imag], 1)


def whole(u):
    return np.asarray(u[:, 0] + 1j * u[:, 1])


def fourier(step, n_out, n_in):
    a, j = np.asarray(centred(n_out)), np.asarray(centred(n_in))
    return np.exp(-2j * np.pi * step * a[:, None] * j)


def toeplitz(column, n_out, n_in):
    a, j = np.asarray(centred(n_out)), np.asarray(centred(n_in))
    index = np.abs(a[:, None] - j).astype(int) % len(column)
    return np.asarray(column)[index]


def even_column(period, seed=1):
    rng = np.random.default_rng(seed)
    column = rng.normal(size=period) + 1j * rng.normal(size=period)
    return column + np.roll(column[::-1], 1)  # c(-l) = c(l)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_halves_are_the_positions_from_the_middle_on(n):
    np.testing.assert_array_equal(half(n), [x for x in centred(n) if x >= 0])


@pytest.mark.slow
@few
@given(SIZES, SIZES, st.floats(0.001, 0.4))
def test_the_transform_equals_its_matrix(n_out, n_in, step):
    u, matrix = field(n_in), fourier(step, n_out, n_in)
    got = on_both_axes(transform(jnp.array(step), n_out, n_in), parts(u))
    np.testing.assert_allclose(whole(got), matrix @ u @ matrix.T, atol=1e-12)


@pytest.mark.slow
@few
@given(SIZES, st.sampled_from([-1, 0, 2]), st.sampled_from([0, 3]))
def test_the_circulant_equals_its_matrix(n_in, more, extra):
    n_out = max(n_in + 2 * more, 2 - n_in % 2)
    period = max(n_in, n_out) + extra
    column = even_column(period)
    both = (jnp.array(column.real), jnp.array(column.imag))
    one = circulant(both, n_out, n_in, period)
    u, matrix = field(n_in), toeplitz(column, n_out, n_in)
    got = on_both_axes(one, parts(u))
    np.testing.assert_allclose(whole(got), matrix @ u @ matrix.T, atol=1e-11)


@few
@given(SIZES, st.booleans())
def test_maps_follow_each_other(n, wider):
    m = n + 4 if wider else n
    column = even_column(m + n + 1)
    both = (jnp.array(column.real), jnp.array(column.imag))
    first = circulant(both, m, n, m + n + 1)
    second = transform(jnp.array(0.03), 5, m)
    one = on_both_axes(after(second, first), parts(field(n)))
    two = on_both_axes(second, on_both_axes(first, parts(field(n))))
    np.testing.assert_allclose(one, two, atol=1e-10)


def test_the_conjugate_map_has_the_conjugate_matrix():
    column = even_column(20)
    both = (jnp.array(column.real), jnp.array(column.imag))
    got = on_both_axes(conjugate(circulant(both, 8, 6, 20)), parts(field(6)))
    matrix = toeplitz(column, 8, 6).conj()
    want = matrix @ field(6) @ matrix.T
    np.testing.assert_allclose(whole(got), want, atol=1e-11)
