"""Rays through planes of galaxies."""

import jax.numpy as jnp
import numpy as np
from lensing_kernels import profile
from lensing_kernels.cosmology import scaling_factors
from lensing_kernels.geometry import Points
from lensing_kernels.tracing import planes_of, traced_grids


def trace(galaxies, grid, params):
    planes = planes_of(galaxies)
    scaling = scaling_factors([plane.redshift for plane in planes])
    return traced_grids(planes, grid, scaling, params)


def test_grids_agree_with_the_reference(tracer_cases):
    assert "tracer_3plane_sie_sis" in tracer_cases
    assert len(tracer_cases) == 3
    for key, case in tracer_cases.items():
        found = trace(case.galaxies, case.grid, case.params)
        assert len(found) == len(case.planes)
        for grid, expected in zip(found, case.planes, strict=True):
            scale = np.abs(expected).max()
            np.testing.assert_allclose(
                grid, expected, atol=1e-12 * scale, err_msg=key
            )


def test_planes_are_sorted_and_shared():
    def galaxy(z, light=(), mass=()):
        return {"redshift": z, "light": dict(light), "mass": dict(mass)}

    planes = planes_of(
        {
            "far": galaxy(2.0, [("disk", "sersic")]),
            "near": galaxy(0.5, mass=[("main", "isothermal")]),
            "beside": galaxy(0.5, [("disk", "sersic_core")]),
        }
    )
    assert [plane.redshift for plane in planes] == [0.5, 2.0]
    assert [part.galaxy for part in planes[0].mass] == ["near"]
    assert [part.galaxy for part in planes[0].light] == ["beside"]
    assert planes[1].light[0].profile is profile("sersic")
    assert hash(planes) == hash(tuple(planes))


def test_three_planes_follow_the_recursion():
    galaxies = {
        name: {"redshift": z, "light": {}, "mass": {"main": "isothermal"}}
        for name, z in (("a", 0.3), ("b", 0.8), ("c", 1.5), ("d", 3.0))
    }
    params = {
        name: {
            "main": {
                "centre": jnp.asarray([0.1 * k, -0.05]),
                "ell_comps": jnp.asarray([0.1, 0.05 * k]),
                "einstein_radius": jnp.asarray(1.0 / (k + 1)),
            }
        }
        for k, name in enumerate("abcd")
    }
    grid = np.random.default_rng(0).uniform(-2, 2, (20, 2))
    found = trace(galaxies, grid, params)
    beta = scaling_factors([0.3, 0.8, 1.5, 3.0])
    bend = profile("isothermal").deflections
    alpha = [
        np.asarray(bend(at, params[name]["main"]))
        for at, name in zip(found, "abcd", strict=True)
    ]
    for j in range(4):
        expected = grid - sum(beta[i, j] * alpha[i] for i in range(j))
        np.testing.assert_allclose(found[j], expected, atol=1e-14)
    pairs = trace(galaxies, Points(*grid.T), params)
    np.testing.assert_allclose(
        np.stack(pairs[-1], axis=-1), found[-1], atol=1e-13
    )


def test_without_mass_rays_are_straight():
    galaxies = {
        "near": {"redshift": 0.2, "light": {"disk": "sersic"}},
        "far": {"redshift": 0.9, "light": {"disk": "sersic"}},
    }
    grid = np.ones((3, 2))
    for found in trace(galaxies, grid, {}):
        np.testing.assert_array_equal(found, grid)
