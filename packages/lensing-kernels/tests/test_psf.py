"""Convolution of the pixels of a mask."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from lensing_kernels.psf import Convolution
from lensing_kernels.sampling_grid import (
    Pixels,
    blurring_pixels,
    unmasked_pixels,
)
from scipy.signal import convolve

RANDOM = np.random.default_rng(1)


def blurred(kernel, mask, seed=0):
    """Convolution of a random sky, and what SciPy makes of it."""
    own, around = unmasked_pixels(mask), blurring_pixels(mask, kernel.shape)
    pixels = Pixels(*(np.concatenate(p) for p in zip(own, around, strict=True)))
    margin = max(kernel.shape)
    random = np.random.default_rng(seed)
    # Light also where nobody evaluates it: it must not matter.
    sky = random.normal(size=np.add(mask.shape, 2 * margin))
    values = sky[pixels.rows + margin, pixels.columns + margin]
    order = random.permutation(len(values))
    expected = convolve(sky, kernel, mode="same", method="direct")
    expected = expected[own.rows + margin, own.columns + margin]
    made = Convolution(kernel, pixels, len(own.rows), order)
    listed = np.empty_like(values)
    listed[order] = values
    return made, jnp.asarray(listed), expected


@pytest.mark.parametrize("kernel_shape", [(1, 1), (3, 5), (5, 3), (9, 9)])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_it_is_a_linear_convolution(kernel_shape, share):
    kernel = RANDOM.normal(size=kernel_shape)
    mask = np.random.default_rng(2).random((11, 14)) < share
    made, values, expected = blurred(kernel, mask)
    np.testing.assert_allclose(made(values), expected, atol=1e-12)


def test_a_kernel_larger_than_what_is_left():
    kernel = RANDOM.normal(size=(7, 7))
    mask = np.ones((6, 6), bool)
    mask[2, 3] = False
    made, values, expected = blurred(kernel, mask)
    np.testing.assert_allclose(made(values), expected, atol=1e-12)


def test_one_pixel_becomes_the_kernel(kernel):
    mask = np.zeros((9, 9), bool)
    made, values, _ = blurred(kernel, mask)
    own = unmasked_pixels(mask)
    ones = (own.rows == 4) & (own.columns == 4)
    # The list is in the order of the pixels' slots.
    around = blurring_pixels(mask, kernel.shape)
    pixels = Pixels(*(np.concatenate(p) for p in zip(own, around, strict=True)))
    made = Convolution(kernel, pixels, 81, np.arange(len(values)))
    point = np.zeros(len(values))
    point[:81][ones] = 1.0
    image = np.asarray(made(jnp.asarray(point))).reshape(9, 9)
    np.testing.assert_allclose(image[2:7, 1:8], kernel, atol=1e-15)


def test_transpose_is_exact(kernel):
    mask = RANDOM.random((8, 9)) < 0.3
    made, values, expected = blurred(kernel, mask)
    weights = RANDOM.normal(size=expected.shape)
    slope = jax.grad(lambda v: jnp.vdot(weights, made(v)))(values)
    other = RANDOM.normal(size=values.shape)
    # Linear: <w, K v> = <K' w, v> for any v.
    np.testing.assert_allclose(
        jnp.vdot(slope, other), jnp.vdot(weights, made(other)), rtol=1e-12
    )
    forward = jax.jvp(made, (values,), (jnp.asarray(other),))[1]
    np.testing.assert_allclose(forward, made(other), atol=1e-13)


def test_single_precision_and_batches(kernel):
    mask = RANDOM.random((8, 9)) < 0.3
    made, values, expected = blurred(kernel, mask)
    single = jax.tree.map(
        lambda a: a.astype("f4") if a.dtype == "f8" else a, made
    )
    found = single(values.astype("f4"))
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)
    both = jax.vmap(made)(jnp.stack([values, 2 * values]))
    np.testing.assert_allclose(both, [expected, 2 * expected], atol=1e-12)
