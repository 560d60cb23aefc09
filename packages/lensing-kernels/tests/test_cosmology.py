"""Distances and scaling factors."""

import numpy as np
import pytest
from astropy.cosmology import Planck15
from lensing_kernels.cosmology import (
    angular_diameter_distance,
    scaling_factors,
)


def test_distances_agree_with_the_reference(distances):
    assert len(distances) >= 6
    for key, expected in distances.items():
        z_from, z_to = map(float, key.split("->"))
        found = angular_diameter_distance(z_from, z_to)
        assert abs(found / expected - 1) < 1e-12, key


def test_distances_are_close_to_those_of_astropy():
    # Neutrinos are treated differently there.
    for z in (0.2, 1.0, 3.0):
        theirs = Planck15.angular_diameter_distance(z).to_value("kpc")
        found = angular_diameter_distance(0.0, z)
        assert abs(found / theirs - 1) < 2e-3


def test_distance_to_itself_is_none():
    assert angular_diameter_distance(0.7, 0.7) == 0.0


def test_scaling_factors():
    z = [0.5, 1.0, 2.0]
    found = scaling_factors(z)
    assert found[0, 1] == pytest.approx(0.6739454005263711, rel=1e-12)
    np.testing.assert_array_equal(found[:, -1], [1.0, 1.0, 0.0])
    np.testing.assert_array_equal(np.tril(found), 0.0)
    near = scaling_factors([0.5, 0.5001, 2.0])
    assert 0 < near[0, 1] < 1e-3
    np.testing.assert_array_equal(scaling_factors([0.5]), [[0.0]])
