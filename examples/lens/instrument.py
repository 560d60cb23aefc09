"""What the telescope of the example is like: its PSF and its noise.

`python examples/lens/instrument.py FOLDER` writes `psf.fits` and
`noise_map.fits` for the galaxies and values of `simulate.yaml`: an HST-like
PSF, and the noise of sky and photons in an exposure of 2080 s, the depth of
the SLACS survey.
"""

import sys
from pathlib import Path

import forwardax as fx
import numpy as np
import yaml
from lensing_kernels import LensImaging
from lensing_kernels.files import write

SHAPE = (100, 100)
EXPOSURE = 2080.0
"""In seconds; the image is in electrons per second."""
SKY = 0.011
"""Noise of the sky and the detector, electrons per second and pixel."""


def make_psf(pixel_scale: float, size: int = 21) -> np.ndarray:
    """A core 0.09 arcsec wide, wings, and a little ellipticity.

    Parameters
    ----------
    pixel_scale
        In arcsec.
    size
        Pixels along a side, odd.

    Returns
    -------
    ndarray
        `(size, size)`, sum 1.
    """
    fine = 11  # points along a pixel, over which its light is averaged
    axis = (np.arange(size * fine) - (size * fine - 1) / 2) / fine * pixel_scale
    y, x = np.meshgrid(-axis, axis, indexing="ij")
    q, angle = 0.93, np.deg2rad(35)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    radius2 = q * along**2 + across**2 / q
    core = np.exp(-0.5 * radius2 / (0.09 / 2.355) ** 2)
    wings = (1 + radius2 / 0.07**2) ** -1.8
    psf = 0.8 * core / core.sum() + 0.2 * wings / wings.sum()
    return psf.reshape(size, fine, size, fine).sum((1, 3))


def main(folder: Path) -> None:
    """Write the PSF and the noise map."""
    fx.enable_x64()
    text = Path(__file__).with_name("simulate.yaml").read_text()
    run = yaml.safe_load(text)
    structure = {
        key: run["system"][key]
        for key in ("galaxies", "pixel_scale", "over_sampling")
    }
    psf = make_psf(structure["pixel_scale"])
    lens = LensImaging(**structure, psf=psf, noise_map=np.full(SHAPE, SKY))
    image = lens.predict(lens.store(run["params"]["fixed"]))["image"]
    noise_map = np.sqrt(SKY**2 + np.asarray(image) / EXPOSURE)
    folder.mkdir(parents=True, exist_ok=True)
    for key, array in {"psf": psf, "noise_map": noise_map}.items():
        print(write(folder, key, array, structure))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python instrument.py FOLDER")
    main(Path(sys.argv[1]))
