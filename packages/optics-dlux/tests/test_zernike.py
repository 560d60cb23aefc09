"""Zernike polynomials on any footprint."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from optics_dlux._zernike import coefficients, orders, surface


def grid(n):
    return (np.arange(n) - (n - 1) / 2) / (n / 2)


def one(noll, x):
    shapes = jnp.array(coefficients((noll,)))
    return np.asarray(surface(shapes, jnp.ones(1), jnp.asarray(x)))


def test_they_equal_the_stored_ones(golden):
    with np.load(golden / "optics" / "zernike_basis.npz") as file:
        (basis,) = (v for v in file.values() if v.ndim == 3)
    x = grid(basis.shape[-1])
    inside = np.hypot(x[:, None], x) < 1
    for noll, want in enumerate(basis, 1):
        got = one(noll, x)
        np.testing.assert_allclose(got[inside], want[inside], atol=1e-12)


def test_orders_follow_noll():
    table = {1: (0, 0), 2: (1, 1), 3: (1, -1), 4: (2, 0), 5: (2, -2)}
    table |= {6: (2, 2), 7: (3, -1), 8: (3, 1), 9: (3, -3), 11: (4, 0)}
    table |= {12: (4, 2), 13: (4, -2), 22: (6, 0), 36: (7, 7)}
    assert {j: orders(j) for j in table} == table


def test_they_are_orthonormal_over_the_circle():
    n = 400
    x = grid(n)
    inside = np.hypot(x[:, None], x) < 1
    modes = np.stack([one(j, x)[inside] for j in range(1, 29)])
    gram = modes @ modes.T / inside.sum()
    np.testing.assert_allclose(gram, np.eye(28), atol=0.02)


@pytest.mark.parametrize("noll", [4, 7, 10, 21])
def test_a_turned_footprint_has_the_parity_of_its_order(noll):
    x = grid(15) * 0.7
    n, _ = orders(noll)
    np.testing.assert_allclose(one(noll, -x), (-1) ** n * one(noll, x))
    np.testing.assert_allclose(one(noll, -x), one(noll, x)[::-1, ::-1])


def test_slopes_in_the_footprint():
    shapes = jnp.array(coefficients((4, 8, 11)))
    x = jnp.array(grid(9))

    def total(width):
        weights = jnp.array([1.0, 2.0, -1.0])
        return jnp.sum(surface(shapes, weights, x / width) ** 2)

    step = 1e-6
    want = (total(1.3 + step) - total(1.3 - step)) / (2 * step)
    assert jax.grad(total)(1.3) == pytest.approx(float(want), rel=1e-8)
