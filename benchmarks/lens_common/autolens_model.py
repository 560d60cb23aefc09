# pyright: reportMissingImports=false
"""The example's lens in PyAutoLens: runs in the peer's environment alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import autofit as af
import autolens as al
import numpy as np


def make_dataset(demo: Path) -> Any:
    """The arrays as they are: both have the largest y in the first row."""
    with np.load(demo / "case.npz") as case:
        arrays = dict(case)
    scale = float(arrays["pixel_scale"])
    image, noise_map, psf = (
        al.Array2D.no_mask(arrays[key], pixel_scales=scale)
        for key in ("image", "noise_map", "psf")
    )
    dataset = al.Imaging(image, noise_map, al.Convolver(kernel=psf))
    mask = al.Mask2D(mask=arrays["mask"], pixel_scales=scale)
    dataset = dataset.apply_mask(mask=mask)
    # The mask may have grown to make room for the PSF.
    sizes = al.Array2D(values=arrays["sub_size"], mask=dataset.mask)
    return dataset.apply_over_sampling(over_sample_size_lp=sizes)


def make_model() -> Any:
    """21 free parameters, with the priors of the example where it has them.

    Its nested sampler has no log-normal prior: intensities have its own, and
    radii one that is uniform in the logarithm. The others are its own too but
    for `sersic_index`, the centre of the mass, `einstein_radius` and the
    shear.
    """
    bulge, disk = af.Model(al.lp.Sersic), af.Model(al.lp.SersicCore)
    for light in (bulge, disk):
        light.effective_radius = af.LogUniformPrior(0.01, 10.0)
        light.sersic_index = af.TruncatedGaussianPrior(3.0, 2.0, 0.3, 12.0)
    disk.radius_break, disk.gamma, disk.alpha = 0.025, 0.0, 3.0
    mass, shear = af.Model(al.mp.Isothermal), af.Model(al.mp.ExternalShear)
    mass.centre.centre_0 = af.GaussianPrior(0.0, 0.3)
    mass.centre.centre_1 = af.GaussianPrior(0.0, 0.3)
    mass.einstein_radius = af.UniformPrior(0.5, 2.5)
    shear.gamma_1 = af.GaussianPrior(0.0, 0.1)
    shear.gamma_2 = af.GaussianPrior(0.0, 0.1)
    lens = af.Model(
        al.Galaxy, redshift=0.222, bulge=bulge, main=mass, shear=shear
    )
    source = af.Model(al.Galaxy, redshift=0.609, disk=disk)
    return af.Collection(galaxies=af.Collection(lens=lens, source=source))


def vectors(model: Any, demo: Path) -> list[np.ndarray]:
    """Parameters in the model's order at the points of the example."""
    listed = json.loads((demo / "points.json").read_text())
    return [
        np.array([_value(path, values) for path in model.paths])
        for values in listed
    ]


def _value(path: tuple[str, ...], values: dict[str, Any]) -> float:
    """`("galaxies", "lens", "bulge", "centre", "centre_0")` and the like."""
    found = values[".".join(path[1:4])]
    return found if len(path) == 4 else found[int(path[4][-1])]
