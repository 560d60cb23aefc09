"""Pixels, their surroundings and the points within them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lensing_kernels.sampling_grid import (
    adaptive_sub_size,
    blurring_pixels,
    pixel_centres,
    pixel_grid,
    samples_of,
    unmasked_pixels,
)


def test_grids_agree_with_the_reference(fit_cases):
    for case in fit_cases.values():
        mask = case.mask.astype(bool)
        around = blurring_pixels(mask, case.psf.shape)
        found = pixel_centres(around, mask.shape, case.pixel_scale)
        np.testing.assert_allclose(found, case.blurring_grid, atol=1e-13)
        if hasattr(case, "grid"):
            grid = pixel_grid(mask, case.pixel_scale)
            np.testing.assert_allclose(grid, case.grid, atol=1e-13)


def test_first_row_is_the_top():
    grid = pixel_grid(np.zeros((2, 3), bool), 0.1)
    np.testing.assert_allclose(
        grid,
        [
            (0.05, -0.1),
            (0.05, 0.0),
            (0.05, 0.1),
            (-0.05, -0.1),
            (-0.05, 0.0),
            (-0.05, 0.1),
        ],
        atol=1e-16,
    )


@given(
    st.tuples(st.integers(1, 6), st.integers(1, 7)),
    st.tuples(st.integers(0, 3), st.integers(0, 3)),
    st.randoms(use_true_random=False),
)
def test_surroundings_are_what_the_kernel_reaches(shape, half, random):
    mask = np.array([random.random() < 0.7 for _ in range(shape[0] * shape[1])])
    mask = mask.reshape(shape)
    kernel = (2 * half[0] + 1, 2 * half[1] + 1)
    own = set(zip(*(a.tolist() for a in unmasked_pixels(mask)), strict=True))
    expected = {
        (i + di, j + dj)
        for i, j in own
        for di in range(-half[0], half[0] + 1)
        for dj in range(-half[1], half[1] + 1)
    } - own
    found = blurring_pixels(mask, kernel)
    listed = list(zip(*(a.tolist() for a in found), strict=True))
    assert listed == sorted(expected)


@pytest.mark.parametrize("s", [1, 2, 3, 8])
def test_points_are_the_centres_of_cells(s):
    centres = pixel_grid(np.zeros((2, 2), bool), 0.1)
    samples = samples_of(centres, np.full(4, s), 0.1)
    assert samples.sizes == ((s, 4),)
    points = samples.points.reshape(s * s, 4, 2)
    np.testing.assert_allclose(points.mean(0), centres, atol=1e-16)
    # Row by row from the top: y falls slowly, x rises fast.
    first = points[:, 0].reshape(s, s, 2) - centres[0]
    edges = (np.arange(s) + 0.5) / s * 0.1 - 0.05
    np.testing.assert_allclose(first[..., 0], -edges[:, None] + 0 * edges)
    np.testing.assert_allclose(first[..., 1], edges + 0 * edges[:, None])


def test_pixels_of_several_sub_sizes_find_their_place():
    centres = np.random.default_rng(0).normal(size=(9, 2))
    sub = np.array([4, 1, 2, 1, 4, 4, 2, 1, 1])
    samples = samples_of(centres, sub, 0.1)
    assert samples.sizes == ((1, 4), (2, 2), (4, 3))
    assert len(samples.points) == (sub**2).sum()
    means, start = [], 0
    for s, count in samples.sizes:
        block = samples.points[start : start + s * s * count]
        means.append(block.reshape(s * s, count, 2).mean(0))
        start += s * s * count
    found = np.concatenate(means)[samples.order]
    np.testing.assert_allclose(found, centres, atol=1e-15)


def test_sub_size_by_distance():
    grid = np.array([[0.0, 0.1], [0.0, 0.3], [0.5, 0.0], [0.0, 0.6], [3, 4]])
    found = adaptive_sub_size(grid, (0.0, 0.0), [0.3, 0.6], [8, 4, 2])
    np.testing.assert_array_equal(found, [8, 4, 4, 2, 2])
    found = adaptive_sub_size(grid, (3.0, 4.0), [0.3, 0.6], [8, 4, 2])
    np.testing.assert_array_equal(found, [2, 2, 2, 2, 8])
    np.testing.assert_array_equal(adaptive_sub_size(grid, (0, 0), [], [3]), 3)
